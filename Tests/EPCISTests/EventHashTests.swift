import EPCIS
import Support
import Testing

@Suite struct EventHashTests {
    static func prehash(
        _ members: String, _ version: EventHashVersion = .cbv20,
        context: String = #"["https://ref.gs1.org/standards/epcis/epcis-context.jsonld","#
            + #"{"ex":"https://ex.example/"}]"#
    ) throws -> String {
        let event = #"{"@context":\#(context),"type":"ObjectEvent",\#(members)}"#
        let hash = try EventHash(event: .parse(Array(event.utf8)), version: version)
        #expect(hash.prehash.hasPrefix("eventType=ObjectEvent"))
        return String(hash.prehash.dropFirst("eventType=ObjectEvent".count))
    }

    @Test(arguments: [
        ("2026-03-01T08:30:00Z", "2026-03-01T08:30:00.000Z"),
        ("2026-03-01T08:30:00.1234+01:00", "2026-03-01T07:30:00.123Z"),
        ("2026-03-01T08:30:00.1235+01:00", "2026-03-01T07:30:00.124Z"),
        ("2026-12-31T23:59:59.9996Z", "2027-01-01T00:00:00.000Z"),
        ("2026-03-01T08:30:00.12Z", "2026-03-01T08:30:00.120Z"),
        ("2026-03-01T08:30:00", "2026-03-01T08:30:00"),
    ])
    func `times are in UTC, rounded half up to milliseconds`(time: String, text: String) throws {
        #expect(try Self.prehash(#""eventTime":"\#(time)""#) == "eventTime=\(text)")
    }

    @Test(arguments: [
        ("1.0", "1"), ("100.50", "100.5"), ("1e-7", "0.0000001"), ("12.5E1", "125"),
        ("0.10e3", "100"), ("1e22", "10000000000000000000000"), ("-0.50", "-0.5"), ("0.000", "0"),
        ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ("1e999", "1e999"),
    ])
    func `numbers have one spelling, as numbers and as texts`(number: String, text: String) throws {
        let list = #""quantityList":[{"epcClass":"ex:c","quantity":\#(number)}]"#
        let expected = "quantityListquantityElementepcClass=https://ex.example/cquantity="
        #expect(try Self.prehash(list) == expected + text)
        #expect(try Self.prehash(#""ex:a":"\#(number)""#) == "{https://ex.example/}a=\(text)")
    }

    @Test func `texts that only resemble numbers stay`() throws {
        for text in ["1.2.3", "e5", "1e", "+", ".", "1_000", "0x10", "NaN", "12 34", "1,5"] {
            #expect(try Self.prehash(#""ex:a":"\#(text)""#) == "{https://ex.example/}a=\(text)")
        }
        #expect(try Self.prehash(#""ex:a":" +007 ""#) == "{https://ex.example/}a=7")
        #expect(try Self.prehash(#""ex:a":true,"ex:b":null"#) == "{https://ex.example/}a=true")
    }

    @Test func `words have one spelling`() throws {
        let expected = "bizStep=https://ref.gs1.org/cbv/BizStep-shipping"
        for step in [
            "shipping", "cbv:BizStep-shipping", "urn:epcglobal:cbv:bizstep:shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
        ] {
            #expect(try Self.prehash(#""bizStep":"\#(step)""#) == expected)
        }
        for type in ["Mass", "gs1:Mass", "https://gs1.org/voc/Mass"] {
            let list = #""sensorElementList":[{"sensorReport":[{"type":"\#(type)"}]}]"#
            #expect(
                try Self.prehash(list)
                    == "sensorElementsensorReporttype=https://ref.gs1.org/voc/Mass")
        }
    }

    static let model = "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K"
    static let uuid = "urn:uuid:550e8400-e29b-41d4-a716-446655440000"

    @Test func `identifiers have one spelling, the finest level only`() throws {
        for (spelling, link) in [
            ("urn:epc:id:sgtin:9520123.045678.A%2F1", "01/09520123456788/21/A%2F1"),
            (
                "https://x.example/y/gtin/9520123456788/lot/L/ser/A%2f1?17=1",
                "01/09520123456788/21/A%2F1"
            ),
            ("https://id.gs1.org/414/9520123456788/7040/1ABC", "414/9520123456788"),
            (Self.model, Self.model), (Self.uuid, Self.uuid),
            ("urn:epc:id:sgtin:9520123.045678.A'1;2=3", "01/09520123456788/21/A'1;2=3"),
        ] {
            let expected = link.contains(":") ? link : "https://id.gs1.org/" + link
            let text = try Self.prehash(#""epcList":["\#(spelling)"]"#)
            #expect(text == "epcListepc=\(expected)")
        }
    }

    @Test func `order of members and elements, and what is omitted, does not matter`() throws {
        let first = try Self.prehash(
            #""action":"ADD","epcList":["ex:b","ex:a","ex:a"],"ex:y":[2,1],"ex:x":{"ex:k":"v"}"#)
        let second = try Self.prehash(
            #""ex:x":{"ex:k":"v"},"ex:y":[1,2],"epcList":["ex:a","ex:a","ex:b"],"action":"ADD","#
                + #""eventID":"ex:1","recordTime":"2026-03-01T08:30:00Z","rdfs:comment":"c","#
                + #""certificationInfo":"ex:c","errorDeclaration":{"reason":"did_not_occur"}"#)
        #expect(first == second)
        #expect(
            first
                == "epcListepc=https://ex.example/aepc=https://ex.example/aepc=https://ex.example/b"
                + "action=ADD{https://ex.example/}x{https://ex.example/}k=v"
                + "{https://ex.example/}y=1{https://ex.example/}y=2")
    }

    @Test func `the editions differ in sensors and in extensions of fields`() throws {
        let members =
            #""readPoint":{"id":"ex:p","ex:z":"1"},"ilmd":{"ex:i":"2"},"ex:e":"3","#
            + #""sensorElementList":[{"ex:s":"4","sensorMetadata":{"time":"2026-03-01T08:30:00Z","#
            + #""ex:m":"5"},"sensorReport":[{"type":"Mass","ex:r":"6"}]}]"#
        let space = "{https://ex.example/}"
        let type = "type=https://ref.gs1.org/voc/Mass"
        let time = "time=2026-03-01T08:30:00.000Z"
        #expect(
            try Self.prehash(members, .cbv20)
                == "readPointid=https://ex.example/psensorElementsensorMetadata\(time)"
                + "sensorReport\(type)ilmd\(space)i=2readPoint\(space)z=1"
                + "sensorElementsensorMetadata\(space)m=5sensorReport\(space)r=6\(space)s=4"
                + "\(space)e=3")
        #expect(
            try Self.prehash(members, .cbv21)
                == "readPointid=https://ex.example/p\(space)z=1sensorElementListsensorElement"
                + "sensorMetadata\(time)\(space)m=5sensorReport\(type)\(space)r=6\(space)s=4"
                + "ilmd\(space)i=2\(space)e=3")
    }

    @Test func `a prefix nobody defined is told, and a library can define it`() throws {
        let text = #"{"@context":["https://a.example/c"],"type":"ObjectEvent","q:a":"q:b"}"#
        let event = try JSONValue.parse(Array(text.utf8))
        let unknown = try EventHash(event: event)
        #expect(unknown.prehash == "eventType=ObjectEventq:a=q:b")
        #expect(unknown.undefined == ["https://a.example/c", "q"])
        var library = ContextLibrary.builtIn
        let file = #"{"@context":{"q":{"@id":"https://q.example/"},"@version":1.1,"t":"q:t"}}"#
        library.add(try .parse(Array(file.utf8)), at: "https://a.example/c")
        let known = try EventHash(event: event, contexts: library)
        #expect(known.prehash == "eventType=ObjectEvent{https://q.example/}a=https://q.example/b")
        #expect(known.undefined == [])
        #expect(known.value.hasPrefix("ni:///sha-256;") && known.value.hasSuffix("?ver=CBV2.0"))
    }

    @Test func `what is no event has no hash`() {
        for value in [JSONValue.null, .array([]), .object([])] {
            #expect(throws: EPCISError.self) { try EventHash(event: value) }
        }
    }
}
