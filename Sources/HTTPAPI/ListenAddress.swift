import Foundation

/// Where a node listens: an address of this machine and a port.
///
/// Beyond loopback it listens only with TLS, its own or that of a proxy before it (SPEC §17.1).
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A numeric address, or `localhost`.
    package var host: String
    /// The port; 0 lets the system choose one.
    package var port: Int

    /// Any free port of 127.0.0.1.
    package static let ephemeral = ListenAddress(host: "127.0.0.1", port: 0)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; with `beyondLoopback` also other
    /// numeric addresses, such as `0.0.0.0:443`.
    ///
    /// - Throws: a sentence on what is wrong, also for addresses that are not loopback unless
    ///   asked.
    package init(_ text: String, beyondLoopback: Bool = false) throws(ListenError) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw ListenError(
                reason: "'\(text)' is not an address and a port, such as 127.0.0.1:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard Self.isLoopback(host) || beyondLoopback else {
            throw ListenError(
                reason: "'\(host)' is not a loopback address. Beyond this machine a node listens "
                    + "with --tls-certificate and --tls-key, or with --behind-proxy after a proxy "
                    + "that ends TLS; without them it listens on 127.0.0.1, ::1 or localhost")
        }
        guard Self.isLoopback(host) || Self.isNumeric(host) else {
            throw ListenError(
                reason: "'\(host)' is not a numeric address, such as 0.0.0.0 or [::]")
        }
        self.init(host: host, port: Int(port))
    }

    /// Host and port as they stand in a URL.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine reaches it.
    package var isLoopback: Bool { Self.isLoopback(host) }

    private static func isNumeric(_ host: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe inet_pton(AF_INET, host, buffer.baseAddress) == 1
                || inet_pton(AF_INET6, host, buffer.baseAddress) == 1
        }
    }

    /// Whether a host names this machine's loopback interface.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}

/// The `Host` field of a request, read strictly: a host, perhaps a colon and a port.
package struct Authority: Hashable, Sendable {
    /// The host in lower case, an IPv6 address without its brackets.
    package let host: String

    /// Reads an authority; nil for anything but `name`, `a.b.c.d` or `[IPv6]` with an optional
    /// port of decimal digits (RFC 9110 §7.2).
    package init?(_ text: String) {
        var host = Substring(text)
        var port = Substring()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            port = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            guard host.utf8.allSatisfy({ Self.isAddressByte($0) }) else { return nil }
        } else {
            if let colon = host.firstIndex(of: ":") {
                port = host[colon...]
                host = host[..<colon]
            }
            guard host.utf8.allSatisfy({ Self.isNameByte($0) }) else { return nil }
        }
        guard !host.isEmpty, Self.isPort(port) else { return nil }
        self.host = host.lowercased()
    }

    /// Whether the host names this machine's loopback interface.
    ///
    /// A web page that had its own name resolved to 127.0.0.1 sends that name here; such a
    /// request is not from this machine's user and is refused.
    package var isLoopback: Bool { ListenAddress.isLoopback(host) }

    /// Nothing, or a colon and perhaps a decimal number of at most 65,535.
    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        return first == ":" && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (digits.isEmpty || UInt16(digits) != nil)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}

/// Why a node could not listen.
package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package let reason: String

    /// The reason.
    package var description: String { reason }
}
