import DeterministicCBOR
import Foundation
import Signatures
import Support
import Testing

/// The Sign1 examples of the COSE working group, RFC 8152 and the receipts draft.
///
/// They carry the key identifier unprotected, which our profile refuses; so they are read with the
/// unprotected door open, and one test shows that it is shut otherwise.
@Suite struct COSEExampleTests {
    /// What an example does when read with the lax options and verified with its key.
    enum Outcome: Equatable {
        case valid
        /// Valid, but for a signature with high s: refused as it stands, valid with n − s.
        case validOnceLowered
        case refused(String)
        /// The key is of a kind Cairn does not use.
        case foreignKey
    }

    static let expected: [String: Outcome] = [
        "sign1-tests/sign-fail-01": .refused("cose.tag"),
        "sign1-tests/sign-fail-02": .refused("cose.signature"),
        "sign1-tests/sign-fail-03": .refused("cose.algorithm"),
        "sign1-tests/sign-fail-04": .refused("cose.algorithm"),
        "sign1-tests/sign-fail-06": .refused("cose.signature"),
        "sign1-tests/sign-fail-07": .refused("cose.signature"),
        // A valid message whose algorithm is unprotected: our profile wants it signed.
        "sign1-tests/sign-pass-01": .refused("cose.algorithm"),
        "sign1-tests/sign-pass-02": .valid,
        "sign1-tests/sign-pass-03": .valid,
        "ecdsa-examples/ecdsa-sig-01": .validOnceLowered,
        "ecdsa-examples/ecdsa-sig-02": .foreignKey,
        "ecdsa-examples/ecdsa-sig-03": .foreignKey,
        // P-256 with SHA-512: legal in RFC 9053, not among our algorithms.
        "ecdsa-examples/ecdsa-sig-04": .refused("cose.algorithm"),
        "eddsa-examples/eddsa-sig-01": .valid,
        "eddsa-examples/eddsa-sig-02": .foreignKey,
        "RFC8152/Appendix_C_2_1": .valid,
    ]

    @Test func `each Sign1 example has its outcome`() throws {
        var outcomes: [String: Outcome] = [:]
        for name in Self.expected.keys {
            outcomes[name] = try COSEExample.read(name).outcome()
        }
        #expect(outcomes == Self.expected)
    }

    @Test func `the table covers every Sign1 example of the four folders`() throws {
        var names: Set<String> = []
        for folder in ["sign1-tests", "ecdsa-examples", "eddsa-examples", "RFC8152"] {
            for url in Vectors.files(under: "cose-wg-examples/\(folder)", extension: "json") {
                let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
                guard text.contains("\"sign0\"") else { continue }
                names.insert("\(folder)/\(url.deletingPathExtension().lastPathComponent)")
            }
        }
        #expect(names == Set(Self.expected.keys))
    }

    @Test func `the Sig_structure of each example is the one printed in it`() throws {
        var compared = 0
        for name in Self.expected.keys {
            let example = try COSEExample.read(name)
            // The failing examples print the structure from before they were damaged.
            guard example.fail != true, let printed = example.signedBytes else { continue }
            let structure = try example.decoded().signatureStructure(
                externalAAD: example.external)
            #expect(structure == printed, "\(name)")
            compared += 1
        }
        #expect(compared == 10)
    }

    @Test func `unprotected labels and a missing tag are refused unless asked for`() throws {
        let example = try COSEExample.read("RFC8152/Appendix_C_2_1")
        #expect(throws: CoseError.self) { try CoseSign1.decode(example.message) }
        let untagged = try COSEExample.read("sign1-tests/sign-pass-03").message
        do {
            _ = try CoseSign1.decode(untagged, allowUnprotected: true)
            Issue.record("an untagged message was read")
        } catch {
            #expect(error.code == "cose.tag")
        }
    }

    @Test(arguments: ["inclusion", "consistency"])
    func `the receipt examples decode once their label order is allowed`(kind: String) throws {
        let bytes = try Vectors.bytes("cose-receipts-draft/examples/\(kind)-receipt.cbor")
        do {
            _ = try CoseSign1.decode(bytes, allowUnprotected: true)
            Issue.record("labels in the order 1, 4, 395, 15 are not deterministic")
        } catch {
            #expect(error.code.hasPrefix("cbor."))
            #expect(error.field == "protected")
        }
        let receipt = try CoseSign1.decode(
            bytes, allowUnprotected: true, allowUnsortedProtected: true)
        #expect(receipt.algorithm == .esp256)
        #expect(receipt.keyID == Array("test-key-1".utf8))
        #expect(receipt.payload == nil)
        #expect(receipt.protected[CoseLabel.verifiableDataStructure]?.asInt64 == 1)
        #expect(receipt.encoded() == bytes)
        let proofs = receipt.unprotected[CoseLabel.verifiableDataProofs]
        let encoded = proofs?[kind == "inclusion" ? -1 : -2]?.asArray?.first?.asBytes
        let proof = try CBORValue.decode(try #require(encoded)).asArray
        #expect(proof?.count == 3)
        #expect(proof?[2].asArray?.count == (kind == "inclusion" ? 3 : 4))
    }
}

/// One file of the COSE working group's examples.
struct COSEExample: Decodable {
    struct Input: Decodable {
        let sign0: Sign0
    }
    struct Sign0: Decodable {
        let key: Key
        let external: String?
    }
    struct Key: Decodable {
        let kty: String
        let crv: String
        let x: String?
        let y: String?
        let x_hex: String?
    }
    struct Output: Decodable {
        let cbor: String
    }
    struct Intermediates: Decodable {
        let ToBeSign_hex: String?
    }
    let fail: Bool?
    let input: Input
    let intermediates: Intermediates?
    let output: Output

    static func read(_ name: String) throws -> COSEExample {
        let bytes = try Vectors.bytes("cose-wg-examples/\(name).json")
        return try JSONDecoder().decode(COSEExample.self, from: Data(bytes))
    }

    var message: [UInt8] { SignatureCase.bytes(hex: output.cbor) }
    var external: [UInt8] { SignatureCase.bytes(hex: input.sign0.external ?? "") }
    var signedBytes: [UInt8]? { intermediates?.ToBeSign_hex.map(SignatureCase.bytes(hex:)) }

    func decoded() throws(CoseError) -> CoseSign1 {
        try CoseSign1.decode(message, allowUntagged: true, allowUnprotected: true)
    }

    /// Our key, or nil when it is of another kind.
    func verificationKey() throws -> VerificationKey? {
        let key = input.sign0.key
        switch key.crv {
        case "Ed25519":
            return try VerificationKey(ed25519: SignatureCase.bytes(hex: key.x_hex ?? ""))
        case "P-256":
            return try VerificationKey(
                p256X: Base64.url.decode(key.x ?? "") ?? [],
                y: Base64.url.decode(key.y ?? "") ?? [])
        default: return nil
        }
    }

    func outcome() throws -> COSEExampleTests.Outcome {
        guard let key = try verificationKey() else { return .foreignKey }
        do {
            let decoded = try decoded()
            do {
                try decoded.verify(by: key, externalAAD: external)
                return .valid
            } catch {
                let lowered = P256Order.negatingS(of: decoded.signature)
                let structure = decoded.signatureStructure(externalAAD: external)
                guard error.code == "cose.signature", key.algorithm == .esp256,
                    key.isValidSignature(lowered, for: structure)
                else { return .refused(error.code) }
                return .validOnceLowered
            }
        } catch {
            return .refused(error.code)
        }
    }
}
