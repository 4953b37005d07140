/// Classes of ASCII characters of URIs (RFC 3986 §2) and GS1 (General Specifications §7.11).
extension UInt8 {
    /// `0`…`9`.
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// `A`…`Z` or `a`…`z`.
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }

    /// `A`…`Z`.
    var isUpperCaseLetter: Bool { self >= 0x41 && self <= 0x5A }

    /// The lower-case form of an ASCII letter; every other byte unchanged.
    var lowerCased: UInt8 { isUpperCaseLetter ? self | 0x20 : self }

    /// The value of a hexadecimal digit in either case.
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }

    /// RFC 3986 §2.3: never percent-encoded in a normal form.
    var isUnreserved: Bool {
        isDigit || isLetter || self == 0x2D || self == 0x2E || self == 0x5F || self == 0x7E
    }

    /// RFC 3986 §2: may stand in a URI unencoded (the percent sign is looked at apart).
    var isURICharacter: Bool {
        if isUnreserved { return true }
        return switch self {
        case 0x21, 0x23, 0x24, 0x26...0x2C, 0x2F, 0x3A, 0x3B, 0x3D, 0x3F, 0x40, 0x5B, 0x5D: true
        default: false
        }
    }

    /// GS1 CSET 82: the characters of lots, serials and other "X" fields.
    var isInCharacterSet82: Bool {
        if isDigit || isLetter { return true }
        return switch self {
        case 0x21, 0x22, 0x25...0x2F, 0x3A...0x3F, 0x5F: true
        default: false
        }
    }

    /// GS1 CSET 39: the characters of component/part identifiers ("Y" fields).
    var isInCharacterSet39: Bool {
        isDigit || isUpperCaseLetter || self == 0x23 || self == 0x2D || self == 0x2F
    }

    /// The characters of base64url ("Z" fields).
    var isInBase64URL: Bool {
        isDigit || isLetter || self == 0x2D || self == 0x5F || self == 0x3D
    }
}

extension Collection<UInt8> {
    /// The bytes as text; for bytes known to be ASCII.
    var asText: String { String(decoding: self, as: UTF8.self) }

    /// The number of decimal digits at the start.
    var leadingDigits: SubSequence { prefix { $0.isDigit } }
}
