import DeterministicCBOR
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

@Suite struct SubmissionTests {
    @Test func `a record goes from the caller into the log, its receipt, evidence and lineage`()
        async throws
    {
        let node = try TestNode()
        try await node.serve { runtime, caller in
            let answer = try await caller.post(try node.commissioning("LOT1"))
            #expect(answer.status == 201)
            let log = try await PublicLog(caller, network: node.network)
            #expect(log.checkpoint.size == 4)
            let proof = try LogProof.parse(answer.body)
            #expect(proof.index == 2)
            #expect(proof.extra == log.entries[2])
            try TreeProofs.checkInclusion(
                leaf: TreeHash.leaf(log.entries[2]), index: 2, size: 4,
                root: log.checkpoint.root, proof: proof.proof)
            let location = try #require(answer.location)
            #expect(try await caller.get(location).body == answer.body)

            let subject = node.network.supplier.batch("LOT1")
            let evidence = try await caller.get("/evidence/" + HTTPCaller.segment(subject))
            #expect(evidence.status == 200)
            let verified = try EvidenceVerifier(genesis: node.network.file)
                .verify(evidence.body)
            #expect(verified.logs.first?.checkpoint == log.checkpoint)
            #expect(verified.judge().outcome == .verified)

            let trace = try await caller.get(
                "/trace/" + HTTPCaller.segment(subject), accept: "text/plain")
            #expect(trace.status == 200)
            #expect(trace.text.contains("LOT1"))
            #expect(await runtime.service?.health().size == 4)
        }
    }

    @Test func `a statement sent three times, also at once, is one entry with one receipt`()
        async throws
    {
        let node = try TestNode()
        try await node.serve { _, caller in
            let submission = try node.commissioning("LOT1")
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<3 { group.addTask { try await caller.post(submission) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == [200, 200, 201])
            #expect(Set(answers.map(\.body)).count == 1)
            let again = try await caller.post(submission)
            #expect(again.status == 200)
            #expect(again.body == answers[0].body)
            #expect(try await PublicLog(caller, network: node.network).checkpoint.size == 4)
        }
    }

    @Test func `one event signed three times is one event of the lineage`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            let supplier = node.network.supplier
            let event = DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(supplier.batch("LOT1"), "100")], site: supplier.site)
            for second in 0..<3 as Range<UInt64> {
                let submission = try node.network.submission(
                    event: event, by: supplier,
                    issuedAtSeconds: DemoNetwork.startSeconds + second)
                #expect(try await caller.post(submission).status == 201)
            }
            let trace = try await caller.get(
                "/trace/" + HTTPCaller.segment(supplier.batch("LOT1")))
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(trace.body)) as? [String: Any])
            let things = try #require(json["nodes"] as? [[String: Any]])
            #expect(things.count == 1)
            #expect((things[0]["events"] as? [Any])?.count == 1)
        }
    }

    @Test func `a COSE receipt verifies with the published key`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            let answer = try await caller.post(
                try node.commissioning("LOT1"), accept: "application/scitt-receipt+cose")
            #expect(answer.status == 201)
            #expect(answer.type == "application/scitt-receipt+cose")
            let log = try await PublicLog(caller, network: node.network)
            let receipt = try CoseSign1.decode(answer.body, allowUnprotected: true)
            try receipt.verify(
                by: node.network.logKey.publicKey, detachedPayload: log.checkpoint.root.bytes)
            let proofs = try #require(receipt.unprotected[396]?[-1]?.asArray)
            #expect(proofs.count == 1)
            #expect(receipt.unprotected[-65_538]?.asBytes == log.entries[2])
            #expect(receipt.protected[-65_537]?.asUnsigned == 4)
            let kid = Base64.url.encode(node.network.logKey.publicKey.thumbprint.bytes)
            let key = try await caller.get("/.well-known/scitt-keys/" + kid)
            #expect(key.status == 200)
            #expect(try await caller.get("/.well-known/scitt-keys").status == 200)
        }
    }

    @Test func `many callers at once share seals, and each is in the log once`() async throws {
        let node = try TestNode()
        let count = 60
        try await node.serve { runtime, caller in
            let service = try #require(runtime.service)
            let submissions = try (0..<count).map { try node.commissioning("L\($0)").encoded() }
            let indexes = try await withThrowingTaskGroup { group in
                for submission in submissions {
                    group.addTask {
                        try await service.submit(submission, patiently: true).leafIndex
                    }
                }
                return try await group.reduce(into: [UInt64]()) { $0.append($1) }
            }
            #expect(Set(indexes).count == count)
            let log = try await PublicLog(caller, network: node.network)
            let entries = try log.entries.map(LogEntry.decode)
            #expect(entries.count { !$0.isSeal } == count + 1)
            #expect(entries.last?.isSeal == true)
            #expect(entries.count { $0.isSeal } < count)
        }
    }

    @Test func `a stream of submissions is answered one by one, in order`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            var submissions = try (0..<20).map { try node.commissioning("L\($0)") }
            submissions.append(submissions[3])
            let good = submissions[7]
            var statement = good.statement
            statement[statement.count - 1] ^= 1
            submissions[7] = Submission(
                statement: statement, manifest: good.manifest, parts: good.parts)
            let answer = try await caller.post(submissions)
            #expect(answer.status == 200)
            var rest = answer.body[...]
            var results: [[CBORValue]] = []
            while !rest.isEmpty {
                let (value, end) = try CBORValue.decodePrefix(rest)
                results.append(try #require(value.asArray))
                rest = rest[end...]
            }
            #expect(results.map { $0[0].asUnsigned } == (0...20).map { UInt64($0) })
            #expect(results[7][2].asText == "statement.signature")
            #expect(results[20][3] == results[3][3])
            let log = try await PublicLog(caller, network: node.network)
            let entries = try log.entries.map(LogEntry.decode)
            #expect(entries.count { !$0.isSeal } == 20)
        }
    }
}
