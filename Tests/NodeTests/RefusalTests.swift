import Foundation
import HTTPAPI
import MerkleTrees
import Notes
import Records
import Signatures
import Support
import Synchronization
import Testing

@testable import Node

@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var code: String
        var status: Int
        var make: @Sendable (TestNode) throws -> Submission
        var testDescription: String { code }
    }

    static let cases = [
        Case(code: "statement.signature", status: 403) { node in
            let good = try node.commissioning("LOT1")
            var statement = good.statement
            statement[statement.count - 1] ^= 1
            return Submission(statement: statement, manifest: good.manifest, parts: good.parts)
        },
        Case(code: "statement.network", status: 400) { node in
            let other = try DemoNetwork {
                GenesisDocument(
                    name: "Another", createdMilliseconds: $0.createdMilliseconds,
                    governors: $0.governors, organisations: $0.organisations, nodes: $0.nodes,
                    policy: $0.policy)
            }
            return try other.attachment("hello", mentioning: ["urn:x:1"], by: other.supplier)
        },
        Case(code: "statement.key-unknown", status: 403) { node in
            let network = node.network
            let part = try network.note("hello", by: network.supplier)
            let row = network.row(part, .events, "urn:x:1", .mention)
            let manifest = try Manifest(rows: [row])
            let statement = try UnverifiedStatement.sign(
                manifest, network: network.id, issuer: network.supplier.uri,
                issuedAtSeconds: DemoNetwork.startSeconds, key: try DemoNetwork.key("stranger"))
            return Submission(
                statement: statement.bytes, manifest: manifest.encoded(),
                parts: [part.encoded])
        },
        Case(code: "statement.from-the-future", status: 400) { node in
            try node.network.attachment(
                "hello", mentioning: ["urn:x:1"], by: node.network.supplier,
                issuedAtSeconds: SystemClock.nowMilliseconds() / 1_000 + 3_600)
        },
        Case(code: "manifest.root", status: 400) { node in
            let first = try node.commissioning("LOT1")
            let second = try node.commissioning("LOT2")
            return Submission(
                statement: first.statement, manifest: second.manifest, parts: second.parts)
        },
        Case(code: "parts.missing", status: 400) { node in
            let network = node.network
            let notes = try ["one", "two"].map { try network.note($0, by: network.supplier) }
            let whole = try network.submission(
                notes, rows: notes.map { network.row($0, .events, "urn:x:1", .mention) },
                by: network.supplier)
            return Submission(
                statement: whole.statement, manifest: whole.manifest, parts: [whole.parts[0]])
        },
        Case(code: "rows.missing", status: 400) { node in
            let supplier = node.network.supplier
            let good = try node.commissioning("LOT1")
            let part = try Part.decode(good.parts[0])
            let rows = try Manifest.decode(good.manifest).rows.dropLast()
            return try node.network.submission([part], rows: Array(rows), by: supplier)
        },
        Case(code: "authority.create-prefix", status: 403) { node in
            let supplier = node.network.supplier
            let event = DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(supplier.batch("LOT1"), "1")], site: supplier.site)
            return try node.network.submission(event: event, by: node.network.carrier)
        },
        Case(code: "governance.threshold", status: 400) { node in
            let network = node.network
            let body = try network.amendment(
                [.suspend(organisation: network.carrier.uri, fromMilliseconds: 0)],
                after: network.state, signedBy: [network.governors[0]])
            return try network.submission(body)
        },
    ]

    @Test(arguments: cases)
    func `what is refused leaves the log as it was`(_ refused: Case) async throws {
        let node = try TestNode()
        try await node.serve { runtime, caller in
            let before = try await caller.get("/log/checkpoint").body
            let answer = try await caller.post(try refused.make(node))
            #expect(answer.code == refused.code)
            #expect(answer.status == refused.status)
            #expect(try await caller.get("/log/checkpoint").body == before)
            #expect(runtime.running?.room.submissionsInHand == 0)
            #expect(try await caller.post(try node.commissioning("OTHER")).status == 201)
        }
    }

    @Test func `a full node is busy, keeps nothing of what it turns away, and recovers`()
        async throws
    {
        let node = try TestNode()
        var settings = NodeRuntime.Settings.quiet
        settings.waitingSubmissions = 1
        try await node.serve(settings) { runtime, caller in
            let room = try #require(runtime.running?.room)
            try await room.enter(bytes: 10, patiently: false)
            let answer = try await caller.post(try node.commissioning("LOT1"))
            #expect(answer.status == 503)
            #expect(answer.code == "node.busy")
            #expect(try await PublicLog(caller, network: node.network).checkpoint.size == 2)
            room.leave(bytes: 10)
            #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
        }
    }

    @Test func `a chain grows by so much a day through one who is not its owner`() async throws {
        let node = try TestNode()
        let today = Mutex(UInt64(1_798_761_600_000))
        var settings = NodeRuntime.Settings.quiet
        settings.foreignLinksPerDay = 3
        settings.nowMilliseconds = { today.withLock(\.self) }
        let (supplier, carrier) = (node.network.supplier, node.network.carrier)
        func seen(_ kilograms: Int, by member: DemoNetwork.Member) throws -> Submission {
            let event = DemoNetwork.objectEvent(
                action: "OBSERVE", bizStep: "inspecting",
                batches: [(supplier.batch("LOT1"), "\(kilograms)")], site: member.site)
            return try node.network.submission(event: event, by: member)
        }
        try await node.serve(settings) { _, caller in
            #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
            for count in 1...3 {
                #expect(try await caller.post(try seen(count, by: carrier)).status == 201)
            }
            let refused = try await caller.post(try seen(4, by: carrier))
            #expect(refused.status == 429)
            #expect(refused.code == "quota.links")
            #expect(refused.text.contains(supplier.batch("LOT1")))
            #expect(try await caller.post(try seen(3, by: carrier)).status == 200)
            for count in 4...12 {
                let own = try await caller.post(try seen(count, by: supplier))
                #expect(own.status == 201, "\(own.text)")
            }
            // Each also grows the account of the supplier's site, which is the supplier's.
            for count in 1...9 {
                let made = try await caller.post(try node.commissioning("OTHER\(count)"))
                #expect(made.status == 201, "\(made.text)")
            }
            // An organisation's own chain is part of others' answers.
            for count in 1...4 {
                var record = Record(kind: .dispute)
                record.about = [supplier.uri]
                record.target = .record("https://disputes.example/\(count)")
                record.reason = "of itself"
                let said = try ErasureTests.submission(record, by: supplier, in: node.network)
                let answer = try await caller.post(said)
                #expect(answer.status == (count < 4 ? 201 : 429), "\(answer.text)")
            }
            today.withLock { $0 += 86_400_000 }
            #expect(try await caller.post(try seen(4, by: carrier)).status == 201)
        }
    }

    @Test func `who waits patiently is let in when there is room`() async throws {
        let room = WaitingRoom(limits: WaitingRoom.Limits(submissions: 1, bytes: 100))
        try await room.enter(bytes: 60, patiently: false)
        let waiting = Task { try await room.enter(bytes: 60, patiently: true) }
        let gone = Task { try await room.enter(bytes: 1, patiently: true) }
        gone.cancel()
        await #expect(throws: Refusal.self) { try await gone.value }
        room.leave(bytes: 60)
        try await waiting.value
        #expect(room.submissionsInHand == 1)
        room.close()
        await #expect(throws: Refusal.self) { try await room.enter(bytes: 1, patiently: true) }
    }
}
