import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// A governor's signature over the digest of a governance body.
package struct GovernorSignature: Hashable, Sendable {
    /// The thumbprint of the governor's key.
    package let thumbprint: Hash256
    /// 64 bytes.
    package let signature: [UInt8]
}

/// The content of a governance part: a body and the governors' signatures (SPEC §9.3).
///
/// The identity of a body is its digest; the signatures are not part of it.
package struct GovernanceBody: Hashable, Sendable {
    /// What is founded or changed.
    package enum Kind: Hashable, Sendable {
        /// The document that founds the network.
        case genesis(GenesisDocument)
        /// A change of it.
        case amendment(Amendment)
    }

    /// The body as read.
    package let kind: Kind
    /// The body as signed.
    package let body: [UInt8]
    /// Sorted by thumbprint, unique.
    package let signatures: [GovernorSignature]

    /// The network id for a genesis document, the amendment's digest otherwise.
    package var digest: Hash256 {
        switch kind {
        case .genesis: GenesisDocument.networkID(of: body)
        case .amendment: Amendment.digest(of: body)
        }
    }

    /// The content as CBOR.
    package func encoded() -> [UInt8] {
        let signed = signatures.map {
            CBORValue.array([.bytes($0.thumbprint.bytes), .bytes($0.signature)])
        }
        return CBORValue.array([.bytes(body), .array(signed)]).encoded()
    }

    /// Signs a body with the keys of governors.
    ///
    /// - Throws: `key.*` when a key cannot sign, or what ``decode(_:)`` refuses.
    package static func sign(body: [UInt8], governors: [SigningKey]) throws(Refusal)
        -> GovernanceBody
    {
        let kind = try kind(of: body)
        let digest =
            switch kind {
            case .genesis: GenesisDocument.networkID(of: body)
            case .amendment: Amendment.digest(of: body)
            }
        var signatures: [GovernorSignature] = []
        for governor in governors {
            do {
                signatures.append(
                    GovernorSignature(
                        thumbprint: governor.publicKey.thumbprint,
                        signature: try governor.sign(signedMessage(digest: digest))))
            } catch {
                throw Refusal(error, field: "governance.signatures")
            }
        }
        signatures.sort { $0.thumbprint < $1.thumbprint }
        let unsorted = GovernanceBody(kind: kind, body: body, signatures: signatures)
        return try decode(unsorted.encoded())
    }

    /// Reads the content of a governance part, or refuses it with `cbor.*` or `governance.format`.
    ///
    /// The signatures are not checked: only a ``GovernanceState`` knows the governors.
    package static func decode(_ content: [UInt8]) throws(Refusal) -> GovernanceBody {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(content, limit: Limits.partContentBytes, "governance")
        let items = try shape.tuple(value, 2, "governance")
        let body = try shape.bytes(items[0], "governance.body")
        let signatures = try signatures(
            items[1], 1...Limits.governors, shape, "governance.signatures")
        return GovernanceBody(kind: try kind(of: body), body: body, signatures: signatures)
    }

    /// Governors' signatures, sorted by thumbprint and unique.
    static func signatures(
        _ value: CBORValue, _ count: ClosedRange<Int>, _ shape: ShapeReader, _ field: String
    ) throws(Refusal) -> [GovernorSignature] {
        var signatures: [GovernorSignature] = []
        for item in try shape.list(value, count, field) {
            let pair = try shape.tuple(item, 2, field)
            signatures.append(
                GovernorSignature(
                    thumbprint: try shape.hash(pair[0], "\(field).thumbprint"),
                    signature: try shape.bytes(pair[1], "\(field).signature")))
        }
        try shape.requireAscending(signatures, field) { $0.thumbprint < $1.thumbprint }
        return signatures
    }

    /// What governors sign: `"cairn/governance-signature/v1" 0x00 ‖ digest`.
    package static func signedMessage(digest: Hash256) -> [UInt8] {
        Domain.governanceSignature + digest.bytes
    }

    private static func kind(of body: [UInt8]) throws(Refusal) -> Kind {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(body, limit: Limits.governanceBodyBytes, "governance.body")
        switch value {
        case .map: return .genesis(try GenesisDocument(cbor: value, shape: shape))
        case .array: return .amendment(try Amendment(cbor: value, shape: shape))
        default: throw shape.refusal("governance.body", "a body is a genesis map or an amendment")
        }
    }
}
