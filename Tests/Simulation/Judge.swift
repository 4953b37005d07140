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
    private var quorums: [String: UInt64] = [:]

    mutating func accuse(_ text: String) { accusations.append(text) }

    // MARK: What becomes durable

    mutating func committed(_ group: GroupToCommit, of origin: String, by node: SimulatedNode) {
        guard node.origin == origin || truth[origin] != nil else { return }
        let entries = (group.statements.map(\.entry) + [group.seal]).map { Hash256.sha256($0) }
        let first = Int(group.firstIndex)
        if node.origin == origin {
            let known = truth[origin, default: []].count
            if first < known, !node.isRewound { accuse("\(origin) rewrites entry \(first)") }
            if holdsQuorums, group.firstIndex < quorums[origin] ?? 0 {
                accuse("\(origin) rewrites entry \(first), which had a quorum")
            }
            truth[origin] = Array(truth[origin, default: []].prefix(first)) + entries
        } else if !rewound.contains(origin) {
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
    }

    mutating func supplied(_ parts: [Part], to node: SimulatedNode) {
        let reader = Reader.member(organisation: node.keeper.organisation)
        for part in parts where !part.visibility.permits(reader) {
            accuse("\(node.origin) has a part that it may not see")
        }
    }

    // MARK: What is said and done

    mutating func heard(_ effect: PeerEffect, of node: SimulatedNode, honest: Set<String>) {
        switch effect {
        case .alarmed(let alarm):
            guard let origin = alarm.origin, honest.contains(origin), !rewound.contains(origin)
            else { return }
            accuse("\(node.origin) raises an alarm about \(origin), which is honest")
        case .stopped(let origin, let reason):
            guard honest.contains(origin), !rewound.contains(origin) else { return }
            accuse("\(node.origin) mirrors \(origin) no further, which is honest: \(reason)")
        case .quorum(let size, _):
            quorums[node.origin] = max(quorums[node.origin] ?? 0, size)
        default: break
        }
    }

    /// An honest node tells a head: what it has cosigned must be whole and durable.
    mutating func told(_ head: PeerMessage.LogHead, by node: SimulatedNode) {
        guard !head.note.isEmpty, head.origin != node.origin,
            seen.insert(head.note + [UInt8(node.number)]).inserted,
            let note = try? SignedNote.parse(head.note),
            note.signatures.contains(where: { $0.name == node.origin }),
            let checkpoint = try? Checkpoint(parsing: note.text)
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
        for (origin, size) in cosigned[node.number] ?? [:] where node.disk.log(origin).size() < size
        {
            accuse("\(node.origin) cosigned \(size) entries of \(origin), and has lost some")
        }
        let known = Set(node.disk.contents.alarms.map(\.digest))
        if !node.isRewound, !node.alarmed.isSubset(of: known) {
            accuse("\(node.origin) has forgotten an alarm")
        }
    }

    // MARK: The end

    /// What was acknowledged must be where it was said to be.
    mutating func checkAcknowledged(by node: SimulatedNode) {
        let log = node.own
        if log.size() < node.quorumSize, holdsQuorums, !node.isBehind {
            accuse("\(node.origin) has lost entries that had a quorum")
        }
        guard !node.isRewound else { return }
        for (leaf, entry) in node.acknowledged {
            guard let bytes = log.entry(at: leaf), Hash256.sha256(bytes) == entry else {
                return accuse("\(node.origin) has lost entry \(leaf), which it acknowledged")
            }
        }
    }
}
