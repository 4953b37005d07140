import MerkleTrees
import Records
import Support
import Testing
import Verdicts

@testable import Node

/// Governors' orders of erasure and duties of retention, at a node (SPEC §9.1, §9.2).
struct OrderedErasureTests {
    private static let day: UInt64 = 86_400

    /// A duty to keep events for a hundred years, and certificates for no time at all.
    private static let duties = Change.policy(
        Policy(
            quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 300,
            duties: [
                RetentionDuty(name: "Regulation 178", kinds: ["event"], seconds: 36_500 * day),
                RetentionDuty(name: "none", kinds: ["attachment"], seconds: 0),
            ]))

    @Test func `what a duty keeps is erased by governors' order only, and audits say so`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        try await node.serve { runtime, caller in
            let kept = try node.commissioning("KEPT")
            let loose = try network.attachment(
                "loose", mentioning: ["urn:x:1"], by: network.supplier)
            for submission in [kept, loose] {
                try #require(try await caller.post(submission).status == 201)
            }
            let part = try Part.decode(kept.parts[0]).digest
            func erase(
                _ submission: Submission, by member: DemoNetwork.Member, _ why: String
            ) async throws -> HTTPCaller.Answer {
                let digest = try Part.decode(submission.parts[0]).digest
                let record = try ErasureTests.erasure(of: digest, in: submission, why: why)
                return try await caller.post(
                    try ErasureTests.submission(record, by: member, in: network))
            }
            let first = try network.amendment([Self.duties], after: network.state)
            try #require(try await caller.post(network.submission(first)).status == 201)
            let refused = try await erase(kept, by: network.supplier, "no more needed")
            #expect(refused.status == 403 && refused.code == "retention.duty")
            #expect(refused.text.contains("Regulation 178 keeps this part until 2"))
            // A duty of no time, and of another kind, keeps nothing.
            #expect(try await erase(loose, by: network.supplier, "done").status == 201)
            #expect(
                try await erase(kept, by: network.carrier, "spite").code == "authority.erase-own")

            let order = Change.erase(part: part, reason: "names a person")
            let second = try network.amendment(
                [order], after: try network.state.applying(first))
            try #require(try await caller.post(network.submission(second)).status == 201)
            #expect(try await erase(kept, by: network.carrier, "ordered").status == 201)
            #expect(try await caller.get("/log/part/" + part.hex).code == "part.unknown")
            let subject = HTTPCaller.segment(network.supplier.batch("KEPT"))
            let evidence = try await caller.get("/evidence/" + subject)
            let findings = try EvidenceVerifier(genesis: network.file).verify(evidence.body)
                .judge().findings.map(\.code)
            #expect(findings.contains(.partErased) && !findings.contains(.partWithheld))
            #expect(!findings.contains(.authorityRefused))
            let shown = try await caller.get("/organisations").text
            #expect(shown.contains(#""orderedErasures":["\#(part.hex)"]"#))
        }
        #expect(try node.findings() == [])
    }
}
