import DeterministicCBOR
import MerkleTrees
import Signatures

/// The protected header of a statement (SPEC §7): exactly algorithm, content type, key thumbprint
/// and claims.
struct StatementHeader {
    let algorithm: SignatureAlgorithm
    let keyThumbprint: Hash256
    let issuer: String
    let network: String
    let issuedAtSeconds: UInt64

    init(_ value: CBORValue) throws(Refusal) {
        let shape = ShapeReader(code: "statement.header")
        let field = "statement.protected"
        let members = try Self.members(value, [1, 3, 4, 15], shape, field)
        guard let number = members[0].asInt64,
            let algorithm = SignatureAlgorithm(identifier: number)
        else {
            throw shape.refusal(
                "\(field).1", "the algorithm is Ed25519 (-19, -8) or ESP256 (-9, -7)")
        }
        guard members[1] == .text(UnverifiedStatement.contentType) else {
            throw shape.refusal(
                "\(field).3", "the content type is \(UnverifiedStatement.contentType)")
        }
        self.algorithm = algorithm
        keyThumbprint = try shape.hash(members[2], "\(field).4")
        let claims = try Self.members(members[3], [1, 2, 6], shape, "\(field).15")
        issuer = try shape.uri(claims[0], "\(field).15.1")
        network = try shape.uri(claims[1], "\(field).15.2")
        issuedAtSeconds = try shape.time(claims[2], "\(field).15.6")
    }

    /// The header as CBOR.
    static func cbor(
        algorithm: SignatureAlgorithm, keyThumbprint: Hash256, issuer: String, network: String,
        issuedAtSeconds: UInt64
    ) -> CBORValue {
        .map([
            CBORPair(key: .unsigned(1), value: .integer(algorithm.identifier)),
            CBORPair(key: .unsigned(3), value: .text(UnverifiedStatement.contentType)),
            CBORPair(key: .unsigned(4), value: .bytes(keyThumbprint.bytes)),
            CBORPair(
                key: .unsigned(15),
                value: .map([
                    CBORPair(key: .unsigned(1), value: .text(issuer)),
                    CBORPair(key: .unsigned(2), value: .text(network)),
                    CBORPair(key: .unsigned(6), value: .unsigned(issuedAtSeconds)),
                ])),
        ])
    }

    /// The values of a map that has exactly these ascending keys.
    private static func members(
        _ value: CBORValue, _ keys: [UInt64], _ shape: ShapeReader, _ field: String
    ) throws(Refusal) -> [CBORValue] {
        guard case .map(let pairs) = value,
            pairs.count == keys.count, zip(pairs, keys).allSatisfy({ $0.key == .unsigned($1) })
        else {
            throw shape.refusal(field, "the members are exactly \(keys), each once")
        }
        return pairs.map(\.value)
    }
}
