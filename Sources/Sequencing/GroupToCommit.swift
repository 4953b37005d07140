package import MerkleTrees
package import Records

/// A statement with everything the ledger keeps of it.
package struct SequencedStatement: Sendable {
    /// Its leaf.
    package var leafIndex: UInt64
    /// Its id.
    package var id: Hash256
    /// The bytes of its entry: registration time and statement.
    package var entry: [UInt8]
    /// Its manifest; row numbers are places in `rows`.
    package var manifest: Manifest
    /// Its parts, by digest.
    package var parts: [Part]
    /// The parts that are not here: a mirror may not see all, and gets others later.
    package var absent: [Hash256]
    /// Its records that have an id, by it.
    package var records: [(name: String, part: Hash256)]
    /// Its records that bear on delegations.
    package var authorities: [Hash256]
    /// The parts that its erasures name: their bytes go when it becomes durable.
    package var erasures: [Hash256]

    /// Gathers what the ledger keeps of a statement.
    package init(
        leafIndex: UInt64, id: Hash256, entry: [UInt8], manifest: Manifest, parts: [Part],
        absent: [Hash256] = [], records: [(name: String, part: Hash256)], authorities: [Hash256],
        erasures: [Hash256]
    ) {
        self.leafIndex = leafIndex
        self.id = id
        self.entry = entry
        self.manifest = manifest
        self.parts = parts
        self.absent = absent
        self.records = records
        self.authorities = authorities
        self.erasures = erasures
    }
}

/// A sealed group: all that must become durable and visible together.
package struct GroupToCommit: Sendable {
    /// The leaf of the first statement: the size of the log before the group.
    package var firstIndex: UInt64
    /// The statements, at consecutive leaves, at least one.
    package var statements: [SequencedStatement]
    /// The bytes of the seal's entry; its leaf follows the last statement.
    package var seal: [UInt8]
    /// The size of the log with the seal.
    package var size: UInt64
    /// The root of the log at that size.
    package var root: Hash256
    /// The signed checkpoint of that size; empty in a mirror that came here on the way to a larger
    /// one.
    package var checkpoint: [UInt8]
    /// Every tile that is new or has grown, whole.
    package var tiles: [TileWriter.Tile]
    /// The new head of each subject with a link in the group.
    package var heads: [Hash256: ChainHead]
    /// The new hash of each bucket of the subject index that changed.
    package var buckets: [(bucket: Int, hash: Hash256)]

    /// Whether it came from another node, which sends parts by themselves.
    package var isMirrored: Bool

    /// Gathers a group.
    package init(
        firstIndex: UInt64, statements: [SequencedStatement], seal: [UInt8], size: UInt64,
        root: Hash256, checkpoint: [UInt8], tiles: [TileWriter.Tile],
        heads: [Hash256: ChainHead], buckets: [(bucket: Int, hash: Hash256)],
        isMirrored: Bool = false
    ) {
        self.firstIndex = firstIndex
        self.statements = statements
        self.seal = seal
        self.size = size
        self.root = root
        self.checkpoint = checkpoint
        self.tiles = tiles
        self.heads = heads
        self.buckets = buckets
        self.isMirrored = isMirrored
    }
}
