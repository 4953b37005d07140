import HTTPAPI
import MerkleTrees
import Queries
import Records
import Sequencing
import Signatures
import Storage
import Synchronization

extension RunningNode {
    /// Admits a submission on the caller's task and hands it to the writer.
    func register(_ bytes: [UInt8], patiently: Bool) async throws(Refusal) -> Registration {
        try await room.enter(bytes: bytes.count, patiently: patiently)
        defer { room.leave(bytes: bytes.count) }
        let submission = try Submission.decode(bytes)
        if let refusal = watch.disk.refusal() {
            return try await registration(of: submission, refusedFor: refusal)
        }
        if let refusal = signingRefusal {
            return try await registration(of: submission, refusedFor: refusal)
        }
        for attempt in 0..<Self.admissionsLimit {
            let basis = published.newest.basis
            let admitted: AdmittedStatement
            let claimed: [NamedEvent.Name]
            do throws(Refusal) {
                admitted = try admit(submission, under: basis)
                if attempt == 0 { try count(admitted, under: basis) }
                claimed = try claimNames(of: admitted)
            } catch {
                return try await registration(of: submission, refusedFor: error)
            }
            let outcome = await writer.register(admitted, admittedUnder: basis.version)
            names.settle(claimed, leafIndex: outcome.leafIndex)
            switch outcome {
            case .registered(let leafIndex, let isNew):
                return Registration(id: admitted.verified.id, leafIndex: leafIndex, isNew: isNew)
            case .refused(let refusal): throw refusal
            case .admitAgain: continue
            }
        }
        throw .busy
    }

    /// Why nothing may be signed: the network asks for a quorum, and too few of its nodes have said
    /// how far they know this log, or one knows more; or an alarm accuses it (SPEC §25.4, §25.5).
    var signingRefusal: Refusal? {
        let known = [published.newest.basis.governance, peers?.state.newest.governance]
        if known.contains(where: { $0?.hasRemoved(log: origin) ?? false }) { return .removed }
        if hasGivenUpKey { return .keyReplaced }
        if let peers { return peers.refusal(isAlone: goesOnAlone) }
        let needsPeers = published.newest.basis.governance.policy.quorum > 0
        return needsPeers && !goesOnAlone ? .unconfirmed : nil
    }

    /// Whether an amendment that stands in another log gives this one another key than the node
    /// has, from here on: what it signed now would be void.
    private var hasGivenUpKey: Bool {
        guard let governance = peers?.state.newest.governance,
            governance.seq > published.newest.basis.governance.seq
        else { return false }
        return !mayBearKey(under: governance)
    }

    /// Whether the log's next checkpoint may bear the node's key.
    func mayBearKey(under governance: GovernanceState) -> Bool {
        governance.allows(
            logKey: receipts.logKey.publicKey, of: origin, size: published.newest.size + 2)
    }

    /// Judges a submission under governance and delegations as they were when a seal was made.
    func admit(
        _ submission: Submission, under basis: AdmissionBasis
    ) throws(Refusal) -> AdmittedStatement {
        let facts = AdmissionFacts(ledger: ledger, basis: basis)
        let admitted = try Admission(governance: basis.governance, facts: facts)
            .admit(submission, nowMilliseconds: nowMilliseconds())
        try requireNoDuty(admitted, under: basis.governance)
        return admitted
    }

    /// Refuses to erase what a duty of the network still keeps (SPEC §9.1).
    private func requireNoDuty(
        _ admitted: AdmittedStatement, under governance: GovernanceState
    ) throws(Refusal) {
        let duties = governance.policy.duties
        guard !duties.isEmpty else { return }
        for part in admitted.parts {
            guard case .record(let record) = part.content, let digest = record.erasedPart,
                !governance.orders(erasureOf: digest)
            else { continue }
            let found: (Content, UInt64)?
            do {
                found = try ledger.read { try $0.registered(digest) }
            } catch {
                throw refusal(for: error)
            }
            guard let (content, registered) = found else { continue }
            for duty in duties {
                guard let end = duty.end(of: content, registeredAtMilliseconds: registered),
                    nowMilliseconds() < end
                else { continue }
                throw Refusal(
                    code: "retention.duty", field: "record.target",
                    reason: "\(duty.name) keeps this part until "
                        + "\(Timestamp.text(milliseconds: Int64(clamping: end))); before, only "
                        + "governors can order its erasure")
            }
        }
    }

    /// Claims the IDs of a statement's events; whoever calls settles what is returned.
    ///
    /// - Throws: `event.id-taken`; nothing is claimed then.
    private func claimNames(
        of admitted: AdmittedStatement
    ) throws(Refusal) -> [NamedEvent.Name] {
        let claimed = try names.claim(NamedEvent.of(admitted), viewed: views.reachedSize)
        do {
            try requireNamesFree(admitted)
        } catch {
            names.settle(claimed, leafIndex: nil)
            throw error
        }
        return claimed
    }

    /// Refuses events whose ID another event of the issuer has in the log, as far as the views are.
    func requireNamesFree(_ admitted: AdmittedStatement) throws(Refusal) {
        let events = NamedEvent.of(admitted)
        guard !events.isEmpty else { return }
        // Views that cannot be read keep nobody from registering: the log does not ask for this.
        guard
            let found = try? viewed.parts(
                named: events.map { ($0.name.issuer, $0.name.eventID) },
                limit: NamedEvent.comparedLimit)
        else { return }
        for (event, parts) in zip(events, found) {
            for digest in parts where digest != event.part {
                guard let encoded = try? ledger.read({ try $0.part(digest) }),
                    let part = try? Part.decode(encoded), event.contradicts(part)
                else { continue }
                throw .taken(event.name)
            }
        }
    }

    /// Counts what a statement adds to the chains of others' things.
    private func count(
        _ admitted: AdmittedStatement, under basis: AdmissionBasis
    ) throws(Refusal) {
        let authority = Authority(
            governance: basis.governance, facts: AdmissionFacts(ledger: ledger, basis: basis))
        let (issuer, now) = (admitted.verified.statement.issuer, nowMilliseconds())
        try quota.withLock { quota throws(Refusal) in
            try quota.count(admitted, network: network, atMilliseconds: now) { uri in
                authority.speaks(issuer, for: uri, atMilliseconds: now)
            }
        }
    }

    /// The answer for a statement that would be refused today: if these very bytes were registered
    /// before, with this manifest and these parts, the log has them, whatever has changed since;
    /// else the refusal.
    private func registration(
        of submission: Submission, refusedFor refusal: Refusal
    ) async throws(Refusal) -> Registration {
        guard let statement = try? UnverifiedStatement.decode(submission.statement),
            (try? submission.checkWholeness(of: statement)) != nil
        else { throw refusal }
        let leafIndex = try await reading { store -> UInt64? in
            guard let index = try store.leafIndex(ofStatement: statement.id),
                let entry = try store.entry(at: index),
                case .statement(_, let registered) = try LogEntry.decode(entry),
                registered == statement.bytes
            else { return nil }
            return index
        }
        guard let leafIndex else { throw refusal }
        return Registration(id: statement.id, leafIndex: leafIndex, isNew: false)
    }
}
