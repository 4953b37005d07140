import EPCIS
import Foundation
import Support
import Testing

@Suite struct HashCommandTests {
    private let document = CairnProcess.root.appending(path: "genesis/demo/documents/01-farm.json")

    @Test func `each event has its hash, in order, and what it is not is said`() throws {
        let parts = try EPCISDocument.split(Array(try Data(contentsOf: document)))
        let run = try CairnProcess.run(["hash", document.path()])
        #expect(run.code == 0, "\(run.errors)")
        let hashes = try parts.map { try EventHash(event: try JSONValue.parse($0.bytes)).value }
        #expect(!hashes.isEmpty)
        #expect(run.output == hashes.map { $0 + "\n" }.joined())
        #expect(run.errors.contains("not what this ledger proves"))
    }

    @Test func `JSON has the text on request, and the draft has hashes of its own`() throws {
        let words = ["hash", document.path(), "--format", "json", "--prehash", "--cbv", "2.1"]
        let json = try JSONValue.parse(Array(try CairnProcess.run(words).output.utf8))
        #expect(json["note"]?.asString?.contains("not what this ledger proves") == true)
        let event = try #require(json["events"]?.asArray?.first)
        #expect(event["eventHash"]?.asString?.hasSuffix("?ver=CBV2.1") == true)
        #expect(event["prehash"]?.asString?.hasPrefix("eventType=") == true)
        let plain = try CairnProcess.run(["hash", document.path(), "--format", "json"]).output
        #expect(!plain.contains("prehash") && plain.contains("?ver=CBV2.0"))
    }

    @Test func `what is no event is refused with its place`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "events.json")
        try Data(#"[{"@context":"ex:c","type":"ObjectEvent"},{"@context":"ex:c"}]"#.utf8).write(
            to: file)
        let run = try CairnProcess.run(["hash", file.path()])
        #expect(run.code == 2)
        #expect(run.errors.contains("event 1"), "\(run.errors)")
        #expect(try CairnProcess.run(["hash", "nosuch.json"]).code == 2)
    }
}
