package import MerkleTrees
import Notes
import Records
import Replication
import Sequencing
import Signatures
import Support

/// A node as it would stand behind a socket: a sequencer and a replicator over one disk.
package final class SimulatedNode {
    /// Its place in the network's list.
    package let number: Int
    package let keeper: SimulatedNetwork.Keeper
    package let disk: SimulatedDisk
    /// Whether it keeps the rules.
    package internal(set) var isHonest = true
    /// Which of two views it shows, and to whom: nil for a node that has one.
    var view: Int?
    /// The only node that it shows itself to, if there is but one.
    var confidant: Int?
    /// Whether it has another node's former keys, and says that it is that node.
    var isThief = false
    /// What it has acknowledged: the leaf of each statement.
    package internal(set) var acknowledged: [(leaf: UInt64, entry: Hash256)] = []
    /// The largest checkpoint of its log that had a quorum.
    package internal(set) var quorumSize: UInt64 = 0
    package var isBehind: Bool { hasHeardAhead || replicator?.isBehind ?? false }
    private var hasHeardAhead = false
    /// Whether its disk went back to an older state that held less of its own log.
    package internal(set) var isRewound = false
    /// The alarms that it was told to tell of.
    package internal(set) var alarmed: Set<Hash256> = []

    /// Told of what the replicator asks for, before it is done.
    var onEffect: ((PeerEffect) -> Void)?
    /// Told of a submission that is not taken, since the node waits to hear of its log, or has
    /// heard that it went further.
    var onGate: ((Bool) -> Void)?
    private(set) var replicator: Replicator<SimulatedDisk>?
    private var sequencer: Sequencer?
    private let network: SimulatedNetwork
    let bug: PlantedBug?
    var backup: SimulatedDisk.Contents?
    /// Which of its keys it uses.
    var logKey = 0
    var cosignerKey = 0
    var transportKey = 0
    /// The governance that it knew when the event in hand came.
    private(set) var governanceBefore: GovernanceState?
    /// How far its clock is from the true time, and where it stands still.
    var clockOffset: Int64 = 0
    var frozenAt: UInt64?
    /// Whether it has asked for entries and not reached their checkpoint.
    var isFetching = false

    init(_ number: Int, network: SimulatedNetwork, bug: PlantedBug?) {
        self.number = number
        self.network = network
        self.bug = bug
        keeper = network.keepers[number]
        disk = SimulatedDisk(of: keeper.origin)
        disk.bug = bug
    }

    package var origin: String { keeper.origin }
    /// The governance of the genesis file.
    var genesis: GovernanceState { network.demo.state }
    package var isRunning: Bool { replicator != nil }
    /// Its own log.
    package var own: SimulatedLog { disk.log(origin) }

    /// The governance of its own log.
    var sealedGovernance: GovernanceState? { sequencer?.state.sealedGovernance }

    func clock(_ now: UInt64) -> UInt64 {
        frozenAt ?? UInt64(clamping: Int64(now) + clockOffset)
    }

    // MARK: Life

    /// Takes up what the disk holds.
    func start() throws {
        let isFounder = number < network.founders
        var governance = network.demo.state
        if isFounder {
            let started = try resumed()
            governance = started.state.sealedGovernance
            sequencer = started
        }
        replicator = try Replicator(
            Replicator.Identity(
                origin: origin, genesis: network.demo.state, governance: governance,
                cosigner: isThief
                    ? nil : Cosigner(name: origin, key: keeper.cosignerKeys[cosignerKey]),
                indexDepth: Self.indexDepth),
            store: disk, prepare: Self.prepare)
        governanceBefore = replicator?.governance
        hasHeardAhead = false
    }

    private func resumed() throws -> Sequencer {
        try Sequencer(
            resuming: own, genesis: network.demo.state, origin: origin,
            indexDepth: Self.indexDepth, logKey: keeper.logKeys[logKey])
    }

    func crash() {
        replicator = nil
        sequencer = nil
        disk.crash()
    }

    static let indexDepth = 2
    static let prepare: PrepareEntries = { items, governance in
        let prepared = items.map {
            PreparedEntry($0.entry, manifest: $0.manifest, under: governance)
        }
        return { prepared }
    }

    // MARK: Events

    /// Lets the replicator know of something.
    func handle(_ event: PeerEvent, _ now: UInt64) throws -> [PeerEffect] {
        governanceBefore = replicator?.governance
        var effects = try replicator?.handle(event, nowMilliseconds: clock(now)) ?? []
        for effect in effects {
            onEffect?(effect)
            switch effect {
            case .alarmed(let alarm): alarmed.insert(alarm.digest)
            case .behind: hasHeardAhead = true
            case .quorum(let size, _): quorumSize = max(quorumSize, size)
            default: break
            }
        }
        if effects.contains(.mayGoOn) { effects += try begin(now) }
        return effects
    }

    /// Registers genesis in an empty log, once it may be signed.
    private func begin(_ now: UInt64) throws -> [PeerEffect] {
        guard sequencer != nil, own.size() == 0 else { return [] }
        return try register(network.demo.file.submission, now)
    }

    var maySign: Bool {
        guard let replicator, sequencer != nil else { return false }
        if bug == .signsBeforeItMay { return true }
        if bug == .signsThoughBehind, isBehind { return true }
        return replicator.mayGoOn && !isBehind && !isGivenUp(by: replicator.governance)
    }

    /// Whether the network has removed the node, or will take nothing more that its key signs.
    private func isGivenUp(by governance: GovernanceState) -> Bool {
        let key = keeper.logKeys[logKey].publicKey
        return governance.hasRemoved(log: origin)
            || bug != .keepsOldKey
                && !governance.allows(logKey: key, of: origin, size: own.size() + 2)
                && governance.seq > sequencer?.basis.governance.seq ?? 0
    }

    /// Admits a submission, seals it and makes it durable.
    ///
    /// - Returns: what the replicator asks for; nothing if it may not be signed or is refused.
    func register(_ submission: Submission, _ now: UInt64) throws -> [PeerEffect] {
        guard var sequencer else { return [] }
        guard maySign || !isHonest else {
            onGate?(isBehind)
            return []
        }
        let log = own
        let time = clock(now)
        let facts = SimulatedFacts(log: log)
        let admission = Admission(governance: sequencer.basis.governance, facts: facts)
        guard let admitted = try? admission.admit(submission, nowMilliseconds: time) else {
            return []
        }
        let outcome: StagingOutcome
        do {
            outcome = try sequencer.stage(
                admitted, admittedUnder: sequencer.basis.version, nowMilliseconds: time, in: log)
        } catch is Refusal {
            return []
        }
        guard case .staged = outcome else { return [] }
        return try seal(sequencer, now)
    }

    /// Registers the amendments that other logs hold and its own does not, in one group.
    func adopt(_ now: UInt64) throws -> [PeerEffect] {
        guard isHonest, maySign, let replicator, let sequencer else { return [] }
        let known = sequencer.basis.governance
        guard replicator.governance.seq > known.seq else { return [] }
        let log = own
        let admission = Admission(governance: known, facts: SimulatedFacts(log: log))
        for mirror in replicator.mirrorViews {
            var sequencer = sequencer
            do {
                let admitted = try disk.log(mirror.origin)
                    .amendments(of: known.network, after: known.seq)
                    .map { try admission.admit($0, nowMilliseconds: clock(now)) }
                guard !admitted.isEmpty,
                    try sequencer.stage(
                        amendments: admitted, nowMilliseconds: clock(now), in: log)
                else { continue }
            } catch is Refusal {
                continue
            }
            return try seal(sequencer, now)
        }
        return []
    }

    /// Seals what was staged and makes it durable.
    private func seal(_ staged: Sequencer, _ now: UInt64) throws -> [PeerEffect] {
        var sequencer = staged
        let group = try sequencer.seal(nowMilliseconds: clock(now), in: own)
        let entries = group.statements.map { ($0.leafIndex, Hash256.sha256($0.entry)) }
        if bug == .acknowledgesEarly { acknowledged += entries }
        try disk.commit([group], to: origin)
        sequencer.committed()
        if bug != .acknowledgesEarly { acknowledged += entries }
        self.sequencer = sequencer
        return try handle(.sealed(sequencer.state.sealedGovernance), now)
    }

    /// Registers a statement whose signature is none: what a liar's program may do.
    func forge(_ submission: Submission, _ now: UInt64) throws -> [PeerEffect] {
        let log = own
        guard var sequencer, case let time = clock(now),
            let admitted = try? Admission(
                governance: sequencer.basis.governance, facts: SimulatedFacts(log: log)
            ).admit(submission, nowMilliseconds: time)
        else { return [] }
        var frontier = sequencer.state.frontier
        let staged = try? sequencer.stage(
            admitted, admittedUnder: sequencer.basis.version, nowMilliseconds: time, in: log)
        guard case .staged = staged else { return [] }
        var group = try sequencer.seal(nowMilliseconds: time, in: log)
        group.statements[0].entry[group.statements[0].entry.count - 1] ^= 1
        let leaves = [group.statements[0].entry, group.seal].map { TreeHash.leaf($0) }
        var tiles = try TileWriter(size: log.size(), tiles: log)
        group.tiles = tiles.append(leaves)
        for leaf in leaves { frontier.append(leaf) }
        group.root = frontier.root
        let text = try Checkpoint(origin: origin, size: group.size, root: group.root).text
        let note = try SignedNote.sign(text: text, name: origin, key: keeper.logKeys[logKey])
        group.checkpoint = note.serialized()
        try disk.commit([group], to: origin)
        let resumed = try resumed()
        self.sequencer = resumed
        return try handle(.sealed(resumed.state.sealedGovernance), now)
    }
}
