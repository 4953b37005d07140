import MerkleTrees
import Records
import Support
import Testing
import Verdicts

/// Evidence from a log made by the signer, admission and the log's state, as SPEC §16 judges it.
@Suite struct GoodEvidenceTests {
    @Test func `the log a script renders is the one the log's state keeps`() throws {
        let textile = try TextileLog()
        let rendered = try textile.log.rendered()
        let state = textile.log.state
        #expect(rendered.size == state.size)
        #expect(rendered.root == state.frontier.root)
        #expect(rendered.heads.count == Int(state.subjectCount))
        let replay = try rendered.replayed(genesis: textile.network.state)
        #expect(replay.state.frontier.root == state.frontier.root)
    }

    @Test func `a towel is verified back to its fibre, over container, batch and process`() throws {
        let textile = try TextileLog()
        let evidence = try textile.evidence(about: textile.towel)
        let asked = Set(evidence.asked)
        for uri in [
            textile.towel, textile.pallet, textile.towels, textile.yarn, textile.fibre,
            textile.secretFibre, textile.process,
        ] {
            #expect(asked.contains(Subject(facet: .events, uri: uri)), "events of \(uri)")
            #expect(asked.contains(Subject(facet: .assertions, uri: uri)), "assertions of \(uri)")
        }
        for uri in [
            textile.network.supplier.uri, textile.mill.uri, textile.mill.site,
            textile.network.supplier.product, textile.certificate,
        ] {
            #expect(asked.contains(Subject(facet: .assertions, uri: uri)), "assertions of \(uri)")
        }
        let answer = try judge(evidence, textile)
        #expect(answer.outcome == .verified, "\(answer.findings)")
        // The certificate is the supplier's own, who is no certifier.
        #expect(answer.findings.map(\.code) == [.partErased, .standingReported])
        #expect(answer.findings.first?.part == textile.erasedPart)
        #expect(answer.findings.allSatisfy { !$0.lowers })
        #expect(answer.stubs == 1)
        #expect(answer.basis.map(\.governanceSequence) == [1])
    }

    @Test func `a reader who may not see one part is told that it is withheld`() throws {
        let textile = try TextileLog()
        let evidence = try textile.evidence(
            about: textile.towel, reader: .member(organisation: textile.network.carrier.uri))
        let answer = try judge(evidence, textile)
        #expect(answer.outcome == .withheld)
        #expect(answer.findings.map(\.code) == [.partErased, .partWithheld, .standingReported])
        #expect(answer.findings.filter(\.lowers).map(\.part) == [textile.withheldPart])
        #expect(answer.stubs == 2)
    }

    @Test func `scope subject does not go upstream`() throws {
        let textile = try TextileLog()
        let evidence = try textile.evidence(about: textile.towel, .subject)
        #expect(!evidence.asked.contains(Subject(facet: .events, uri: textile.towels)))
        #expect(!evidence.asked.contains(Subject(facet: .events, uri: textile.pallet)))
        #expect(evidence.asked.contains(Subject(facet: .events, uri: textile.towel)))
        let answer = try judge(evidence, textile)
        #expect(answer.outcome == .verified, "\(answer.findings)")
        #expect(answer.events == 3)
    }

    @Test func `what another reports is declared, what is delegated is verified`() throws {
        let textile = try TextileLog()
        for scope in EvidenceScope.allCases {
            let declared = try judge(textile.evidence(about: textile.reported, scope), textile)
            #expect(declared.outcome == .declared)
            #expect(declared.findings.map(\.code) == [.standingReported])
            let delegated = try judge(
                textile.evidence(about: textile.delegatedFibre, scope), textile)
            #expect(delegated.outcome == .verified, "\(delegated.findings)")
        }
    }

    @Test func `nothing is known of a subject without a chain`() throws {
        let textile = try TextileLog()
        let evidence = try textile.evidence(about: textile.network.supplier.batch("none"))
        #expect(try judge(evidence, textile).outcome == .notApplicable)
    }

    @Test func `evidence reads back as it was written`() throws {
        let textile = try TextileLog()
        let evidence = try textile.evidence(about: textile.towel)
        #expect(try Evidence.decode(evidence.encoded()) == evidence)
    }
}

/// Verifies evidence against the log's genesis file and judges it.
func judge(_ evidence: Evidence, _ textile: TextileLog) throws -> Answer {
    try EvidenceVerifier(genesis: textile.network.file).verify(evidence.encoded()).judge()
}
