import MerkleTrees
import Records
import Signatures
import Support
import Testing
import Verdicts

/// What later events in the log do to an answer about the past (SPEC §16).
@Suite struct OutcomeTests {
    @Test func `a key revoked from before the registration makes the event fall`() throws {
        var textile = try TextileLog()
        try textile.log.amend(
            [
                .revokeKey(
                    thumbprint: textile.mill.key.publicKey.thumbprint,
                    fromMilliseconds: DemoNetwork.startMilliseconds)
            ], "revoke")
        let answer = try judge(textile.evidence(about: textile.towel), textile)
        #expect(answer.outcome == .invalid)
        // The event, the report and the erasure of it are all by that key.
        #expect(answer.findings.filter { $0.code == .keyRevoked }.count == 3)
        let missing: Set<FindingCode> = [.partWithheld, .partErased]
        #expect(
            !answer.findings.contains { missing.contains($0.code) }, "what fell hides nothing")
        #expect(answer.basis.map(\.governanceSequence) == [2])
    }

    @Test func `an erasure that has fallen erases nothing`() throws {
        var textile = try TextileLog()
        // What was registered last was the erasure, and its seal.
        try textile.log.amend(
            [
                .revokeKey(
                    thumbprint: textile.mill.key.publicKey.thumbprint,
                    fromMilliseconds: textile.log.nowMilliseconds - 2_000)
            ], "revoke")
        let codes = try judge(textile.evidence(about: textile.towel), textile).findings.map(\.code)
        #expect(codes.filter { $0 == .keyRevoked }.count == 1)
        #expect(codes.contains(.partWithheld))
        #expect(!codes.contains(.partErased))
    }

    @Test func `a statement falls by when it was registered, not by when it says it was signed`()
        throws
    {
        var textile = try TextileLog()
        let batch = textile.mill.batch("Y2")
        let revoked = textile.log.nowMilliseconds
        try textile.log.register(
            textile.network.submission(
                event: DemoNetwork.objectEvent(
                    action: "ADD", bizStep: "commissioning", batches: [(batch, "1")],
                    site: textile.mill.site), by: textile.mill,
                issuedAtSeconds: DemoNetwork.startSeconds), "dated back")
        try textile.log.seal()
        let before = try judge(textile.evidence(about: batch), textile)
        #expect(before.outcome == .verified, "\(before.findings)")
        try textile.log.amend(
            [
                .revokeKey(
                    thumbprint: textile.mill.key.publicKey.thumbprint, fromMilliseconds: revoked)
            ], "revoke")
        let after = try judge(textile.evidence(about: batch), textile)
        #expect(after.outcome == .invalid)
        #expect(after.findings.map(\.code) == [.keyRevoked])
    }

    @Test func `a key revoked from after the registration changes nothing`() throws {
        var textile = try TextileLog()
        try textile.log.amend(
            [
                .revokeKey(
                    thumbprint: textile.mill.key.publicKey.thumbprint,
                    fromMilliseconds: textile.log.nowMilliseconds)
            ], "revoke")
        let answer = try judge(textile.evidence(about: textile.towel), textile)
        #expect(answer.outcome == .verified, "\(answer.findings)")
    }

    @Test func `what a suspended issuer registered falls, and stands again once reinstated`()
        throws
    {
        var textile = try TextileLog()
        let start = DemoNetwork.startMilliseconds
        try textile.log.amend(
            [.suspend(organisation: textile.network.carrier.uri, fromMilliseconds: start)],
            "suspend")
        let fallen = try judge(textile.evidence(about: textile.towel), textile)
        #expect(fallen.outcome == .invalid)
        #expect(fallen.findings.contains { $0.code == .issuerSuspended })
        try textile.log.amend(
            [.reinstate(organisation: textile.network.carrier.uri, fromMilliseconds: start)],
            "reinstate")
        let again = try judge(textile.evidence(about: textile.towel), textile)
        #expect(again.outcome == .verified, "\(again.findings)")
    }

    @Test func `a revoked delegation covers what came before, whatever time it names`() throws {
        var textile = try TextileLog()
        let carrier = textile.network.carrier
        try textile.register(
            textile.revocation(from: DemoNetwork.startMilliseconds),
            by: textile.network.supplier, "revocation")
        try textile.log.seal()
        let before = try judge(textile.evidence(about: textile.delegatedFibre), textile)
        #expect(before.outcome == .verified, "\(before.findings)")
        let late = textile.network.supplier.batch("F4")
        textile.log.force(
            try textile.network.submission(
                event: DemoNetwork.objectEvent(
                    action: "ADD", bizStep: "commissioning", batches: [(late, "3")],
                    site: carrier.site), by: carrier,
                issuedAtSeconds: textile.log.nowMilliseconds / 1_000))
        let after = try judge(textile.evidence(about: late), textile)
        #expect(after.outcome == .invalid)
        #expect(after.findings.map(\.code) == [.authorityRefused])
    }

    @Test func `a delegation revoked from later on still covers what came before`() throws {
        var textile = try TextileLog()
        try textile.register(
            textile.revocation(from: textile.log.nowMilliseconds),
            by: textile.network.supplier, "revocation")
        try textile.log.seal()
        let answer = try judge(textile.evidence(about: textile.delegatedFibre), textile)
        #expect(answer.outcome == .verified, "\(answer.findings)")
    }

    @Test func `a row that its issuer left out makes the event invalid`() throws {
        var textile = try TextileLog()
        let (submission, part) = try textile.spoiltStatement { rows, input in
            rows.filter { $0.key != input }
        }
        textile.log.force(submission)
        let evidence = try textile.evidence(about: textile.network.carrier.batch("X1"))
        let answer = try judge(evidence, textile)
        #expect(answer.outcome == .invalid)
        #expect(answer.findings.map(\.code) == [.rowsMissing])
        #expect(answer.findings.map(\.part) == [part])
    }

    @Test func `a row that its content does not ask for is no stain on another's batch`() throws {
        var textile = try TextileLog()
        let target = textile.towels
        let (submission, part) = try textile.spoiltStatement { rows, _ in
            let stray = Subject(facet: .events, uri: target).key(in: textile.network.id)
            return rows + [Row(part: rows[0].part, key: stray, role: .consume)]
        }
        textile.log.force(submission)
        let answer = try judge(textile.evidence(about: target, .subject), textile)
        #expect(answer.findings.map(\.code) == [.issuerUnrelated, .rowsUnexpected])
        #expect(answer.findings.map(\.part) == [part, part])
        #expect(answer.outcome == .verified, "a stranger's mistake is a stranger's")
        let own = try judge(
            textile.evidence(about: textile.network.carrier.batch("X1"), .subject), textile)
        #expect(own.outcome == .verified)
    }

    @Test func `an issuer contradicts itself under one event ID, and no other issuer does`() throws
    {
        var textile = try TextileLog()
        let (mill, carrier) = (textile.mill, textile.network.carrier)
        let batch = mill.batch("Y3")
        func event(_ action: String, _ kilograms: String, at site: String) -> [UInt8] {
            let step = action == "ADD" ? "commissioning" : "receiving"
            return DemoNetwork.event(
                "ObjectEvent", time: "2026-01-05T08:00:00Z",
                """
                "eventID":"urn:uuid:8f0c4f0e-3d5a-4c0e-9d7e-0b9a52e1f3c7","action":"\(action)",\
                "bizStep":"\(step)","bizLocation":{"id":"\(site)"},\
                "quantityList":[\(DemoNetwork.quantities([(batch, kilograms)]))],\
                "destinationList":[{"type":"possessing_party","destination":"\(carrier.uri)"}]
                """)
        }
        func register(_ event: [UInt8], by member: DemoNetwork.Member, _ name: String) throws {
            let seconds = textile.log.nowMilliseconds / 1_000
            try textile.log.register(
                textile.network.submission(event: event, by: member, issuedAtSeconds: seconds),
                name)
            try textile.log.seal()
        }
        try register(event("ADD", "5", at: mill.site), by: mill, "made")
        try register(event("OBSERVE", "5", at: carrier.site), by: carrier, "its ID taken")
        let taken = try judge(textile.evidence(about: batch), textile)
        #expect(taken.outcome == .verified, "\(taken.findings)")
        try register(event("ADD", "6", at: mill.site), by: mill, "made otherwise")
        let contradicted = try judge(textile.evidence(about: batch), textile)
        #expect(contradicted.outcome == .contradicted, "\(contradicted.findings)")
    }

    @Test func `content that cannot be read is invalid`() throws {
        var textile = try TextileLog()
        let member = textile.network.carrier
        let part = try Part.make(
            content: Array("{}".utf8), contentType: PartContentType.event, visibility: .network,
            network: textile.network.id, saltSecret: member.key.saltSecret)
        let uri = member.batch("X2")
        textile.log.force(
            try textile.network.submission(
                [part], rows: [textile.network.row(part, .events, uri, .create)], by: member))
        let answer = try judge(textile.evidence(about: uri), textile)
        #expect(answer.outcome == .invalid)
        #expect(answer.findings.map(\.code) == [.contentInvalid])
    }
}

extension TextileLog {
    /// The supplier's revocation of the delegation it gave the carrier.
    fileprivate func revocation(from time: UInt64) -> Record {
        var revocation = Record(kind: .revocation)
        revocation.target = .record("https://delegations.example/1")
        revocation.fromMilliseconds = time
        revocation.reason = "no more"
        return revocation
    }

    /// An event of the carrier, signed with other rows than it asks for, and its part.
    ///
    /// `rows` is given the right rows and the key of the batch used up.
    fileprivate func spoiltStatement(
        rows: ([Row], Hash256) -> [Row]
    ) throws -> (Submission, Hash256) {
        let member = network.carrier
        let input = member.batch("X0")
        let event = DemoNetwork.transformationEvent(
            inputs: [(input, "1")], outputs: [(member.batch("X1"), "1")], site: member.site)
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        let part = try signer.parts(epcisDocument: event, visibility: .network)[0]
        let required = RowRules.rows(of: try Content.read(part), in: network.id) ?? []
        let right = required.map { Row(part: part.digest, key: $0.key, role: $0.role) }
        let key = Subject(facet: .events, uri: input).key(in: network.id)
        return (try network.submission([part], rows: rows(right, key), by: member), part.digest)
    }
}
