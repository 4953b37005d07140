import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// An amendment on its way from governor to governor, before it is registered (SPEC §18).
///
/// The file is trusted for nothing: who signs is shown what its body says, and who registers it
/// checks place, signatures and threshold against governance that is proven.
package struct AmendmentFile: Hashable, Sendable {
    /// The body as read.
    package let amendment: Amendment
    /// The body as signed.
    package let body: [UInt8]
    /// The governors' signatures so far, sorted by thumbprint, unique; none at first.
    package let signatures: [GovernorSignature]

    static let version = "cairn-amendment-1"

    /// The amendment's digest, which governors sign.
    package var digest: Hash256 { Amendment.digest(of: body) }

    /// The unsigned amendment that makes these changes of a state.
    ///
    /// - Throws: `governance.*` when the changes are malformed or not possible in turn.
    package static func make(
        _ changes: [Change], after state: GovernanceState
    ) throws(Refusal) -> AmendmentFile {
        let amendment = Amendment(
            network: state.network, seq: state.seq + 1, previous: state.head, changes: changes)
        let file = try AmendmentFile(body: amendment.encoded(), signatures: [])
        _ = try state.states(through: file)
        return file
    }

    /// The amendment of a governance part.
    ///
    /// - Throws: `governance.format` for a genesis body.
    package init(_ body: GovernanceBody) throws(Refusal) {
        guard case .amendment = body.kind else { throw Self.isNone }
        try self.init(body: body.body, signatures: body.signatures)
    }

    private init(body: [UInt8], signatures: [GovernorSignature]) throws(Refusal) {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(body, limit: Limits.governanceBodyBytes, "amendment")
        guard case .array = value else { throw Self.isNone }
        amendment = try Amendment(cbor: value, shape: shape)
        self.body = body
        self.signatures = signatures
    }

    private static let isNone = Refusal(
        code: "governance.format", field: "amendment", reason: "the body is no amendment's")

    /// The file as CBOR.
    package func encoded() -> [UInt8] {
        let signed = signatures.map {
            CBORValue.array([.bytes($0.thumbprint.bytes), .bytes($0.signature)])
        }
        return CBORValue.array([.text(Self.version), .bytes(body), .array(signed)]).encoded()
    }

    /// Reads a file; whether its signatures verify only a ``GovernanceState`` can tell.
    ///
    /// - Throws: `cbor.*`, `key.*` or `governance.format`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> AmendmentFile {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(bytes, limit: Limits.partContentBytes, "amendment file")
        let items = try shape.tuple(value, 3, "amendment file")
        guard items[0] == .text(version) else {
            throw shape.refusal("amendment file", "an amendment file begins with \(version)")
        }
        return try AmendmentFile(
            body: try shape.bytes(items[1], "amendment file.body"),
            signatures: try GovernanceBody.signatures(
                items[2], 0...Limits.governors, shape, "amendment file.signatures"))
    }

    // MARK: Signing

    /// The same amendment with one more governor's signature.
    ///
    /// - Parameters:
    ///   - key: the governor's.
    ///   - governors: those of the state that the amendment changes.
    /// - Returns: the amendment with all signatures.
    /// - Throws: `governance.signature` if the key is none of theirs or has signed already, or
    ///   `key.*` if it cannot sign.
    package func signed(
        by key: SigningKey, of governors: Governors
    ) throws(Refusal) -> AmendmentFile {
        let thumbprint = key.publicKey.thumbprint
        guard governors.members.contains(where: { $0.key == key.publicKey }) else {
            throw Self.refusal(
                "key \(thumbprint.hex) is no governor's of the state that this amendment changes")
        }
        guard !signatures.contains(where: { $0.thumbprint == thumbprint }) else {
            throw Self.refusal("key \(thumbprint.hex) has signed this amendment already")
        }
        let signature: [UInt8]
        do {
            signature = try key.sign(GovernanceBody.signedMessage(digest: digest))
        } catch {
            throw Refusal(error, field: "governance.signatures")
        }
        return try with(
            signatures + [GovernorSignature(thumbprint: thumbprint, signature: signature)])
    }

    /// This amendment with the signatures of a copy that others signed meanwhile.
    ///
    /// - Throws: `governance.previous` if the other file is another amendment.
    package func merged(with copy: AmendmentFile) throws(Refusal) -> AmendmentFile {
        guard copy.body == body else {
            throw Refusal(
                code: "governance.previous", field: "amendment",
                reason: "this is amendment \(copy.digest.hex), not \(digest.hex): signatures of "
                    + "one do not count for the other")
        }
        let known = Set(signatures.map(\.thumbprint))
        return try with(signatures + copy.signatures.filter { !known.contains($0.thumbprint) })
    }

    /// What a governance part carries.
    ///
    /// - Throws: `governance.threshold` while nobody has signed.
    package func governanceBody() throws(Refusal) -> GovernanceBody {
        guard !signatures.isEmpty else {
            throw Refusal(
                code: "governance.threshold", field: "governance.signatures",
                reason: "no governor has signed")
        }
        return GovernanceBody(kind: .amendment(amendment), body: body, signatures: signatures)
    }

    private func with(_ signatures: [GovernorSignature]) throws(Refusal) -> AmendmentFile {
        try AmendmentFile(
            body: body, signatures: signatures.sorted { $0.thumbprint < $1.thumbprint })
    }

    private static func refusal(_ reason: String) -> Refusal {
        Refusal(code: "governance.signature", field: "governance.signatures", reason: reason)
    }
}
