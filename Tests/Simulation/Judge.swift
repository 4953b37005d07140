import MerkleTrees
import Notes
import Records
import Replication
import Sequencing

/// What must never be (`/reliability` S1), checked whenever something happens.
package struct Judge {
    /// What was found to be wrong.
    package private(set) var accusations: [String] = []
    /// The entries that each honest log has made durable, by place.
    private var truth: [String: [Hash256]] = [:]
    /// How far each node has cosigned each log.
    private var cosigned: [Int: [String: UInt64]] = [:]
    private var seen: Set<[UInt8]> = []
    /// Whether so few lie that a quorum must hold.
    var holdsQuorums = true
    /// Whether the governors keep to one history.
    var governorsLie = false
    /// Whether so few lie or forget that no two checkpoints of one size can have a quorum.
    var holdsOneQuorum = true
    /// What the governors have decided, whoever knows of it.
    var governance: GovernanceState? {
        didSet {
            for origin in (governance?.nodes ?? [:]).keys {
                keyChanges[origin] = governance?.logKeys(origin: origin)?.rotations.count
            }
        }
    }
    /// How often each log has been given another key, those of removed nodes too.
    private var keyChanges: [String: Int] = [:]
    /// The logs of which somebody has a former key.
    var stolen: Set<String> = []
    private var quorums: [String: UInt64] = [:]
    /// The root of each checkpoint that was told with a quorum, by log and size.
    private var certified: [String: [UInt64: Hash256]] = [:]
    /// The peers that have told each node their heads since it started.
    private var heard: [Int: Set<String>] = [:]
    /// The nodes that may sign, and those that know that their log went further.
    private var mayGoOn: Set<Int> = []
    private var behind: Set<Int> = []

    mutating func accuse(_ text: String) { accusations.append(text) }

    // MARK: What becomes durable

    mutating func committed(_ group: GroupToCommit, of origin: String, by node: SimulatedNode) {
        guard node.origin == origin || truth[origin] != nil else { return }
        let entries = (group.statements.map(\.entry) + [group.seal]).map { Hash256.sha256($0) }
        let first = Int(group.firstIndex)
        if node.origin == origin, group.isMirrored {
            let known = truth[origin, default: []]
            guard first + entries.count <= known.count,
                Array(known[first..<first + entries.count]) == entries
            else { return accuse("\(origin) recovers what it never had") }
        } else if node.origin == origin {
            if !mayGoOn.contains(node.number) {
                accuse("\(origin) signs before it has heard how far it went")
            }
            if isVoid(group.checkpoint, of: origin, under: [governance]) {
                accuse("\(origin) signs with a key that was taken from it")
            }
            if behind.contains(node.number) { accuse("\(origin) signs, and is behind") }
            let known = truth[origin, default: []].count
            if first < known, !node.isRewound { accuse("\(origin) rewrites entry \(first)") }
            if holdsQuorums, group.firstIndex < quorums[origin] ?? 0 {
                accuse("\(origin) rewrites entry \(first), which had a quorum")
            }
            truth[origin] = Array(truth[origin, default: []].prefix(first)) + entries
        } else if !rewound.contains(origin), !isRobbed(origin, as: node) {
            let known = truth[origin, default: []]
            guard first + entries.count <= known.count,
                Array(known[first..<first + entries.count]) == entries
            else { return accuse("\(node.origin) mirrors what \(origin) never had") }
        }
    }

    private var rewound: Set<String> = []
    mutating func rewind(_ node: SimulatedNode) {
        rewound.insert(node.origin)
        cosigned[node.number] = nil
        holdsOneQuorum = false
    }

    /// Whether a checkpoint is of a key that its log gave up, under each of these governances.
    private func isVoid(
        _ note: [UInt8], of origin: String, under governances: [GovernanceState?]
    ) -> Bool {
        let head = PeerMessage.LogHead(origin: origin, note: note)
        return governances.allSatisfy { $0?.isVoid(head) ?? false }
    }

    /// Whether a node may take for a log's what a thief has signed, as it does not know better.
    private func isRobbed(_ origin: String, as node: SimulatedNode) -> Bool {
        let changes = keyChanges[origin] ?? 0
        let known = node.governanceBefore?.logKeys(origin: origin)?.rotations.count ?? 0
        return stolen.contains(origin) && known < changes
    }

    /// A mirror is begun anew: what was cosigned of it must be void.
    mutating func dropped(_ origin: String, by node: SimulatedNode) {
        if !stolen.contains(origin), !rewound.contains(origin) {
            accuse("\(node.origin) drops its mirror of \(origin), which nothing makes void")
        }
        cosigned[node.number]?[origin] = nil
    }

    mutating func supplied(_ parts: [Part], to node: SimulatedNode) {
        let reader = Reader.member(organisation: node.keeper.organisation)
        for part in parts where !part.visibility.permits(reader) {
            accuse("\(node.origin) has a part that it may not see")
        }
    }

    // MARK: What is said and done

    /// An honest node gives parts: those that it knows the other may see.
    mutating func gave(
        _ parts: [Part], by node: SimulatedNode, to peer: SimulatedNode, at now: UInt64
    ) {
        for known in [node.governanceBefore, node.replicator?.governance] {
            guard let known, !parts.isEmpty else { return }
            let organisation = peer.keeper.organisation
            let isSuspended = known.suspensions(of: organisation)
                .isSuspended(atMilliseconds: node.clock(now))
            let isSeen =
                known.nodes[peer.origin] != nil
                && parts.allSatisfy { part in
                    let reader =
                        isSuspended && RecordFacts(of: part)?.erases == nil
                        ? Reader.anonymous : .member(organisation: organisation)
                    return part.visibility.permits(reader)
                }
            if isSeen { return }
        }
        accuse("\(node.origin) gives \(peer.origin) a part that it may not see any more")
    }

    /// An honest node asks for something of a log.
    mutating func asked(about origin: String, by node: SimulatedNode) {
        guard node.governanceBefore?.hasRemoved(log: origin) ?? false else { return }
        accuse("\(node.origin) asks for \(origin), which the network has removed")
    }

    /// A peer's heads reach an honest node.
    mutating func hears(_ peer: String, _ node: SimulatedNode) {
        heard[node.number, default: []].insert(peer)
    }

    mutating func heard(_ effect: PeerEffect, of node: SimulatedNode, honest: Set<String>) {
        switch effect {
        case .alarmed(let alarm): judge(alarm, of: node, honest: honest)
        case .stopped(let origin, let reason):
            guard honest.contains(origin), !rewound.contains(origin), !isRobbed(origin, as: node)
            else { return }
            accuse("\(node.origin) mirrors \(origin) no further, which is honest: \(reason)")
        case .quorum(let size, let note):
            quorums[node.origin] = max(quorums[node.origin] ?? 0, size)
            // One event can bring the cosignature and, after it, governance that asks for more.
            let needed =
                [node.governanceBefore, node.replicator?.governance]
                .compactMap { $0?.policy.quorum }.min() ?? 0
            if Self.cosigners(of: note) < needed {
                accuse("\(node.origin) takes \(Self.cosigners(of: note)) for a quorum")
            }
        case .mayGoOn: judgeGoingOn(node)
        case .behind:
            behind.insert(node.number)
            if !node.isRewound, !stolen.contains(node.origin) {
                accuse("\(node.origin) has forgotten what it signed")
            }
        default: break
        }
    }

    /// An alarm must prove itself to who knows nothing but genesis, and convict who lied.
    private mutating func judge(_ alarm: Alarm, of node: SimulatedNode, honest: Set<String>) {
        let read = try? Alarm.decode(alarm.encoded())
        if read != alarm || (try? read?.accused(under: node.genesis)) == nil {
            accuse("\(node.origin) raises an alarm that proves nothing")
        }
        guard let origin = alarm.origin else {
            if !governorsLie { accuse("\(node.origin) accuses the governors, who are honest") }
            return
        }
        guard honest.contains(origin), !rewound.contains(origin), !isRobbed(origin, as: node)
        else { return }
        accuse("\(node.origin) raises an alarm about \(origin), which is honest")
    }

    /// n − q + f + 1 of those who cosign a node's log must have told it how far they know it.
    private mutating func judgeGoingOn(_ node: SimulatedNode) {
        mayGoOn.insert(node.number)
        guard let governance = node.replicator?.governance else { return }
        let cosigners = Set(governance.nodes.values.filter { $0.cosignerKey != nil }.map(\.origin))
        let others = cosigners.subtracting([node.origin])
        let (count, policy) = (UInt64(cosigners.count), governance.policy)
        let needed = min(
            count + policy.toleratedLiars + 1 - min(policy.quorum, count), UInt64(others.count))
        let told = others.intersection(heard[node.number] ?? [])
        guard told.count < needed else { return }
        accuse("\(node.origin) goes on after \(told.count) have told it of its log, not \(needed)")
    }

    /// How many lines a note has beside the log's own.
    private static func cosigners(of note: [UInt8]) -> Int {
        ((try? SignedNote.parse(note))?.signatures.count ?? 1) - 1
    }

    /// An honest node tells a head: what it has cosigned must be whole and durable.
    mutating func told(_ head: PeerMessage.LogHead, by node: SimulatedNode) {
        guard !head.note.isEmpty, seen.insert(head.note + [UInt8(node.number)]).inserted,
            let note = try? SignedNote.parse(head.note),
            let checkpoint = try? Checkpoint(parsing: note.text)
        else { return }
        let quorum = node.replicator?.governance.policy.quorum ?? .max
        if node.governanceBefore?.hasRemoved(log: head.origin) ?? false,
            node.replicator?.governance.hasRemoved(log: head.origin) ?? false,
            head.origin != node.origin
        {
            accuse("\(node.origin) tells of \(head.origin), which the network has removed")
        }
        let governances = [node.governanceBefore, node.replicator?.governance]
        if isVoid(head.note, of: head.origin, under: governances) {
            accuse("\(node.origin) tells of \(head.origin) what a former key has signed")
        }
        if holdsOneQuorum, Self.cosigners(of: head.note) >= quorum,
            !isVoid(head.note, of: head.origin, under: [governance])
        {
            let known = certified[head.origin]?[checkpoint.size] ?? checkpoint.root
            certified[head.origin, default: [:]][checkpoint.size] = known
            if known != checkpoint.root {
                accuse("two checkpoints of \(head.origin) at \(checkpoint.size) have a quorum")
            }
        }
        guard head.origin != node.origin,
            note.signatures.contains(where: { $0.name == node.origin })
        else { return }
        let log = node.disk.log(head.origin)
        let root = try? TreeReader(tiles: log, size: checkpoint.size).root()
        guard log.size() >= checkpoint.size, root == checkpoint.root else {
            return accuse("\(node.origin) cosigned \(head.origin), and does not hold it")
        }
        let known = cosigned[node.number]?[head.origin] ?? 0
        cosigned[node.number, default: [:]][head.origin] = max(known, checkpoint.size)
    }

    /// A node takes up its disk again: what it told of must be there.
    mutating func started(_ node: SimulatedNode) {
        heard[node.number] = nil
        mayGoOn.remove(node.number)
        behind.remove(node.number)
        for (origin, size) in cosigned[node.number] ?? [:] where node.disk.log(origin).size() < size
        {
            accuse("\(node.origin) cosigned \(size) entries of \(origin), and has lost some")
        }
        let known = Set(node.disk.contents.alarms.map(\.digest))
        checkEntries(of: node)
        if !node.isRewound, !node.alarmed.isSubset(of: known) {
            accuse("\(node.origin) has forgotten an alarm")
        }
    }

    /// An honest node cuts off another that is honest too.
    mutating func cutOff(
        _ peer: SimulatedNode, by node: SimulatedNode, _ violation: PeerViolation
    ) {
        let isQuiet = ["peer.silent", "peer.removed"].contains(violation.code)
        guard !isQuiet, !violation.reason.hasPrefix("it said "), !governorsLie,
            !node.isRewound, !peer.isRewound
        else { return }
        accuse("\(node.origin) cuts off \(peer.origin), which is honest: \(violation.reason)")
    }

    // MARK: The end

    /// What was acknowledged must be where it was said to be.
    mutating func checkAcknowledged(by node: SimulatedNode) {
        let log = node.own
        if log.size() < node.quorumSize, holdsQuorums, !node.isBehind {
            accuse("\(node.origin) has lost entries that had a quorum")
        }
        for (origin, size) in cosigned[node.number] ?? [:] where node.disk.log(origin).size() < size
        {
            accuse("\(node.origin) has not kept what it cosigned of \(origin)")
        }
        checkEntries(of: node)
    }

    private mutating func checkEntries(of node: SimulatedNode) {
        guard !node.isRewound else { return }
        for (leaf, entry) in node.acknowledged {
            guard let bytes = node.own.entry(at: leaf), Hash256.sha256(bytes) == entry else {
                return accuse("\(node.origin) has lost entry \(leaf), which it acknowledged")
            }
        }
    }
}
