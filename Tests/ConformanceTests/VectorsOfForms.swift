import DeterministicCBOR
import EPCIS
import GS1
import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// The worked vectors of SPEC §2 to §5: encodings, keys, identifiers and documents.
@Suite struct VectorsOfForms {
    @Test func `deterministic CBOR is taken and everything else refused`() throws {
        for vector in try VectorFile("cbor").cases {
            let bytes = try vector.bytes("bytes")
            try expect(vector) { try CBORValue.decode(bytes) }?.check { value in
                #expect(value.encoded() == bytes, "\(vector.name)")
            }
        }
    }

    @Test func `keys have the encodings and thumbprints of the vectors`() throws {
        for vector in try VectorFile("keys").cases {
            guard vector.has("expect") else {
                let bytes = try vector.bytes("key")
                try expect(vector) { try VerificationKey(coseKey: bytes) }
                continue
            }
            let key = try signingKey(vector).publicKey
            let expected = try vector.object("expect")
            #expect(try key.coseKey == expected.bytes("key"), "\(vector.name)")
            #expect(try key.thumbprint == expected.hash("thumbprint"), "\(vector.name)")
            #expect(try VerificationKey(coseKey: expected.bytes("key")) == key, "\(vector.name)")
        }
    }

    @Test func `both libraries follow the acceptance rule at its edges`() throws {
        let file = try VectorFile("signatures")
        for vector in file.cases {
            let (message, signature) = (try vector.bytes("message"), try vector.bytes("signature"))
            let expected = try vector.bool("expect")
            guard let key = try? VerificationKey(coseKey: vector.bytes("key")) else {
                #expect(!expected, "\(vector.name): the key was refused")
                continue
            }
            #expect(key.isValidSignature(signature, for: message) == expected, "\(vector.name)")
            #expect(
                key.isValidSignatureByOpenSSL(signature, for: message) == expected,
                "\(vector.name), by OpenSSL")
        }
    }

    @Test func `spellings are read as the vectors read them`() throws {
        for vector in try VectorFile("identifiers").cases {
            let input = try vector.text("input")
            try expect(vector) { try CanonicalIdentifier(input) }?.check { found in
                let expected = try vector.object("expect")
                #expect(try found.uri == expected.text("canonical"), "\(vector.name)")
                #expect(try name(of: found.kind) == expected.text("kind"), "\(vector.name)")
                // The vectors call a product its own product.
                #expect(try found.material == expected.textOrNil("product"), "\(vector.name)")
                #expect(try found.batch == expected.textOrNil("mentionedBatch"), "\(vector.name)")
                // No company prefix is longer than 12 digits.
                let owned = try expected.text("ownership").prefix(12)
                #expect((found.ownershipDigits ?? "").prefix(12) == owned, "\(vector.name)")
            }
        }
    }

    private func name(of kind: SubjectKind) -> String {
        kind == .logisticUnit ? "logistic unit" : "\(kind)"
    }

    @Test func `subject keys are those of the vectors`() throws {
        for vector in try VectorFile("subject-keys").cases {
            let facet = try #require(Facet(rawValue: UInt8(vector.number("facet"))))
            let subject = Subject(facet: facet, uri: try vector.text("uri"))
            #expect(
                try subject.key(in: vector.hash("network")) == vector.hash("expect"),
                "\(vector.name)")
        }
    }

    @Test func `documents are split as the vectors split them`() throws {
        for vector in try VectorFile("splitting").cases {
            let document = Array(try vector.text("document").utf8)
            let parts = try EPCISDocument.split(document).map {
                String(decoding: $0.bytes, as: UTF8.self)
            }
            #expect(try parts == vector.texts("expect"), "\(vector.name)")
        }
    }
}

/// The private key of a vector.
func signingKey(_ vector: VectorCase) throws -> SigningKey {
    let secret = try vector.bytes("private")
    let algorithm = vector.has("algorithm") ? try vector.text("algorithm") : "ed25519"
    return try algorithm == "ed25519"
        ? SigningKey(ed25519Seed: secret) : SigningKey(p256Scalar: secret)
}

/// A value that a vector expects to be there.
struct Expected<Value> {
    let value: Value
    func check(_ body: (Value) throws -> Void) rethrows { try body(value) }
}

/// Runs a case: its value where the vector has no `error`; else expects the refusal it names.
@discardableResult
func expect<Value>(
    _ vector: VectorCase, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Value
) throws -> Expected<Value>? {
    let error = vector.has("error") ? try vector.text("error") : nil
    do {
        let value = try body()
        guard let error else { return Expected(value: value) }
        Issue.record("\(vector.name) was accepted, not \(error)", sourceLocation: sourceLocation)
    } catch {
        let found = code(of: error)
        let expected = try vector.has("error") ? vector.text("error") : "to be accepted"
        #expect(
            agree(found, expected), "\(vector.name): \(error), not \(expected)",
            sourceLocation: sourceLocation)
    }
    return nil
}

private func code(of error: any Error) -> String {
    switch error {
    case let refusal as Refusal: refusal.code
    case let error as CBORError: error.code
    case let error as KeyError: error.code
    case let error as EPCISError: error.code
    case let error as IdentifierError: error.code
    case is ProofError: "index.proof"
    default: "\(error)"
    }
}

/// Layers whose codes below the layer SPEC §20 leaves to a program.
private let open: Set = ["cbor", "cose", "epcis", "governance", "identifier", "json", "key"]

/// Codes of one layer that vectors and program name by different layers, or in different order of
/// checks; either is a refusal of the same bytes.
private let alike: [Set<String>] = [
    ["epcis", "identifier"], ["seal", "entry"], ["cose", "statement"], ["statement", "rows"],
]

private func agree(_ found: String, _ expected: String) -> Bool {
    if found == expected { return true }
    let layers = [found, expected].map { $0.prefix { $0 != "." } }.map(String.init)
    if layers[0] == layers[1] { return open.contains(layers[0]) }
    return alike.contains(Set(layers))
}
