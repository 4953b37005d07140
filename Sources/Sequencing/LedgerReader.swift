package import MerkleTrees
package import Records

/// Reads one log as it stood at its last seal.
///
/// Everything a reader shows belongs to whole groups: entries, tiles, links, heads and the
/// checkpoint of a group are there together or not at all. What it shows is not believed by whoever
/// verifies: a store can make proofs fail and nothing else. Answers come in order of the log.
package protocol LedgerReader: ChainHeads, HashTiles {
    /// How many entries the log has; the last is a seal, unless there are none.
    func size() throws(Failure) -> UInt64
    /// The bytes of an entry; nil past the end.
    func entry(at index: UInt64) throws(Failure) -> [UInt8]?
    /// The bytes of the entries in a range, which must lie in the log.
    func entries(_ range: Range<UInt64>) throws(Failure) -> [[UInt8]]
    /// The manifest of the statement at a leaf; nil for a seal.
    func manifest(at index: UInt64) throws(Failure) -> [UInt8]?
    /// The bytes of a part; nil if it is unknown or erased.
    func part(_ digest: Hash256) throws(Failure) -> [UInt8]?
    /// The leaves of the statements that cover a part, erased or not.
    func uses(of digest: Hash256) throws(Failure) -> [UInt64]
    /// The leaf of a statement; nil if it is not registered.
    func leafIndex(ofStatement id: Hash256) throws(Failure) -> UInt64?
    /// The links of a subject's chain.
    func links(of key: Hash256) throws(Failure) -> [LinkPlace]
    /// The leaf of the first seal at or after a leaf.
    func seal(atOrAfter index: UInt64) throws(Failure) -> UInt64?
    /// The leaf of the last seal before a leaf.
    func seal(before index: UInt64) throws(Failure) -> UInt64?
    /// The checkpoint note whose last leaf is the seal at this leaf.
    func checkpoint(ofSeal index: UInt64) throws(Failure) -> [UInt8]?
    /// The records that have this URI as their id.
    func records(named id: String) throws(Failure) -> [RecordUse]
    /// The records that bear on delegations (``RecordedDelegations/concerns(_:)``).
    func authorityRecords() throws(Failure) -> [RecordUse]
    /// The hash of each bucket of the subject index that is not empty, by number.
    func bucketHashes() throws(Failure) -> [(bucket: Int, hash: Hash256)]
}

/// Where a record stands in the log.
package struct RecordUse: Hashable, Sendable {
    /// The leaf of the statement that covers it.
    package var leafIndex: UInt64
    /// The part that is the record.
    package var part: Hash256

    /// Names a record's place.
    package init(leafIndex: UInt64, part: Hash256) {
        self.leafIndex = leafIndex
        self.part = part
    }
}

/// Takes groups of entries, each whole or not at all.
package protocol LedgerWriter {
    /// Why a group cannot be kept.
    associatedtype Failure: Error
    /// Makes a group durable and visible; when it returns, it is both.
    ///
    /// An error is fatal: whether the group was kept is unknown until the next start. The caller
    /// acknowledges nothing, stops, and reads on start what is there.
    func commit(_ group: GroupToCommit) throws(Failure)
}
