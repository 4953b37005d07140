import DeterministicCBOR
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures

// What is asked of peers, and what is done with their answers.
extension Replicator {
    // MARK: Entries

    /// Asks for entries of each mirror that is behind and waits for no answer, or for too long.
    mutating func fetch(_ now: UInt64) throws {
        for origin in mirrors.keys.sorted() {
            if !isWaiting(for: origin, now) { try takeOverArrived(of: origin, now) }
            if let reached = reached(of: origin, now) { try keep(reached, of: origin) }
            guard let mirrored = mirrors[origin], mirrored.stopped == nil,
                !isWaiting(for: origin, now),
                let best = best(for: origin, beyond: mirrored.mirror.size, now)
            else { continue }
            ask(best.peer, for: origin, from: mirrored.mirror.size, under: best.note, now)
        }
        for (peer, session) in sessions.sorted(by: { $0.key < $1.key }) {
            let isAsking = session.waiting.values.contains {
                if case .alarm = $0.question { true } else { false }
            }
            guard !isAsking, let alarm = session.unknownAlarms.min() else { continue }
            sessions[peer]?.unknownAlarms.remove(alarm)
            guard alarms[alarm] == nil else { continue }
            ask(peer, .alarm(alarm), now)
        }
    }

    /// A checkpoint whose whole tree is durable here while the checkpoint is not: the mirror was on
    /// its way to a larger one.
    private func reached(of origin: String, _ now: UInt64) -> CosignedNote? {
        guard let mirrored = mirrors[origin], mirrored.stopped == nil,
            !isWaiting(for: origin, now), mirrored.arrived == nil
        else { return nil }
        let mirror = mirrored.mirror
        guard mirror.size > mirrored.kept?.checkpoint.size ?? 0, mirror.durableSize == mirror.size
        else { return nil }
        return sessions.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.heads[origin] }
            .first { $0.checkpoint.size == mirror.size && $0.checkpoint.root == mirror.root }
    }

    /// The peer with the farthest checkpoint of a log; the log's own node where several have it.
    private func best(
        for origin: String, beyond size: UInt64, _ now: UInt64
    ) -> (peer: PeerID, note: CosignedNote)? {
        var best: (peer: PeerID, note: CosignedNote)?
        let overdue = overdue(now)
        for (peer, session) in sessions.sorted(by: { $0.key < $1.key })
        where session.waiting.count < ReplicationLimits.questionsWaiting
            && !overdue.contains(session.origin)
        {
            guard let note = session.heads[origin], note.checkpoint.size > size else { continue }
            guard let known = best else {
                best = (peer, note)
                continue
            }
            if note.checkpoint.size > known.note.checkpoint.size
                || note.checkpoint.size == known.note.checkpoint.size && session.origin == origin
            {
                best = (peer, note)
            }
        }
        return best
    }

    /// Whether somebody has been asked for entries who may still answer in time.
    private func isWaiting(for origin: String, _ now: UInt64) -> Bool {
        mirrors[origin]?.fetching.values.contains { !isOverdue($0.atMilliseconds, now) } ?? false
    }

    private func isOverdue(_ asked: UInt64, _ now: UInt64) -> Bool {
        now >= asked + ReplicationLimits.patienceMilliseconds
    }

    /// The nodes that have left a question unanswered for long: while there are others they are
    /// asked nothing more, so that nobody holds up a log by telling of it first.
    private func overdue(_ now: UInt64) -> Set<String> {
        Set(
            sessions.values.filter { session in
                session.waiting.values.contains { isOverdue($0.askedAtMilliseconds, now) }
            }.map(\.origin))
    }

    private mutating func ask(
        _ peer: PeerID, for origin: String, from start: UInt64, under note: CosignedNote,
        _ now: UInt64
    ) {
        guard mirrors[origin] != nil, sessions[peer] != nil else { return }
        mirrors[origin]?.fetching[peer] = (note, now)
        ask(peer, .entries(origin: origin, from: start, underSize: note.checkpoint.size), now)
    }

    private mutating func ask(_ peer: PeerID, _ question: PeerQuestion, _ now: UInt64) {
        guard var session = sessions[peer] else { return }
        let message = session.ask(question, nowMilliseconds: now)
        sessions[peer] = session
        send(message, to: peer)
    }

    // MARK: Answers

    mutating func take(
        _ answer: [UInt8], to question: PeerQuestion, from peer: PeerID, _ now: UInt64
    ) throws {
        switch question {
        case .entries(let origin, let start, _):
            try takeEntries(answer, of: origin, from: start, by: peer, now)
        case .parts(let origin, let digests):
            try takeParts(answer, digests, of: origin, from: peer, now)
        case .alarm(let digest): try takeAlarm(answer, digest)
        }
    }

    /// Takes a package in hand, asks for the next, and takes over the one before, of which the
    /// signatures were checked meanwhile.
    private mutating func takeEntries(
        _ answer: [UInt8], of origin: String, from start: UInt64, by peer: PeerID, _ now: UInt64
    ) throws {
        guard let fetching = mirrors[origin]?.fetching.removeValue(forKey: peer) else { return }
        let before = mirrors[origin]?.arrived
        // Else another was asked for the same in the meantime, and was faster.
        guard start == before?.package.end ?? mirrors[origin]?.mirror.size else { return }
        if answer.isEmpty {
            // It no longer has what it told of: it is not asked for this again.
            sessions[peer]?.heads[origin] = nil
        } else {
            try takeUp(answer, of: origin, from: start, by: peer, under: fetching.note, now)
        }
        if let before { try takeOver(before, of: origin, now) }
        if !isWaiting(for: origin, now) { try takeOverArrived(of: origin, now) }
    }

    /// Takes over what waits for the next answer, where none is to come.
    private mutating func takeOverArrived(of origin: String, _ now: UInt64) throws {
        guard let arrived = mirrors[origin]?.arrived else { return }
        mirrors[origin]?.arrived = nil
        guard arrived.package.start == mirrors[origin]?.mirror.size else { return }
        try takeOver(arrived, of: origin, now)
    }

    private mutating func takeUp(
        _ answer: [UInt8], of origin: String, from start: UInt64, by peer: PeerID,
        under note: CosignedNote, _ now: UInt64
    ) throws {
        let package = try EntryPackage.decode(answer)
        guard package.start == start else {
            throw PeerViolation(
                "peer.proof",
                "entries of \(origin): they begin at \(package.start), not at \(start)")
        }
        guard let governance = mirrors[origin]?.mirror.governance else { return }
        let prepared = prepare(package.items, governance)
        mirrors[origin]?.arrived = Arrived(
            package: package, peer: peer, note: note, prepared: prepared)
        guard package.end < note.checkpoint.size else { return }
        // The same checkpoint until it is reached: a log may grow faster than it is fetched.
        let next = keeper(of: origin, at: note, now) ?? peer
        ask(next, for: origin, from: package.end, under: note, now)
    }

    /// Recomputes a package's entries; whoever gave what is not the checkpoint's is cut off.
    private mutating func takeOver(
        _ arrived: Arrived, of origin: String, _ now: UInt64
    ) throws {
        let (package, note) = (arrived.package, arrived.note)
        let known = mirrors[origin]?.mirror.governance.seq ?? 0
        let (prepared, store) = (arrived.prepared(), store)
        do {
            // In place: a copy of a mirror would be copied block by block as it grows.
            try mirrors[origin]?.mirror.append(
                package, prepared, under: note.logNote, note.checkpoint, in: store)
        } catch let failure as LogMirror.Failure {
            mirrors[origin]?.arrived = nil
            return try refuse(arrived, of: origin, failure)
        }
        mirrors[origin]?.grewAtMilliseconds = now
        if mirrors[origin]?.mirror.governance.seq ?? 0 > known { try learnGovernance(of: origin) }
        if mirrors[origin]?.mirror.size == note.checkpoint.size { try keep(note, of: origin) }
    }

    private mutating func refuse(
        _ arrived: Arrived, of origin: String, _ failure: LogMirror.Failure
    ) throws {
        switch failure {
        case .unproven(let reason):
            cutOff(arrived.peer, PeerViolation("peer.proof", "entries of \(origin): \(reason)"))
        case .split(let view): try raise(.fork(view))
        case .parted:
            // Not this peer's doing; others may follow what is mirrored here.
            sessions[arrived.peer]?.heads[origin] = nil
        case .breach(let breach):
            try stop(origin, after: breach, arrived.package, arrived.note)
        }
    }

    /// The log's own node, if it is connected and has a checkpoint: nobody else need be asked for
    /// what it can give.
    private func keeper(
        of origin: String, at note: CosignedNote, _ now: UInt64
    ) -> PeerID? {
        guard !overdue(now).contains(origin) else { return nil }
        return sessions.filter { _, session in
            session.origin == origin && session.waiting.count < ReplicationLimits.questionsWaiting
                && session.heads[origin]?.checkpoint.size ?? 0 >= note.checkpoint.size
        }.keys.min()
    }

    /// The mirror has reached a checkpoint: it is cosigned and told.
    mutating func keep(_ note: CosignedNote, of origin: String) throws {
        // The entries under it may have brought new governance.
        var note = read(note.bytes, of: origin, known: note) ?? note
        for session in sessions.values {
            if let other = session.heads[origin] { _ = note.merge(other) }
        }
        if let cosigner {
            _ = try note.cosign(as: cosigner, nowSeconds: wallMilliseconds / 1_000)
        }
        try store.keep(
            checkpoint: note.bytes, ofSeal: note.checkpoint.size - 1, of: origin)
        mirrors[origin]?.kept = note
        for peer in sessions.keys { sessions[peer]?.partsAsked[origin]?.isThrough = false }
        if origin == identity.origin {
            try takeUpOwn()
            try takeUpQuorum()
            effects.append(.recovered(size: note.checkpoint.size))
        } else {
            effects.append(.mirrored(origin: origin, size: note.checkpoint.size))
        }
        retell()
        try compare(note, of: origin)
    }

    /// Cosigns what was reached before governance listed the node's key.
    mutating func cosignKept() throws {
        guard let cosigner else { return }
        for origin in mirrors.keys.sorted() {
            guard let mirrored = mirrors[origin], mirrored.stopped == nil, var note = mirrored.kept,
                try note.cosign(as: cosigner, nowSeconds: wallMilliseconds / 1_000)
            else { continue }
            try store.keep(checkpoint: note.bytes, ofSeal: note.checkpoint.size - 1, of: origin)
            mirrors[origin]?.kept = note
            retell()
        }
    }

    // MARK: Parts

    /// Asks for parts that mirrors name and lack.
    mutating func fetchParts(_ now: UInt64) throws {
        var origins = Set(mirrors.keys.filter { mirrors[$0]?.kept != nil })
        if !losses.isEmpty { origins.insert(identity.origin) }
        for origin in origins.sorted() {
            for (peer, session) in sessions.sorted(by: { $0.key < $1.key })
            where session.heads[origin] != nil {
                try askParts(of: origin, peer, session, now)
            }
        }
    }

    private mutating func askParts(
        of origin: String, _ peer: PeerID, _ session: PeerSession, _ now: UInt64
    ) throws {
        let isAsking = session.waiting.values.contains {
            if case .parts = $0.question { true } else { false }
        }
        guard !isAsking, session.waiting.count < ReplicationLimits.questionsWaiting else { return }
        var asked = session.partsAsked[origin] ?? (-1, false, now)
        if asked.isThrough {
            guard now >= asked.atMilliseconds + ReplicationLimits.partsMilliseconds else { return }
            asked = (-1, false, now)
        }
        let absent = try store.absentParts(
            of: origin, after: asked.after, limit: ReplicationLimits.partsAsked)
        guard let last = absent.last else {
            sessions[peer]?.partsAsked[origin] = (asked.after, true, now)
            return
        }
        sessions[peer]?.partsAsked[origin] = (last.number, false, now)
        ask(peer, .parts(origin: origin, absent.map(\.digest)), now)
    }

    private mutating func takeParts(
        _ answer: [UInt8], _ asked: [Hash256], of origin: String, from peer: PeerID, _ now: UInt64
    ) throws {
        let parts = try PartsAnswer.decode(answer)
        let digests = Set(asked)
        for part in parts where !digests.contains(part.digest) {
            throw PeerViolation("peer.part", "part \(part.digest.hex) was not asked for")
        }
        guard !parts.isEmpty else { return }
        try store.supply(parts, to: origin)
    }

    // MARK: Alarms

    private mutating func takeAlarm(_ answer: [UInt8], _ digest: Hash256) throws {
        guard !answer.isEmpty else { return }
        do {
            let alarm = try Alarm.decode(answer)
            guard alarm.digest == digest else {
                throw PeerViolation("peer.alarm", "it is not the alarm asked for")
            }
            try take(alarm)
        } catch let refusal as Refusal {
            throw PeerViolation("peer.alarm", refusal.reason)
        }
    }

    // MARK: Governance

    /// Takes over the amendments that a log holds; two of one number are an alarm.
    mutating func learnGovernance(of origin: String) throws {
        let network = identity.genesis.network
        let key = Subject.network(network).key(in: network)
        let bodies = try store.read(origin) { ledger in
            try ledger.links(of: key).dropFirst().map {
                try LogStart.governanceBody(at: $0, in: ledger)
            }
        }
        for (number, body) in bodies.enumerated() {
            let seq = UInt64(number) + 1
            if let known = amendments[seq], known.head != body.digest {
                let before = bodies[..<number].map { $0.encoded() }
                // In one order, so that all who find it raise one alarm.
                let two = [known.content, body.encoded()]
                    .sorted { $0.lexicographicallyPrecedes($1) }
                try take(
                    Alarm(
                        network: network, amendments: before,
                        kind: .amendments(two[0], two[1])))
                return
            }
            amendments[seq] = (body.digest, body.encoded())
        }
        if let governance = mirrors[origin]?.mirror.governance { try adopt(governance) }
    }
}
