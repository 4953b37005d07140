import MerkleTrees
import Notes
package import Records
package import Signatures

/// Puts admitted statements in order and seals them in groups: the one writer of a log (SPEC §10).
///
/// A state machine without I/O or clock. Its owner stages statements as they come, seals when it
/// wants to, hands the group to the ledger, and calls ``committed()`` when that is durable:
///
///     var sequencer = try Sequencer(resuming: store, genesis: …, logKey: …)
///     switch try sequencer.stage(admitted, admittedUnder: version, nowMilliseconds: now, in:
///         store)
///     let group = try sequencer.seal(nowMilliseconds: now, in: store)
///     try store.commit(group)       // an error here is fatal: stop, and start again from the disk
///     sequencer.committed()         // now acknowledge
///
/// A refused statement changes nothing. Anything else that is thrown leaves the value in doubt: it
/// is dropped with the process.
package struct Sequencer: Sendable {
    /// The most bytes of statements, manifests and parts in one group.
    package static let groupBytesLimit = 64 << 20

    /// The log as it stands, staged statements included.
    package private(set) var state: LogState
    /// What statements are admitted under at present.
    package private(set) var basis: AdmissionBasis

    private let logKey: SigningKey
    private var tiles: TileWriter
    private var staged: [SequencedStatement] = []
    private var stagedLeaves: [Hash256: UInt64] = [:]
    private var stagedBytes = 0
    private var effects = GroupEffects()
    private var isSealed = false

    /// Takes up a log where its ledger ends.
    ///
    /// - Parameters:
    ///   - ledger: the ledger, at its last seal.
    ///   - genesis: the governance of the genesis file.
    ///   - origin: the log's name.
    ///   - indexDepth: the depth whose buckets the ledger keeps.
    ///   - logKey: the key that signs checkpoints.
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package init(
        resuming ledger: some LedgerReader, genesis: GovernanceState, origin: String,
        indexDepth: Int, logKey: SigningKey
    ) throws {
        state = try LogStart.state(
            of: ledger, genesis: genesis, origin: origin, indexDepth: indexDepth)
        tiles = try TileWriter(size: state.size, tiles: ledger)
        basis = AdmissionBasis(
            version: 0, governance: state.sealedGovernance,
            delegations: try LogStart.delegations(in: ledger))
        self.logKey = logKey
    }

    /// Whether the log's next checkpoint may bear the key at hand, by the log's own governance.
    ///
    /// If not, nothing can be staged but the amendments that put it in force.
    package var isKeyInForce: Bool { mayBearKey(size: state.size + 2, under: state.governance) }

    /// How many statements wait for the seal.
    package var stagedCount: Int { staged.count }

    /// How many bytes of statements, manifests and parts wait for the seal.
    package var stagedByteCount: Int { stagedBytes }

    // MARK: Staging

    /// Gives a statement the next leaf, unless the log has it.
    ///
    /// - Parameters:
    ///   - admitted: a statement that passed admission.
    ///   - version: the version of the basis it was admitted under.
    ///   - now: the present; the log's time never goes back, whatever the clock does.
    ///   - ledger: the ledger at the last seal.
    /// - Returns: what became of it.
    /// - Throws: a ``Refusal`` of this statement, after which all is as before; what the ledger
    ///   throws.
    package mutating func stage(
        _ admitted: AdmittedStatement, admittedUnder version: UInt64, nowMilliseconds now: UInt64,
        in ledger: some LedgerReader
    ) throws -> StagingOutcome {
        precondition(!isSealed, "a sealed group must be committed before the next is staged")
        let id = admitted.verified.id
        if let leafIndex = stagedLeaves[id] { return .alreadyStaged(leafIndex: leafIndex) }
        if let leafIndex = try ledger.leafIndex(ofStatement: id) {
            return .alreadyRegistered(leafIndex: leafIndex)
        }
        guard version == basis.version else { return .admitAgain }
        let bytes = Self.byteCount(of: admitted)
        guard !effects.endsGroup, staged.count < Limits.sealStatements,
            staged.isEmpty || stagedBytes + bytes <= Self.groupBytesLimit
        else { return .sealFirst }
        try requireKey(after: [admitted])
        return try add(admitted, bytes, nowMilliseconds: now, in: ledger)
    }

    /// Stages amendments that follow each other, for one group of their own: the checkpoint over
    /// them bears the key that the last of them leaves in force.
    ///
    /// - Parameters:
    ///   - amendments: statements that passed admission, in the order of their numbers.
    ///   - now: the present.
    ///   - ledger: the ledger at the last seal.
    /// - Returns: whether there was anything to stage; false if they do not follow what is
    ///   registered.
    /// - Throws: a ``Refusal``, after which all is as before; what the ledger throws.
    package mutating func stage(
        amendments: [AdmittedStatement], nowMilliseconds now: UInt64, in ledger: some LedgerReader
    ) throws -> Bool {
        precondition(staged.isEmpty && !isSealed, "amendments have a group of their own")
        let new = amendments.prefix(Limits.sealStatements)
        guard case .amendment(let first) = new.first?.governance?.kind,
            first.seq == state.governance.seq + 1
        else { return false }
        try requireKey(after: Array(new))
        // Staged or not, all of them: a group with some would want another key.
        let before = self
        do {
            for admitted in new {
                _ = try add(
                    admitted, Self.byteCount(of: admitted), nowMilliseconds: now, in: ledger)
            }
        } catch {
            self = before
            throw error
        }
        return true
    }

    private mutating func add(
        _ admitted: AdmittedStatement, _ bytes: Int, nowMilliseconds now: UInt64,
        in ledger: some LedgerReader
    ) throws -> StagingOutcome {
        let id = admitted.verified.id
        let records = StatementRecords(admitted)
        try checkURIs(records, in: ledger)
        let appended = try append(admitted, nowMilliseconds: now)
        staged.append(records.sequenced(admitted, appended))
        stagedLeaves[id] = appended.leafIndex
        stagedBytes += bytes
        let origin = RecordedDelegations.Origin(
            leafIndex: appended.leafIndex, statement: admitted.verified.statement,
            registeredAtMilliseconds: state.lastTimeMilliseconds)
        effects.add(
            records, from: origin, governance: admitted.governance, delegations: basis.delegations)
        return .staged(leafIndex: appended.leafIndex)
    }

    private mutating func append(
        _ admitted: AdmittedStatement, nowMilliseconds now: UInt64
    ) throws(Refusal) -> AppendedEntry {
        // Judged again for the time it really gets: a key or a member may have ended meanwhile.
        let verified = try state.sealedGovernance.confirm(
            admitted.verified, registeredAtMilliseconds: max(now, state.lastTimeMilliseconds))
        return try state.append(
            verified, manifest: admitted.manifest,
            governancePart: admitted.governance == nil ? nil : admitted.parts.first?.part)
    }

    /// The rule `id.own` once more, against what was registered since admission: two statements
    /// admitted side by side may name one URI.
    private func checkURIs(
        _ records: StatementRecords, in ledger: some LedgerReader
    ) throws {
        for id in records.ids {
            let owner: String
            switch try ledger.firstIssuer(ofRecord: id) {
            case .organisation(let first): owner = first
            case .nobody, .undisclosed:
                guard let first = effects.recordIssuers[id] else { continue }
                owner = first
            }
            guard owner != records.issuer else { continue }
            throw Refusal.taken(id, by: owner)
        }
    }

    private static func byteCount(of admitted: AdmittedStatement) -> Int {
        admitted.verified.statement.bytes.count
            + admitted.manifest.rows.count * Row.encodedByteCount
            + admitted.parts.reduce(0) { $0 + $1.part.encoded.count }
    }

    // MARK: Sealing

    /// Seals the staged statements and signs the checkpoint.
    ///
    /// - Parameters:
    ///   - now: the present.
    ///   - ledger: the ledger at the last seal.
    ///   - peerHeads: the checkpoints of other logs that were recomputed since.
    /// - Returns: the group, to be committed.
    /// - Throws: what the ledger throws, ``SequencingError`` if the key is not the log's any more.
    package mutating func seal(
        nowMilliseconds now: UInt64, in ledger: some LedgerReader, peerHeads: [PeerHead] = []
    ) throws -> GroupToCommit {
        precondition(!isSealed && !staged.isEmpty, "a seal follows at least one statement")
        let firstIndex = state.lastSealSize
        let sealed = try state.seal(
            atMilliseconds: max(now, state.lastTimeMilliseconds),
            peerHeads: Array(peerHeads.sorted().prefix(Limits.sealPeerHeads)), heads: ledger)
        let changed = tiles.append(sealed.leafHashes)
        guard tiles.root == sealed.root, tiles.size == sealed.treeSize else {
            throw SequencingError.damaged("tiles and frontier come to different roots")
        }
        isSealed = true
        return GroupToCommit(
            firstIndex: firstIndex, statements: staged, seal: sealed.entry, size: sealed.treeSize,
            root: sealed.root, checkpoint: try checkpoint(size: sealed.treeSize, root: sealed.root),
            tiles: changed, heads: sealed.changedHeads, buckets: sealed.changedBuckets)
    }

    /// The group is durable: the basis of admission moves on, and the next group begins.
    package mutating func committed() {
        precondition(isSealed, "only a sealed group can have been committed")
        effects.apply(to: &basis.delegations)
        if effects.endsGroup {
            basis.governance = state.sealedGovernance
            basis.version += 1
        }
        isSealed = false
        staged.removeAll(keepingCapacity: true)
        stagedLeaves.removeAll(keepingCapacity: true)
        stagedBytes = 0
        effects = GroupEffects()
    }

    private func checkpoint(size: UInt64, root: Hash256) throws -> [UInt8] {
        try checkKey(size: size)
        let checkpoint = try Checkpoint(origin: state.origin, size: size, root: root)
        return try SignedNote.sign(text: checkpoint.text, name: state.origin, key: logKey)
            .serialized()
    }

    /// Refuses what the key at hand could not seal: every statement but the amendments that put the
    /// key in force, and amendments that take it away or change it at another place than this.
    private func requireKey(after admitted: [AdmittedStatement]) throws(Refusal) {
        guard state.size > 0 else { return }
        var next = state.governance
        for body in admitted.compactMap(\.governance) { next = try next.applying(body) }
        let (old, new) = (rotations(in: state.governance), rotations(in: next))
        if let last = new.last, new.count > old.count,
            last.size != state.size || last.root != state.frontier.root
        {
            throw Refusal(
                code: "log.rotation", field: "amendment",
                reason: "it changes this log's key at \(last.size) entries with root "
                    + "\(last.root.hex); the log has \(state.size) with root "
                    + "\(state.frontier.root.hex). Ask the governors for one that says so")
        }
        guard !mayBearKey(size: state.size + UInt64(admitted.count) + 1, under: next) else {
            return
        }
        guard new.count == old.count else {
            throw Refusal(
                code: "log.rotation", field: "amendment",
                reason: "it gives this log another key than the node has; stop the node, give it "
                    + "the new key with cairn rekey, start it, and register this again")
        }
        throw Refusal(
            code: "node.key-pending", field: "",
            reason: "this node has a log key that no amendment in its log lists yet; it takes "
                + "nothing before that amendment")
    }

    private func rotations(in governance: GovernanceState) -> [LogRotation] {
        governance.logKeys(origin: state.origin)?.rotations ?? []
    }

    private func mayBearKey(size: UInt64, under governance: GovernanceState) -> Bool {
        governance.allows(logKey: logKey.publicKey, of: state.origin, size: size)
    }

    private func checkKey(size: UInt64) throws(SequencingError) {
        guard mayBearKey(size: size, under: state.sealedGovernance) else {
            throw SequencingError(
                code: "log.key",
                reason: "governance lists another key for \(state.origin) than the one given")
        }
    }
}
