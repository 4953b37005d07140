import Foundation
import HTTPAPI
import MerkleTrees
import Notes
import Records
import Signatures
import Support
import Testing
import Verdicts

@testable import Node

@Suite struct GovernanceTests {
    @Test func `an amendment counts from its seal on, and evidence shows the change`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let carrier = network.carrier
        try await node.serve { _, caller in
            let before = try network.attachment(
                "before", mentioning: ["urn:x:1"], by: carrier)
            #expect(try await caller.post(before).status == 201)
            let suspension = Change.suspend(
                organisation: carrier.uri, fromMilliseconds: DemoNetwork.startMilliseconds)
            let amendment = try network.submission(
                try network.amendment([suspension], after: network.state))
            #expect(try await caller.post(amendment).status == 201)
            let after = try network.attachment("after", mentioning: ["urn:x:1"], by: carrier)
            #expect(try await caller.post(after).code == "statement.issuer-suspended")
            // What was registered keeps its receipt, and an amendment is registered once.
            #expect(try await caller.post(before).status == 200)
            #expect(try await caller.post(amendment).status == 200)
            // But only as it stands: nothing else is answered as known.
            let code = "statement.issuer-suspended"
            #expect(try await caller.post(tampered(before, \.statement)).code == code)
            #expect(try await caller.post(tampered(before, \.manifest)).code == code)
            #expect(try await caller.post(tampered(before, \.parts[0])).code == code)
            let twice = Submission(
                statement: before.statement, manifest: before.manifest,
                parts: before.parts + before.parts)
            #expect(try await caller.post(twice).code == code)

            let evidence = try await caller.get("/evidence/" + HTTPCaller.segment("urn:x:1"))
            let verified = try EvidenceVerifier(genesis: network.file).verify(evidence.body)
            #expect(verified.governance.seq == 1)
            let findings = verified.judge().findings
            #expect(findings.contains { $0.code.rawValue == "issuer.suspended" })
            let organisations = try await caller.get("/organisations")
            #expect(organisations.text.contains(#""seq":1"#))
        }
        try await node.serve { _, caller in
            let again = try network.attachment("again", mentioning: ["urn:x:1"], by: carrier)
            #expect(try await caller.post(again).code == "statement.issuer-suspended")
        }
        #expect(try node.findings() == [])
    }

    /// A submission in which the last byte of one of its byte strings is another.
    private func tampered(
        _ submission: Submission, _ path: WritableKeyPath<Bytes, [UInt8]>
    ) -> Submission {
        var bytes = Bytes(
            statement: submission.statement, manifest: submission.manifest,
            parts: submission.parts)
        bytes[keyPath: path][bytes[keyPath: path].count - 1] ^= 1
        return Submission(statement: bytes.statement, manifest: bytes.manifest, parts: bytes.parts)
    }

    private struct Bytes {
        var statement: [UInt8]
        var manifest: [UInt8]
        var parts: [[UInt8]]
    }

    @Test func `a known statement is answered as known only whole`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            let good = try node.commissioning("LOT1")
            #expect(try await caller.post(good).status == 201)
            let signature = try await caller.post(tampered(good, \.statement))
            #expect(signature.code == "statement.signature")
            #expect(try await caller.post(tampered(good, \.manifest)).code != nil)
            let other = try node.commissioning("LOT2")
            let swapped = Submission(
                statement: good.statement, manifest: good.manifest, parts: other.parts)
            #expect(try await caller.post(swapped).code?.hasPrefix("parts.") == true)
            let more = Submission(
                statement: good.statement, manifest: good.manifest,
                parts: [good.parts[0], other.parts[0]].sorted { left, right in
                    (try? Part.decode(left).digest) ?? .zero < (try? Part.decode(right).digest)
                        ?? .zero
                })
            #expect(try await caller.post(more).code?.hasPrefix("parts.") == true)
            #expect(try await caller.post(good).status == 200)
        }
    }

    @Test func `a rotation of its own log's key is refused, and the node goes on`() async throws {
        let node = try TestNode()
        let network = node.network
        try await node.serve { runtime, caller in
            let newest = try #require(runtime.running).published.newest
            let note = try SignedNote.parse(newest.checkpoint)
            let checkpoint = try Checkpoint(parsing: note.text)
            let change = Change.rotateLogKey(
                origin: DemoNetwork.origin, key: try DemoNetwork.key("log 2").publicKey,
                size: checkpoint.size, root: checkpoint.root)
            let rotation = try network.submission(
                network.amendment([change], after: network.state))
            let answer = try await caller.post(rotation)
            #expect(answer.status == 400)
            #expect(answer.code == "log.rotation")
            #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
        }
    }

    @Test func `statements in flight beside an amendment are judged by what is in force`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let newKey = try DemoNetwork.key("supplier 2")
        try await node.serve { runtime, caller in
            let service = try #require(runtime.service)
            let change = Change.addKey(
                organisation: network.supplier.uri,
                key: OrganisationKey(
                    purpose: .issuer, key: newKey.publicKey,
                    fromMilliseconds: DemoNetwork.startMilliseconds))
            let amendment = try network.submission(
                try network.amendment([change], after: network.state)
            ).encoded()
            let batches = try (0..<40).map { try node.commissioning("L\($0)").encoded() }
            try await withThrowingTaskGroup { group in
                for (index, batch) in batches.enumerated() {
                    group.addTask { _ = try await service.submit(batch, patiently: true) }
                    guard index == 20 else { continue }
                    group.addTask { _ = try await service.submit(amendment, patiently: true) }
                }
                try await group.waitForAll()
            }
            let log = try await PublicLog(caller, network: network)
            let entries = try log.entries.map(LogEntry.decode)
            #expect(entries.count { !$0.isSeal } == 42)
        }
        #expect(try node.findings() == [])
    }

    @Test func `a part is shown to those it is for, and withheld in evidence from others`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        try await node.serve { runtime, caller in
            // The node is the wholesaler's, and so is every caller.
            let hidden = try node.commissioning(
                "HIDDEN", visibility: .organisations([network.carrier.uri]))
            let open = try node.commissioning(
                "SHOWN", visibility: .organisations([network.wholesaler.uri]))
            #expect(try await caller.post(hidden).status == 201)
            #expect(try await caller.post(open).status == 201)
            let digest = try Part.decode(hidden.parts[0]).digest.hex
            #expect(try await caller.get("/log/part/" + digest).code == "part.withheld")
            let shown = try Part.decode(open.parts[0])
            #expect(try await caller.get("/log/part/" + shown.digest.hex).body == shown.encoded)
            let unknown = Hash256.sha256([1]).hex
            #expect(try await caller.get("/log/part/" + unknown).code == "part.unknown")
            #expect(try await caller.get("/log/manifest/2").body == hidden.manifest)
            #expect(try await caller.get("/log/manifest/3").code == "entry.unknown")

            let subject = network.supplier.batch("HIDDEN")
            let evidence = try await caller.get("/evidence/" + HTTPCaller.segment(subject))
            let verified = try EvidenceVerifier(genesis: network.file).verify(evidence.body)
            #expect(verified.judge().outcome == .withheld)
            let trace = try await caller.get("/trace/" + HTTPCaller.segment(subject))
            #expect(!trace.text.contains(digest))
            let service = try #require(runtime.service)
            let member = Reader.member(organisation: network.carrier.uri)
            let bytes = try await service.evidence(
                about: subject, upstream: true, for: member, onlyFor: nil)
            let full = try EvidenceVerifier(genesis: network.file).verify(bytes)
            #expect(full.judge().outcome == .verified)
        }
    }
}
