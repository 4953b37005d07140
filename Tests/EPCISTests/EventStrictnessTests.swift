import EPCIS
import Testing

/// What SPEC §8.1 reads, against what GS1's schema asks for beyond it.
@Suite struct `Event strictness` {
    @Test(arguments: Sample.all)
    func `a good event is the same by either`(sample: String) throws {
        #expect(try Sample.event(sample, by: .rules) == Sample.event(sample, by: .schema))
    }

    @Test func `members that the rules do not name may hold anything`() throws {
        let changes: KeyValuePairs<String, String?> = [
            "@context": "null", "eventID": "[1]", "recordTime": "false", "disposition": "0",
            "persistentDisposition": "[]", "ilmd": "[]", "isA": "{}",
            "bizTransactionList": "{}", "parentID": "null", "childEPCs": "7", "inputEPCList": "{}",
            "transformationID": "[]", "sensorElementList": "[null]",
        ]
        let event = try Sample.event(Sample.object, changes, by: .rules)
        #expect(try event == Sample.event(Sample.object, by: .rules))
        #expect(try Sample.refusal(Sample.object, changes) != nil)
    }

    @Test func `an event's ID is kept whatever text it is`() throws {
        let event = try Sample.event(Sample.object, ["eventID": #""no URI""#], by: .rules)
        #expect(event.eventID == "no URI")
    }

    @Test func `an error is declared whatever the declaration holds`() throws {
        let event = try Sample.event(Sample.object, ["errorDeclaration": "1"], by: .rules)
        #expect(event.declaresError)
    }

    @Test(arguments: [
        ("bizStep", "null", "epcis.format bizStep"),
        ("readPoint", "{}", "epcis.missing readPoint.id"),
        ("readPoint", #"{"id":"x"}"#, "identifier.malformed readPoint.id"),
        ("epcList", #"["ex:a",7]"#, "epcis.format epcList[1]"),
        (
            "quantityList", #"[{"epcClass":"ex:a","quantity":-0.1}]"#,
            "epcis.value quantityList[0].quantity"
        ),
        ("sourceList", #"[{"source":"ex:a"}]"#, "epcis.missing sourceList[0].type"),
        ("sensorElementList", "{}", "epcis.format sensorElementList"),
        ("certificationInfo", "[null]", "epcis.format certificationInfo[0]"),
    ])
    func `what the rules name must hold what they say`(
        name: String, value: String, refusal: String
    ) throws {
        #expect(try Sample.refusal(Sample.object, [name: value], by: .rules) == refusal)
    }

    @Test func `a transaction may name nothing, and a transformation has no action`() throws {
        let empty = try Sample.event(
            Sample.transaction, ["epcList": nil, "quantityList": nil, "parentID": nil], by: .rules)
        #expect(empty.flows.isEmpty)
        #expect(
            try Sample.refusal(Sample.transformation, ["action": "null"], by: .rules)
                == "epcis.unexpected action")
    }

    @Test func `only the lists of its own type count towards the objects of an event`() throws {
        func list(_ count: Int) -> String {
            "[" + (0..<count).map { "\"ex:\($0)\"" }.joined(separator: ",") + "]"
        }
        let full: KeyValuePairs<String, String?> = [
            "epcList": list(16_384), "quantityList": nil, "childEPCs": list(9),
        ]
        #expect(try Sample.event(Sample.object, full, by: .rules).epcList.count == 16_384)
        #expect(
            try Sample.refusal(Sample.object, ["epcList": list(16_384)], by: .rules)
                == "epcis.too-large ")
    }

    @Test func `an event has at most 1 MiB`() throws {
        func event(_ bytes: Int) -> [UInt8] {
            let head = Sample.object.dropLast() + #","ex:a":""#
            return Array((head + String(repeating: "a", count: bytes - head.utf8.count - 2)).utf8)
                + Array(#""}"#.utf8)
        }
        _ = try EPCISEvent.read(event(1 << 20), by: .rules)
        #expect(throws: EPCISError.self) {
            try EPCISEvent.read(event(1 << 20 + 1), by: .rules)
        }
    }
}
