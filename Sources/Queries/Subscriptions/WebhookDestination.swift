package import Records

/// Where the events of a subscription are sent: a URL, read strictly.
///
/// It comes from a caller and is reached from inside the node's network: what it may name,
/// ``WebhookPolicy`` decides.
package struct WebhookDestination: Hashable, Sendable {
    /// The most bytes of the URL.
    package static let byteCount = 2_048

    /// The URL as it was given.
    package let url: String
    /// Whether it is `https`.
    package let isSecure: Bool
    /// The host in lower case, an IPv6 address without brackets.
    package let host: String
    /// The port, written or by the scheme.
    package let port: UInt16

    /// The URL with scheme and host in lower case and its port, for whoever calls it.
    package let canonicalURL: String

    /// Reads a URL: http or https, a host, perhaps a port, path and query; no user, no fragment.
    ///
    /// - Throws: `subscription.destination`.
    package init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.byteCount,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.unfit.contains($0) })
        else {
            throw .destination(
                "a URL of at most \(Self.byteCount) bytes, other characters percent-encoded")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw .destination("a URL such as https://client.example/epcis")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw .destination("the scheme is https")
        }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw .destination("no user stands before the host") }
        guard let (host, port) = Self.split(authority) else {
            throw .destination("the host, or its port, is malformed")
        }
        guard let port = port.map(Self.number) ?? (isSecure ? 443 : 80) else {
            throw .destination("the port is a number from 1 to 65535")
        }
        self.host = host
        self.port = port
        url = text
        let (scheme, name) = (isSecure ? "https" : "http", host.contains(":") ? "[\(host)]" : host)
        let target = rest.dropFirst(authority.utf8.count)
        let path = target.hasPrefix("/") ? target : "/\(target)"
        let standard: UInt16 = isSecure ? 443 : 80
        canonicalURL = "\(scheme)://\(name)\(port == standard ? "" : ":\(port)")\(path)"
    }

    /// Quotes, brackets of other kinds, backslash, and the number sign of a fragment.
    private static let unfit = Set("\"#<>\\^`{|}".utf8)

    private static func number(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(text),
            number > 0
        else { return nil }
        return number
    }

    private static func split(_ authority: Substring) -> (host: String, port: Substring?)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard host.utf8.contains(UInt8(ascii: ":")), host.utf8.allSatisfy(isAddressByte),
                rest.isEmpty || rest.hasPrefix(":")
            else { return nil }
            return (host.lowercased(), rest.isEmpty ? nil : rest.dropFirst())
        }
        let halves = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = halves.first, (1...253).contains(host.utf8.count), halves.count <= 2,
            host.utf8.allSatisfy(isNameByte)
        else { return nil }
        return (host.lowercased(), halves.count > 1 ? halves[1] : nil)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            || (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

extension Refusal {
    /// The refusal of a subscription's destination.
    package static func destination(_ reason: String) -> Refusal {
        Refusal(code: "subscription.destination", field: "dest", reason: "dest: \(reason)")
    }
}
