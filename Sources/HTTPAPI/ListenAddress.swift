/// Where a node listens: a loopback address and a port.
///
/// Without access control a node must not be reachable from other machines (SPEC §17), so other
/// addresses cannot be expressed.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A numeric loopback address, or `localhost`.
    package var host: String
    /// The port; 0 lets the system choose one.
    package var port: Int

    /// Any free port of 127.0.0.1.
    package static let ephemeral = ListenAddress(host: "127.0.0.1", port: 0)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
    ///
    /// - Throws: a sentence on what is wrong, also for addresses that are not loopback.
    package init(_ text: String) throws(ListenError) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw ListenError(
                reason: "'\(text)' is not an address and a port, such as 127.0.0.1:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard Self.isLoopback(host) else {
            throw ListenError(
                reason: "'\(host)' is not a loopback address. A caller of this node is taken for "
                    + "its own organisation, so it listens on 127.0.0.1, ::1 or localhost only; "
                    + "put it behind a tunnel or a proxy that authenticates callers")
        }
        self.init(host: host, port: Int(port))
    }

    /// Host and port as they stand in a URL.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether a host names this machine's loopback interface.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the authority of a request (`Host`) names the loopback interface.
    ///
    /// A web page that had its own name resolved to 127.0.0.1 sends that name here; such a
    /// request is not from this machine's user and is refused.
    package static func isLoopback(authority: String) -> Bool {
        var host = Substring(authority)
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        return isLoopback(host.lowercased())
    }
}

/// Why a node could not listen.
package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package let reason: String

    /// The reason.
    package var description: String { reason }
}
