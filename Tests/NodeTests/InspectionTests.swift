import Foundation
import Records
import Storage
import Support
import Testing

@testable import Node

/// A ledger that somebody changed behind the node's back.
struct InspectionTests {
    /// A stopped node with some of everything in its ledger, all of it in the database file.
    private static func ledger() async throws -> TestNode {
        let node = try TestNode()
        try await node.serve { _, caller in
            for lot in 0..<4 {
                let answer = try await caller.post(node.commissioning("LOT-\(lot)"))
                #expect(answer.status == 201)
            }
            let supplier = node.network.supplier
            let signer = Signer(network: node.network.id, issuer: supplier.uri, key: supplier.key)
            var record = Record(kind: .recall)
            record.id = "urn:demo:recall:1"
            record.about = [supplier.batch("LOT-1")]
            record.fromMilliseconds = DemoNetwork.startMilliseconds
            record.reason = "a test"
            let submissions = try signer.submissions(
                [signer.part(record, visibility: .open)],
                issuedAtSeconds: DemoNetwork.startSeconds)
            for submission in submissions {
                let answer = try await caller.post(submission)
                #expect(answer.status == 201, "\(answer.text)")
            }
        }
        let ledger = try Ledger.open(directory: node.directory)
        try ledger.checkpoint()
        try ledger.close()
        return node
    }

    private static func findings(_ node: TestNode) throws -> [String] {
        try NodeRuntime.check(directory: node.directory) { _, _ in }.findings.map(\.description)
    }

    @Test func `a ledger as the node left it is sound`() async throws {
        #expect(try await Self.findings(Self.ledger()) == [])
    }

    @Test func `a changed byte is found wherever it is`() async throws {
        let node = try await Self.ledger()
        let url = URL(filePath: node.directory + "/" + Ledger.fileName)
        let whole = [UInt8](try Data(contentsOf: url))
        let written = whole.indices.filter { whole[$0] != 0 }
        var generator = SplitMix64(seed: 11)
        for _ in 0..<60 {
            let place = try #require(written.randomElement(using: &generator))
            var changed = whole
            changed[place] ^= 0x41
            try Data(changed).write(to: url)
            let found = (try? Self.findings(node)) ?? ["the file cannot be opened"]
            #expect(!found.isEmpty, "byte \(place)")
        }
        try Data(whole).write(to: url)
        #expect(try Self.findings(node) == [])
    }
}
