import MerkleTrees
import Records
import Signatures
import Support
import Testing
import Verdicts

/// How much whose word does not count can add to an answer (SPEC §15.2).
@Suite struct StrangerTests {
    private static let mebibyte = String(repeating: "a", count: 1 << 20 - 16)
    private static let certificate = "https://certificates.example/seen"

    /// A certificate that its issuer says it has seen.
    private static func seen(about uri: String) -> Record {
        var seen = Record(kind: .transcribedCertificate)
        seen.id = certificate
        seen.about = [uri]
        seen.fromMilliseconds = DemoNetwork.startMilliseconds
        seen.body = RecordBody(contentType: "text/plain", bytes: [0x61])
        seen.reason = "seen at the gate"
        return seen
    }

    @Test func `of a stranger's parts the first are opened, and the others lower nothing`() throws {
        var textile = try TextileLog()
        let (fibre, stranger) = (textile.fibre, textile.network.wholesaler)
        let before = try textile.evidence(about: fibre)
        let first = try textile.register(Self.seen(about: fibre), by: stranger, "seen")
        let parts = try textile.register(Self.mebibyte, about: fibre, by: stranger, 6)
        let evidence = try textile.evidence(about: fibre)
        #expect(Set(evidence.stubs) == Set(before.stubs + parts.dropFirst(3)))
        #expect(evidence.parts.count == before.parts.count + 4)
        #expect(evidence.parts.contains { Part.digest(of: $0) == first })
        let answer = try textile.answer(evidence)
        #expect(answer.outcome == (try textile.answer(before)).outcome)
        #expect(answer.outcome == .verified)
        #expect(answer.findings.filter { $0.code == .partWithheld }.count == 3)
    }

    @Test func `who says something of another's thing is asked nothing of itself`() throws {
        var textile = try TextileLog()
        let (fibre, stranger) = (textile.fibre, textile.network.wholesaler)
        let asked = try textile.evidence(about: fibre).asked
        try textile.register("a", about: fibre, by: stranger, 1)
        try textile.register("a", about: stranger.uri, by: stranger, 3)
        #expect(try textile.evidence(about: fibre).asked == asked)
        #expect(!asked.contains(Subject(facet: .assertions, uri: stranger.uri)))
        let owner = Subject(facet: .assertions, uri: textile.network.supplier.uri)
        #expect(asked.contains(owner), "whom the owner let speak stands there")
    }

    @Test func `a certifier leads on only once an anchor has accredited it`() throws {
        var textile = try TextileLog()
        let (fibre, anchor) = (textile.fibre, textile.network.wholesaler)
        let lab = try DemoNetwork.member(
            "lab", prefix: "9528766", party: "9528766000009", site: "9528766000016",
            gtin: "09528766123456")
        try textile.log.amend(
            [
                .admit(DemoNetwork.organisation(lab, "Demo Lab", .certifier)),
                .anchors([anchor.uri]),
            ], "admit lab")
        let certificate = "https://certificates.example/lab/1"
        var record = Record(kind: .certificate)
        record.id = certificate
        record.about = [fibre]
        record.fromMilliseconds = DemoNetwork.startMilliseconds
        record.body = RecordBody(contentType: "text/plain", bytes: [0x61])
        try textile.register(record, by: lab, "lab certificate")
        try textile.log.seal()
        let own = Subject(facet: .assertions, uri: lab.uri)
        let status = Subject(facet: .assertions, uri: certificate)
        let before = try textile.evidence(about: fibre).asked
        #expect(before.contains(own), "its accreditation would stand there")
        #expect(!before.contains(status))

        var accreditation = Record(kind: .accreditation)
        accreditation.id = "https://accreditations.example/lab"
        accreditation.about = [lab.uri]
        accreditation.fromMilliseconds = DemoNetwork.startMilliseconds
        accreditation.scope = [ScopeItem("scheme", "https://schemes.example/1")]
        try textile.register(accreditation, by: lab, "of itself")
        try textile.log.seal()
        #expect(try !textile.evidence(about: fibre).asked.contains(status))
        accreditation.id = "https://accreditations.example/lab/2"
        try textile.register(accreditation, by: anchor, "of an anchor")
        try textile.log.seal()
        #expect(try textile.evidence(about: fibre).asked.contains(status))
    }

    @Test func `leave given in another chain than its giver's lets nobody speak there`() throws {
        var textile = try TextileLog()
        let (giver, friend) = (textile.network.supplier, textile.network.wholesaler)
        let thing = "https://things.example/nobodys"
        var leave = Record(kind: .delegation)
        leave.id = "https://delegations.example/2"
        leave.to = [friend.uri]
        leave.about = [giver.uri, thing].sorted()
        leave.scope = [ScopeItem("site", giver.site)]
        leave.fromMilliseconds = DemoNetwork.startMilliseconds
        try textile.register(leave, by: giver, "leave", visibility: .open)
        try textile.register(Self.seen(about: thing), by: friend, "seen")
        try textile.log.seal()
        let asked = Set(try textile.evidence(about: thing).asked.map(\.uri))
        #expect(asked.isSuperset(of: [thing, "https://delegations.example/2"]))
        #expect(!asked.contains(giver.uri))
        #expect(!asked.contains(Self.certificate))
    }

    @Test func `what fell with a stolen key is a stranger's, and hides nothing`() throws {
        var textile = try TextileLog()
        let (fibre, supplier) = (textile.fibre, textile.network.supplier)
        let stolen = textile.log.nowMilliseconds
        let parts = try textile.register(Self.mebibyte, about: fibre, by: supplier, 6)
        #expect(try textile.evidence(about: fibre).stubs.isEmpty)
        try textile.log.amend(
            [
                .revokeKey(
                    thumbprint: supplier.key.publicKey.thumbprint, fromMilliseconds: stolen)
            ], "revoke")
        let evidence = try textile.evidence(about: fibre)
        #expect(Set(evidence.stubs) == Set(parts.dropFirst(3)))
        let answer = try textile.answer(evidence)
        #expect(answer.outcome == .verified)
        #expect(answer.findings.map(\.code).filter { $0 == .keyRevoked }.count == 6)
        #expect(!answer.findings.contains { $0.code == .partWithheld })
    }
}

extension TextileLog {
    /// Registers attachments that mention a URI, each in a statement of its own.
    @discardableResult
    fileprivate mutating func register(
        _ text: String, about uri: String, by member: DemoNetwork.Member, _ count: Int
    ) throws -> [Hash256] {
        let parts = try (0..<count).map { number in
            let submission = try network.attachment(
                "\(text)\(number)", mentioning: [uri], by: member,
                issuedAtSeconds: log.nowMilliseconds / 1_000)
            try log.register(submission, "attachment \(uri) \(number)")
            return try Part.decode(submission.parts[0]).digest
        }
        try log.seal()
        return parts
    }

    fileprivate func answer(_ evidence: Evidence) throws -> Answer {
        try EvidenceVerifier(genesis: network.file).verify(evidence).judge()
    }
}
