package import MerkleTrees

/// A statement that has become an entry of a log, and waits for its seal.
package struct AppendedEntry: Hashable, Sendable {
    /// Its place in the log.
    package let leafIndex: UInt64
    /// `H(0x00 ‖ entry)`.
    package let leafHash: Hash256
    /// The entry's bytes.
    package let entry: [UInt8]
}

/// One row of an entry as a link of its subject's chain (SPEC §11).
package struct SubjectLink: Hashable, Sendable {
    /// The subject's key.
    package let key: Hash256
    /// Which link of the chain it is, counted from 1.
    package let number: UInt64
    /// The entry the row belongs to.
    package let leafIndex: UInt64
    /// The number of the row in the entry's manifest.
    package let row: UInt32
}

/// What a seal settles: everything that changed since the seal before.
package struct SealedGroup: Sendable {
    /// The seal.
    package let seal: Seal
    /// The seal as an entry's bytes.
    package let entry: [UInt8]
    /// The seal's place in the log.
    package let leafIndex: UInt64
    /// The leaf hashes of the group's entries in order, the seal's last.
    package let leafHashes: [Hash256]
    /// The new links, in order of entry and row.
    package let links: [SubjectLink]
    /// The heads of the chains that grew.
    package let changedHeads: [Hash256: ChainHead]
    /// The buckets of the index that changed, with their new hashes.
    package let changedBuckets: [(bucket: Int, hash: Hash256)]
    /// The size of the log, the seal included.
    package let treeSize: UInt64
    /// The root of the log at that size.
    package let root: Hash256
    /// The governance in force from here on.
    package let governance: GovernanceState
}
