package import MerkleTrees
package import Notes
package import Records
package import Sequencing

/// A log as another node keeps it: recomputed entry by entry, and never believed (SPEC §25.3).
///
/// It does no I/O and reads no clock; what it needs of the log before, and what it has recomputed,
/// goes through the store that its owner hands in. Entries are bound to a checkpoint before any
/// rule is asked of them, so that a breach convicts the log and not the peer that passed it on.
package struct LogMirror: Sendable {
    /// A signed checkpoint, and how the mirror's tree belongs to its.
    package struct Target: Hashable, Sendable {
        /// The checkpoint's note; its log signature was checked.
        package var note: [UInt8]
        /// What it says.
        package var checkpoint: Checkpoint
        /// Consistency of the mirror's tree, at its size, with the checkpoint's.
        package var proof: [Hash256]

        /// A target.
        package init(note: [UInt8], checkpoint: Checkpoint, proof: [Hash256]) {
            self.note = note
            self.checkpoint = checkpoint
            self.proof = proof
        }
    }

    /// Why a package was not taken.
    package enum Failure: Error, Hashable, Sendable {
        /// It is not what the checkpoint's tree holds, or not what was asked: the peer's doing.
        case unproven(String)
        /// The checkpoint's tree is another than the one mirrored: the log's doing.
        case split(SplitView)
        /// The checkpoint's tree is another than the one mirrored, and no checkpoint of that one is
        /// at hand to show for it.
        case parted
        /// An entry breaks a rule: the log's doing.
        case breach(LogBreach)
    }

    /// The log's name.
    package let origin: String
    /// The checkpoint under which the newest entries came; nil if none is at hand.
    package private(set) var target: Target?
    /// The newest note that the ledger held when the mirror was taken up.
    package private(set) var newest: [UInt8]?
    private var rules: LogRules
    private var tiles: TileWriter
    private var waiting: [SequencedStatement] = []
    /// The ids of statements that are not in the ledger yet.
    private var waitingIDs: Set<Hash256> = []

    /// Takes up a mirror where its ledger ends.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package init(
        resuming ledger: some LedgerReader, genesis: GovernanceState, origin: String,
        indexDepth: Int
    ) throws {
        let state = try LogStart.state(
            of: ledger, genesis: genesis, origin: origin, indexDepth: indexDepth)
        self.origin = origin
        rules = LogRules(following: state)
        tiles = try TileWriter(size: state.size, tiles: ledger)
        // Groups become durable before the checkpoint they came under is reached.
        var seal = state.size > 0 ? state.size - 1 : nil
        while let place = seal, newest == nil {
            if let note = try ledger.checkpoint(ofSeal: place), !note.isEmpty { newest = note }
            seal = try ledger.seal(before: place)
        }
        guard let note = newest, let signed = try? SignedNote.parse(note),
            let checkpoint = try? Checkpoint(parsing: signed.text), checkpoint.size == state.size
        else { return }
        target = Target(note: note, checkpoint: checkpoint, proof: [])
    }

    /// How many entries have been recomputed, those that wait for their seal too.
    package var size: UInt64 { rules.state.size }

    /// The root of the tree at ``size``.
    package var root: Hash256 { rules.state.frontier.root }

    /// How many entries are durable.
    package var durableSize: UInt64 { rules.state.lastSealSize }

    /// The log's governance as of its newest seal.
    package var governance: GovernanceState { rules.state.sealedGovernance }

    /// The index as of the newest seal.
    package var index: SubjectIndex { rules.state.index }

    /// Whether the mirror is all of its target's tree.
    package var isComplete: Bool {
        target.map { $0.checkpoint.size == size && $0.checkpoint.root == root } ?? false
    }

    // MARK: Taking entries

    /// Binds a package to a checkpoint, recomputes its entries, and hands over each group as it is
    /// sealed.
    ///
    /// - Parameters:
    ///   - package: as a peer gave it.
    ///   - prepared: its entries, read in their order.
    ///   - note: the checkpoint's note, of which the log's signature was checked.
    ///   - checkpoint: what it says.
    ///   - store: holds the mirror as of its last seal.
    /// - Throws: ``Failure``; after a breach the mirror takes no more. What the store throws.
    package mutating func append(
        _ package: EntryPackage, _ prepared: [PreparedEntry], under note: [UInt8],
        _ checkpoint: Checkpoint, in store: some ReplicaStore
    ) throws {
        precondition(prepared.count == package.items.count, "every entry is prepared")
        try checkStart(of: package, note, checkpoint)
        try checkEnd(of: package, checkpoint)
        try checkCompanions(of: package, prepared)
        try append(
            prepared, package.items.map(\.governancePart), under: note, of: checkpoint.size,
            in: store)
        target = Target(note: note, checkpoint: checkpoint, proof: package.endProof)
    }

    private func checkStart(
        of package: EntryPackage, _ note: [UInt8], _ checkpoint: Checkpoint
    ) throws {
        guard package.start == size else {
            throw Failure.unproven("it begins at \(package.start), not at \(size)")
        }
        guard size > 0 else {
            guard package.startRoot == .zero, package.startProof.isEmpty else {
                throw Failure.unproven("nothing comes before the first entry")
            }
            return
        }
        do {
            try TreeProofs.checkConsistency(
                oldSize: size, oldRoot: package.startRoot, newSize: checkpoint.size,
                newRoot: checkpoint.root, proof: package.startProof)
        } catch {
            throw Failure.unproven("its beginning: \(error.reason)")
        }
        guard package.startRoot != root else { return }
        let other = SplitView.Side(
            note: note, root: package.startRoot, proof: package.startProof)
        guard let target else { throw Failure.parted }
        let own = SplitView.Side(note: target.note, root: root, proof: target.proof)
        throw Failure.split(SplitView(origin: origin, size: size, own, other))
    }

    private func checkEnd(of package: EntryPackage, _ checkpoint: Checkpoint) throws {
        var tree = rules.state.frontier
        for item in package.items { tree.append(TreeHash.leaf(item.entry)) }
        do {
            try TreeProofs.checkConsistency(
                oldSize: tree.size, oldRoot: tree.root, newSize: checkpoint.size,
                newRoot: checkpoint.root, proof: package.endProof)
        } catch {
            throw Failure.unproven("its end: \(error.reason)")
        }
    }

    /// The tree holds entries alone: manifests and governance parts are bound to it by what the
    /// statements sign, so that a peer that changes them convicts itself and not the log.
    private func checkCompanions(of package: EntryPackage, _ prepared: [PreparedEntry]) throws {
        let network = governance.network
        let key = Subject.network(network).key(in: network)
        for (offset, item) in package.items.enumerated() {
            let place = package.start + UInt64(offset)
            // An entry that cannot be read is the log's own: the rules will say so.
            guard let statement = prepared[offset].statement else { continue }
            guard let manifest = prepared[offset].manifest,
                (try? statement.check(manifest: manifest)) != nil
            else { throw Failure.unproven("entry \(place) comes without its manifest") }
            let part = item.governancePart.flatMap { try? Part.decode($0) }
            let row = manifest.rows.first { $0.key == key }
            guard part?.digest == row?.part, (item.governancePart == nil) == (row == nil) else {
                throw Failure.unproven("entry \(place) comes without its part of governance")
            }
        }
    }

    /// Recomputes entries that are bound to a checkpoint, and makes the groups that end among them
    /// durable at once; after a breach those before it.
    ///
    /// The group that reaches the checkpoint carries its note: entries whose checkpoint is lost can
    /// be neither told nor shown.
    private mutating func append(
        _ entries: [PreparedEntry], _ governanceParts: [[UInt8]?], under note: [UInt8],
        of checkpointSize: UInt64, in store: some ReplicaStore
    ) throws {
        let failure = try store.extend(origin) { ledger -> ([GroupToCommit], Failure?) in
            var (groups, heads) = ([GroupToCommit](), UncommittedHeads(ledger))
            do {
                for (entry, part) in zip(entries, governanceParts) {
                    guard let group = try append(entry, part, heads, ledger) else { continue }
                    heads.update(group.heads)
                    groups.append(group)
                }
                if size == checkpointSize { try rules.check(checkpoint: note) }
            } catch let failure as Failure {
                return (groups, failure)
            } catch let breach as LogBreach {
                return (groups, .breach(breach))
            }
            if durableSize == checkpointSize, !groups.isEmpty {
                groups[groups.count - 1].checkpoint = note
            }
            return (groups, nil)
        }
        waitingIDs = Set(waiting.map(\.id))
        if let failure { throw failure }
    }

    private mutating func append<Ledger: LedgerReader>(
        _ prepared: PreparedEntry, _ governancePart: [UInt8]?, _ heads: UncommittedHeads<Ledger>,
        _ ledger: Ledger
    ) throws -> GroupToCommit? {
        let step: LogRules.Step
        do {
            step = try rules.append(
                prepared, governancePart: governancePart, heads: heads,
                isRegistered: { id in
                    try waitingIDs.contains(id) || ledger.leafIndex(ofStatement: id) != nil
                })
        } catch let breach as LogBreach {
            throw Failure.breach(breach)
        }
        switch step {
        case .statement(let appended, let verified, let manifest):
            waitingIDs.insert(verified.id)
            waiting.append(
                Self.kept(appended, id: verified.id, manifest, governancePart: governancePart))
            return nil
        case .seal(let group):
            let changed = tiles.append(group.leafHashes)
            defer { waiting.removeAll(keepingCapacity: true) }
            return GroupToCommit(
                firstIndex: group.leafIndex - UInt64(waiting.count), statements: waiting,
                seal: group.entry, size: group.treeSize, root: group.root, checkpoint: [],
                tiles: changed, heads: group.changedHeads, buckets: group.changedBuckets,
                isMirrored: true)
        }
    }

    /// What a ledger keeps of a statement before its parts have come.
    private static func kept(
        _ appended: AppendedEntry, id: Hash256, _ manifest: Manifest, governancePart: [UInt8]?
    ) -> SequencedStatement {
        let here = governancePart.flatMap { try? Part.decode($0) }
        let absent = manifest.partDigests.filter { $0 != here?.digest }
        return SequencedStatement(
            leafIndex: appended.leafIndex, id: id, entry: appended.entry, manifest: manifest,
            parts: here.map { [$0] } ?? [], absent: absent, records: [], authorities: [],
            erasures: [])
    }
}

/// Begins to read entries and to check their signatures under a governance, on as many threads as
/// it likes; gives what waits for them, in their order.
package typealias PrepareEntries =
    @Sendable ([EntryPackage.Item], GovernanceState) -> () -> [PreparedEntry]
