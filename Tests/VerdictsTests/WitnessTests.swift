import Notes
import Records
import Signatures
import Support
import Testing
import Verdicts

/// Whose lines stand under the checkpoint of evidence, and what they are worth (SPEC §15.3, §16).
@Suite struct WitnessTests {
    private static let other = "other.example/log"

    private let network: DemoNetwork
    private let evidence: Evidence
    private let cosigners: [(origin: String, key: SigningKey)]

    /// Evidence of a network with two cosigners, both of whom make the quorum.
    init() throws {
        let cosigners = [
            (origin: DemoNetwork.origin, key: try DemoNetwork.key("cosigner 1")),
            (origin: Self.other, key: try DemoNetwork.key("cosigner 2")),
        ]
        let otherLog = try DemoNetwork.key("other log").publicKey
        network = try DemoNetwork { document in
            GenesisDocument(
                name: document.name, createdMilliseconds: document.createdMilliseconds,
                governors: document.governors, organisations: document.organisations,
                nodes: [
                    LogNode(
                        origin: DemoNetwork.origin, organisation: document.nodes[0].organisation,
                        logKey: document.nodes[0].logKey,
                        cosignerKey: cosigners[0].key.publicKey),
                    LogNode(
                        origin: Self.other, organisation: document.organisations[0].uri,
                        logKey: otherLog, cosignerKey: cosigners[1].key.publicKey),
                ],
                policy: Policy(quorum: 2, toleratedLiars: 0, furthestFutureSeconds: 300))
        }
        self.cosigners = cosigners
        var log = try DemoLog(network: network)
        let batch = network.supplier.batch("F1")
        let made = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(batch, "1")],
            site: network.supplier.site)
        try log.register(network.submission(event: made, by: network.supplier), "made")
        try log.seal()
        var builder = EvidenceBuilder(
            network: network.id, source: try log.rendered(), reader: .nodeOperator)
        evidence = try builder.build(EvidenceQuestion(uri: batch, scope: .subject))
    }

    private func line(by cosigner: (origin: String, key: SigningKey)) throws -> String {
        let note = try SignedNote.parse(Array(evidence.logs[0].checkpoint.utf8))
        return try Cosignature.sign(
            checkpointText: note.text, timestampSeconds: DemoNetwork.startSeconds,
            name: cosigner.origin, key: cosigner.key
        ).line
    }

    private func verified(_ checkpoint: String) throws -> Answer {
        var changed = evidence
        changed.logs[0].checkpoint = checkpoint
        return try EvidenceVerifier(genesis: network.file).verify(changed.encoded()).judge()
    }

    @Test(arguments: [(0, true), (1, true), (2, false)])
    func `an answer is witnessed from the quorum on`(count: Int, isUnwitnessed: Bool) throws {
        let lines = try cosigners.prefix(count).map(line)
        let answer = try verified(evidence.logs[0].checkpoint + lines.joined())
        #expect(answer.outcome == .verified)
        #expect(answer.basis.map(\.cosignatures) == [count])
        #expect(answer.basis.map(\.isUnwitnessed) == [isUnwitnessed])
    }

    @Test func `a stranger's line is no cosignature`() throws {
        let stranger = ("stranger.example/log", try DemoNetwork.key("stranger"))
        let impostor = (Self.other, try DemoNetwork.key("stranger"))
        for cosigner in [stranger, impostor] {
            let text = try evidence.logs[0].checkpoint + line(by: cosigner)
            let error = #expect(throws: EvidenceRejection.self) { try verified(text) }
            #expect(error?.step == .checkpoint)
        }
    }

    @Test func `cosigners cannot speak for the log`() throws {
        let note = try SignedNote.parse(Array(evidence.logs[0].checkpoint.utf8))
        let text = try note.text + "\n" + cosigners.map(line).joined()
        let error = #expect(throws: EvidenceRejection.self) { try verified(text) }
        #expect(error?.step == .checkpoint)
    }
}
