/// The fixed byte patterns around keys and signatures.
///
/// Every key of these two algorithms has one length, so its deterministic COSE_Key and its DER
/// forms are a constant frame around the key bytes. Comparing with the frame is the strictest
/// parser there is.
enum KeyEncodings {
    /// `{1: 1, -1: 6, -2: h'…32'}` up to x (RFC 9053 §7.2).
    static let coseEd25519: [UInt8] = [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20]

    /// `{1: 2, -1: 1, -2: h'…32', -3: h'…32'}` up to x (RFC 9053 §7.1.1).
    static let coseP256: [UInt8] = [0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, 0x20]

    /// The same key between x and y.
    static let coseP256Middle: [UInt8] = [0x22, 0x58, 0x20]

    /// SubjectPublicKeyInfo up to the key (RFC 8410 §4).
    static let publicEd25519: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    /// SubjectPublicKeyInfo up to the uncompressed point, 04 included (RFC 5480 §2).
    static let publicP256: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// PKCS #8 up to the seed (RFC 8410 §7).
    static let privateEd25519: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]

    /// PKCS #8 up to the scalar, with an ECPrivateKey that carries its public key (RFC 5915 §3).
    static let privateP256: [UInt8] = [
        0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30,
        0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
    ]

    /// The same key between the scalar and the uncompressed point, 04 included.
    static let privateP256Middle: [UInt8] = [0xa1, 0x44, 0x03, 0x42, 0x00, 0x04]

    /// r‖s as the DER sequence of two integers that libcrypto expects (RFC 3279 §2.2.3).
    static func derSignature(_ raw: [UInt8]) -> [UInt8] {
        let body = derInteger(raw[0..<32]) + derInteger(raw[32..<64])
        return [0x30, UInt8(body.count)] + body
    }

    private static func derInteger(_ bigEndian: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bigEndian.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}
