import Foundation
import Signatures
import Support

/// One case of a signature test file, with the key and signature in the forms our API takes.
struct SignatureCase: CustomStringConvertible {
    /// The file's own name for the case.
    let description: String
    /// The key, or nil when our API refuses it.
    let key: VerificationKey?
    /// The signed bytes.
    let message: [UInt8]
    /// The signature as 64 bytes, or whatever the file holds instead.
    let signature: [UInt8]
    /// Whether the file, or its flags under our rule, calls the signature valid.
    let valid: Bool

    /// What the two libraries answer through our API; nil stands for a refused key.
    var answers: (first: Bool, second: Bool)? {
        key.map {
            (
                $0.isValidSignature(signature, for: message),
                $0.isValidSignatureByOpenSSL(signature, for: message)
            )
        }
    }

    /// The bytes of a hexadecimal string; an odd digit at the end is dropped.
    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}

/// The Wycheproof files: groups of cases that share a key.
struct WycheproofFile: Decodable {
    struct Group: Decodable {
        struct Key: Decodable {
            let pk: String?
            let uncompressed: String?
        }
        let publicKey: Key
        let tests: [Test]
    }
    struct Test: Decodable {
        let tcId: Int
        let comment: String
        let flags: [String]
        let msg: String
        let sig: String
        let result: String
    }
    let numberOfTests: Int
    let testGroups: [Group]

    static func read(_ name: String) throws -> WycheproofFile {
        let bytes = try Vectors.bytes("c2sp-wycheproof/\(name).json")
        return try JSONDecoder().decode(WycheproofFile.self, from: Data(bytes))
    }

    /// All cases, each signature passed through `raw`.
    func cases(raw: ([UInt8]) -> [UInt8]) -> [SignatureCase] {
        testGroups.flatMap { group in
            let key = group.publicKey.verificationKey
            return group.tests.map { test in
                SignatureCase(
                    description: "\(test.tcId) \(test.comment)", key: key,
                    message: SignatureCase.bytes(hex: test.msg),
                    signature: raw(SignatureCase.bytes(hex: test.sig)),
                    valid: test.result == "valid")
            }
        }
    }
}

extension WycheproofFile.Group.Key {
    var verificationKey: VerificationKey? {
        if let pk { return try? VerificationKey(ed25519: SignatureCase.bytes(hex: pk)) }
        let point = SignatureCase.bytes(hex: uncompressed ?? "")
        guard point.count == 65, point[0] == 4 else { return nil }
        return try? VerificationKey(p256X: Array(point[1..<33]), y: Array(point[33...]))
    }
}

/// A strict reader of DER ECDSA signatures, for the test file that has them.
enum DERSignature {
    /// r‖s, or nil when the bytes are not DER of two integers from 0 to 2²⁵⁶ − 1.
    static func raw(_ der: [UInt8]) -> [UInt8]? {
        guard der.count >= 2, der[0] == 0x30, der[1] < 0x80, Int(der[1]) == der.count - 2 else {
            return nil
        }
        var rest = der[2...]
        guard let r = integer(&rest), let s = integer(&rest), rest.isEmpty else { return nil }
        return r + s
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= 3, rest.removeFirst() == 0x02 else { return nil }
        let count = Int(rest.removeFirst())
        guard count >= 1, count <= 33, rest.count >= count else { return nil }
        let body = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        // Not negative, and no zero in front that does not keep it so.
        guard body[0] < 0x80 else { return nil }
        if count > 1, body[0] == 0, body[1] < 0x80 { return nil }
        let digits = Array(body.drop { $0 == 0 })
        guard digits.count <= 32 else { return nil }
        return Array(repeating: 0, count: 32 - digits.count) + digits
    }
}
