import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures

// What is told of logs, and what is learned from others.
extension Replicator {
    // MARK: Taking up

    /// With what the node cosigns, if governance lists the key.
    var cosigner: Cosigner? {
        let key = governance.nodes[identity.origin]?.cosignerKey
        return key == identity.cosigner?.key.publicKey ? identity.cosigner : nil
    }

    /// Begins a mirror for each log of the network that has none.
    mutating func takeUpMirrors() throws {
        var isNew = true
        while isNew {
            isNew = false
            for origin in governance.nodes.keys.sorted()
            where origin != identity.origin && mirrors[origin] == nil {
                var mirror = try resumed(origin)
                if isVoid(mirror) {
                    try store.drop(mirror: origin)
                    mirror = try resumed(origin)
                }
                var mirrored = Mirrored(mirror: mirror)
                // What was cosigned once is told again, however far the mirror has come since.
                mirrored.kept = mirror.newest.flatMap {
                    try? CosignedNote($0, origin: origin, under: governance)
                }
                mirrored.stop = try store.stop(of: origin)
                mirrored.stopped = mirrored.stop?.reason
                mirrors[origin] = mirrored
                isNew = true
                // A mirror may know of nodes that the own log does not know yet.
                if mirror.governance.seq > 0 { try learnGovernance(of: origin) }
            }
        }
        try goOnUnderNewKeys()
        passByVoidAlarms()
        for alarm in alarms.values { stop(afterAlarm: alarm) }
    }

    /// Mirrors logs again that were stopped under a key which governance has replaced since.
    private mutating func goOnUnderNewKeys() throws {
        for (origin, mirrored) in mirrors.sorted(by: { $0.key < $1.key }) {
            guard let stop = mirrored.stop, let key = governance.nodes[origin]?.logKey,
                key.thumbprint != stop.key
            else { continue }
            try store.keep(stop: nil, of: origin)
            mirrors[origin]?.stop = nil
            mirrors[origin]?.stopped = nil
        }
    }

    /// Takes over governance that is newer than what is known.
    mutating func adopt(_ newer: GovernanceState) throws {
        guard newer.seq > governance.seq else { return }
        governance = newer
        for (origin, mirrored) in mirrors where origin != identity.origin {
            if !isKnown(origin) {
                mirrors[origin] = nil
            } else if isVoid(mirrored.mirror) {
                // It is begun anew.
                mirrors[origin] = nil
            }
        }
        readAgain()
        try takeUpMirrors()
        for (origin, mirrored) in mirrors {
            let bytes = mirrored.kept?.bytes ?? mirrored.mirror.newest
            if let note = read(bytes, of: origin, known: mirrored.kept) {
                mirrors[origin]?.kept = note
            }
        }
        if let note = read(own?.bytes, of: identity.origin, known: own) { own = note }
        try takeUpRecovery()
        try learnUnread()
    }

    /// Forgets what peers have told or been asked for under checkpoints that are void now: nothing
    /// is taken under them any more.
    private mutating func readAgain() {
        for (peer, session) in sessions {
            for (origin, note) in session.heads {
                let still = read(note.bytes, of: origin, known: note)
                sessions[peer]?.heads[origin] = still
            }
        }
        for (origin, mirrored) in mirrors {
            let fetching = mirrored.fetching.filter {
                read($0.value.note.bytes, of: origin, known: $0.value.note) != nil
            }
            mirrors[origin]?.fetching = fetching
            if let note = mirrored.arrived?.note, read(note.bytes, of: origin, known: note) == nil {
                mirrors[origin]?.arrived = nil
            }
        }
    }

    /// Whether a mirror goes on beyond a place at which governance gave its log another key: what
    /// stands behind it the old key has signed (SPEC §9.2, §25.6), also where the key has changed
    /// again since, farther on.
    private func isVoid(_ mirror: LogMirror) -> Bool {
        let known = mirror.governance.logKeys(origin: mirror.origin)?.rotations.count ?? 0
        return governance.logKeys(origin: mirror.origin)?.isVoid(size: mirror.size, after: known)
            ?? false
    }

    /// A log as its ledger here has it.
    func resumed(_ origin: String) throws -> LogMirror {
        try store.read(origin) { ledger in
            try LogMirror(
                resuming: ledger, genesis: identity.genesis, origin: origin,
                indexDepth: identity.indexDepth)
        }
    }

    /// A checkpoint under the governance of now, where it was checked under one before: the line
    /// of a key that a cosigner has given up makes room for the line of its new one.
    func read(
        _ note: [UInt8]?, of origin: String, known: CosignedNote?
    ) -> CosignedNote? {
        note.flatMap { try? CosignedNote($0, origin: origin, under: governance, known: known) }
    }

    // MARK: Telling

    /// Tells peers what is held, if they were not told, and not too often.
    mutating func tell(_ now: UInt64) throws {
        try cosignOwn()
        for (peer, session) in sessions.sorted(by: { $0.key < $1.key })
        where session.isGreeted && !session.isTold
            && (!session.hasBeenTold
                || now >= session.toldAtMilliseconds + ReplicationLimits.headsMilliseconds)
        {
            send(
                .heads(
                    heads(for: session.origin),
                    alarms: Array(alarms.keys.sorted().prefix(ReplicationLimits.alarmsTold))),
                to: peer)
            sessions[peer]?.isTold = true
            sessions[peer]?.hasBeenTold = true
            sessions[peer]?.toldAtMilliseconds = now
        }
    }

    /// The logs held with their checkpoints; the peer's own log also if nothing of it is held.
    private func heads(for peer: String) -> [PeerMessage.LogHead] {
        var heads: [PeerMessage.LogHead] = []
        if let own { heads.append(PeerMessage.LogHead(origin: identity.origin, note: own.bytes)) }
        for (origin, mirrored) in mirrors.sorted(by: { $0.key < $1.key })
        where origin != identity.origin {
            if let kept = mirrored.kept {
                heads.append(PeerMessage.LogHead(origin: origin, note: kept.bytes))
            } else if origin == peer {
                heads.append(PeerMessage.LogHead(origin: origin, note: []))
            }
        }
        return Array(heads.prefix(ReplicationLimits.logs))
    }

    // MARK: Learning

    mutating func learn(
        _ heads: [PeerMessage.LogHead], _ told: [Hash256], from peer: PeerID
    ) throws {
        for head in heads where !head.note.isEmpty {
            try learn(head, from: peer)
        }
        sessions[peer]?.hasToldHeads = true
        sessions[peer]?.unknownAlarms = Set(told).subtracting(alarms.keys)
            .subtracting(passedBy)
    }

    /// Hears again what could not be read under the governance before.
    mutating func learnUnread() throws {
        for peer in sessions.keys.sorted() {
            let unread = sessions[peer]?.told ?? [:]
            sessions[peer]?.told = [:]
            do {
                for (origin, note) in unread.sorted(by: { $0.key < $1.key }) {
                    try learn(PeerMessage.LogHead(origin: origin, note: note), from: peer)
                }
            } catch let violation as PeerViolation {
                cutOff(peer, violation)
            }
        }
    }

    private mutating func learn(_ head: PeerMessage.LogHead, from peer: PeerID) throws {
        guard let session = sessions[peer], session.told[head.origin] != head.note else { return }
        guard head.note.count <= ReplicationLimits.noteBytes else {
            throw PeerViolation("peer.checkpoint", "of \(head.origin): it is too long")
        }
        guard session.told[head.origin] != nil || session.told.count < ReplicationLimits.logs else {
            return
        }
        sessions[peer]?.told[head.origin] = head.note
        sessions[peer]?.unread.remove(head.origin)
        guard isKnown(head.origin) else { return }
        let note: CosignedNote
        do {
            note = try CosignedNote(
                head.note, origin: head.origin, under: governance, known: known(head))
        } catch let refusal where refusal.code == CosignedNote.unknownKey {
            // The network may have given the log another key in an amendment that comes later.
            sessions[peer]?.unread.insert(head.origin)
            return
        } catch let refusal where refusal.code == CosignedNote.voidKey {
            return
        } catch {
            throw PeerViolation("peer.checkpoint", "of \(head.origin): \(error.reason)")
        }
        if let known = sessions[peer]?.heads[head.origin],
            known.checkpoint.size > note.checkpoint.size
        {
            return
        }
        sessions[peer]?.heads[head.origin] = note
        if head.origin.utf8.elementsEqual(identity.origin.utf8) {
            try learnOwn(note)
        } else {
            try learn(note, of: head.origin)
        }
    }

    /// A note of the same checkpoint whose lines were checked: peers tell each other of one
    /// checkpoint again with each cosignature.
    private func known(_ head: PeerMessage.LogHead) -> CosignedNote? {
        let held = head.origin == identity.origin ? own : mirrors[head.origin]?.kept
        if let held, held.hasText(of: head.note) { return held }
        return sessions.values.lazy.compactMap { $0.heads[head.origin] }
            .first { $0.hasText(of: head.note) }
    }

    /// Another node's view of a log that is mirrored here.
    private mutating func learn(_ note: CosignedNote, of origin: String) throws {
        let size = note.checkpoint.size
        guard var kept = mirrors[origin]?.kept, size <= kept.checkpoint.size,
            try isWhole(note, of: origin, newest: kept),
            size == kept.checkpoint.size, kept.merge(note)
        else { return }
        try store.keep(checkpoint: kept.bytes, ofSeal: size - 1, of: origin)
        mirrors[origin]?.kept = kept
        retell()
    }

    /// Compares what peers have told of a log with the checkpoint that was just reached.
    mutating func compare(_ newest: CosignedNote, of origin: String) throws {
        for peer in sessions.keys.sorted() {
            guard let other = sessions[peer]?.heads[origin],
                other.checkpoint.size <= newest.checkpoint.size,
                other.checkpoint != newest.checkpoint,
                try !isWhole(other, of: origin, newest: newest)
            else { continue }
            return
        }
    }

    /// Whether a checkpoint that is not beyond the newest one is of the same tree; raises the
    /// alarm if it is not.
    mutating func isWhole(
        _ note: CosignedNote, of origin: String, newest: CosignedNote
    ) throws -> Bool {
        let size = note.checkpoint.size
        let (root, proof) = try store.read(origin) { ledger -> (Hash256, [Hash256]) in
            let tree = TreeReader(tiles: ledger, size: newest.checkpoint.size)
            return (
                try TreeReader(tiles: ledger, size: size).root(),
                try tree.consistencyProof(from: size)
            )
        }
        guard root != note.checkpoint.root else { return true }
        let view = SplitView(
            origin: origin, size: size,
            SplitView.Side(note: newest.logNote, root: root, proof: proof),
            SplitView.Side(note: note.logNote, root: note.checkpoint.root, proof: []))
        try raise(.fork(view))
        return false
    }
}
