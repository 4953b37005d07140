import Foundation
import MerkleTrees
import Signatures
import Support
import Testing

/// The rule of acceptance against the public test files: both libraries, every case.
@Suite struct SignatureVectorTests {
    @Test func `every Wycheproof Ed25519 case has the file's outcome in both libraries`() throws {
        let file = try WycheproofFile.read("ed25519_test")
        let cases = file.cases { $0 }
        #expect(cases.count == 151 && file.numberOfTests == 151)
        var accepted = 0
        for item in cases {
            let answers = try #require(item.answers, "a key of the file was refused: \(item)")
            #expect(answers.first == item.valid, "\(item)")
            #expect(answers.second == item.valid, "\(item)")
            accepted += answers.first ? 1 : 0
        }
        #expect(accepted == 88)
    }

    @Test func `every CCTV Ed25519 case is accepted exactly when the rule says so`() throws {
        let bytes = try Vectors.bytes("c2sp-cctv/ed25519/ed25519vectors.json")
        let cases = try JSONDecoder().decode([EdgeCase].self, from: Data(bytes))
        #expect(cases.count == 914)
        var outcomes: [String: Int] = [:]
        for item in cases {
            let answers = item.signatureCase.answers
            #expect((answers == nil) == item.hasRefusedKey, "case \(item.number)")
            guard let answers else {
                outcomes["key refused", default: 0] += 1
                continue
            }
            #expect(answers.first == item.signatureCase.valid, "case \(item.number)")
            #expect(answers.second == item.signatureCase.valid, "case \(item.number)")
            outcomes[answers.first ? "accepted" : "signature refused", default: 0] += 1
        }
        #expect(
            outcomes == ["accepted": 43, "signature refused": 345, "key refused": 526])
    }

    @Test func `every Wycheproof P-256 case in r‖s form has its outcome, high s refused`() throws {
        let file = try WycheproofFile.read("ecdsa_secp256r1_sha256_p1363_test")
        let tally = try check(file.cases { $0 })
        #expect(file.numberOfTests == 262)
        #expect(tally == Tally(accepted: 103, highS: 70, refused: 89))
    }

    @Test func `every Wycheproof P-256 case in DER has its outcome once it is strictly read`()
        throws
    {
        let file = try WycheproofFile.read("ecdsa_secp256r1_sha256_test")
        // What is not strict DER has no r‖s form: the empty signature stands for it.
        let tally = try check(file.cases { DERSignature.raw($0) ?? [] })
        #expect(file.numberOfTests == 484)
        #expect(tally == Tally(accepted: 103, highS: 71, refused: 310))
    }

    struct Tally: Equatable {
        var accepted = 0
        var highS = 0
        var refused = 0
    }

    /// A valid signature is accepted, or has high s and is accepted once s is replaced by n − s;
    /// all others are refused.
    private func check(_ cases: [SignatureCase]) throws -> Tally {
        var tally = Tally()
        for item in cases {
            let answers = try #require(item.answers, "a key of the file was refused: \(item)")
            #expect(answers.first == answers.second, "\(item)")
            guard item.valid else {
                #expect(!answers.first, "\(item)")
                tally.refused += 1
                continue
            }
            guard !answers.first else {
                tally.accepted += 1
                continue
            }
            let lowered = SignatureCase(
                description: item.description, key: item.key, message: item.message,
                signature: P256Order.negatingS(of: item.signature), valid: true)
            let again = try #require(lowered.answers)
            #expect(again.first && again.second, "\(item)")
            tally.highS += 1
        }
        return tally
    }

    @Test func `the thumbprint of the key of RFC 9679 is the one printed there`() throws {
        let key = try VerificationKey(
            p256X: SignatureCase.bytes(
                hex: "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
            y: SignatureCase.bytes(
                hex: "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"))
        #expect(
            key.thumbprint.hex
                == "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec")
    }
}

/// A case of the CCTV file.
private struct EdgeCase: Decodable {
    let number: Int
    let key: String
    let sig: String
    let msg: String
    let flags: [String]?

    /// Flags that the rule refuses wherever they stand.
    private static let refused: Set<String> = [
        "low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue",
    ]

    var hasRefusedKey: Bool {
        !Set(flags ?? []).isDisjoint(with: ["low_order_A", "non_canonical_A"])
    }

    var signatureCase: SignatureCase {
        SignatureCase(
            description: "CCTV \(number)",
            key: try? VerificationKey(ed25519: SignatureCase.bytes(hex: key)),
            message: Array(msg.utf8), signature: SignatureCase.bytes(hex: sig),
            valid: Set(flags ?? []).isDisjoint(with: Self.refused))
    }
}

/// n − s by schoolbook subtraction, independent of the code under test.
enum P256Order {
    private static let order = SignatureCase.bytes(
        hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

    static func negatingS(of signature: [UInt8]) -> [UInt8] {
        guard signature.count == 64 else { return signature }
        var result = signature
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(signature[32 + index]) - borrow
            result[32 + index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return result
    }
}
