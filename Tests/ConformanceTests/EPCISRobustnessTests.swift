import EPCIS
import Foundation
import Support
import Testing

@Suite struct `EPCIS hostile input` {
    /// Splits and reads all events; the error tells the first refusal.
    static func outcome(_ bytes: [UInt8]) -> EPCISError? {
        do throws(EPCISError) {
            for part in try EPCISDocument.split(bytes) {
                _ = try EPCISEvent.read(part.bytes, by: .schema)
            }
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "gs1-epcis/json/Example_9.6.4-TransformationEvent.jsonld",
        "openepcis-test-resources/Capture/Events/ObjectEvent.json",
        "openepcis-test-resources/Capture/Documents/ObjectEvent_with_sensorData.json",
    ])
    func `a document cut at any byte is told to be truncated`(file: String) throws {
        var bytes = try Vectors.bytes(file)
        while bytes.last != UInt8(ascii: "}") { bytes.removeLast() }
        for count in 0..<bytes.count {
            let error = Self.outcome(Array(bytes[..<count]))
            // Inside a character of several bytes the string has not ended either.
            #expect(error?.code == "json.truncated", "cut after \(count) bytes")
        }
        #expect(Self.outcome(bytes) == nil)
    }

    @Test func `a changed byte is read or refused, never more`() throws {
        var random = SplitMix(state: 0x2545_f491_4f6c_dd1d)
        let files = Vectors.files(under: "openepcis-test-resources/Capture/Events")
        var refused = 0
        for file in files {
            let original = try Vectors.bytes(
                "openepcis-test-resources/Capture/Events/\(file.lastPathComponent)")
            for _ in 0..<150 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[at] = UInt8.random(in: 0...255, using: &random)
                }
                guard let error = Self.outcome(bytes) else { continue }
                refused += 1
                #expect(!error.code.isEmpty && !error.reason.isEmpty)
            }
        }
        #expect(refused > 200)
    }

    @Test func `a part is never larger than the limit, and all parts together neither`() throws {
        let context =
            #"["https://example.com/c",{"x":""# + String(repeating: "y", count: 60_000) + #""}]"#
        func document(events: Int) -> [UInt8] {
            let list = Array(repeating: "{}", count: events).joined(separator: ",")
            let head = #"{"@context":\#(context),"type":"EPCISDocument","schemaVersion":"2.0","#
            let tail =
                #""creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[\#(list)]}}"#
            return Array((head + tail).utf8)
        }
        #expect(try EPCISDocument.split(document(events: 10)).count == 10)
        let error = Self.outcome(document(events: 2000))
        #expect(error?.code == "epcis.too-large")
        #expect(error?.field.hasPrefix("epcisBody.eventList[1") == true)
    }

    /// A small seeded generator (SplitMix64), so that a failure can be replayed.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
