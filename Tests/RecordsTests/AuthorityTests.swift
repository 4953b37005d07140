import EPCIS
import MerkleTrees
import Records
import Support
import Testing

/// Each rule of SPEC §13, asked of a content with the facts the test gives.
@Suite struct AuthorityTests {
    let demo: DemoNetwork
    var facts = GivenFacts()

    init() throws {
        demo = try DemoNetwork()
    }

    private func judge(
        _ content: Content, by member: DemoNetwork.Member, after milliseconds: UInt64 = 0,
        facts: GivenFacts? = nil
    ) throws -> Judgement {
        try Authority(governance: demo.state, facts: facts ?? self.facts).judge(
            content, issuer: member.uri,
            atMilliseconds: DemoNetwork.startMilliseconds + milliseconds)
    }

    private func event(
        _ uri: String, at site: String, action: String = "ADD"
    ) throws -> Content {
        .event(
            try EPCISEvent.read(
                DemoNetwork.objectEvent(
                    action: action, bizStep: "shipping", batches: [(uri, "1")], site: site),
                by: .rules))
    }

    private func delegation(
        prefixes: [String] = [], sites: [String] = [], by giver: DemoNetwork.Member? = nil,
        from: UInt64 = DemoNetwork.startMilliseconds, until: UInt64? = nil
    ) -> GivenFacts {
        var facts = GivenFacts()
        facts.given = [
            Delegation(
                id: "urn:x:delegation", by: (giver ?? demo.supplier).uri, to: demo.carrier.uri,
                prefixes: prefixes, sites: sites,
                fromMilliseconds: from, untilMilliseconds: until)
        ]
        return facts
    }

    // MARK: create.prefix

    @Test func `a member makes what its own prefix covers`() throws {
        let made = try event(demo.supplier.batch("A"), at: demo.supplier.site)
        #expect(try judge(made, by: demo.supplier) == .own)
    }

    @Test func `nobody makes what another member's prefix covers without its leave`() throws {
        let made = try event(demo.supplier.batch("A"), at: demo.carrier.site)
        expectRefusal("authority.create-prefix") { try judge(made, by: demo.carrier) }
        let delegated = try judge(
            made, by: demo.carrier, facts: delegation(prefixes: [demo.supplier.prefix]))
        #expect(delegated.standing == .delegated)
        #expect(delegated.rule == "create.prefix")
    }

    @Test func `leave that another gives for a prefix that is not its own is none`() throws {
        let made = try event(demo.supplier.batch("A"), at: demo.carrier.site)
        expectRefusal("authority.create-prefix") {
            try judge(
                made, by: demo.carrier,
                facts: delegation(prefixes: [demo.supplier.prefix], by: demo.wholesaler))
        }
    }

    @Test func `leave holds from its first to before its last millisecond`() throws {
        let made = try event(demo.supplier.batch("A"), at: demo.carrier.site)
        let start = DemoNetwork.startMilliseconds
        let facts = delegation(
            prefixes: [demo.supplier.prefix], from: start + 5, until: start + 10)
        for time: UInt64 in [5, 9] {
            let judgement = try judge(made, by: demo.carrier, after: time, facts: facts)
            #expect(judgement.standing == .delegated)
        }
        for time: UInt64 in [4, 10] {
            expectRefusal("authority.create-prefix") {
                try judge(made, by: demo.carrier, after: time, facts: facts)
            }
        }
    }

    @Test func `what no member's prefix covers is reported`() throws {
        let made = try event("https://id.gs1.org/01/09506000134352/10/A", at: demo.carrier.site)
        let judgement = try judge(made, by: demo.carrier)
        #expect(judgement.standing == .reported)
        #expect(judgement.rule == "create.prefix")
    }

    @Test func `moving what is another's needs no prefix`() throws {
        let moved = try event(
            demo.supplier.batch("A"), at: demo.carrier.site, action: "OBSERVE")
        #expect(try judge(moved, by: demo.carrier) == .own)
    }

    // MARK: report.site

    @Test func `an event at another's site is reported unless the site is delegated`() throws {
        let made = try event(demo.carrier.batch("A"), at: demo.supplier.site)
        let reported = try judge(made, by: demo.carrier)
        #expect(reported.standing == .reported)
        #expect(reported.rule == "report.site")
        for facts in [
            delegation(sites: [demo.supplier.site]), delegation(prefixes: [demo.supplier.prefix]),
        ] {
            #expect(try judge(made, by: demo.carrier, facts: facts).standing == .delegated)
        }
        let stranger = delegation(sites: [demo.supplier.site], by: demo.wholesaler)
        #expect(try judge(made, by: demo.carrier, facts: stranger).standing == .reported)
    }

    @Test func `the worst rule decides`() throws {
        let made = try event(demo.supplier.batch("A"), at: demo.wholesaler.site)
        let judgement = try judge(
            made, by: demo.carrier, facts: delegation(prefixes: [demo.supplier.prefix]))
        #expect(judgement.standing == .reported)
        #expect(judgement.rule == "report.site")
    }

    // MARK: Records

    @Test func `master data is its owner's to give`() throws {
        var record = Record(kind: .masterData)
        record.about = [demo.supplier.product]
        #expect(try judge(.record(record), by: demo.supplier) == .own)
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.carrier) }
        let facts = delegation(prefixes: [demo.supplier.prefix])
        #expect(
            try judge(.record(record), by: demo.carrier, facts: facts).standing == .delegated)
        record.about = [demo.carrier.uri, demo.carrier.site]
        #expect(try judge(.record(record), by: demo.carrier) == .own)
        record.about = [demo.supplier.uri]
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.carrier) }
        record.about = ["https://example.org/a"]
        #expect(try judge(.record(record), by: demo.carrier).standing == .reported)
    }

    @Test func `only one's own prefixes and sites can be delegated`() throws {
        var record = Record(kind: .delegation)
        record.to = [demo.carrier.uri]
        record.scope = [
            ScopeItem("prefix", demo.supplier.prefix + "1"), ScopeItem("site", demo.supplier.site),
            ScopeItem("scheme", "organic"),
        ]
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.supplier) }
        record.nameGiver(demo.supplier.uri)
        #expect(try judge(.record(record), by: demo.supplier) == .own)
        record.nameGiver(demo.wholesaler.uri)
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.wholesaler) }
        record.scope = [ScopeItem("prefix", String(demo.supplier.prefix.dropLast()))]
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.supplier) }
        record.scope = [ScopeItem("site", demo.carrier.site)]
        expectRefusal("authority.assert-own") { try judge(.record(record), by: demo.supplier) }
    }

    @Test func `only whoever signed a part has it erased`() throws {
        var record = Record(kind: .erasure)
        record.target = .part(.zero)
        var facts = GivenFacts()
        facts.signer = .organisation(demo.supplier.uri)
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
        expectRefusal("authority.erase-own") {
            try judge(.record(record), by: demo.carrier, facts: facts)
        }
        expectRefusal("authority.erase-own") { try judge(.record(record), by: demo.supplier) }
        facts.signer = .undisclosed
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
    }

    @Test func `any member erases what governors ordered, if it is registered and may go`() throws {
        let order = Change.erase(part: .zero, reason: "names a person")
        let state = try demo.state.applying(demo.amendment([order], after: demo.state))
        var record = Record(kind: .erasure)
        record.target = .part(.zero)
        var facts = GivenFacts()
        facts.signer = .organisation(demo.supplier.uri)
        func ordered() throws -> Judgement {
            try Authority(governance: state, facts: facts).judge(
                .record(record), issuer: demo.carrier.uri,
                atMilliseconds: DemoNetwork.startMilliseconds)
        }
        #expect(try ordered() == .own)
        record.target = .part(Hash256.sha256([1]))
        expectRefusal("authority.erase-own") { try ordered() }
        record.target = .part(.zero)
        facts.signer = .nobody
        expectRefusal("authority.erase-own") { try ordered() }
        facts.signer = .organisation(demo.supplier.uri)
        facts.isLasting = true
        expectRefusal("authority.erase-own") { try ordered() }
    }

    @Test func `what others' answers rest on is not erased`() throws {
        var record = Record(kind: .erasure)
        record.target = .part(.zero)
        var facts = GivenFacts()
        facts.signer = .organisation(demo.supplier.uri)
        facts.isLasting = true
        expectRefusal("authority.erase-own") {
            try judge(.record(record), by: demo.supplier, facts: facts)
        }
    }

    @Test(arguments: [RecordKind.revocation, .suspension])
    func `only whoever issued a record takes it back, and only where it stands`(
        kind: RecordKind
    ) throws {
        var record = Record(kind: kind)
        record.target = .record("urn:x:certificate")
        expectRefusal("authority.status-own") { try judge(.record(record), by: demo.carrier) }
        var facts = GivenFacts()
        facts.issuer = .organisation(demo.supplier.uri)
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
        expectRefusal("authority.status-own") {
            try judge(.record(record), by: demo.carrier, facts: facts)
        }
        facts.issuer = .undisclosed
        #expect(try judge(.record(record), by: demo.carrier, facts: facts) == .own)
    }

    @Test func `a record's URI belongs to whoever used it first`() throws {
        var record = Record(kind: .delegation)
        record.id = "urn:x:delegation"
        record.about = [demo.supplier.uri, demo.carrier.uri]
        var facts = GivenFacts()
        facts.issuer = .organisation(demo.supplier.uri)
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
        expectRefusal("authority.id-own") {
            try judge(.record(record), by: demo.carrier, facts: facts)
        }
        facts.issuer = .undisclosed
        #expect(try judge(.record(record), by: demo.carrier, facts: facts) == .own)
    }

    @Test(arguments: [RecordKind.recall, .dispute, .resolution, .allocation])
    func `what others' goods are said to be is a report`(kind: RecordKind) throws {
        var record = Record(kind: kind)
        record.about = [demo.supplier.batch("A")]
        #expect(try judge(.record(record), by: demo.supplier) == .own)
        let judgement = try judge(.record(record), by: demo.carrier)
        #expect(judgement.standing == .reported)
        #expect(judgement.rule == "assert.own")
    }

    @Test func `certificates are for certifiers, accreditations for accreditors`() throws {
        let kinds: [(RecordKind, Standing)] = [
            (.certificate, .reported), (.accreditation, .reported),
            (.transcribedCertificate, .reported), (.grant, .own),
        ]
        for (kind, standing) in kinds {
            var record = Record(kind: kind)
            record.about = [demo.supplier.product]
            #expect(try judge(.record(record), by: demo.supplier).standing == standing, "\(kind)")
        }
    }

    // MARK: Events without a place

    @Test func `an event without a place is weighed by its things`() throws {
        let observed = { (batch: String) throws -> Content in
            try .event(
                EPCISEvent.read(
                    DemoNetwork.event(
                        "ObjectEvent", time: "2026-01-06T08:00:00Z",
                        """
                        "action":"DELETE","bizStep":"destroying",\
                        "quantityList":[\(DemoNetwork.quantities([(batch, "1")]))]
                        """), by: .rules))
        }
        let others = try observed(demo.supplier.batch("A"))
        #expect(try judge(others, by: demo.supplier) == .own)
        let judgement = try judge(others, by: demo.carrier)
        #expect(judgement.standing == .reported)
        #expect(judgement.rule == "report.thing")
        let facts = delegation(prefixes: [demo.supplier.prefix])
        #expect(try judge(others, by: demo.carrier, facts: facts).standing == .delegated)
        let nobodys = try observed("https://maker.example/batch/1")
        #expect(try judge(nobodys, by: demo.carrier).standing == .reported)
    }

    @Test func `what no company prefix covers is created by report`() throws {
        for thing in ["https://maker.example/batch/1", "https://id.gs1.org/01/00000095200002/10/A"]
        {
            let made = try event(thing, at: demo.carrier.site)
            let judgement = try judge(made, by: demo.carrier)
            #expect(judgement.standing == .reported, "\(thing)")
            #expect(judgement.rule == "create.prefix")
        }
    }
}

/// Facts as a test wants them.
struct GivenFacts: LedgerFacts {
    var issuer = FirstIssuer.nobody
    var signer = FirstIssuer.nobody
    var isLasting = false
    var given: [Delegation] = []

    func firstIssuer(ofRecord id: String) -> FirstIssuer { issuer }
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer { signer }
    func mustStayVisible(_ digest: Hash256) -> Bool { isLasting }
    func delegations(to organisation: String) -> [Delegation] {
        given.filter { $0.to == organisation }
    }
}
