/// Recognises absolute URIs by the grammar of RFC 3986 §3, which also covers compact URIs.
///
/// EPCIS 2.0 writes identifiers, vocabulary values of its users and the names of extension
/// fields as URIs or CURIEs (`prefix:name`); characters outside ASCII must be percent-encoded.
package enum URISyntax {
    /// Whether a text is a URI with a scheme.
    package static func isURI(_ text: String) -> Bool {
        var rest = ArraySlice(text.utf8)
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), isScheme(rest[..<colon])
        else { return false }
        rest = rest[(colon + 1)...]
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard consists(rest[(hash + 1)...], of: .query) else { return false }
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            guard consists(rest[(mark + 1)...], of: .query) else { return false }
            rest = rest[..<mark]
        }
        guard rest.starts(with: "//".utf8) else { return consists(rest, of: .path) }
        rest = rest.dropFirst(2)
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        return isAuthority(rest[..<slash]) && consists(rest[slash...], of: .path)
    }

    /// The character sets of RFC 3986 that differ by part.
    private enum Part {
        case path, query, userInfo, host
    }

    /// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`.
    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == 0x2b || $0 == 0x2d || $0 == 0x2e
        }
    }

    /// `[ userinfo "@" ] host [ ":" port ]`.
    private static func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            guard consists(rest[..<at], of: .userInfo) else { return false }
            rest = rest[(at + 1)...]
        }
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = rest[(rest.startIndex + 1)..<end]
            guard literal.count >= 2, literal.allSatisfy(isLiteralAddress) else { return false }
            rest = rest[(end + 1)...]
        } else {
            let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            guard consists(rest[..<colon], of: .host) else { return false }
            rest = rest[colon...]
        }
        guard let colon = rest.first else { return true }
        return colon == UInt8(ascii: ":") && rest.dropFirst().allSatisfy(isDigit)
    }

    /// Whether a part holds only its characters and well-formed percent-encodings.
    private static func consists(_ bytes: ArraySlice<UInt8>, of part: Part) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard bytes.endIndex - index > 2, isHex(bytes[index + 1]), isHex(bytes[index + 2])
                else { return false }
                index += 3
            } else {
                guard allows(bytes[index], in: part) else { return false }
                index += 1
            }
        }
        return true
    }

    /// Whether a character may stand in a part unencoded.
    private static func allows(_ byte: UInt8, in part: Part) -> Bool {
        if isLetter(byte) || isDigit(byte) { return true }
        switch byte {
        case 0x2d, 0x2e, 0x5f, 0x7e: return true  // - . _ ~
        case 0x21, 0x24, 0x26...0x2c, 0x3b, 0x3d: return true  // ! $ & ' ( ) * + , ; =
        case 0x3a: return part != .host  // :
        case 0x40: return part == .path || part == .query  // @
        case 0x2f: return part == .path || part == .query  // /
        case 0x3f: return part == .query  // ?
        default: return false
        }
    }

    /// Whether a character may stand inside the brackets of an IP literal.
    private static func isLiteralAddress(_ byte: UInt8) -> Bool {
        isHex(byte) || byte == 0x3a || byte == 0x2e
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
