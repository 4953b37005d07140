import EPCIS
import Foundation
import Support
import Testing

/// Documents of partners that break GS1's schema, or are no EPCIS at all.
@Suite struct `Dirty data` {
    static func relative(_ url: URL) -> String {
        String(url.path().replacing(Vectors.root.path(), with: "").trimmingPrefix("/"))
    }

    static let textile = Vectors.files(under: "openepcis-dpp-ready/eu/textile").map(relative)

    @Test func dump() throws {
        for file in Self.textile + ["gdst-opentraceability/tests/cap_tool_events.jsonld"] {
            let bytes = try Vectors.bytes(file)
            print("###", file)
            for line in DocumentReport.strict(bytes).lines { print("   S", line) }
            for line in LenientReading(bytes).report.lines { print("   L", line) }
        }
    }
}
