import Client
import Foundation
import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// The real program is killed in the middle of its work, again and again: whatever it had
/// acknowledged is there afterwards, with its receipt, and the whole ledger is sound.
@Suite(.serialized) struct `Killed under load` {
    private static let rounds = 100
    private static let inFlight = 8

    /// Single-event statements with lots of their own.
    private static func submissions(_ count: Int, seed: UInt64) throws -> [[UInt8]] {
        let genesis = try GenesisFile.decode([UInt8](try Data(contentsOf: DemoPlace.genesis)))
        let pem = [UInt8](try Data(contentsOf: URL(filePath: DemoPlace.key("farm"))))
        let signer = Signer(
            network: try genesis.verified().network,
            issuer: "https://id.gs1.org/417/9521101000009",
            key: try KeyFile.read(pem: pem, passphrase: nil))
        return try (0..<count).map { number in
            let event = """
                {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
                "type":"ObjectEvent","eventTime":"2026-07-14T09:30:00Z",\
                "eventTimeZoneOffset":"+00:00","action":"ADD","bizStep":"commissioning",\
                "readPoint":{"id":"https://id.gs1.org/414/9521101001013"},"quantityList":\
                [{"epcClass":"urn:epc:class:lgtin:9521101.000001.K\(seed)-\(number)",\
                "quantity":1,"uom":"KGM"}]}
                """
            let parts = try signer.parts(
                epcisDocument: Array(event.utf8), visibility: .network)
            let now = UInt64(Date().timeIntervalSince1970)
            let made = try signer.submissions(parts, issuedAtSeconds: now)
            return try #require(made.first).encoded()
        }
    }

    /// Hands out what is to be sent and notes what was acknowledged.
    private actor Desk {
        private var waiting: ArraySlice<[UInt8]>
        private(set) var acknowledged: [Hash256] = []

        init(_ submissions: [[UInt8]]) { waiting = submissions[...] }

        func next() -> [UInt8]? { waiting.popFirst() }

        func acknowledge(_ id: Hash256) { acknowledged.append(id) }
    }

    /// Sends until the node is gone; gives the ids it acknowledged.
    private static func send(
        _ submissions: [[UInt8]], to url: String, killing process: Int32,
        after milliseconds: Int
    ) async throws -> [Hash256] {
        let desk = Desk(submissions)
        let client = try NodeClient(url: url)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    while let submission = await desk.next() {
                        guard let entry = try? await client.submit(submission) else { return }
                        await desk.acknowledge(entry.id)
                    }
                }
            }
            try? await Task.sleep(for: .milliseconds(milliseconds))
            kill(process, SIGKILL)
        }
        return await desk.acknowledged
    }

    @Test(.timeLimit(.minutes(6)))
    func `nothing acknowledged is lost in a hundred kills`() async throws {
        let seed: UInt64 = 20_261_122
        var random = SplitMix64(seed: seed)
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        var acknowledged: [Hash256] = []
        var unchecked: [Hash256] = []
        var roundsWithNews = 0
        for round in 0..<Self.rounds {
            let node = try ServingNode(directory: directory)
            let client = try NodeClient(url: node.url)
            for id in unchecked {
                let receipt = try await client.receipt(of: id)
                #expect(!receipt.isEmpty, "round \(round), seed \(seed): \(id.hex)")
            }
            let fresh = try Self.submissions(60, seed: UInt64(round))
            unchecked = try await Self.send(
                fresh, to: node.url, killing: node.processIdentifier,
                after: Int.random(in: 5...250, using: &random))
            node.kill()
            acknowledged += unchecked
            if !unchecked.isEmpty { roundsWithNews += 1 }
        }
        #expect(roundsWithNews >= 10, "too little was acknowledged to show anything")
        let node = try ServingNode(directory: directory)
        let client = try NodeClient(url: node.url)
        for id in acknowledged { _ = try await client.receipt(of: id) }
        #expect(node.stop() == 0)
        let check = try CairnProcess.run(["check", directory.path()])
        #expect(check.code == 0, "\(check.output)\(check.errors)")
        print("kill test: \(acknowledged.count) acknowledged in \(roundsWithNews) rounds")
    }
}
