import EPCIS
import GS1
import Testing

@Suite struct `Event reader` {
    @Test(arguments: Sample.all)
    func `the samples read, from bytes as from JSON`(sample: String) throws {
        let event = try EPCISEvent.read(Array(sample.utf8), by: .schema)
        #expect(event == (try Sample.event(sample)))
        #expect(event.eventTimeMilliseconds == 1_772_350_200_000)
        #expect(event.eventTimeZoneOffset == 60)
    }

    @Test func `fields are read into canonical form`() throws {
        let event = try Sample.event(
            Sample.object,
            [
                "eventID": #""urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8""#,
                "recordTime": #""2026-03-01T08:31:00Z""#, "bizStep": #""shipping""#,
                "disposition": #""in_transit""#,
                "readPoint": #"{"id":"urn:epc:id:sgln:9520123.45678.0","ex:door":4}"#,
                "bizLocation": #"{"id":"\#(Sample.site)"}"#,
                "bizTransactionList":
                    """
                [{"bizTransaction":"urn:example:x"},\
                {"type":"po","bizTransaction":"urn:example:y"}]
                """,
                "sourceList": #"[{"type":"owning_party","source":"\#(Sample.party)"}]"#,
                "destinationList": #"[{"type":"location","destination":"\#(Sample.site)"}]"#,
                "persistentDisposition": #"{"set":["completeness_verified"],"unset":["ex:own"]}"#,
                "certificationInfo": #"["https://Example.com/c/1"]"#,
                "errorDeclaration":
                    """
                {"declarationTime":"2026-03-02T00:00:00Z","reason":"did_not_occur",\
                "correctiveEventIDs":["ex:1"]}
                """,
                "ex:field": #"{"any":["thing",1.50]}"#,
            ])
        #expect(event.type == .object)
        #expect(event.action == .observe)
        #expect(event.eventID == "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8")
        #expect(event.bizStep == "https://ref.gs1.org/cbv/BizStep-shipping")
        #expect(event.readPoint?.uri == Sample.site)
        #expect(event.bizLocation?.uri == Sample.site)
        #expect(event.sources.map(\.type) == ["https://ref.gs1.org/cbv/SDT-owning_party"])
        #expect(event.destinations.map(\.place.uri) == [Sample.site])
        #expect(event.certificationInfo.map(\.uri) == ["https://example.com/c/1"])
        #expect(event.quantityList.first?.quantity == ExactDecimal("12.5"))
        #expect(event.quantityList.first?.uom == "KGM")
    }

    @Test(arguments: ["type", "eventTime", "eventTimeZoneOffset", "@context"])
    func `what every event needs is required`(name: String) throws {
        for sample in Sample.all {
            #expect(try Sample.refusal(sample, [name: nil]) == "epcis.missing \(name)")
            #expect(
                try Sample.refusal(sample, [name: "1"])?.hasPrefix("epcis.format \(name)") == true
                    || name == "@context")
        }
    }

    @Test func `every type but the transformation needs an action`() throws {
        for sample in Sample.all.dropLast() {
            #expect(try Sample.refusal(sample, ["action": nil]) == "epcis.missing action")
            #expect(try Sample.refusal(sample, ["action": #""add""#]) == "epcis.vocabulary action")
        }
        #expect(
            try Sample.refusal(Sample.transformation, ["action": #""ADD""#])
                == "epcis.unexpected action")
    }

    @Test(arguments: [
        ("type", #""ex:OwnEvent""#, "epcis.event-type type"),
        ("type", #""objectEvent""#, "epcis.event-type type"),
        ("eventTime", #""2026-03-01T08:30:00""#, "epcis.time eventTime"),
        ("eventTimeZoneOffset", #""Z""#, "epcis.time eventTimeZoneOffset"),
        ("eventTimeZoneOffset", #""+14:01""#, "epcis.time eventTimeZoneOffset"),
        ("eventID", #""no URI""#, "epcis.uri eventID"),
        ("bizStep", #""urn:epcglobal:cbv:bizstep:shipping""#, "epcis.vocabulary bizStep"),
        ("bizStep", #""https://ns.gs1.org/cbv/BizStep-shipping""#, "epcis.vocabulary bizStep"),
        ("bizStep", #""sending""#, "epcis.vocabulary bizStep"),
        ("bizStep", "null", "epcis.format bizStep"),
        ("disposition", #""shipping""#, "epcis.vocabulary disposition"),
        ("readPoint", #""urn:epc:id:sgln:9520123.45678.0""#, "epcis.format readPoint"),
        ("readPoint", "{}", "epcis.missing readPoint.id"),
        ("readPoint", #"{"id":"x"}"#, "epcis.uri readPoint.id"),
        ("bizLocation", #"{"id":"ex:a","name":"b"}"#, "epcis.unexpected bizLocation.name"),
        ("epcList", #"["ex:a","ex:b","ex:a"]"#, "epcis.repeated epcList[2]"),
        ("epcList", #"["ex:a",7]"#, "epcis.format epcList[1]"),
        ("epcList", #""ex:a""#, "epcis.format epcList"),
        ("quantityList", #"[{"quantity":1}]"#, "epcis.missing quantityList[0].epcClass"),
        (
            "quantityList", #"[{"epcClass":"ex:a","quantity":"1"}]"#,
            "epcis.format quantityList[0].quantity"
        ),
        (
            "quantityList", #"[{"epcClass":"ex:a","quantity":-0.1}]"#,
            "epcis.value quantityList[0].quantity"
        ),
        (
            "quantityList", #"[{"epcClass":"ex:a","quantity":1e999}]"#,
            "epcis.value quantityList[0].quantity"
        ),
        ("quantityList", #"[{"epcClass":"ex:a","uom":"kg"}]"#, "epcis.value quantityList[0].uom"),
        (
            "quantityList", #"[{"epcClass":"ex:a","ex:b":1}]"#,
            "epcis.unexpected quantityList[0].ex:b"
        ),
        (
            "bizTransactionList", #"[{"type":"po"}]"#,
            "epcis.missing bizTransactionList[0].bizTransaction"
        ),
        (
            "bizTransactionList", #"[{"type":"order","bizTransaction":"ex:a"}]"#,
            "epcis.vocabulary bizTransactionList[0].type"
        ),
        ("sourceList", #"[{"source":"ex:a"}]"#, "epcis.missing sourceList[0].type"),
        (
            "sourceList", #"[{"type":"location","destination":"ex:a"}]"#,
            "epcis.unexpected sourceList[0].destination"
        ),
        (
            "destinationList", #"[{"type":"location","destination":"a"}]"#,
            "epcis.uri destinationList[0].destination"
        ),
        ("persistentDisposition", "{}", "epcis.missing persistentDisposition"),
        ("persistentDisposition", #"{"set":[]}"#, "epcis.value persistentDisposition.set"),
        (
            "persistentDisposition", #"{"set":["active","active"]}"#,
            "epcis.repeated persistentDisposition.set[1]"
        ),
        ("certificationInfo", #"["x"]"#, "epcis.uri certificationInfo[0]"),
        ("errorDeclaration", "{}", "epcis.missing errorDeclaration.declarationTime"),
        (
            "errorDeclaration", #"{"declarationTime":"2026-03-02T00:00:00Z","reason":"wrong"}"#,
            "epcis.vocabulary errorDeclaration.reason"
        ),
        ("ilmd", "{}", "epcis.unexpected ilmd"),
        ("parentID", #""ex:a""#, "epcis.unexpected parentID"),
        ("isA", #""ex:a""#, "epcis.unexpected isA"),
        ("ex tension:a", "1", "epcis.unexpected ex tension:a"),
        ("@context", "[1]", "epcis.format @context[0]"),
        ("@context", #"["ex:a","ex:a"]"#, "epcis.repeated @context[1]"),
        ("sensorElementList", "[{}]", "epcis.missing sensorElementList[0].sensorReport"),
    ])
    func `a wrong field of an object event is named`(
        name: String, value: String, refusal: String
    ) throws {
        #expect(try Sample.refusal(Sample.object, [name: value]) == refusal)
    }

    @Test(arguments: ["0", "-0", "-0.00", "0e5", "12345678901234567890.123", "1e10"])
    func `a quantity of any exact size is read`(number: String) throws {
        let list = #"[{"epcClass":"ex:a","quantity":\#(number)}]"#
        let event = try Sample.event(Sample.object, ["quantityList": list])
        #expect(event.quantityList.first?.quantity == ExactDecimal(number))
    }

    @Test func `an identifier with a wrong check digit is refused at its field`() throws {
        let wrong = #"["https://id.gs1.org/01/09520123456789/21/S1"]"#
        let refusal = try #require(try Sample.refusal(Sample.object, ["epcList": wrong]))
        #expect(refusal.hasSuffix("check-digit epcList[0]"))
    }

    @Test func `an event may name 16,384 objects and no more`() throws {
        func list(_ count: Int) -> String {
            "[" + (0..<count).map { "\"ex:\($0)\"" }.joined(separator: ",") + "]"
        }
        #expect(
            try Sample.event(Sample.object, ["epcList": list(16_383)]).epcList.count == 16_383)
        #expect(
            try Sample.refusal(Sample.object, ["epcList": list(16_384)]) == "epcis.too-large ")
    }
}
