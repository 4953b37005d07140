/// The URL of a node, read strictly: scheme, host, perhaps a port, and nothing more.
struct NodeAddress {
    /// The URL without a slash at its end.
    let url: String
    /// Whether what is sent there cannot be read on the way: over TLS, or within this machine.
    let isPrivate: Bool

    /// Reads a URL such as `http://127.0.0.1:8080`.
    ///
    /// - Throws: `address`, with what is wrong.
    init(_ text: String) throws(ClientError) {
        func wrong(_ what: String) -> ClientError {
            let example = "http://127.0.0.1:8080"
            return .address(
                reason: "'\(text)' is not the URL of a node, such as \(example): \(what)")
        }
        guard let separator = text.firstRange(of: "://"),
            ["http", "https"].contains(text[..<separator.lowerBound].lowercased())
        else { throw wrong("it begins with http:// or https://") }
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains(where: { "/?#@".contains($0) }) else {
            throw wrong("it has no user, path, query or fragment")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        let (host, port) = Self.split(rest)
        guard Self.isHost(host) else { throw wrong("the host is missing or malformed") }
        if let port {
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt16(port), number > 0
            else { throw wrong("the port is a number from 1 to 65535") }
        }
        url = "\(scheme)://\(rest)"
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        isPrivate =
            scheme == "https" || ["localhost", "[::1]"].contains(host.lowercased())
            || numbers.count == 4 && numbers[0] == "127"
                && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Host and port; the colons of an IPv6 address stand in brackets.
    private static func split(_ text: Substring) -> (host: Substring, port: Substring?) {
        let bracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
        let rest = text[(bracket ?? text.startIndex)...]
        guard let colon = rest.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func isHost(_ host: Substring) -> Bool {
        let isAddress = host.hasPrefix("[")
        guard !isAddress || host.hasSuffix("]") else { return false }
        let name = isAddress ? host.dropFirst().dropLast() : host
        return !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."):
                    true
                case UInt8(ascii: ":"): isAddress
                case UInt8(ascii: "-"), UInt8(ascii: "_"): !isAddress
                default: false
                }
            }
    }
}
