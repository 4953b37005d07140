import Foundation
import Support
import Testing

/// What is most likely a slip is told, or kept from doing harm.
@Suite struct `Slips on the command line` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let signing = [
        "--key", DemoPlace.key("farm"), "--issuer", farm, "--genesis", DemoPlace.genesis.path(),
    ]
    private static let words = "more than a day from now"

    private static func time(inHours hours: Double) -> String {
        let time = Date(timeIntervalSinceNow: hours * 3_600)
        return time.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false))
            + "Z"
    }

    /// A document of events at some times, about a lot each.
    private static func document(_ times: [String], in place: DemoPlace) throws -> String {
        let events = times.enumerated().map { number, time in
            """
            {"type":"ObjectEvent","eventTime":"\(time)","eventTimeZoneOffset":"+00:00",
            "action":"OBSERVE","epcList":["https://id.gs1.org/01/09521101000016/21/\(number)"]}
            """
        }
        let document = """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-08-01T08:00:00Z",
            "epcisBody":{"eventList":[\(events.joined(separator: ","))]}}
            """
        let file = place.folder.appending(path: "events.json").path()
        try Data(document.utf8).write(to: URL(filePath: file))
        return file
    }

    private static func notes(_ run: CairnProcess.Outcome) -> Int {
        run.errors.components(separatedBy: words).count - 1
    }

    @Test func `an event far ahead is signed and told, by sign and by import`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.document(
            [Self.time(inHours: -1), Self.time(inHours: 23), Self.time(inHours: 25)], in: place)
        let signed = place.folder.appending(path: "events.cairn").path()
        let sign = try CairnProcess.run(["sign", file, "-o", signed] + Self.signing)
        #expect(sign.code == 0, "\(sign.errors)")
        #expect(Self.notes(sign) == 1, "\(sign.errors)")
        #expect(sign.errors.contains("01/09521101000016/21/2"), "\(sign.errors)")
        #expect(sign.errors.contains("3 events in 1 statement"), "\(sign.errors)")
        let output = place.folder.appending(path: "out").path()
        let imported = try CairnProcess.run(
            ["import", file, "--batch", "1", "-o", output] + Self.signing)
        #expect(imported.code == 0, "\(imported.errors)")
        #expect(Self.notes(imported) == 1, "\(imported.errors)")
        #expect(imported.errors.contains("3 rows good"), "\(imported.errors)")
    }

    @Test func `of many events ahead a few are told`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.document(
            Array(repeating: "2099-01-01T00:00:00Z", count: 9), in: place)
        let signed = place.folder.appending(path: "events.cairn").path()
        let sign = try CairnProcess.run(["sign", file, "-o", signed] + Self.signing)
        #expect(sign.code == 0 && Self.notes(sign) == 5, "\(sign.errors)")
        let more = sign.errors.components(separatedBy: "no more are told").count - 1
        #expect(more == 1, "\(sign.errors)")
    }

    @Test func `a proof about one thing does not replace that about another`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let lot = "urn:epc:class:lgtin:9521101.000001.H26-07"
        let submitted = try CairnProcess.run(
            ["submit", "genesis/demo/documents/01-farm.json", "--node", node.url] + Self.signing)
        #expect(submitted.code == 0, "\(submitted.errors)")
        let file = place.folder.appending(path: "lot.evidence")
        let dossier = place.folder.appending(path: "lot.dossier")
        func export(_ subject: String) throws -> CairnProcess.Outcome {
            try CairnProcess.run(["export", subject, "--node", node.url, "-o", file.path()])
        }
        func recall(_ subject: String) throws -> CairnProcess.Outcome {
            try CairnProcess.run([
                "recall", subject, "--node", node.url, "--genesis", DemoPlace.genesis.path(), "-o",
                dossier.path(),
            ])
        }
        for (make, written) in [(export, file), (recall, dossier)] {
            _ = try make(lot)
            let first = try Data(contentsOf: written)
            let other = try make("https://id.gs1.org/01/09521101000016/10/OTHER")
            #expect(other.code == 2, "\(other.errors)")
            #expect(other.errors.contains("10/H26-07; choose another name"), "\(other.errors)")
            #expect(try Data(contentsOf: written) == first)
            // The same lot in another spelling, and by another scope.
            let again = try make("https://shop.example/01/09521101000016/10/H26-07")
            #expect(again.code != 2, "\(again.errors)")
        }
    }
}
