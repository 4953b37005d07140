import MerkleTrees
import Notes
import Records
package import Replication
import Sequencing

/// What every store of mirrors must do, whatever it keeps them in.
///
/// The suite mirrors a log whose keeper lets everybody erase everything, without its parts, gives
/// the parts in an order of its own, and compares every answer with the log's.
package struct ReplicaConformance<Store: ReplicaStore> {
    private let network: DemoNetwork
    private let store: Store
    private let ownOrigin: String
    private var source: SequencerRig<MemoryLedger>
    private var given: [Hash256: Part] = [:]
    private var complaints: [String] = []

    private var origin: String { DemoNetwork.origin }

    /// Runs the suite.
    ///
    /// - Parameters:
    ///   - network: whose log is mirrored.
    ///   - store: holds no mirrors and no alarms.
    ///   - ownOrigin: the store's own log, which has no entries.
    /// - Returns: what it found wrong.
    /// - Throws: what the store throws where it should not.
    package static func complaints(
        network: DemoNetwork, store: Store, ownOrigin: String
    ) throws -> [String] {
        var suite = try ReplicaConformance(network: network, store: store, ownOrigin: ownOrigin)
        try suite.run()
        return suite.complaints
    }

    private init(network: DemoNetwork, store: Store, ownOrigin: String) throws {
        self.network = network
        self.store = store
        self.ownOrigin = ownOrigin
        source = try SequencerRig(network: network, ledger: MemoryLedger())
    }

    private mutating func run() throws {
        expect(try store.read(origin) { try $0.size() } == 0, "a log never mirrored is empty")
        try register(try network.trade(batches: 2))
        try checkFirst()
        try checkCheckpoints()
        try checkSupply()
        try checkErasures()
        try checkRefusals()
        try checkAlarms()
        try checkLosses()
    }

    private mutating func checkLosses() throws {
        expect(try store.losses().isEmpty, "nothing of the own log is lost at first")
        for (size, changes) in [(2, 0), (4, 0), (9, 1), (9, 2), (7, 3)] as [(UInt64, Int)] {
            try store.keep(loss: Loss(size: size, keyChanges: changes))
        }
        let losses = [(4, 0), (7, 3), (9, 2)].map { Loss(size: $0.0, keyChanges: $0.1) }
        expect(try store.losses() == losses, "the largest loss of each key is remembered")
        let third = "third.example/log"
        let log = try network.groups([try network.trade(batches: 1)])
        try store.commit(log, to: third)
        expect(try store.read(third) { try $0.size() } > 0, "a third log is mirrored")
        try store.drop(mirror: third)
        expect(try store.read(third) { try $0.size() } == 0, "a dropped mirror begins anew")
        try store.drop(mirror: third)
        try checkStops()
    }

    private mutating func expect(_ condition: Bool, _ what: String) {
        if !condition { complaints.append(what) }
    }

    // MARK: The log

    /// Registers submissions at a keeper that asks nobody, one group each.
    @discardableResult
    private mutating func register(_ submissions: [Submission]) throws -> [UInt64] {
        var leaves: [UInt64] = []
        for submission in submissions {
            let admission = Admission(
                governance: source.sequencer.basis.governance, facts: BlindFacts())
            let admitted = try admission.admit(
                submission, nowMilliseconds: source.nowMilliseconds)
            for part in admitted.parts { given[part.part.digest] = part.part }
            guard case .staged(let leaf) = try source.stage(admitted) else {
                throw MemoryLedgerAccusation("the suite's log does not take its statement")
            }
            leaves.append(leaf)
            try source.commit()
        }
        return leaves
    }

    /// Brings the mirror up to the log, taken up anew from the store.
    private func follow() throws {
        let depth = source.ledger.indexDepth
        var mirror = try store.read(origin) { ledger in
            try LogMirror(
                resuming: ledger, genesis: network.state, origin: origin, indexDepth: depth)
        }
        let size = source.ledger.size()
        guard let note = source.ledger.checkpoint(ofSeal: size - 1) else { return }
        let checkpoint = try Checkpoint(parsing: SignedNote.parse(note).text)
        while mirror.size < size {
            guard
                let package = try PackageSource.package(
                    of: source.ledger, network: network.id, from: mirror.size, underSize: size)
            else { throw MemoryLedgerAccusation("the suite's log has no package") }
            let prepared = package.items.map {
                PreparedEntry($0.entry, manifest: $0.manifest, under: mirror.governance)
            }
            try mirror.append(package, prepared, under: note, checkpoint, in: store)
        }
    }

    private func absent(after number: Int64 = -1, limit: Int = .max) throws -> [Hash256] {
        try store.absentParts(of: origin, after: number, limit: limit).map(\.digest)
    }

    private func part(_ digest: Hash256) throws -> [UInt8]? {
        try store.read(origin) { try $0.part(digest) }
    }

    // MARK: What is asked

    private mutating func checkFirst() throws {
        try follow()
        try checkLikeSource()
        let size = source.ledger.size()
        for seal in seals {
            let note = try store.read(origin) { try $0.checkpoint(ofSeal: seal) }
            let shown = seal == size - 1 ? source.ledger.checkpoint(ofSeal: seal) : nil
            expect(note == shown, "the mirror has the checkpoint it came to, at seal \(seal)")
        }
        let genesis = try source.ledger.manifest(at: 0).map { try Manifest.decode($0) }
        let open = Set(genesis?.partDigests ?? [])
        let all = try absent()
        expect(Set(all) == Set(given.keys).subtracting(open), "the absent parts are all but one")
        expect(Set(all).count == all.count, "each absent part is told once")
        for digest in open { expect(try part(digest) != nil, "the governance part is here") }
        for digest in all { expect(try part(digest) == nil, "an absent part has no bytes") }
        var paged: [Hash256] = []
        var last: Int64 = -1
        while let next = try store.absentParts(of: origin, after: last, limit: 2).last {
            paged += try absent(after: last, limit: 2)
            last = next.number
        }
        expect(paged == all, "absent parts page by page")
        expect(size > 2, "the suite's log has entries")
    }

    private var seals: [UInt64] {
        (0..<source.ledger.size()).filter { source.ledger.seal(atOrAfter: $0) == $0 }
    }

    /// Everything but parts and checkpoints is what the log has.
    private mutating func checkLikeSource() throws {
        let log = source.ledger
        let size = log.size()
        let depth = log.indexDepth
        let state = source.sequencer.state
        try store.read(origin) { mirror in
            expect(try mirror.size() == size, "the size")
            expect(try mirror.entries(0..<size) == log.entries(0..<size), "the entries")
            for leaf in 0..<size {
                expect(try mirror.manifest(at: leaf) == log.manifest(at: leaf), "manifest \(leaf)")
                expect(
                    try mirror.seal(atOrAfter: leaf) == log.seal(atOrAfter: leaf), "seal \(leaf)")
            }
            for digest in given.keys {
                expect(try mirror.uses(of: digest) == log.uses(of: digest), "the uses of a part")
            }
            for leaf in log.leaves(from: .zero, through: Hash256(repeating: 0xff)) {
                expect(try mirror.head(of: leaf.key) == leaf.head, "a head")
                expect(try mirror.links(of: leaf.key) == log.links(of: leaf.key), "links")
            }
            let resumed = try LogStart.state(
                of: mirror, genesis: network.state, origin: origin, indexDepth: depth)
            expect(resumed.frontier == state.frontier, "the tree resumes")
            expect(resumed.index.root == state.index.root, "the index resumes")
        }
    }

    private mutating func checkCheckpoints() throws {
        for seal in seals {
            guard let note = source.ledger.checkpoint(ofSeal: seal) else { continue }
            try store.keep(checkpoint: note, ofSeal: seal, of: origin)
            let kept = try store.read(origin) { try $0.checkpoint(ofSeal: seal) }
            expect(kept == note, "the checkpoint of seal \(seal) is kept")
            let wrong: Void? = try? store.keep(checkpoint: note, ofSeal: seal + 3, of: origin)
            expect(wrong == nil, "a checkpoint is refused for another seal")
        }
        guard let seal = seals.last, let note = source.ledger.checkpoint(ofSeal: seal) else {
            return
        }
        let forged = try Checkpoint(origin: origin, size: seal + 1, root: .zero)
        let other = try SignedNote.sign(text: forged.text, name: origin, key: network.logKey)
        let taken: Void? = try? store.keep(checkpoint: other.serialized(), ofSeal: seal, of: origin)
        expect(taken == nil, "a checkpoint of another tree is refused")
        let line = NoteSignature(name: "witness.example", keyID: 7, blob: [1, 2, 3]).line
        let signed = note + Array(line.utf8)
        try store.keep(checkpoint: signed, ofSeal: seal, of: origin)
        let kept = try store.read(origin) { try $0.checkpoint(ofSeal: seal) }
        expect(kept == signed, "a note with more lines takes the place of the one kept")
    }

    private mutating func checkSupply() throws {
        var delegation = Record(kind: .delegation)
        delegation.id = "urn:x:d1"
        delegation.to = [network.carrier.uri]
        delegation.about = [network.supplier.uri]
        delegation.fromMilliseconds = 0
        delegation.scope = [ScopeItem("prefix", network.supplier.prefix)]
        let first = try submission(delegation, by: network.supplier)
        try register([first])
        try follow()
        expect(try store.read(origin) { try $0.authorityRecords() }.isEmpty, "unread as yet")
        let stranger = try network.note("named by nobody", by: network.carrier)
        try store.supply(Array(given.values) + [stranger], to: origin)
        expect(try part(stranger.digest) == nil, "a part that nobody names is passed by")
        for part in given.values {
            expect(try self.part(part.digest) == part.encoded, "a supplied part is here")
        }
        expect(try absent().isEmpty, "nothing is absent any more")
        try checkRecords("urn:x:d1", count: 1)
        // A statement that comes later and covers a part that is here already.
        guard let again = try first.parts.first.map({ try Part.decode($0) }) else { return }
        let rows = try Manifest.decode(first.manifest).rows
        try register([
            try network.submission(
                [again], rows: rows, by: network.supplier,
                issuedAtSeconds: DemoNetwork.startSeconds + 1)
        ])
        try follow()
        expect(try absent().isEmpty, "a part that is here is not absent for being named again")
        try checkRecords("urn:x:d1", count: 2)
        try checkLikeSource()
    }

    private mutating func checkRecords(_ id: String, count: Int) throws {
        let log = source.ledger
        try store.read(origin) { mirror in
            let records = try mirror.records(named: id)
            expect(records.count == count, "\(count) records of \(id), and not \(records.count)")
            expect(records == log.records(named: id), "the records of an id")
            expect(
                try Set(mirror.authorityRecords()) == Set(log.authorityRecords()),
                "the records about delegations")
        }
    }

    private func submission(
        _ record: Record, by member: DemoNetwork.Member
    ) throws -> Submission {
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        let part = try signer.part(record, visibility: .network)
        return try signer.submissions([part], issuedAtSeconds: DemoNetwork.startSeconds)[0]
    }

    private func erasure(
        of part: Part, _ rows: [Row], by member: DemoNetwork.Member
    ) throws -> (part: Part, submission: Submission) {
        var record = Record(kind: .erasure)
        record.target = .part(part.digest)
        record.keys = rows.map(\.key)
        record.reason = "asked for"
        let submission = try submission(record, by: member)
        return (try Part.decode(submission.parts[0]), submission)
    }

    private mutating func checkErasures() throws {
        let supplier = network.supplier
        var notes: [Part] = []
        var erasures: [Part] = []
        for (number, member) in [supplier, supplier, network.carrier, supplier].enumerated() {
            let note = try network.note("secret-\(number)", by: supplier)
            let rows = [network.row(note, .assertions, supplier.product, .mention)]
            let erasure = try erasure(of: note, rows, by: member)
            let sent = try network.submission([note], rows: rows, by: supplier)
            // The last is erased before it is there, which erases nothing.
            try register(number == 3 ? [erasure.submission, sent] : [sent, erasure.submission])
            notes.append(note)
            erasures.append(erasure.part)
        }
        try follow()
        try store.supply([notes[0], erasures[0]], to: origin)
        expect(try part(notes[0].digest) == nil, "an erasure drops the part it names")
        try store.supply([erasures[1], notes[1]], to: origin)
        expect(try part(notes[1].digest) == nil, "a part that was erased is not taken")
        try store.supply([notes[2], erasures[2], erasures[3]], to: origin)
        expect(try part(notes[2].digest) != nil, "nobody erases what another signed first")
        expect(try absent() == [notes[3].digest], "erased parts are not absent")
        try store.supply(notes, to: origin)
        expect(try part(notes[3].digest) != nil, "nothing is erased before it is there")
        expect(try part(notes[0].digest) == nil, "an erased part does not return")
        let rows = [network.row(notes[0], .assertions, supplier.product, .mention)]
        try register([
            try network.submission(
                [notes[0]], rows: rows, by: supplier,
                issuedAtSeconds: DemoNetwork.startSeconds + 1)
        ])
        try follow()
        expect(try absent().isEmpty, "an erased part that is named again is not absent")
        try checkDelegationStays()
        try checkLikeSource()
    }

    /// What others' answers rest on cannot be erased, whatever the keeper registers.
    private mutating func checkDelegationStays() throws {
        guard let use = try store.read(origin, { try $0.authorityRecords() }).first,
            let part = given[use.part]
        else { return expect(false, "there is a delegation") }
        let rows = [network.row(part, .assertions, network.supplier.uri, .mention)]
        let erasure = try erasure(of: part, rows, by: network.supplier)
        try register([erasure.submission])
        try follow()
        try store.supply([erasure.part], to: origin)
        expect(try self.part(part.digest) == part.encoded, "a delegation is not erased")
    }

    private mutating func checkRefusals() throws {
        let size = source.ledger.size()
        let memory = MemoryLedger()
        var other = try SequencerRig(network: network, ledger: memory)
        _ = try other.stage(try other.admit(try network.trade(batches: 1)[0]))
        let group = try other.commit()
        for target in [origin, ownOrigin] {
            let taken: Void? = try? store.commit([group], to: target)
            expect(taken == nil, "a group that does not follow \(target) is refused")
        }
        expect(try store.read(origin) { try $0.size() } == size, "a refused group leaves nothing")
        expect(try store.read(ownOrigin) { try $0.size() } == 0, "the own log is as it was")
        let own = try store.absentParts(of: ownOrigin, after: -1, limit: 10)
        expect(own.isEmpty, "the own log lacks nothing")
    }

    private mutating func checkStops() throws {
        expect(try store.stop(of: origin) == nil, "no mirror is stopped at first")
        let stops = [
            MirrorStop(reason: "a", key: .zero, note: [1]),
            MirrorStop(reason: "b", key: Hash256(repeating: 1), note: []),
        ]
        for stop in stops {
            try store.keep(stop: stop, of: origin)
            expect(try store.stop(of: origin) == stop, "a mirror's stop comes back")
        }
        expect(try store.stop(of: "b.example/log") == nil, "it is that mirror's alone")
        try store.keep(stop: nil, of: origin)
        try store.keep(stop: nil, of: origin)
        expect(try store.stop(of: origin) == nil, "a stop ends")
    }

    private mutating func checkAlarms() throws {
        expect(try store.alarms().isEmpty, "no alarms at first")
        func alarm(_ origin: String, _ number: Int) -> Alarm {
            let sides = [Hash256.zero, Hash256(repeating: 1)].map {
                SplitView.Side(note: [UInt8(number)], root: $0, proof: [])
            }
            let view = SplitView(origin: origin, size: UInt64(number), sides[0], sides[1])
            return Alarm(network: network.id, amendments: [], kind: .fork(view))
        }
        let limit = ReplicationLimits.alarmsOfOneLog
        let alarms = (0..<limit).map { alarm("a.example", $0) } + [alarm("b.example", 0)]
        for alarm in alarms {
            try store.keep(alarm: alarm)
            try store.keep(alarm: alarm)
        }
        try store.keep(alarm: alarm("a.example", limit))
        expect(try store.alarms() == alarms, "alarms come back as they came, none twice")
    }
}

/// Facts that let everybody erase everything.
private struct BlindFacts: LedgerFacts {
    func firstIssuer(ofRecord id: String) -> FirstIssuer { .undisclosed }
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer { .undisclosed }
    func mustStayVisible(_ digest: Hash256) -> Bool { false }
    func delegations(to organisation: String) -> [Delegation] { [] }
}
