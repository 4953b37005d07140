import EPCIS
import Support
import Testing

@Suite struct StrictReportTests {
    static func document(_ events: String...) -> String { document(list: events) }

    static func document(list events: [String]) -> String {
        #"{"@context":["ex:c"],"type":"EPCISDocument","schemaVersion":"2.0","#
            + #""creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":["#
            + events.joined(separator: ",") + "]}}"
    }

    static func strict(_ text: String) -> DocumentReport { .strict(Array(text.utf8)) }

    @Test func `every breach is told, with its place in the document and in the event`() {
        let bad = """
            {"type":"ObjectEvent","eventTime":"2026-03-01T08:30:00","action":"observe",\
            "epcList":["https://id.gs1.org/01/09520123456789/21/1","x y","ex:a","ex:a"],\
            "bizStep":"transforming","colour":"red","readPoint":"urn:x:y","ilmd":{"batch":1},\
            "quantityList":[{"epcClass":"ex:c","quantity":"5","uom":"kg","note":1}],\
            "sensorElementList":[{"sensorReport":[{"type":"Warmth","value":"3"},{}]}]}
            """
        let report = Self.strict(Self.document(Sample.object, bad))
        #expect(report.count(.valid) == 1 && report.count(.quarantined) == 1)
        #expect(report.breaches == [])
        let breaches = report.events[1].breaches
        let found = Set(breaches.map { "\($0.code) \($0.field)" })
        #expect(
            found == [
                "epcis.missing eventTimeZoneOffset", "epcis.time eventTime",
                "epcis.vocabulary action", "identifier.check-digit epcList[0]",
                "epcis.uri epcList[1]", "epcis.repeated epcList[3]", "epcis.vocabulary bizStep",
                "epcis.unexpected colour", "epcis.format readPoint",
                "epcis.unexpected ilmd.batch", "epcis.unexpected ilmd",
                "epcis.format quantityList[0].quantity", "epcis.value quantityList[0].uom",
                "epcis.unexpected quantityList[0].note",
                "epcis.vocabulary sensorElementList[0].sensorReport[0].type",
                "epcis.format sensorElementList[0].sensorReport[0].value",
                "epcis.missing sensorElementList[0].sensorReport[1].type",
            ])
        #expect(breaches.count == found.count)
        let pointer = breaches.first { $0.field == "quantityList[0].uom" }?.pointer
        #expect(pointer == "/epcisBody/eventList/1/quantityList/0/uom")
    }

    @Test func `the frame's breaches are told beside the events'`() {
        let text = """
            {"type":"EPCISDocument","schemaVersion":"two","note":1,"a/b~c":2,\
            "epcisHeader":{"epcisMasterData":{"vocabularyList":[{"vocabularyElementList":[{}]}]}},\
            "epcisBody":{"eventList":[\(Sample.object)]}}
            """
        let report = Self.strict(text)
        #expect(
            Set(report.breaches.map { "\($0.code) \($0.pointer)" }) == [
                "epcis.missing /@context", "epcis.missing /creationDate",
                "epcis.value /schemaVersion", "epcis.unexpected /note",
                "epcis.unexpected /a~1b~0c",
                "epcis.missing /epcisHeader/epcisMasterData/vocabularyList/0/type",
                "epcis.missing /epcisHeader/epcisMasterData/vocabularyList/0"
                    + "/vocabularyElementList/0/id",
            ])
        #expect(report.events.map(\.verdict) == [.valid])
        #expect(!report.isValid)
    }

    @Test func `a text that is no document has one breach`() {
        for (text, code) in [
            ("{", "json.truncated"), ("[1", "json.truncated"), ("5", "epcis.format"),
            ("{}", "epcis.missing"), (#"{"type":5}"#, "epcis.format"),
            (#"{"type":"EPCISDocument"}"#, "epcis.missing"),
        ] {
            let report = Self.strict(text)
            #expect(report.breaches.first?.code == code, "\(text)")
            #expect(!report.isValid && report.events == [])
        }
    }

    @Test func `an event tells a hundred breaches and no more`() {
        let list = Array(repeating: #""no uri""#, count: 500).joined(separator: ",")
        let event = Sample.object.replacing(#""epcList":["#, with: "\"epcList\":[\(list),")
        let report = Self.strict(Self.document(event))
        #expect(report.events.first?.breaches.count == 100)
    }

    /// Admission stops at the first breach; the report must hold it, and nothing where it admits.
    @Test func `changed events are judged as by admission`() throws {
        var random = SplitMix64(seed: 0x5EED_0001)
        var refused = 0
        for _ in 0..<500 {
            let (text, _) = EventMutator.document(&random)
            let bytes = Array(text.utf8)
            let report = DocumentReport.strict(bytes)
            do throws(EPCISError) {
                for part in try EPCISDocument.split(bytes) {
                    do throws(EPCISError) {
                        _ = try EPCISEvent.read(part.bytes, by: .schema)
                    } catch {
                        throw EPCISError(
                            error.code, field: "#\(part.index) \(error.field)", error.reason)
                    }
                }
                #expect(report.isValid, "\(text)")
            } catch {
                refused += 1
                #expect(!report.isValid, "\(text)")
                let all =
                    report.breaches.map { "\($0.code) \($0.field)" }
                    + report.events.flatMap { event in
                        event.breaches.flatMap { breach in
                            // Inside a document the splitter names the path from the top.
                            let path = "epcisBody.eventList[\(event.index)]"
                            return [
                                "\(breach.code) #\(event.index) \(breach.field)",
                                "\(breach.code) \(path).\(breach.field)", "\(breach.code) \(path)",
                                "\(breach.code) [\(event.index)].\(breach.field)",
                                "\(breach.code) \(breach.field)",
                            ]
                        }
                    }
                #expect(all.contains("\(error.code) \(error.field)"), "\(error) \(all) \(text)")
            }
        }
        #expect(refused > 250 && refused < 475, "\(refused)")
    }

    @Test func `the report as JSON says what its lines say`() throws {
        let bad = Sample.object.replacing("OBSERVE", with: "SEE")
        let report = Self.strict(Self.document(bad))
        let text = String(decoding: report.json.serialized(), as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"{"form":"document","reading":"strict","valid":false,"#
                    + #""counts":{"valid":0,"repaired":0,"quarantined":1},"repairs":[],"#
                    + #""breaches":[],"events":[{"index":0,"type":"ObjectEvent","#
                    + #""verdict":"quarantined","breaches":[{"code":"epcis.vocabulary","#
                    + #""pointer":"/epcisBody/eventList/0/action","field":"action","#))
        #expect(try JSONValue.parse(Array(text.utf8)) == report.json)
        #expect(
            report.lines == [
                "document, 1 event: 1 quarantined", "event 0 (ObjectEvent): quarantined",
                "  epcis.vocabulary action: an action is ADD, OBSERVE or DELETE",
            ])
    }
}
