import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// What a node takes, and with which code it refuses the rest (SPEC §7, §8, §14, §20).
@Suite struct AdmissionTests {
    let demo: DemoNetwork
    let good: Submission

    init() throws {
        demo = try DemoNetwork()
        good = try demo.submission(
            event: DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(demo.supplier.batch("A"), "1")], site: demo.supplier.site),
            by: demo.supplier)
    }

    @discardableResult
    private func admit(
        _ submission: Submission, after milliseconds: UInt64 = 0
    ) throws -> AdmittedStatement {
        try Admission(governance: demo.state, facts: GivenFacts()).admit(
            submission, nowMilliseconds: DemoNetwork.startMilliseconds + milliseconds)
    }

    @Test func `an event with the rows it asks for is admitted as its issuer's own`() throws {
        let admitted = try admit(good)
        #expect(admitted.parts.map(\.judgement) == [.own])
        #expect(admitted.governance == nil)
        #expect(admitted.verified.statement.issuer == demo.supplier.uri)
    }

    @Test func `parts are exactly those of the manifest, in order`() throws {
        let other = try demo.note("other", by: demo.supplier)
        expectRefusal("parts.missing") {
            try admit(Submission(statement: good.statement, manifest: good.manifest, parts: []))
        }
        let both = [try Part.decode(good.parts[0]), other].sorted { $0.digest < $1.digest }
        expectRefusal("parts.unexpected") {
            try admit(
                Submission(
                    statement: good.statement, manifest: good.manifest,
                    parts: both.map(\.encoded)))
        }
        expectRefusal("submission.format") {
            try admit(
                Submission(
                    statement: good.statement, manifest: good.manifest,
                    parts: good.parts + good.parts))
        }
    }

    @Test func `the manifest is the one the statement signs`() throws {
        let other = try demo.attachment(
            "x", mentioning: [demo.supplier.batch("A")], by: demo.supplier)
        expectRefusal("manifest.count") {
            try admit(
                Submission(
                    statement: good.statement, manifest: other.manifest, parts: other.parts))
        }
        let third = try demo.attachment(
            "y", mentioning: [demo.supplier.batch("A")], by: demo.supplier)
        expectRefusal("manifest.root") {
            try admit(
                Submission(
                    statement: third.statement, manifest: other.manifest, parts: other.parts))
        }
    }

    @Test func `each row left out and each row too many is refused`() throws {
        let part = try Part.decode(good.parts[0])
        let rows = try Manifest.decode(good.manifest).rows
        #expect(rows.count == 2)
        for row in rows {
            let fewer = try demo.submission(
                [part], rows: rows.filter { $0 != row }, by: demo.supplier)
            expectRefusal("rows.missing") { try admit(fewer) }
            for role in Role.allCases where role != row.role {
                let changed = rows.map {
                    $0 == row ? Row(part: row.part, key: row.key, role: role) : $0
                }
                let wrong = try demo.submission([part], rows: changed, by: demo.supplier)
                expectRefusal("rows.unexpected") { try admit(wrong) }
                let more = try demo.submission(
                    [part], rows: rows + changed, by: demo.supplier)
                expectRefusal("rows.unexpected") { try admit(more) }
            }
        }
    }

    @Test func `an attachment only mentions, and never the network`() throws {
        let part = try demo.note("report", by: demo.supplier)
        let batch = demo.supplier.batch("A")
        try admit(
            demo.submission(
                [part], rows: [demo.row(part, .account, batch, .mention)], by: demo.supplier))
        for role in Role.allCases where role != .mention {
            let row = demo.row(part, .events, batch, role)
            let wrong = try demo.submission([part], rows: [row], by: demo.supplier)
            expectRefusal("rows.unexpected") { try admit(wrong) }
        }
        let network = Subject.network(demo.id)
        let row = demo.row(part, network.facet, network.uri, .mention)
        let wrong = try demo.submission([part], rows: [row], by: demo.supplier)
        expectRefusal("rows.unexpected") { try admit(wrong) }
    }

    @Test func `governance stands alone in its statement`() throws {
        let body = try demo.amendment([.rules(version: 1)], after: demo.state)
        let alone = try demo.submission(body)
        #expect(try admit(alone).governance == body)
        let governing = try Part.decode(alone.parts[0])
        let note = try demo.note("beside", by: demo.wholesaler)
        let rows = try Manifest.decode(alone.manifest).rows
        let crowded = try demo.submission(
            [governing, note], rows: rows + [demo.row(note, .events, "urn:x:y", .mention)],
            by: demo.wholesaler)
        expectRefusal("rows.unexpected") { try admit(crowded) }
    }

    @Test func `an event that the schema alone refuses is not admitted, though it can be read`()
        throws
    {
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "sending", batches: [(demo.supplier.batch("A"), "1")],
            site: demo.supplier.site)
        expectRefusal("epcis.vocabulary") { try demo.submission(event: event, by: demo.supplier) }
        let part = try Part.make(
            content: event, contentType: PartContentType.event, visibility: .network,
            network: demo.id, saltSecret: demo.supplier.key.saltSecret)
        let required = try #require(RowRules.rows(of: Content.read(part), in: demo.id))
        let rows = required.map { Row(part: part.digest, key: $0.key, role: $0.role) }
        let loose = try demo.submission([part], rows: rows, by: demo.supplier)
        let refusal = expectRefusal("epcis.vocabulary") { try admit(loose) }
        #expect(refusal?.field == "parts[0].bizStep")
    }

    @Test func `the signature is judged before the content`() throws {
        let stranger = try DemoNetwork.key("stranger")
        let part = try demo.note("x", by: demo.supplier)
        let manifest = try Manifest(rows: [demo.row(part, .events, "urn:x:y", .create)])
        let forged = try UnverifiedStatement.sign(
            manifest, network: demo.id, issuer: demo.supplier.uri,
            issuedAtSeconds: DemoNetwork.startSeconds, key: stranger)
        expectRefusal("statement.key-unknown") {
            try admit(
                Submission(
                    statement: forged.bytes, manifest: manifest.encoded(), parts: [part.encoded]))
        }
    }

    @Test func `a statement from the future waits`() throws {
        let late = try demo.submission(
            event: DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(demo.supplier.batch("B"), "1")], site: demo.supplier.site),
            by: demo.supplier, issuedAtSeconds: DemoNetwork.startSeconds + 301)
        expectRefusal("statement.from-the-future") { try admit(late) }
        try admit(late, after: 1_000)
    }

    @Test func `a record that must stay visible is refused when it is not`() throws {
        var recall = Record(kind: .recall)
        recall.about = [demo.supplier.batch("A")]
        recall.fromMilliseconds = DemoNetwork.startMilliseconds
        recall.reason = "splinters"
        let part = try Part.make(
            content: recall.encoded(), contentType: PartContentType.record,
            visibility: .only([demo.carrier.uri]), network: demo.id,
            saltSecret: demo.supplier.key.saltSecret)
        let hidden = try demo.submission(
            [part], rows: [demo.row(part, .assertions, demo.supplier.batch("A"), .assert)],
            by: demo.supplier)
        let refusal = expectRefusal("record.must-be-visible") { try admit(hidden) }
        #expect(refusal?.field.hasPrefix("parts[0].") ?? false)
    }
}
