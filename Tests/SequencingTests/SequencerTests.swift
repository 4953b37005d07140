import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Support
import Testing

struct `The sequencer` {
    typealias Rig = SequencerRig<MemoryLedger>

    private let network: DemoNetwork
    private let trade: [Submission]

    init() throws {
        network = try DemoNetwork()
        trade = try network.trade(batches: 2)
    }

    private func rig() throws -> Rig {
        try SequencerRig(network: network, ledger: MemoryLedger())
    }

    @Test func `a log begins with genesis and its seal`() throws {
        let rig = try rig()
        #expect(rig.sequencer.state.size == 2)
        #expect(rig.ledger.checkpoint(ofSeal: 1) != nil)
    }

    @Test func `statements get the leaves in the order they are staged in`() throws {
        var rig = try rig()
        #expect(try rig.register(trade) == [2, 3, 4, 5])
        #expect(rig.ledger.size() == 7)
    }

    @Test func `a statement staged twice stands in the log once`() throws {
        var rig = try rig()
        let admitted = try rig.admit(trade[0])
        #expect(try rig.stage(admitted) == .staged(leafIndex: 2))
        #expect(try rig.stage(admitted) == .alreadyStaged(leafIndex: 2))
        try rig.commit()
        #expect(try rig.stage(admitted) == .alreadyRegistered(leafIndex: 2))
        #expect(rig.sequencer.stagedCount == 0)
    }

    @Test func `every group replays, and its checkpoint verifies`() throws {
        var rig = try rig()
        try rig.register(Array(trade.prefix(2)))
        try rig.register(Array(trade.dropFirst(2)))
        var replay = LogReplay(
            genesis: network.state, origin: DemoNetwork.origin, indexDepth: 8)
        for index in 0..<rig.ledger.size() {
            let entry = try #require(rig.ledger.entry(at: index))
            let part = index == 0 ? network.file.part : nil
            try replay.append(
                entry: entry, manifest: rig.ledger.manifest(at: index), governancePart: part)
            if let checkpoint = rig.ledger.checkpoint(ofSeal: index) {
                try replay.check(checkpoint: checkpoint)
            }
        }
        #expect(replay.state.size == rig.ledger.size())
    }

    @Test func `a log resumed goes on as if it had not stopped`() throws {
        var whole = try rig()
        try whole.register(Array(trade.prefix(2)))
        try whole.register(Array(trade.dropFirst(2)))
        var first = try rig()
        try first.register(Array(trade.prefix(2)))
        var second = try SequencerRig(network: network, ledger: first.ledger)
        try second.register(Array(trade.dropFirst(2)))
        #expect(second.sequencer.state.frontier == whole.sequencer.state.frontier)
        #expect(second.sequencer.state.index.root == whole.sequencer.state.index.root)
    }

    @Test func `the log's time never goes back`() throws {
        var rig = try rig()
        rig.nowMilliseconds += 10_000
        try rig.register([trade[0]])
        rig.nowMilliseconds -= 5_000
        try rig.register([trade[1]])
        let times = (0..<rig.ledger.size()).compactMap {
            rig.ledger.entry(at: $0).flatMap { try? LogEntry.decode($0).timeMilliseconds }
        }
        #expect(times == times.sorted())
        #expect(times.count == Int(rig.ledger.size()))
    }

    // MARK: The log's key

    /// The log taken up with another key than it has.
    private func rekeyed(_ rig: SequencerRig<MemoryLedger>, _ key: SigningKey) throws -> Sequencer {
        try Sequencer(
            resuming: rig.ledger, genesis: network.state, origin: DemoNetwork.origin,
            indexDepth: rig.ledger.indexDepth, logKey: key)
    }

    private func rotation(
        of rig: SequencerRig<MemoryLedger>, to key: SigningKey, after governance: GovernanceState
    ) throws -> Submission {
        let state = rig.sequencer.state
        let change = Change.rotateLogKey(
            origin: DemoNetwork.origin, key: key.publicKey, size: state.size,
            root: state.frontier.root)
        return try network.submission(network.amendment([change], after: governance))
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Refusal)?.code
        }
    }

    @Test func `with a key that is not in force nothing is staged but what lists it`() throws {
        var rig = try rig()
        try rig.register([trade[0]])
        let key = try DemoNetwork.key("log 2")
        let (second, rotating) = try (
            rig.admit(trade[1]), rig.admit(rotation(of: rig, to: key, after: network.state))
        )
        let now = rig.nowMilliseconds
        var sequencer = try rekeyed(rig, key)
        #expect(!sequencer.isKeyInForce)
        let early = code {
            _ = try sequencer.stage(
                second, admittedUnder: 0, nowMilliseconds: now, in: rig.ledger)
        }
        #expect(early == "node.key-pending")
        // Nor does the key before take it.
        #expect(code { _ = try rig.stage(rotating) } == "log.rotation")
        #expect(
            try sequencer.stage(
                amendments: [rotating], nowMilliseconds: now, in: rig.ledger))
        let group = try sequencer.seal(nowMilliseconds: now, in: rig.ledger)
        let note = try SignedNote.parse(group.checkpoint)
        let verifier = try NoteVerifier(name: DemoNetwork.origin, key: key.publicKey)
        #expect(try note.verify(known: [verifier]).signers == [verifier])
        try rig.ledger.commit(group)
        sequencer.committed()
        #expect(sequencer.isKeyInForce)
        // It stands at another place than the log's end.
        var late = try SequencerRig(network: network, ledger: MemoryLedger())
        try late.register(Array(trade.prefix(2)))
        let wrong = try late.admit(rotation(of: rig, to: key, after: network.state))
        var other = try rekeyed(late, key)
        let misplaced = code {
            _ = try other.stage(amendments: [wrong], nowMilliseconds: now, in: late.ledger)
        }
        #expect(misplaced == "log.rotation")
    }

    @Test func `amendments that lead to the key at hand are one group, or nothing`() throws {
        var rig = try rig()
        try rig.register([trade[0]])
        let key = try DemoNetwork.key("log 2")
        let first = try network.amendment(
            [.suspend(organisation: network.supplier.uri, fromMilliseconds: 4_000_000_000_000)],
            after: network.state)
        let between = try network.state.applying(first)
        let amendments = try [
            rig.admit(network.submission(first)),
            rig.admit(rotation(of: rig, to: key, after: between)),
        ]
        let now = rig.nowMilliseconds
        var sequencer = try rekeyed(rig, key)
        let alone = code {
            _ = try sequencer.stage(
                amendments: [amendments[0]], nowMilliseconds: now, in: rig.ledger)
        }
        #expect(alone == "node.key-pending")
        #expect(sequencer.stagedCount == 0)
        #expect(
            try !sequencer.stage(
                amendments: [amendments[1]], nowMilliseconds: now, in: rig.ledger))
        #expect(
            try sequencer.stage(amendments: amendments, nowMilliseconds: now, in: rig.ledger))
        try rig.ledger.commit(try sequencer.seal(nowMilliseconds: now, in: rig.ledger))
        sequencer.committed()
        #expect(sequencer.basis.governance.seq == 2)
    }

    // MARK: What ends a group

    @Test func `an amendment ends its group and makes admission start afresh`() throws {
        var rig = try rig()
        let late = try rig.admit(trade[0])
        let change = Change.suspend(
            organisation: network.carrier.uri, fromMilliseconds: DemoNetwork.startMilliseconds)
        let body = try network.amendment([change], after: rig.sequencer.state.governance)
        let amendment = try rig.admit(try network.submission(body))
        #expect(try rig.stage(amendment) == .staged(leafIndex: 2))
        #expect(try rig.stage(late) == .sealFirst)
        let version = rig.sequencer.basis.version
        try rig.commit()
        #expect(rig.sequencer.basis.version == version + 1)
        let now = rig.nowMilliseconds
        let outcome = try rig.sequencer.stage(
            late, admittedUnder: version, nowMilliseconds: now, in: rig.ledger)
        #expect(outcome == .admitAgain)
        let refusal = #expect(throws: Refusal.self) { try rig.admit(trade[3]) }
        #expect(refusal?.code == "statement.issuer-suspended")
    }

    @Test func `a delegation too ends its group and makes admission start afresh`() throws {
        var rig = try rig()
        let late = try rig.admit(trade[0])
        let given = try rig.admit(try delegation(id: "urn:x:d1"))
        #expect(try rig.stage(given) == .staged(leafIndex: 2))
        #expect(try rig.stage(late) == .sealFirst)
        let version = rig.sequencer.basis.version
        try rig.commit()
        #expect(rig.sequencer.basis.version == version + 1)
        let now = rig.nowMilliseconds
        let outcome = try rig.sequencer.stage(
            late, admittedUnder: version, nowMilliseconds: now, in: rig.ledger)
        #expect(outcome == .admitAgain)
    }

    @Test func `a delegation counts for what is registered after it`() throws {
        var rig = try rig()
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(network.supplier.batch("c1"), "5")], site: network.supplier.site)
        let made = try network.submission(event: event, by: network.carrier)
        let refusal = #expect(throws: Refusal.self) { try rig.admit(made) }
        #expect(refusal?.code == "authority.create-prefix")
        try rig.register([try delegation(id: "urn:x:d1")])
        let admitted = try rig.admit(made)
        #expect(admitted.parts.first?.judgement.standing == .delegated)
        try rig.register([try revocation(of: "urn:x:d1", by: network.supplier)])
        let version = rig.sequencer.basis.version
        let outcome = try rig.sequencer.stage(
            admitted, admittedUnder: version - 1, nowMilliseconds: rig.nowMilliseconds,
            in: rig.ledger)
        #expect(outcome == .admitAgain)
        #expect(throws: Refusal.self) { try rig.admit(made) }
    }

    @Test func `a delegation is known again after a restart`() throws {
        var rig = try rig()
        try rig.register([try delegation(id: "urn:x:d1")])
        let again = try SequencerRig(network: network, ledger: rig.ledger)
        let basis = again.sequencer.basis
        let found = basis.delegations.delegations(
            to: network.carrier.uri, under: basis.governance)
        #expect(found.map(\.id) == ["urn:x:d1"])
    }

    /// A ledger with two amendments, the second group changed before it is kept.
    private func ledger(
        _ change: (inout GroupToCommit) throws -> Void
    ) throws -> MemoryLedger {
        var rig = try rig()
        for anchors in [[network.carrier.uri], []] {
            let state = rig.sequencer.state.governance
            let body = try network.amendment([.anchors(anchors)], after: state)
            _ = try rig.stage(try rig.admit(try network.submission(body)))
            guard anchors.isEmpty else {
                try rig.commit()
                continue
            }
            let now = rig.nowMilliseconds
            var group = try rig.sequencer.seal(nowMilliseconds: now, in: rig.ledger)
            try change(&group)
            try rig.ledger.commit(group)
        }
        return rig.ledger
    }

    @Test func `a ledger that lost an amendment or a bucket of its index is not taken up`() throws {
        _ = try SequencerRig(network: network, ledger: try ledger { _ in })
        let key = Subject.network(network.id).key(in: network.id)
        let other = Subject(facet: .assertions, uri: "urn:x:1").key(in: network.id)
        let damages: [(inout GroupToCommit) throws -> Void] = [
            { $0.buckets.removeAll() },
            { group in
                let part = group.statements[0].manifest.rows[0].part
                group.statements[0].manifest = try Manifest(
                    rows: [Row(part: part, key: other, role: .assert)])
                group.heads[key] = nil
            },
        ]
        for damage in damages {
            let damaged = try ledger(damage)
            let error = #expect(throws: SequencingError.self) {
                _ = try SequencerRig(network: network, ledger: damaged)
            }
            #expect(error?.code == "log.damaged")
        }
    }

    @Test func `of two records of one URI in one group only the first stands`() throws {
        var rig = try rig()
        var record = Record(kind: .accreditation)
        record.id = "urn:x:c9"
        record.about = [network.supplier.uri]
        record.fromMilliseconds = 0
        record.scope = [ScopeItem("scheme", "x")]
        let theirs = try rig.admit(try submission(record, by: network.carrier))
        _ = try rig.stage(try rig.admit(try submission(record, by: network.supplier)))
        let refusal = #expect(throws: Refusal.self) { try rig.stage(theirs) }
        #expect(refusal?.code == "authority.id-own")
        record.scope = [ScopeItem("scheme", "y")]
        let again = try rig.admit(try submission(record, by: network.supplier))
        #expect(try rig.stage(again) == .staged(leafIndex: 3))
    }

    private func delegation(id: String) throws -> Submission {
        var record = Record(kind: .delegation)
        record.id = id
        record.to = [network.carrier.uri]
        record.about = [network.supplier.uri]
        record.fromMilliseconds = 0
        record.scope = [ScopeItem("prefix", network.supplier.prefix)]
        return try submission(record, by: network.supplier)
    }

    private func revocation(of id: String, by member: DemoNetwork.Member) throws -> Submission {
        var record = Record(kind: .revocation)
        record.target = .record(id)
        record.fromMilliseconds = 0
        record.reason = "no longer"
        return try submission(record, by: member)
    }

    private func submission(
        _ record: Record, by member: DemoNetwork.Member
    ) throws -> Submission {
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        let part = try signer.part(record, visibility: .network)
        return try signer.submissions([part], issuedAtSeconds: DemoNetwork.startSeconds)[0]
    }
}
