/// The parts of an absolute URI (RFC 3986 §3), as written.
struct AbsoluteURI {
    let bytes: [UInt8]
    /// Without the colon, in lower case.
    let scheme: String
    /// User information, host and port; nothing if the URI has no `//`.
    let authority: ArraySlice<UInt8>?
    let path: ArraySlice<UInt8>
    /// Without the question mark.
    let query: ArraySlice<UInt8>?
    /// Without the number sign.
    let fragment: ArraySlice<UInt8>?

    init(_ bytes: [UInt8]) throws(IdentifierError) {
        try Self.checkCharacters(bytes)
        guard let colon = bytes.firstIndex(of: 0x3A), Self.isScheme(bytes[..<colon]),
            colon + 1 < bytes.count
        else {
            throw IdentifierError(
                "identifier.malformed", bytes,
                "an identifier is an absolute URI: a scheme, a colon and the rest, "
                    + "such as urn:epc:id:…, https://…, urn:uuid:… or did:…")
        }
        self.bytes = bytes
        scheme = bytes[..<colon].map(\.lowerCased).asText
        var rest = bytes[(colon + 1)...]
        fragment = Self.cut(&rest, at: 0x23)
        query = Self.cut(&rest, at: 0x3F)
        if rest.starts(with: [0x2F, 0x2F]) {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: 0x2F) ?? rest.endIndex
            authority = rest[..<end]
            path = rest[end...]
        } else {
            authority = nil
            path = rest
        }
        if isWeb && (host.isEmpty || host.first == 0x3A) {
            throw IdentifierError(
                "identifier.malformed", bytes,
                "a web address names a host, such as https://id.gs1.org/")
        }
    }

    /// Whether the scheme is `http` or `https`.
    var isWeb: Bool { scheme == "http" || scheme == "https" }

    /// The host without user information and port, as written.
    var host: ArraySlice<UInt8> {
        guard var rest = authority else { return [] }
        if let at = rest.lastIndex(of: 0x40) { rest = rest[(at + 1)...] }
        guard let colon = rest.lastIndex(of: 0x3A), rest[(colon + 1)...].allSatisfy(\.isDigit)
        else { return rest }
        return rest[..<colon]
    }

    /// Takes the part after the first `separator` off the end of `rest`.
    private static func cut(
        _ rest: inout ArraySlice<UInt8>, at separator: UInt8
    ) -> ArraySlice<UInt8>? {
        guard let index = rest.firstIndex(of: separator) else { return nil }
        let tail = rest[(index + 1)...]
        rest = rest[..<index]
        return tail
    }

    /// RFC 3986 §3.1.
    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, first.isLetter else { return false }
        return bytes.allSatisfy {
            $0.isLetter || $0.isDigit || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
        }
    }

    private static func checkCharacters(_ bytes: [UInt8]) throws(IdentifierError) {
        for (offset, byte) in bytes.enumerated() where !byte.isURICharacter {
            guard byte == 0x25 else {
                let code = PercentEncoding.text([byte])
                throw IdentifierError(
                    "identifier.malformed", bytes,
                    "the byte at offset \(offset) may not stand in a URI; write it as \(code)")
            }
            guard offset + 2 < bytes.count, bytes[offset + 1].hexValue != nil,
                bytes[offset + 2].hexValue != nil
            else {
                throw IdentifierError(
                    "identifier.malformed", bytes,
                    "the % at offset \(offset) is not followed by two hexadecimal digits; "
                        + "write a percent sign itself as %25")
            }
        }
    }
}

extension AbsoluteURI {
    /// The canonical form of a URI that is no GS1 identifier: scheme and host in lower case.
    ///
    /// SPEC §4.1: nothing else is changed, since only the owner of a name space knows what else
    /// would be equal in it.
    var canonical: String {
        var output = bytes
        for index in 0..<scheme.utf8.count { output[index] = output[index].lowerCased }
        for index in host.indices { output[index] = output[index].lowerCased }
        return output.asText
    }
}
