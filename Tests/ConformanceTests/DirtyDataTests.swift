import EPCIS
import Foundation
import Support
import Testing

/// Documents of partners that break GS1's schema, or are no EPCIS at all.
@Suite struct `Dirty data` {
    static func relative(_ url: URL) -> String {
        String(url.path().replacing(Vectors.root.path(), with: "").trimmingPrefix("/"))
    }

    static func files(_ folder: String) -> [String] {
        Vectors.files(under: "openepcis-dpp-ready/eu/textile/\(folder)").map(relative)
    }

    static func codes(_ report: DocumentReport) -> [String] {
        report.events.flatMap { $0.repairs.map { "\($0.kind.rawValue) \($0.pointer)" } }
    }

    /// The repairs of each document of events; all other documents need none.
    static let repaired: [String: [String]] = [
        "commissioning.jsonld": [
            "repair.vocabulary /epcisBody/eventList/0/bizTransactionList/0/type",
            "repair.vocabulary /epcisBody/eventList/0/sourceList/0/type",
            "repair.vocabulary /epcisBody/eventList/0/destinationList/0/type",
        ],
        "fjordline-aurora-lifecycle.jsonld": [
            "repair.vocabulary /epcisBody/eventList/5/bizTransactionList/0/type",
            "repair.vocabulary /epcisBody/eventList/5/sourceList/0/type",
            "repair.vocabulary /epcisBody/eventList/5/destinationList/0/type",
        ],
    ]

    @Test func `nine textile documents give fourteen events, two of them repaired`() throws {
        var counts: [EventReport.Verdict: Int] = [:]
        let files = Self.files("epcis")
        #expect(files.count == 9)
        for file in files {
            let bytes = try Vectors.bytes(file)
            let strict = DocumentReport.strict(bytes)
            #expect(!strict.isValid)
            // The comment in the frame is why admission refuses each document as a whole.
            #expect(strict.breaches.map(\.pointer) == ["/_comment_architecture"])
            #expect(throws: EPCISError.self) { try EPCISDocument.split(bytes) }
            let reading = LenientReading(bytes)
            let report = reading.report
            #expect(reading.quarantined == [])
            #expect(report.breaches == strict.breaches)
            let name = String(file.split(separator: "/").last ?? "")
            #expect(Self.codes(report) == Self.repaired[name] ?? [])
            for event in reading.events {
                _ = try EPCISEvent.read(event.bytes, by: .schema)
            }
            for event in report.events { counts[event.verdict, default: 0] += 1 }
        }
        #expect(counts == [.valid: 12, .repaired: 2])
    }

    @Test func `passports and contexts are told to be no events`() throws {
        let files = Self.files("examples") + Self.files("context")
        #expect(files.count == 24)
        for file in files {
            let bytes = try Vectors.bytes(file)
            let reading = LenientReading(bytes)
            #expect(reading.form == nil)
            #expect(reading.events == [] && reading.quarantined == [])
            #expect(reading.breaches.count == 1)
            let code = reading.breaches.first?.code
            // One passport has an object with two members of one name.
            let pointer = reading.breaches.first?.pointer
            #expect(pointer == (code == "json.duplicate-name" ? "" : "/type"))
            let isTwice = file.hasSuffix("hometextile-bedlinen.jsonld")
            #expect((code == "json.duplicate-name") == isTwice)
            #expect(isTwice || code == "epcis.missing" || code == "epcis.format")
            #expect(reading.report.lines.first == "not readable as EPCIS")
        }
    }

    @Test func `of GDST's chain twelve events are valid, six name an impossible SSCC`() throws {
        let bytes = try Vectors.bytes("gdst-opentraceability/tests/cap_tool_events.jsonld")
        let report = LenientReading(bytes).report
        #expect(report.form == .queryDocument)
        #expect(report.breaches.map(\.pointer) == ["/epcisHeader"])
        #expect(report.count(.valid) == 12)
        #expect(report.count(.repaired) == 0)
        let bad = report.events.filter { $0.verdict == .quarantined }
        #expect(bad.map(\.index) == [8, 9, 14, 15, 16, 17])
        for event in bad {
            #expect(event.breaches.map(\.code) == ["identifier.malformed"])
            #expect(["epcList[0]", "parentID"].contains(event.breaches.first?.field))
        }
    }

    @Test(arguments: try PublishedDocument.table())
    func `a strict report accepts what admission accepts, and names the same field`(
        document: PublishedDocument
    ) throws {
        let bytes = try Vectors.bytes(document.file)
        let report = DocumentReport.strict(bytes)
        #expect(report.events.count == document.events)
        #expect(report.breaches == [])
        for event in report.events {
            let refusal = document.refused.first { $0.event == event.index }
            #expect((event.verdict == .quarantined) == (refusal != nil))
            guard let refusal else { continue }
            #expect(event.breaches.contains { $0.field == refusal.field })
        }
        #expect(report.isValid == document.refused.isEmpty)
    }

    @Test(arguments: try PublishedDocument.table())
    func `what is valid is read leniently as it stands`(document: PublishedDocument) throws {
        let bytes = try Vectors.bytes(document.file)
        let reading = LenientReading(bytes)
        let parts = try EPCISDocument.split(bytes)
        #expect(reading.repairs == [] && reading.breaches == [])
        for part in parts where !document.refused.contains(where: { $0.event == part.index }) {
            let event = try #require(reading.events.first { $0.index == part.index })
            #expect(event.bytes == part.bytes)
            #expect(event.repairs == [])
        }
        #expect(reading.report.isValid == document.refused.isEmpty)
    }
}
