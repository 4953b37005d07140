package import MerkleTrees

/// What a log stood at after its newest seal: enough to go on from there (SPEC §10).
package struct LogSnapshot: Sendable {
    /// The log's name.
    package var origin: String
    /// The governance after the newest amendment in the log.
    package var governance: GovernanceState
    /// The tree over all entries, the seal included.
    package var frontier: TreeFrontier
    /// The subject index after all entries.
    package var index: SubjectIndex
    /// How many subjects have a chain.
    package var subjectCount: UInt64
    /// The leaf hash of the newest seal.
    package var sealHash: Hash256
    /// When it was sealed, in milliseconds since the epoch.
    package var sealedAtMilliseconds: UInt64

    /// A snapshot of these values.
    package init(
        origin: String, governance: GovernanceState, frontier: TreeFrontier, index: SubjectIndex,
        subjectCount: UInt64, sealHash: Hash256, sealedAtMilliseconds: UInt64
    ) {
        self.origin = origin
        self.governance = governance
        self.frontier = frontier
        self.index = index
        self.subjectCount = subjectCount
        self.sealHash = sealHash
        self.sealedAtMilliseconds = sealedAtMilliseconds
    }
}
