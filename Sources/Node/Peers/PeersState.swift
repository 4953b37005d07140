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
    /// The sizes of the mirrors' checkpoints, by origin.
    var sizes: [UInt64] = []
    /// How many alarms are known.
    var alarms = 0
}

/// What the node knows of its peers, as everybody else reads it.
final class PeersState: Sendable {
    /// One mirrored log.
    struct Mirror: Sendable {
        var origin: String
        /// Entries that are durable here.
        var size: UInt64
        /// The newest checkpoint that is kept.
        var checkpoint: Checkpoint?
        /// Who cosigned that.
        var cosigners: [String]
        /// How many entries beyond that a peer has told of.
        var lag: UInt64
        /// Since when it lags, in milliseconds since the epoch; nil if it does not.
        var laggingSince: UInt64?
        /// Why it is mirrored no further.
        var stopped: String?
    }

    /// Everything at one moment.
    struct Snapshot: Sendable {
        var mirrors: [Mirror] = []
        /// The origins of the nodes that are connected.
        var connected: Set<String> = []
        var alarms: [Alarm] = []
        /// The newest governance of all logs.
        var governance: GovernanceState?
        /// The own log's newest checkpoint with a quorum.
        var quorum: (size: UInt64, note: [UInt8])?
        /// Whether the own log may grow.
        var mayGoOn = false
        /// A checkpoint of the own log that a peer has and this node has not.
        var missing: UInt64?
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
        indexes.withLock { indexes in
            for view in views where view.size > 0 {
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
            snapshot.mirrors = views.map {
                Mirror(
                    origin: $0.origin, size: $0.size, checkpoint: $0.checkpoint,
                    cosigners: $0.cosigners, lag: $0.lag, laggingSince: $0.laggingSince,
                    stopped: $0.stopped)
            }
            snapshot.connected = replicator.connectedOrigins
            snapshot.alarms = replicator.alarms.values.sorted { $0.digest < $1.digest }
            snapshot.governance = replicator.governance
            snapshot.mayGoOn = replicator.mayGoOn
            snapshot.quorum = replicator.quorum
        }
    }
}
