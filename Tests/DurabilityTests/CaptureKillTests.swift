import EPCIS
import Foundation
import MerkleTrees
import Records
import Signatures
import Storage
import Support
import Testing

/// The real program is killed while it captures: a document answered 202 is captured by whoever
/// starts next, and no event of it twice.
@Suite(.serialized) struct `Killed while it captures` {
    private static let issuer = "https://id.gs1.org/417/9521107000003"

    private static func document(_ round: Int, _ number: Int) -> [UInt8] {
        let events = (0..<20).map { event in
            """
            {"type":"ObjectEvent","eventID":"urn:uuid:\(round)-\(number)-\(event)",\
            "eventTime":"2026-11-02T09:30:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE",\
            "bizStep":"storing","quantityList":[{"epcClass":\
            "urn:epc:class:lgtin:9521107.000012.K\(round)-\(number)","quantity":1,"uom":"KGM"}]}
            """
        }
        return Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-02T08:00:00Z",\
            "epcisBody":{"eventList":[\(events.joined(separator: ","))]}}
            """.utf8)
    }

    private static func port(_ node: ServingNode) throws -> Int {
        try #require(URL(string: node.url)?.port)
    }

    private static func post(_ document: [UInt8], to port: Int) async throws -> String? {
        let answer = try await RawAnswer.ask(
            port, "POST", "/epcis/capture", fields: ["content-type": "application/json"],
            body: document)
        return answer.status == 202 ? answer.fields["location"] : nil
    }

    /// Waits for a job; whether all of it was captured.
    private static func isCaptured(_ location: String, _ port: Int) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let job = try JSONValue.parse(try await RawAnswer.ask(port, "GET", location).body)
            if job["running"] == .bool(false) { return job["success"] == .bool(true) }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// How often each part stands in the log.
    private static func uses(_ directory: URL) throws -> [Hash256: Int] {
        let ledger = try Ledger.inspect(directory: directory.path())
        defer { try? ledger.close() }
        return try ledger.read { store in
            var uses: [Hash256: Int] = [:]
            for leaf in 1..<(try store.size()) {
                guard let bytes = try store.manifest(at: leaf), !bytes.isEmpty else { continue }
                for digest in try Manifest.decode(bytes).partDigests {
                    uses[digest, default: 0] += 1
                }
            }
            return uses
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `every document it promised is captured once`() async throws {
        var random = SplitMix64(seed: 17)
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        try Data(#"{"captureKey": "\#(DemoPlace.key("wholesaler"))"}"#.utf8)
            .write(to: directory.appending(path: "config.json"))
        var promised: [(location: String, document: [UInt8])] = []
        for round in 0..<12 {
            let node = try ServingNode(directory: directory)
            let port = try Self.port(node)
            // The last one of the round before is sent again, as an ERP does that had no answer.
            var documents = (0..<6).map { Self.document(round, $0) }
            if let last = promised.last { documents.insert(last.document, at: 0) }
            for document in documents {
                if let location = try await Self.post(document, to: port) {
                    promised.append((location, document))
                }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...40, using: &random)))
            node.kill()
        }
        #expect(promised.count > 60)
        let node = try ServingNode(directory: directory)
        let port = try Self.port(node)
        for (location, _) in promised {
            #expect(try await Self.isCaptured(location, port), "\(location)")
        }
        #expect(node.stop() == 0)
        let pem = [UInt8](try Data(contentsOf: URL(filePath: DemoPlace.key("wholesaler"))))
        let genesis = try GenesisFile.decode([UInt8](try Data(contentsOf: DemoPlace.genesis)))
        let signer = Signer(
            network: try genesis.verified().network, issuer: Self.issuer,
            key: try KeyFile.read(pem: pem, passphrase: nil))
        let uses = try Self.uses(directory)
        for (_, document) in promised {
            for part in try signer.parts(epcisDocument: document, visibility: .network) {
                #expect(uses[part.digest] == 1)
            }
        }
        let check = try CairnProcess.run(["check", directory.path()])
        #expect(check.code == 0, "\(check.output)\(check.errors)")
    }
}
