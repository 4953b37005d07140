import EPCIS
import MerkleTrees
import Records
import Support
import Testing
import Verdicts

/// The worked vectors of evidence (SPEC §15, §16), made and judged by a program that shares no code
/// with this one.
@Suite struct EvidenceVectorTests {
    @Test(arguments: ["evidence", "stories"])
    func `evidence that stands is answered as the vectors say`(name: String) throws {
        let file = try VectorFile(name)
        let verifier = try verifier(file.members.bytes("genesis"))
        for vector in file.cases {
            do {
                let verified = try verifier.verify(vector.bytes("evidence"))
                try compare(verified.judge(), with: vector)
            } catch let rejection as EvidenceRejection {
                Issue.record(
                    "\(vector.name) was rejected at \(rejection.step): \(rejection.reason)")
            }
        }
        #expect(file.cases.count >= 60)
    }

    @Test func `evidence that was tampered with is rejected at the step that the vectors name`()
        throws
    {
        let file = try VectorFile("evidence-rejected")
        let usual = try verifier(file.members.bytes("genesis"))
        for vector in file.cases {
            let expected = try vector.text("error")
            do {
                let asked = try vector.has("genesis") ? verifier(vector.bytes("genesis")) : usual
                _ = try asked.verify(vector.bytes("evidence"))
                Issue.record("\(vector.name) was accepted")
            } catch let rejection as EvidenceRejection {
                #expect(
                    rejection.step.rawValue == expected, "\(vector.name): \(rejection.reason)")
            } catch let refusal as Refusal {
                // A genesis file that cannot even be read.
                #expect(expected == "genesis", "\(vector.name): \(refusal)")
            }
        }
        #expect(file.cases.count >= 98)
    }

    private func verifier(_ genesis: [UInt8]) throws -> EvidenceVerifier {
        try EvidenceVerifier(genesis: GenesisFile.decode(genesis))
    }

    private func compare(_ answer: Answer, with vector: VectorCase) throws {
        let expected = try vector.object("expect")
        #expect(
            try answer.outcome.rawValue == expected.text("outcome"),
            "\(vector.name): \(answer.findings)")
        let findings = try expected.objects("findings").map {
            try "\($0.text("code")) \($0.text("origin")) \($0.number("leaf")) \($0.text("part")) "
                + "\($0.bool("lowers"))"
        }
        #expect(
            answer.findings.map {
                "\($0.code.rawValue) \($0.origin) \($0.leafIndex) \($0.part.hex) \($0.lowers)"
            } == findings, "\(vector.name)")
        let counts = try ["events", "opened", "stubs"].map { Int(try expected.number($0)) }
        #expect([answer.events, answer.opened, answer.stubs] == counts, "\(vector.name)")
        #expect(try answer.uri == expected.text("subject"))
        let basis = try expected.objects("basis").map { item in
            if item.has("notConsulted") { return "\(try item.text("origin")) not consulted" }
            return try "\(item.text("origin")) \(item.number("size")) \(item.text("root")) "
                + "\(item.number("sealedAt")) \(item.number("governanceSeq")) "
                + "\(item.number("cosignatures")) \(item.bool("unwitnessed"))"
        }
        let found =
            answer.basis.map {
                "\($0.origin) \($0.size) \($0.root.hex) \($0.sealedAtMilliseconds) "
                    + "\($0.governanceSequence) \($0.cosignatures) \($0.isUnwitnessed)"
            } + answer.notConsulted.map { "\($0) not consulted" }
        #expect(found.sorted() == basis.sorted(), "\(vector.name)")
    }
}
