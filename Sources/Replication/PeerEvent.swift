package import Records
package import Signatures

/// A connection, for as long as it lasts.
package struct PeerID: Hashable, Sendable, Comparable {
    /// A number that its owner gives once.
    package let number: UInt64

    /// Names a connection.
    package init(_ number: UInt64) { self.number = number }

    /// In the order of their making.
    package static func < (left: PeerID, right: PeerID) -> Bool { left.number < right.number }
}

/// With what a node cosigns what it mirrors.
package struct Cosigner: Sendable {
    /// Its node's origin.
    package let name: String
    /// The key that governance lists for it.
    package let key: SigningKey

    /// A cosigner.
    package init(name: String, key: SigningKey) {
        self.name = name
        self.key = key
    }
}

/// What happens to a replicator.
package enum PeerEvent: Sendable {
    /// A connection stands; its TLS key is that of this node.
    case connected(PeerID, origin: String)
    /// A frame came.
    case received(PeerID, [UInt8])
    /// A connection is gone.
    case disconnected(PeerID)
    /// The own log has grown by a sealed group that is durable; its governance now.
    case sealed(GovernanceState)
    /// Time has passed.
    case tick
}

/// What a replicator wants done, in the order given.
package enum PeerEffect: Hashable, Sendable {
    /// Send a frame.
    case send(PeerID, [UInt8])
    /// Close a connection, after what was sent.
    case disconnect(PeerID, PeerViolation)
    /// The own log's newest checkpoint with a quorum.
    case quorum(size: UInt64, note: [UInt8])
    /// An alarm was raised here or learned.
    case alarmed(Alarm)
    /// A mirror has reached a checkpoint.
    case mirrored(origin: String, size: UInt64)
    /// A log is mirrored no further.
    case stopped(origin: String, reason: String)
    /// Enough peers have said that the own log ends here: it may be signed.
    case mayGoOn
    /// A peer has a checkpoint of the own log that this node does not remember.
    case behind(size: UInt64)
    /// Entries of the own log that were lost have come back; its ledger has so many now.
    case recovered(size: UInt64)
}

/// Why a peer is cut off.
package struct PeerViolation: Error, Hashable, Sendable {
    /// `peer.*`.
    package let code: String
    /// What it did.
    package let reason: String

    /// A violation.
    package init(_ code: String, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
