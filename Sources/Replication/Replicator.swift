package import MerkleTrees
import Notes
package import Records
import Sequencing

/// A node among its peers: mirrors their logs, cosigns them, raises alarms (SPEC §25).
///
/// A state machine without socket, clock or thread. Its owner hands it what happens, one event
/// after the other, and does what it asks for:
///
///     var replicator = try Replicator(identity, store: replicas, prepare: onAllCores)
///     for effect in try replicator.handle(.received(peer, frame), nowMilliseconds: now) { … }
///
/// A peer that breaks the protocol is cut off, and nothing else changes. What the store throws is
/// fatal: the value is dropped, and another is taken up from the store.
package struct Replicator<Store: ReplicaStore> {
    /// Who the node is.
    package struct Identity: Sendable {
        /// Its log's name.
        package var origin: String
        /// The governance of the genesis file.
        package var genesis: GovernanceState
        /// The governance of its own log's newest seal.
        package var governance: GovernanceState
        /// With what it cosigns; nil if it only mirrors.
        package var cosigner: Cosigner?
        /// How many levels of a mirror's index are held.
        package var indexDepth: Int

        /// Who the node is.
        package init(
            origin: String, genesis: GovernanceState, governance: GovernanceState,
            cosigner: Cosigner?, indexDepth: Int
        ) {
            self.origin = origin
            self.genesis = genesis
            self.governance = governance
            self.cosigner = cosigner
            self.indexDepth = indexDepth
        }
    }

    /// A package whose entries are being read.
    struct Arrived {
        var package: EntryPackage
        /// Who gave it.
        var peer: PeerID
        /// The checkpoint it was asked for under.
        var note: CosignedNote
        /// Waits for its entries.
        var prepared: () -> [PreparedEntry]
    }

    /// A log that is mirrored.
    struct Mirrored {
        var mirror: LogMirror
        /// The newest checkpoint that is recomputed and durable.
        var kept: CosignedNote?
        /// Whose answers are waited for, each under which checkpoint, and since when: of several
        /// the last one asked, and those before it who have not answered for long.
        var fetching: [PeerID: (note: CosignedNote, atMilliseconds: UInt64)] = [:]
        /// What has come and is taken when the next answer is there: until then its signatures are
        /// checked.
        var arrived: Arrived?
        /// Why it is mirrored no further.
        var stopped: String?
        /// The same as it is kept, where no alarm says it.
        var stop: MirrorStop?
        /// Whether parts came or were asked for since it grew.
        var grewAtMilliseconds: UInt64 = 0

        /// Mirrors it no further.
        mutating func halt(_ reason: String) {
            stopped = reason
            fetching = [:]
            arrived = nil
        }
    }

    let identity: Identity
    let store: Store
    let prepare: PrepareEntries
    /// The newest governance of all logs that are held.
    package internal(set) var governance: GovernanceState
    /// The own log's newest checkpoint.
    var own: CosignedNote?
    /// The own log's newest checkpoint with a quorum.
    package internal(set) var quorum: (size: UInt64, note: [UInt8])?
    var mirrors: [String: Mirrored] = [:]
    var sessions: [PeerID: PeerSession] = [:]
    package internal(set) var alarms: [Hash256: Alarm] = [:]
    /// The head of the own log's governance.
    var ownHead: Hash256
    /// Alarms that are not kept, since enough are known of that log.
    var passedBy: Set<Hash256> = []
    /// The amendments that each log brought, by number.
    var amendments: [UInt64: (head: Hash256, content: [UInt8])] = [:]
    /// Whether the own log may grow.
    package internal(set) var mayGoOn = false
    /// What the own log's node has lost.
    var losses: [Loss] = []
    /// The clock at the event in hand, and by how much it was ever set back.
    var wallMilliseconds: UInt64 = 0
    private var setBackMilliseconds: UInt64 = 0
    /// What the event in hand has led to.
    var effects: [PeerEffect] = []

    /// Takes up the mirrors from their store.
    ///
    /// - Throws: ``SequencingError``, and what the store throws.
    package init(
        _ identity: Identity, store: Store, prepare: @escaping PrepareEntries
    ) throws {
        self.identity = identity
        self.store = store
        self.prepare = prepare
        governance = identity.governance
        ownHead = identity.governance.head
        losses = try store.losses()
        for alarm in try store.alarms() { alarms[alarm.digest] = alarm }
        try takeUpOwn()
        try takeUpQuorum()
        if governance.seq > 0 { try learnGovernance(of: identity.origin) }
        try takeUpMirrors()
        mayGoOn = governance.policy.quorum == 0 && !isBehind
        try takeUpRecovery()
    }

    /// Does what an event asks for.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - now: the present.
    /// - Returns: what its owner must do, in order.
    /// - Throws: what the store throws.
    package mutating func handle(
        _ event: PeerEvent, nowMilliseconds now: UInt64
    ) throws -> [PeerEffect] {
        effects = []
        let now = steady(now)
        switch event {
        case .connected(let peer, let origin): connect(peer, origin, now)
        case .disconnected(let peer): forget(peer)
        case .received(let peer, let frame): try receive(frame, from: peer, now)
        case .sealed(let governance):
            // Also where a mirror brought amendments of these numbers before: they may be others.
            let isAmended = governance.head != ownHead
            ownHead = governance.head
            try adopt(governance)
            if isAmended { try learnGovernance(of: identity.origin) }
            try takeUpOwn()
            try takeUpRecovery()
            retell()
        case .tick: tick(now)
        }
        try goOn(now)
        return effects
    }

    /// The time that limits are measured in: it goes on from where it was when the clock is set
    /// back, so that nothing waits for the clock to come there again.
    private mutating func steady(_ now: UInt64) -> UInt64 {
        if now < wallMilliseconds { setBackMilliseconds += wallMilliseconds - now }
        wallMilliseconds = now
        return now + setBackMilliseconds
    }

    // MARK: Connections

    private mutating func connect(_ peer: PeerID, _ origin: String, _ now: UInt64) {
        sessions[peer] = PeerSession(origin: origin, nowMilliseconds: now)
        send(
            .hello(
                version: ReplicationLimits.version, network: identity.genesis.network,
                origin: identity.origin), to: peer)
    }

    private mutating func forget(_ peer: PeerID) {
        sessions[peer] = nil
        for origin in mirrors.keys { mirrors[origin]?.fetching[peer] = nil }
    }

    func isKnown(_ origin: String) -> Bool { governance.nodes[origin] != nil }

    mutating func send(_ message: PeerMessage, to peer: PeerID) {
        effects.append(.send(peer, message.encoded()))
    }

    /// Cuts a peer off, and tells it why.
    mutating func cutOff(_ peer: PeerID, _ violation: PeerViolation) {
        guard sessions[peer] != nil else { return }
        let reason = String(violation.reason.prefix(200))
        send(.bye(code: violation.code, reason: reason), to: peer)
        effects.append(.disconnect(peer, violation))
        forget(peer)
    }

    /// All peers must be told what is held now.
    mutating func retell() {
        for peer in sessions.keys { sessions[peer]?.isTold = false }
    }

    // MARK: Messages

    private mutating func receive(_ frame: [UInt8], from peer: PeerID, _ now: UInt64) throws {
        guard sessions[peer] != nil else { return }
        sessions[peer]?.heardAtMilliseconds = now
        sessions[peer]?.isPinged = false
        do {
            try take(try PeerMessage.decode(frame), from: peer, now)
        } catch let violation as PeerViolation {
            cutOff(peer, violation)
        } catch let refusal as Refusal where refusal.code == "peer.message" {
            cutOff(peer, PeerViolation(refusal.code, refusal.reason))
        }
    }

    private mutating func take(
        _ message: PeerMessage, from peer: PeerID, _ now: UInt64
    ) throws {
        if case .hello(let version, let network, let origin) = message {
            return try greet(peer, version, network, origin)
        }
        guard sessions[peer]?.isGreeted ?? false else {
            throw PeerViolation("peer.message", "it did not say who it is")
        }
        switch message {
        case .hello: break
        case .heads(let heads, let alarms): try learn(heads, alarms, from: peer)
        case .ask(let number, let question): try serve(question, number, to: peer)
        case .answer(let number, let isLast, let bytes):
            let whole = try sessions[peer]?.take(number, isLast: isLast, bytes)
            guard let (question, answer) = whole else { return }
            try take(answer, to: question, from: peer, now)
        case .ping(let number): send(.pong(number), to: peer)
        case .pong: break
        case .bye(let code, let reason):
            // Its words, and so never taken for a code of this node's own: logs begin with those.
            effects.append(
                .disconnect(peer, PeerViolation("peer.bye", "it said \(code): \(reason)")))
            forget(peer)
        }
    }

    private mutating func greet(
        _ peer: PeerID, _ version: UInt64, _ network: Hash256, _ origin: String
    ) throws {
        guard let session = sessions[peer], !session.isGreeted else {
            throw PeerViolation("peer.message", "it greets twice")
        }
        guard version == ReplicationLimits.version else {
            throw PeerViolation(
                "peer.version",
                "it speaks version \(version), this node \(ReplicationLimits.version)")
        }
        guard network == identity.genesis.network else {
            throw PeerViolation("peer.network", "it is of another network")
        }
        guard origin.utf8.elementsEqual(session.origin.utf8) else {
            throw PeerViolation("peer.origin", "its key is that of \(session.origin)")
        }
        sessions[peer]?.isGreeted = true
    }

    // MARK: Time

    private mutating func tick(_ now: UInt64) {
        for (peer, session) in sessions.sorted(by: { $0.key < $1.key }) {
            if !isKnown(session.origin) {
                cutOff(peer, PeerViolation("peer.removed", "the network has no such node any more"))
            } else if !session.isGreeted,
                now >= session.connectedAtMilliseconds + ReplicationLimits.helloMilliseconds
            {
                cutOff(peer, PeerViolation("peer.silent", "it did not say who it is in time"))
            } else if session.waiting.values.contains(where: {
                now >= $0.askedAtMilliseconds + ReplicationLimits.answerMilliseconds
            }) {
                cutOff(peer, PeerViolation("peer.silent", "it did not answer in time"))
            } else if now >= session.heardAtMilliseconds + ReplicationLimits.idleMilliseconds {
                if !session.isPinged {
                    sessions[peer]?.isPinged = true
                    send(.ping(now), to: peer)
                } else if now >= session.heardAtMilliseconds + 2
                    * ReplicationLimits.idleMilliseconds
                {
                    cutOff(peer, PeerViolation("peer.silent", "nothing comes from it"))
                }
            }
        }
    }

    /// Does what is due after any event: asks for what peers have, tells them what is held.
    private mutating func goOn(_ now: UInt64) throws {
        checkWhetherToGoOn()
        try cosignKept()
        try fetch(now)
        try fetchParts(now)
        try tell(now)
    }
}
