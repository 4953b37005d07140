import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// What a signer makes (SPEC §5 to §8).
@Suite struct SignerTests {
    let demo: DemoNetwork
    let signer: Signer

    init() throws {
        demo = try DemoNetwork()
        signer = Signer(network: demo.id, issuer: demo.supplier.uri, key: demo.supplier.key)
    }

    private func made(_ lot: Int) -> [UInt8] {
        DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(demo.supplier.batch("L\(lot)"), "1")], site: demo.supplier.site)
    }

    @Test func `the same event signed again is the same statement`() throws {
        let first = try signer.submissions(
            signer.parts(epcisDocument: made(1), visibility: .network), issuedAtSeconds: 1)
        let again = try signer.submissions(
            signer.parts(epcisDocument: made(1), visibility: .network), issuedAtSeconds: 1)
        #expect(first == again)
        let other = Signer(network: demo.id, issuer: demo.carrier.uri, key: demo.carrier.key)
        let theirs = try other.parts(epcisDocument: made(1), visibility: .network)
        #expect(theirs.map(\.encoded) != first.flatMap(\.parts))
    }

    @Test func `a part given twice is signed once`() throws {
        let part = try signer.parts(epcisDocument: made(1), visibility: .network)[0]
        let submissions = try signer.submissions([part, part], issuedAtSeconds: 1)
        #expect(submissions.count == 1)
        #expect(submissions[0].parts == [part.encoded])
    }

    @Test func `a long input becomes several statements within the limits`() throws {
        var parts: [Part] = []
        for lot in 0..<(Limits.signedParts + 1) {
            parts += try signer.parts(epcisDocument: made(lot), visibility: .network)
        }
        let submissions = try signer.submissions(parts, issuedAtSeconds: DemoNetwork.startSeconds)
        #expect(submissions.map(\.parts.count) == [Limits.signedParts, 1])
        let admission = Admission(governance: demo.state, facts: GivenFacts())
        for submission in submissions {
            let admitted = try admission.admit(
                submission, nowMilliseconds: DemoNetwork.startMilliseconds)
            #expect(admitted.parts.allSatisfy { $0.judgement == .own })
        }
        let signed = Set(submissions.flatMap(\.parts))
        #expect(signed == Set(parts.map(\.encoded)))
    }

    @Test func `large parts are spread over statements by their bytes`() throws {
        var parts: [Part] = []
        for number in 0..<5 {
            var record = Record(kind: .certificate)
            record.id = "urn:x:certificate-\(number)"
            record.about = [demo.supplier.product]
            record.fromMilliseconds = 1
            record.body = RecordBody(
                contentType: "application/pdf",
                bytes: [UInt8](repeating: UInt8(number), count: 1_000_000))
            parts.append(try signer.part(record, visibility: .network))
        }
        let submissions = try signer.submissions(parts, issuedAtSeconds: 1)
        #expect(submissions.map(\.parts.count) == [4, 1])
    }

    @Test func `an attachment must be told its subjects`() throws {
        let note = try signer.part(Array("x".utf8), type: "text/plain", visibility: .open)
        expectRefusal("rows.missing") { try signer.submissions([note], issuedAtSeconds: 1) }
        let submission = try signer.attachment(
            note, mentioning: [demo.supplier.batch("A")],
            issuedAtSeconds: 1)
        let rows = try Manifest.decode(submission.manifest).rows
        #expect(rows.map(\.role) == [.mention])
    }

    @Test func `a record that its reader would refuse is not signed`() {
        expectRefusal("record.field") {
            try signer.part(Record(kind: .recall), visibility: .network)
        }
    }

    @Test func `a broken document names the event and makes nothing`() {
        let document = Array(#"{"type":"ObjectEvent"}"#.utf8)
        do {
            let parts = try signer.parts(epcisDocument: document, visibility: .network)
            Issue.record("\(parts.count) parts were made")
        } catch {
            #expect(error.code.hasPrefix("epcis."), "\(error)")
        }
    }
}
