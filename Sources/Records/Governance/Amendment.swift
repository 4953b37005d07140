import DeterministicCBOR
package import MerkleTrees

/// The body of an amendment: the next step of a network's governance (SPEC §9.2).
package struct Amendment: Hashable, Sendable {
    /// The network it changes.
    package let network: Hash256
    /// Its number: 1 for the first.
    package let seq: UInt64
    /// The digest of the body before it; of the first, the network id.
    package let previous: Hash256
    /// 1…256 changes, done in turn.
    package let changes: [Change]

    /// An amendment.
    package init(network: Hash256, seq: UInt64, previous: Hash256, changes: [Change]) {
        self.network = network
        self.seq = seq
        self.previous = previous
        self.changes = changes
    }

    /// The body as CBOR.
    package func encoded() -> [UInt8] {
        CBORValue.array([
            .bytes(network.bytes), .unsigned(seq), .bytes(previous.bytes),
            .array(changes.map(\.cbor)),
        ]).encoded()
    }

    /// What identifies a body: `H("cairn/amendment/v1" 0x00 ‖ body)`.
    package static func digest(of body: [UInt8]) -> Hash256 {
        Hash256.sha256(Domain.amendment, body)
    }

    init(cbor value: CBORValue, shape: ShapeReader) throws(Refusal) {
        let items = try shape.tuple(value, 4, "amendment")
        network = try shape.hash(items[0], "amendment.network")
        seq = try shape.unsigned(items[1], "amendment.seq")
        previous = try shape.hash(items[2], "amendment.previous")
        var changes: [Change] = []
        let count = 1...Limits.amendmentChanges
        for (index, item) in try shape.list(items[3], count, "amendment.changes").enumerated() {
            changes.append(
                try Change(cbor: item, shape: shape, field: "amendment.changes[\(index)]"))
        }
        self.changes = changes
    }
}
