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
        until: UInt64? = nil
    ) -> GivenFacts {
        var facts = GivenFacts()
        facts.given = [
            Delegation(
                id: "urn:x:delegation", by: (giver ?? demo.supplier).uri, to: demo.carrier.uri,
                prefixes: prefixes, sites: sites,
                fromMilliseconds: DemoNetwork.startMilliseconds, untilMilliseconds: until)
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
        let facts = delegation(
            prefixes: [demo.supplier.prefix], until: DemoNetwork.startMilliseconds + 10)
        #expect(try judge(made, by: demo.carrier, after: 9, facts: facts).standing == .delegated)
        expectRefusal("authority.create-prefix") {
            try judge(made, by: demo.carrier, after: 10, facts: facts)
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
        #expect(try judge(.record(record), by: demo.supplier) == .own)
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
        facts.signers = [demo.supplier.uri]
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
        expectRefusal("authority.erase-own") {
            try judge(.record(record), by: demo.carrier, facts: facts)
        }
        expectRefusal("authority.erase-own") { try judge(.record(record), by: demo.supplier) }
    }

    @Test(arguments: [RecordKind.revocation, .suspension])
    func `only whoever issued a record takes it back, known ones at least`(
        kind: RecordKind
    ) throws {
        var record = Record(kind: kind)
        record.target = .record("urn:x:certificate")
        #expect(try judge(.record(record), by: demo.carrier) == .own)
        var facts = GivenFacts()
        facts.issuers = [demo.supplier.uri]
        #expect(try judge(.record(record), by: demo.supplier, facts: facts) == .own)
        expectRefusal("authority.status-own") {
            try judge(.record(record), by: demo.carrier, facts: facts)
        }
        facts.issuers = [demo.supplier.uri, demo.carrier.uri]
        #expect(try judge(.record(record), by: demo.carrier, facts: facts) == .own)
    }

    @Test func `certificates, recalls and disputes are anybody's`() throws {
        for kind in [RecordKind.certificate, .accreditation, .recall, .dispute, .grant] {
            var record = Record(kind: kind)
            record.about = [demo.supplier.product]
            #expect(try judge(.record(record), by: demo.carrier) == .own, "\(kind)")
        }
    }
}

/// Facts as a test wants them.
struct GivenFacts: LedgerFacts {
    var issuers: [String] = []
    var signers: [String] = []
    var given: [Delegation] = []

    func recordIssuers(_ id: String) -> [String] { issuers }
    func partIssuers(_ digest: Hash256) -> [String] { signers }
    func delegations(to organisation: String) -> [Delegation] {
        given.filter { $0.to == organisation }
    }
}
