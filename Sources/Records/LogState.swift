import DeterministicCBOR
package import MerkleTrees

/// Where a log stands, and the one way it goes on: append statements, then seal (SPEC §10, §11).
///
/// The sequencer, start-up, `cairn check` and replays all go through this value, so that a log is
/// written and recomputed by the same code. It does no I/O and reads no clock. Its owner is whoever
/// holds it in a variable; it is large (the index) and meant to be changed in place, not copied.
///
/// Statements since the last seal are *pending*: their links are counted when the seal is made,
/// and an amendment among them is in force for the entries after the seal.
package struct LogState: Sendable {
    /// The log's name.
    package let origin: String
    /// The governance in force: of the newest seal, of genesis before the first.
    package private(set) var sealedGovernance: GovernanceState
    /// The governance with the pending amendments.
    package private(set) var governance: GovernanceState
    /// The tree over all entries, pending ones too.
    package private(set) var frontier = TreeFrontier()
    /// The subject index as of the newest seal.
    package private(set) var index: SubjectIndex
    /// How many subjects have a chain, as of the newest seal.
    package private(set) var subjectCount: UInt64 = 0
    /// The leaf hash of the newest seal; zero before the first.
    package private(set) var previousSealHash = Hash256.zero
    /// The time of the newest entry, in milliseconds since the epoch.
    package private(set) var lastTimeMilliseconds: UInt64 = 0
    /// The size of the log at the newest seal.
    package private(set) var lastSealSize: UInt64 = 0

    private let networkKey: Hash256
    private var pendingHashes: [Hash256] = []
    private var pendingLinks: [PendingLink] = []

    private struct PendingLink: Sendable {
        var key: Hash256
        var rowHash: Hash256
        var entry: Int
        var row: UInt32
    }

    /// An empty log of a network.
    ///
    /// - Parameters:
    ///   - genesis: the governance after genesis.
    ///   - origin: the log's name.
    ///   - indexDepth: how many levels of the index to hold in memory: 18 in nodes.
    package init(genesis: GovernanceState, origin: String, indexDepth: Int) {
        self.origin = origin
        sealedGovernance = genesis
        governance = genesis
        index = SubjectIndex(depth: indexDepth)
        networkKey = Subject.network(genesis.network).key(in: genesis.network)
    }

    /// A log that goes on from its newest seal.
    package init(resuming snapshot: LogSnapshot) {
        origin = snapshot.origin
        sealedGovernance = snapshot.governance
        governance = snapshot.governance
        frontier = snapshot.frontier
        index = snapshot.index
        subjectCount = snapshot.subjectCount
        previousSealHash = snapshot.sealHash
        lastTimeMilliseconds = snapshot.sealedAtMilliseconds
        lastSealSize = snapshot.frontier.size
        let network = snapshot.governance.network
        networkKey = Subject.network(network).key(in: network)
    }

    /// How many entries the log has, pending ones too.
    package var size: UInt64 { frontier.size }

    /// How many statements wait for a seal.
    package var pendingCount: Int { pendingHashes.count }

    /// What the log stands at, if nothing is pending.
    package var snapshot: LogSnapshot? {
        guard pendingHashes.isEmpty, lastSealSize > 0 else { return nil }
        return LogSnapshot(
            origin: origin, governance: governance, frontier: frontier, index: index,
            subjectCount: subjectCount, sealHash: previousSealHash,
            sealedAtMilliseconds: lastTimeMilliseconds)
    }

    /// Appends a statement as the next entry.
    ///
    /// Index 0 takes the genesis statement and nothing else. The statement's id is not looked up
    /// here: whoever owns the log knows which ids it holds.
    ///
    /// - Parameters:
    ///   - verified: checked under ``sealedGovernance``, for the time of registration.
    ///   - manifest: the manifest that the statement signs.
    ///   - governancePart: the statement's part when it carries governance.
    /// - Returns: the entry and its place.
    /// - Throws: `log.*` when the statement may not stand here, `manifest.*`,
    ///   `rows.unexpected`, or `governance.*`; the state stays as it was.
    @discardableResult
    package mutating func append(
        _ verified: VerifiedStatement, manifest: Manifest, governancePart: Part? = nil
    ) throws(Refusal) -> AppendedEntry {
        try checkPlace(of: verified)
        try verified.statement.check(manifest: manifest)
        let amended = try governance(after: manifest, part: governancePart)
        let entry = LogEntry.statement(
            registeredAtMilliseconds: verified.registeredAtMilliseconds,
            bytes: verified.statement.bytes
        ).encoded()
        let appended = AppendedEntry(
            leafIndex: size, leafHash: TreeHash.leaf(entry), entry: entry)
        if let amended { governance = amended }
        let number = pendingHashes.count
        for row in manifest.rows.indices {
            pendingLinks.append(
                PendingLink(
                    key: manifest.rows[row].key, rowHash: manifest.rowHashes[row], entry: number,
                    row: UInt32(row)))
        }
        pendingHashes.append(appended.leafHash)
        frontier.append(appended.leafHash)
        lastTimeMilliseconds = verified.registeredAtMilliseconds
        return appended
    }

    /// Seals the pending statements: counts their links, updates the index, chains the seal.
    ///
    /// - Parameters:
    ///   - time: not before the newest entry.
    ///   - peerHeads: the heads of other logs, sorted by their bytes and unique.
    ///   - heads: the heads as of the seal before.
    /// - Returns: everything that changed since the seal before.
    /// - Throws: `log.*` refusals while nothing has changed yet; what `heads` throws, after which
    ///   this value is in doubt and must be dropped.
    package mutating func seal(
        atMilliseconds time: UInt64, peerHeads: [PeerHead] = [], heads: some ChainHeads
    ) throws -> SealedGroup {
        try checkSeal(atMilliseconds: time, peerHeads: peerHeads)
        let grown = try countLinks(heads: heads)
        let buckets = try index.update(grown.heads, leaves: heads)
        subjectCount += grown.newSubjects
        let seal = Seal(
            sealedAtMilliseconds: time, previous: previousSealHash,
            governanceHead: governance.head, indexRoot: index.root, subjectCount: subjectCount,
            peerHeads: peerHeads)
        let entry = LogEntry.seal(seal).encoded()
        let leafIndex = size
        let sealHash = TreeHash.leaf(entry)
        frontier.append(sealHash)
        let hashes = pendingHashes + [sealHash]
        pendingHashes.removeAll(keepingCapacity: true)
        pendingLinks.removeAll(keepingCapacity: true)
        previousSealHash = sealHash
        sealedGovernance = governance
        lastTimeMilliseconds = time
        lastSealSize = size
        return SealedGroup(
            seal: seal, entry: entry, leafIndex: leafIndex, leafHashes: hashes, links: grown.links,
            changedHeads: grown.heads, changedBuckets: buckets, treeSize: size,
            root: frontier.root, governance: governance)
    }
}

extension LogState {
    private func checkPlace(of verified: VerifiedStatement) throws(Refusal) {
        if size == 0, verified.statement.bytes != governance.genesisStatement {
            throw Self.refusal("log.genesis", "entry", "a log begins with the genesis statement")
        }
        guard verified.governanceHead == sealedGovernance.head else {
            throw Self.refusal(
                "log.governance", "entry",
                "the statement was checked under another head than the newest seal's")
        }
        guard verified.registeredAtMilliseconds >= lastTimeMilliseconds else {
            throw Self.refusal("log.time", "entry.registeredAt", "times in a log never decrease")
        }
        // Genesis is sealed alone, so that every other statement has a seal before it.
        guard size != 1 else {
            throw Self.refusal("log.seal", "entry", "the first seal stands at index 1")
        }
        guard pendingHashes.count < Limits.sealStatements else {
            throw Self.refusal(
                "log.seal", "entry", "a seal follows at most \(Limits.sealStatements) statements")
        }
    }

    /// The governance after a statement: nil when it carries none.
    private func governance(after manifest: Manifest, part: Part?) throws(Refusal)
        -> GovernanceState?
    {
        guard manifest.rows.contains(where: { $0.key == networkKey }) else {
            guard size > 0, part == nil else {
                throw Self.refusal(
                    "rows.unexpected", "manifest", "governance asserts about the network")
            }
            return nil
        }
        guard let part else {
            throw Self.refusal(
                "rows.unexpected", "manifest", "only governance has rows about the network")
        }
        try manifest.checkGovernanceRow(part: part.digest, network: governance.network)
        if size == 0 { return nil }
        return try governance.applying(GovernanceBody.decode(governancePart: part))
    }

    private func checkSeal(atMilliseconds time: UInt64, peerHeads: [PeerHead]) throws(Refusal) {
        guard !pendingHashes.isEmpty else {
            throw Self.refusal("log.seal", "seal", "a seal follows at least one statement")
        }
        guard time >= lastTimeMilliseconds else {
            throw Self.refusal("log.time", "seal.sealedAt", "times in a log never decrease")
        }
        guard peerHeads.count <= Limits.sealPeerHeads else {
            throw Self.refusal(
                "log.seal", "seal.peerHeads", "peer heads are empty in this edition")
        }
    }

    /// Counts the pending links into their chains.
    private func countLinks(
        heads: some ChainHeads
    ) throws -> (links: [SubjectLink], heads: [Hash256: ChainHead], newSubjects: UInt64) {
        var links: [SubjectLink] = []
        links.reserveCapacity(pendingLinks.count)
        var grown: [Hash256: ChainHead] = [:]
        var newSubjects: UInt64 = 0
        for link in pendingLinks {
            var head: ChainHead
            if let known = grown[link.key] {
                head = known
            } else if let stored = try heads.head(of: link.key) {
                head = stored
            } else {
                head = .empty
                newSubjects += 1
            }
            let leafIndex = lastSealSize + UInt64(link.entry)
            head = head.appending(
                leafIndex: leafIndex, leafHash: pendingHashes[link.entry], row: link.row,
                rowHash: link.rowHash)
            grown[link.key] = head
            links.append(
                SubjectLink(
                    key: link.key, number: head.count, leafIndex: leafIndex, row: link.row))
        }
        return (links, grown, newSubjects)
    }

    private static func refusal(_ code: String, _ field: String, _ reason: String) -> Refusal {
        Refusal(code: code, field: field, reason: reason)
    }
}
