import EPCIS
import MerkleTrees
import Notes
import Records
import Replication
import Sequencing
import Storage
import Synchronization

/// What of its peers a verdict rests on.
struct PeersMark: Hashable, Sendable {
    /// The mirrors' checkpoints, by origin.
    var checkpoints: [Checkpoint?] = []
    /// How many alarms are known.
    var alarms = 0
}

/// Why a connection with a peer last came to an end out of order.
struct PeerEnd: Hashable, Sendable {
    /// `peer.*`.
    var code: String
    /// For a person.
    var reason: String
    var atMilliseconds: UInt64
    /// How many connections have ended so since the node's start.
    var count: UInt64
}

/// What the node knows of its peers, as everybody else reads it.
final class PeersState: Sendable {
    /// Everything at one moment.
    struct Snapshot: Sendable {
        /// The mirrors, by origin.
        var mirrors: [MirrorView] = []
        /// The origins of the nodes that are connected.
        var connected: Set<String> = []
        /// How connections last ended that did not end in order, by the peer's origin.
        var ends: [String: PeerEnd] = [:]
        var alarms: [Alarm] = []
        /// The newest governance of all logs.
        var governance: GovernanceState?
        /// The own log's newest checkpoint with a quorum.
        var quorum: (size: UInt64, note: [UInt8])?
        /// Who has cosigned the own log's newest checkpoint.
        var cosigners: [String] = []
        /// Whether the own log may grow.
        var mayGoOn = false
        /// How large the own log once was, if this node has lost entries of it and governance has
        /// given it no other key since.
        var lost: UInt64?
    }

    private let snapshot: Mutex<Snapshot>
    private let indexes = Mutex<[String: SealedIndexes]>([:])
    private let heads = Mutex<[PeerHead]>([])

    init(_ first: Snapshot) { snapshot = Mutex(first) }

    var newest: Snapshot { snapshot.withLock { $0 } }

    func change(_ body: (inout Snapshot) -> Void) { snapshot.withLock { body(&$0) } }

    /// The heads that were kept since the last seal took them.
    func takePeerHeads() -> [PeerHead] {
        heads.withLock { heads in
            defer { heads = [] }
            return heads
        }
    }

    /// The index of a mirror at a size.
    func index(of origin: String, size: UInt64) -> SubjectIndex? {
        indexes.withLock { $0[origin]?.index(size: size) }
    }

    /// Takes over what a replicator stands at.
    func update(from replicator: Replicator<Replicas>) {
        let views = replicator.mirrorViews
        let mirrors = newest.mirrors
        indexes.withLock { indexes in
            for view in views where view.size > 0 {
                let before = mirrors.first { $0.origin == view.origin }?.size ?? 0
                // One that begins anew may come to a size again with other entries.
                if view.size < before { indexes[view.origin] = nil }
                var kept = indexes[view.origin] ?? SealedIndexes()
                guard kept.index(size: view.size) == nil else { continue }
                kept.add(view.index, size: view.size)
                indexes[view.origin] = kept
            }
        }
        heads.withLock { heads in
            for view in views {
                guard let checkpoint = view.checkpoint else { continue }
                let head = PeerHead(
                    origin: Hash256.sha256(Array(view.origin.utf8)), size: checkpoint.size,
                    root: checkpoint.root)
                let before = snapshot.withLock { snapshot in
                    snapshot.mirrors.first { $0.origin == view.origin }?.checkpoint
                }
                guard before?.size != checkpoint.size else { continue }
                heads.removeAll { $0.origin == head.origin }
                heads.append(head)
            }
        }
        snapshot.withLock { snapshot in
            snapshot.mirrors = views
            snapshot.connected = replicator.connectedOrigins
            snapshot.alarms = replicator.alarms.values
                .filter { !replicator.governance.hasRemoved(log: $0.origin ?? "") }
                .sorted { $0.digest < $1.digest }
            snapshot.governance = replicator.governance
            snapshot.mayGoOn = replicator.mayGoOn
            snapshot.quorum = replicator.quorum
            snapshot.lost = replicator.isBehind ? replicator.lostSize : nil
            snapshot.cosigners = replicator.ownCosigners
        }
    }
}
