import DeterministicCBOR
package import MerkleTrees

/// What another log's head was when a seal was made (SPEC §10).
package struct PeerHead: Hashable, Sendable {
    /// `H(origin)` of the other log.
    package let origin: Hash256
    /// The size of its checkpoint.
    package let size: UInt64
    /// The root of its checkpoint.
    package let root: Hash256

    /// The head of a peer's log.
    package init(origin: Hash256, size: UInt64, root: Hash256) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    var cbor: CBORValue { .array([.bytes(origin.bytes), .unsigned(size), .bytes(root.bytes)]) }

}

extension PeerHead: Comparable {
    /// Ascending in the bytes of the encodings: origin, then the size as CBOR orders it, then root.
    package static func < (left: PeerHead, right: PeerHead) -> Bool {
        left.cbor.encoded().lexicographicallyPrecedes(right.cbor.encoded())
    }
}

/// The entry that closes a group of entries: the ledger's block header (SPEC §10).
///
/// It is chained to the seal before it and commits to the subject index.
package struct Seal: Hashable, Sendable {
    /// When the group was closed, in milliseconds since the epoch.
    package let sealedAtMilliseconds: UInt64
    /// The leaf hash of the seal before; zero for the first.
    package let previous: Hash256
    /// The network id, or the digest of the newest amendment among the entries before.
    package let governanceHead: Hash256
    /// The root of the subject index after all entries before.
    package let indexRoot: Hash256
    /// How many subjects have a chain.
    package let subjectCount: UInt64
    /// The heads of other logs, sorted by their bytes and unique.
    package let peerHeads: [PeerHead]

    /// A seal of these values, whose peer heads must be sorted and unique.
    package init(
        sealedAtMilliseconds: UInt64, previous: Hash256, governanceHead: Hash256,
        indexRoot: Hash256, subjectCount: UInt64, peerHeads: [PeerHead] = []
    ) {
        self.sealedAtMilliseconds = sealedAtMilliseconds
        self.previous = previous
        self.governanceHead = governanceHead
        self.indexRoot = indexRoot
        self.subjectCount = subjectCount
        self.peerHeads = peerHeads
    }

    var cbor: CBORValue {
        .array([
            .unsigned(1), .unsigned(sealedAtMilliseconds), .bytes(previous.bytes),
            .bytes(governanceHead.bytes), .bytes(indexRoot.bytes), .unsigned(subjectCount),
            .array(peerHeads.map(\.cbor)),
        ])
    }

    /// Reads the seven members of a seal, or refuses them with `seal.format`.
    init(_ items: [CBORValue]) throws(Refusal) {
        let shape = ShapeReader(code: "seal.format")
        sealedAtMilliseconds = try shape.time(items[1], "seal.sealedAt")
        previous = try shape.hash(items[2], "seal.previous")
        governanceHead = try shape.hash(items[3], "seal.governanceHead")
        indexRoot = try shape.hash(items[4], "seal.indexRoot")
        subjectCount = try shape.unsigned(items[5], "seal.subjectCount")
        var heads: [PeerHead] = []
        for item in try shape.list(items[6], 0...Limits.sealPeerHeads, "seal.peerHeads") {
            let values = try shape.tuple(item, 3, "seal.peerHeads")
            heads.append(
                PeerHead(
                    origin: try shape.hash(values[0], "seal.peerHeads.origin"),
                    size: try shape.unsigned(values[1], "seal.peerHeads.size"),
                    root: try shape.hash(values[2], "seal.peerHeads.root")))
        }
        try shape.requireAscending(heads, "seal.peerHeads", by: <)
        peerHeads = heads
    }
}
