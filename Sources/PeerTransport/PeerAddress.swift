/// Where a node listens for its peers, as governance writes it: a host, a colon and a port.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, an IPv6 address without its brackets.
    package let host: String
    /// The port; 0 lets the system choose when listening.
    package let port: Int

    /// Reads `node.example:7447`, `192.0.2.1:7447` or `[2001:db8::1]:7447`.
    ///
    /// - Throws: `peer.address`.
    package init(_ text: String) throws(PeerClosure) {
        guard text.utf8.count <= 512, let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw Self.malformed(text) }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
            host = host.dropFirst().dropLast()
        } else if host.contains(where: { ":[]".contains($0) }) {
            throw Self.malformed(text)
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Self.malformed(text)
        }
        self.host = String(host)
        self.port = Int(port)
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The address as it was read.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func malformed(_ text: String) -> PeerClosure {
        PeerClosure(
            .address,
            "'\(text.prefix(100))' is no host and port, such as node.example:7447")
    }
}
