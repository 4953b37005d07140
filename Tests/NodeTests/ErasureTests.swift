import EPCIS
import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Signatures
import Storage
import Support
import Testing
import Verdicts

@testable import Node

/// What is erased is looked for in every file of the node's directory.
struct ErasureTests {
    private static let marker = "918273645"

    /// An event that has the marker wherever an event can hold something.
    private static func event(_ node: TestNode, padding: Int) -> [UInt8] {
        let network = node.network
        let place = "https://example.org/place/\(marker)"
        return DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "eventID":"urn:x:event:\(marker)","action":"ADD",\
            "bizStep":"https://example.org/step/\(marker)",\
            "disposition":"https://example.org/condition/\(marker)",\
            "readPoint":{"id":"\(place)"},"bizLocation":{"id":"\(network.wholesaler.site)"},\
            "bizTransactionList":[{"bizTransaction":"urn:x:order:\(marker)"}],\
            "epcList":["\(network.wholesaler.product)/21/\(marker)"],\
            "sourceList":[{"type":"location","source":"\(place)"}],\
            "quantityList":[\(DemoNetwork.quantities(
                [(network.wholesaler.batch(marker), marker)]))],\
            "https://example.org/note":"\(String(repeating: marker + " ", count: padding))"
            """)
    }

    /// Master data that has the marker in what it says and in what it is about.
    private static func siteData(_ node: TestNode) -> Record {
        var data = MasterData(kind: .site)
        data.names = ["en": marker]
        data.attributes = [
            MasterData.Attribute("containedInPlace", "https://example.org/\(marker)")
        ]
        var record = Record(kind: .masterData)
        record.about = ["https://example.org/inner/\(marker)"]
        record.fromMilliseconds = 0
        record.body = RecordBody(contentType: MasterData.contentType, bytes: data.encoded())
        return record
    }

    static func erasure(
        of digest: Hash256, in submission: Submission, why reason: String = "asked for"
    ) throws -> Record {
        var record = Record(kind: .erasure)
        record.target = .part(digest)
        let rows = try Manifest.decode(submission.manifest).rows.filter { $0.part == digest }
        record.keys = Set(rows.map(\.key)).sorted()
        record.reason = reason
        return record
    }

    static func submission(
        _ record: Record, by member: DemoNetwork.Member, in network: DemoNetwork,
        visibility: Visibility = .network
    ) throws -> Submission {
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        return try #require(
            signer.submissions(
                [try signer.part(record, visibility: visibility)],
                issuedAtSeconds: DemoNetwork.startSeconds
            ).first)
    }

    /// What the ledger holds of a part for one read, which ends when it may.
    private static func read(
        _ digest: Hash256, in ledger: Ledger, isRead: DispatchSemaphore, mayEnd: DispatchSemaphore
    ) throws -> Bool {
        try ledger.read { store in
            _ = try store.size()
            isRead.signal()
            mayEnd.wait()
            return try store.part(digest) != nil
        }
    }

    /// The files of the directory that hold the marker.
    private static func holders(_ node: TestNode) throws -> [String] {
        try node.files().filter { name in
            let file = FileManager.default.contents(atPath: node.directory + "/" + name)
            return file?.range(of: Data(marker.utf8)) != nil
        }
    }

    private static func waitUntilGone(_ node: TestNode) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !holders(node).isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try holders(node) == [])
    }

    @Test(arguments: [1, 3_000])
    func `nothing of an erased event is in any file, while the node goes on`(
        padding: Int
    ) async throws {
        let node = try TestNode()
        let (member, event) = (node.network.wholesaler, Self.event(node, padding: padding))
        try await node.serve(node.capturing()) { runtime, caller in
            let capture = CaptureCaller(runtime)
            _ = try await capture.capture(node.document(["before"]))
            let signed = try await capture.post(event, to: "/epcis/events")
            try #require(signed.status == 201, "\(signed.text)")
            _ = try await capture.capture(node.document(["after"]))
            let submission = try node.network.submission(event: event, by: member)
            let part = try Part.decode(try #require(submission.parts.first))
            let shown = try await caller.get("/trace/" + HTTPCaller.segment(member.batch(Self.marker)))
            #expect(shown.status == 200)
            #expect(try await caller.get("/log/part/" + part.digest.hex).status == 200)
            let holders = try Self.holders(node).joined(separator: " ")
            #expect(holders.contains("ledger.sqlite") && holders.contains("views.sqlite"))
            let record = try Self.erasure(of: part.digest, in: submission)
            let erased = try await caller.post(
                try Self.submission(record, by: member, in: node.network))
            try #require(erased.status == 201, "\(erased.text)")
            #expect(try await caller.get("/log/part/\(part.digest.hex)").status == 404)
            try await Self.waitUntilGone(node)
            // What is sent again is registered, if anything, and stays erased.
            _ = try await caller.post(submission)
            try await Self.waitUntilGone(node)
            let query = try await caller.get("/epcis/events?EQ_eventID=urn:x:event:" + Self.marker)
            #expect(query.status == 200 && !query.text.contains("cairn:part"), "\(query.text)")
            let evidence = try await caller.get(
                "/evidence/" + HTTPCaller.segment(member.batch(Self.marker)) + "?scope=subject")
            let answer = try EvidenceVerifier(genesis: node.network.file).verify(evidence.body)
                .judge()
            #expect(answer.findings.map(\.code.rawValue).contains("part.erased"))
            #expect(!answer.findings.map(\.code.rawValue).contains("part.withheld"))
        }
        #expect(try Self.holders(node) == [])
        #expect(try node.findings() == [])
    }

    @Test func `nothing of an erased record is in any file, and the views can be made anew`()
        async throws
    {
        let node = try TestNode()
        let member = node.network.wholesaler
        let submission = try Self.submission(Self.siteData(node), by: member, in: node.network)
        let part = try Part.decode(try #require(submission.parts.first))
        try await node.serve { _, caller in
            let sent = try await caller.post(submission)
            #expect(sent.status == 201)
            // It waits for the views.
            _ = try await caller.get("/trace/urn:x:none")
        }
        let holders = try Self.holders(node)
        #expect(holders.contains("ledger.sqlite"), "\(holders)")
        #expect(holders.contains { $0.hasPrefix("views.sqlite") }, "\(holders)")
        try await node.serve { _, caller in
            let record = try Self.erasure(of: part.digest, in: submission)
            let erased = try await caller.post(
                try Self.submission(record, by: member, in: node.network))
            #expect(erased.status == 201, "\(erased.text)")
            try await Self.waitUntilGone(node)
        }
        try NodeRuntime.rebuild(directory: node.directory) { _, _ in }
        #expect(try Self.holders(node) == [])
        #expect(try node.findings() == [])
    }

    @Test func `a copy of the ledger from before a migration goes with what is erased`()
        async throws
    {
        let node = try TestNode()
        let submission = try node.commissioning(Self.marker)
        let part = try Part.decode(try #require(submission.parts.first))
        try await node.serve { _, caller in
            let sent = try await caller.post(submission)
            #expect(sent.status == 201)
        }
        try FileManager.default.copyItem(
            atPath: node.directory + "/ledger.sqlite",
            toPath: node.directory + "/ledger.sqlite.schema-1")
        try await node.serve { _, caller in
            let record = try Self.erasure(of: part.digest, in: submission)
            _ = try await caller.post(
                try Self.submission(record, by: node.network.supplier, in: node.network))
            try await Self.waitUntilGone(node)
        }
    }

    @Test func `an erasure waits for a reader that still needs what is erased`() async throws {
        let node = try TestNode()
        let submission = try node.commissioning(Self.marker)
        let part = try Part.decode(try #require(submission.parts.first))
        try await node.serve { runtime, caller in
            let sent = try await caller.post(submission)
            #expect(sent.status == 201)
            let running = try #require(runtime.running)
            let isRead = DispatchSemaphore(value: 0)
            let mayEnd = DispatchSemaphore(value: 0)
            let read = Task.detached {
                try Self.read(part.digest, in: running.ledger, isRead: isRead, mayEnd: mayEnd)
            }
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    isRead.wait()
                    continuation.resume()
                }
            }
            let record = try Self.erasure(of: part.digest, in: submission)
            let erased = try await caller.post(
                try Self.submission(record, by: node.network.supplier, in: node.network))
            #expect(erased.status == 201)
            // The writer is not held up by it.
            #expect(try await caller.post(try node.commissioning("next")).status == 201)
            #expect(try !Self.holders(node).isEmpty)
            mayEnd.signal()
            #expect(try await read.value)
            try await Self.waitUntilGone(node)
        }
    }

    @Test func `what others' answers rest on is refused, and what is not the issuer's`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        var recall = Record(kind: .recall)
        recall.about = [network.supplier.product]
        recall.fromMilliseconds = 0
        recall.reason = "burns"
        try await node.serve { _, caller in
            let statements = [
                try node.commissioning("theirs"),
                try Self.submission(recall, by: network.carrier, in: network),
            ]
            for submission in statements {
                #expect(try await caller.post(submission).status == 201)
                let part = try Part.decode(try #require(submission.parts.first))
                let record = try Self.erasure(of: part.digest, in: submission)
                let erased = try await caller.post(
                    try Self.submission(record, by: network.carrier, in: network))
                #expect(erased.status == 403)
                #expect(erased.code == "authority.erase-own")
                #expect(try await caller.get("/log/part/" + part.digest.hex).status == 200)
            }
        }
    }

    @Test func `the log names the backups that were made before`() async throws {
        let node = try TestNode()
        let backup = node.sibling("one.backup")
        _ = try NodeRuntime.backup(directory: node.directory, to: backup)
        let known = try KnownBackups.read(NodeDirectory(path: node.directory))
        #expect(known.count == 1)
        #expect(known.first?.file.hasSuffix("/one.backup") == true)
    }
}
