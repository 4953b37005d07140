import EPCIS
import Support
import Testing

@Suite struct LenientReadingTests {
    /// One repair: members of an event as they come, and as they stand in the view.
    struct Case: Sendable, CustomTestStringConvertible {
        let kinds: [Repair.Kind]
        let member: String
        let before: String
        /// The member in the view; nil if it is left out.
        let after: String?
        var newName: String?
        var testDescription: String { "\(member): \(before)" }

        init(
            _ kinds: [Repair.Kind], _ member: String, _ before: String, _ after: String?,
            named newName: String? = nil
        ) {
            (self.kinds, self.member, self.before, self.after) = (kinds, member, before, after)
            self.newName = newName
        }
    }

    static let cases: [Case] = [
        Case([.vocabulary], "bizStep", #""urn:epcglobal:cbv:bizstep:shipping""#, #""shipping""#),
        Case([.vocabulary], "bizStep", #""https://ns.gs1.org/cbv/BizStep-packing""#, #""packing""#),
        Case([.vocabulary], "disposition", #""urn:epcglobal:cbv:disp:active""#, #""active""#),
        Case([.wordSpelling], "disposition", #""In-Transit""#, #""in_transit""#),
        Case([.wordSpelling], "action", #""observe""#, #""OBSERVE""#),
        Case([.whiteSpace], "bizStep", #""\n shipping ""#, #""shipping""#),
        Case(
            [.vocabulary], "bizTransactionList",
            #"[{"type":"urn:epcglobal:cbv:btt:po","bizTransaction":"ex:1"}]"#,
            #"[{"type":"po","bizTransaction":"ex:1"}]"#),
        Case(
            [.vocabulary], "sourceList",
            #"[{"type":"urn:epcglobal:cbv:sdt:location","source":"ex:1"}]"#,
            #"[{"type":"location","source":"ex:1"}]"#),
        Case(
            [.vocabulary], "errorDeclaration",
            #"{"declarationTime":"2026-03-01T08:30:00Z","reason":"#
                + #""urn:epcglobal:cbv:er:did_not_occur"}"#,
            #"{"declarationTime":"2026-03-01T08:30:00Z","reason":"did_not_occur"}"#),
        Case(
            [.vocabulary, .unquoted], "sensorElementList",
            #"[{"sensorReport":[{"type":"https://gs1.org/voc/Mass","value":"1.50"}]}]"#,
            #"[{"sensorReport":[{"type":"Mass","value":1.50}]}]"#),
        Case(
            [.unquoted, .wordSpelling], "sensorElementList",
            #"[{"sensorReport":[{"booleanValue":"True","type":"temperature"}]}]"#,
            #"[{"sensorReport":[{"booleanValue":true,"type":"Temperature"}]}]"#),
        Case(
            [.quoted], "sensorElementList",
            #"[{"sensorReport":[{"type":"Mass","stringValue":1.0}]}]"#,
            #"[{"sensorReport":[{"type":"Mass","stringValue":"1.0"}]}]"#),
        Case(
            [.unquoted, .wordSpelling, .memberLeftOut], "quantityList",
            #"[{"epcClass":"ex:c","quantity":"12.50","uom":"kgm","ex:note":1}]"#,
            #"[{"epcClass":"ex:c","quantity":12.50,"uom":"KGM"}]"#),
        Case(
            [.wordSpelling], "quantityList", #"[{"epcClass":"ex:c","quantity":1,"uom":"kg"}]"#,
            #"[{"epcClass":"ex:c","quantity":1,"uom":"KGM"}]"#),
        Case(
            [.wordSpelling], "quantityList", #"[{"epcClass":"ex:c","quantity":1,"uom":"m3"}]"#,
            #"[{"epcClass":"ex:c","quantity":1,"uom":"MTQ"}]"#),
        Case(
            [.wordSpelling, .whiteSpace], "quantityList",
            #"[{"epcClass":"ex:c","quantity":1,"uom":"c62 "}]"#,
            #"[{"epcClass":"ex:c","quantity":1,"uom":"C62"}]"#),
        Case(
            [.uuidScheme], "eventID", #""550e8400-e29b-41d4-a716-446655440000""#,
            #""urn:uuid:550e8400-e29b-41d4-a716-446655440000""#),
        Case(
            [.uriCharacters], "epcList", #"["https://example.com/Größe 1"]"#,
            #"["https://example.com/Gr%C3%B6%C3%9Fe%201"]"#),
        Case([.listWrapped], "epcList", #""ex:a""#, #"["ex:a"]"#),
        Case([.repetition], "epcList", #"["ex:a","ex:a"]"#, #"["ex:a"]"#),
        Case([.emptyLeftOut], "epcList", #"["ex:a",null]"#, #"["ex:a"]"#),
        Case([.emptyLeftOut], "disposition", "null", nil),
        Case([.emptyLeftOut], "bizStep", #""""#, nil),
        Case([.emptyLeftOut], "bizLocation", "{}", nil),
        Case(
            [.emptyLeftOut], "persistentDisposition", #"{"set":["active"],"unset":[]}"#,
            #"{"set":["active"]}"#),
        Case([.place], "readPoint", #""ex:place""#, #"{"id":"ex:place"}"#),
        Case([.memberName], "readPoint", #"{"@id":"ex:place"}"#, #"{"id":"ex:place"}"#),
        Case([.memberName], "ReadPoint", #"{"id":"ex:p"}"#, #"{"id":"ex:p"}"#, named: "readPoint"),
        Case(
            [.extensionName], "Farbe & Ton", #"{"a":[1]}"#, #"{"a":[1]}"#,
            named: "urn:cairn:unprefixed:Farbe%20%26%20Ton"),
        Case(
            [.extensionName], "readPoint", #"{"id":"ex:p","note":1}"#,
            #"{"id":"ex:p","urn:cairn:unprefixed:note":1}"#),
        Case(
            [.misplacedField], "ilmd", #"{"ex:batch":1}"#, #"{"ex:batch":1}"#,
            named: "urn:cairn:unprefixed:ilmd"),
        Case(
            [.misplacedField], "childEPCs", #"["ex:a"]"#, #"["ex:a"]"#,
            named: "urn:cairn:unprefixed:childEPCs"),
        Case([.eventType], "type", #""epcis:objectEvent""#, #""ObjectEvent""#),
        Case([.memberName], "isA", #""ObjectEvent""#, #""ObjectEvent""#, named: "type"),
        Case([.timeForm], "recordTime", #""2026-03-01 08:30z""#, #""2026-03-01T08:30:00Z""#),
        Case(
            [.timeForm], "recordTime", #""2026-03-01T08:30:00,5+0100""#,
            #""2026-03-01T08:30:00.5+01:00""#),
        Case(
            [.zoneAdded], "recordTime", #""2026-03-01T08:30:00""#,
            #""2026-03-01T08:30:00+01:00""#),
        Case(
            [.whiteSpace, .timeForm, .zoneAdded], "recordTime", #"" 2026-03-01 08:30""#,
            #""2026-03-01T08:30:00+01:00""#),
        Case([.offsetForm], "eventTimeZoneOffset", #""+1:00""#, #""+01:00""#),
        Case([.offsetForm], "eventTimeZoneOffset", #""Z""#, #""+00:00""#),
        Case([.contextEntry], "@context", #"["ex:c",null,"c.json"]"#, #"["ex:c"]"#),
    ]

    static func bytes(_ value: JSONValue) -> [UInt8] { value.serialized() }

    static func json(_ text: String) throws -> JSONValue { try .parse(Array(text.utf8)) }

    @Test(arguments: cases)
    func `a repair makes the view valid and is told`(example: Case) throws {
        var changes: [JSONMember] = try #require(try Self.json(Sample.object).asObject)
        if example.newName == "type" { changes.removeAll { $0.name == "type" } }
        changes.removeAll { $0.name == example.member }
        changes.append(JSONMember(example.member, try Self.json(example.before)))
        let source = JSONValue.object(changes)
        #expect(!DocumentReport.strict(Self.bytes(source)).isValid)

        let reading = LenientReading(Self.bytes(source))
        let event = try #require(reading.events.first, "\(reading.report.lines)")
        #expect(reading.quarantined == [])
        let isContext = example.member == "@context"
        #expect(Set(event.repairs.map(\.kind)) == Set(example.kinds), "\(event.repairs)")
        #expect(!isContext || event.repairs.count == 2)
        let view = try JSONValue.parse(event.bytes)
        #expect(view[example.newName ?? example.member] == (try example.after.map(Self.json)))
        #expect(example.newName == nil || view[example.member] == nil)
        #expect(DocumentReport.strict(event.bytes).isValid)
        let pointers = event.repairs.map(\.pointer)
        let name = example.member.replacing("/", with: "~1")
        #expect(pointers.allSatisfy { $0.hasPrefix("/\(name)") }, "\(pointers)")
        // The view of the view is itself.
        #expect(LenientReading(event.bytes).events.map(\.bytes) == [event.bytes])
    }

    @Test func `the zone comes from the event, then from its time, then from the caller`() throws {
        func offset(_ time: String, _ option: String?) throws -> [String?]? {
            let source = try Sample.changed(
                Sample.object, ["eventTime": "\"\(time)\"", "eventTimeZoneOffset": nil])
            let options = LenientReading.Options(defaultZoneOffset: option)
            let reading = LenientReading(source.serialized(), options: options)
            guard let event = reading.events.first else {
                #expect(!reading.quarantined.isEmpty)
                return nil
            }
            let view = try JSONValue.parse(event.bytes)
            return [view["eventTime"]?.asString, view["eventTimeZoneOffset"]?.asString]
        }
        let local = "2026-03-01T08:30:00"
        #expect(try offset(local + "+05:30", "+01:00") == [local + "+05:30", "+05:30"])
        #expect(try offset(local + "Z", nil) == [local + "Z", "+00:00"])
        #expect(try offset(local + "Z", "+01:00") == [local + "Z", "+01:00"])
        #expect(try offset(local, "+01:00") == [local + "+01:00", "+01:00"])
        #expect(try offset(local, nil) == nil)
        #expect(try offset(local, "Paris") == nil)
    }

    @Test(arguments: [
        ("bizStep", #""transforming""#, "epcis.vocabulary"),
        ("bizStep", #""urn:epcglobal:cbv:bizstep:transforming""#, "epcis.vocabulary"),
        ("epcList", #"["https://id.gs1.org/01/09520123456789/21/1"]"#, "identifier.check-digit"),
        ("epcList", #"["12345"]"#, "epcis.uri"),
        ("eventTime", #""yesterday""#, "epcis.time"),
        ("eventTime", #""2026-02-30T08:30:00Z""#, "epcis.time"),
        ("action", #""SEE""#, "epcis.vocabulary"),
        ("quantityList", #"[{"epcClass":"ex:c","quantity":"12,5"}]"#, "epcis.format"),
        ("quantityList", #"[{"epcClass":"ex:c","quantity":-1}]"#, "epcis.value"),
        ("readPoint", #"{"name":"here"}"#, "epcis.missing"),
    ])
    func `what the list does not name is quarantined with its place`(
        member: String, value: String, code: String
    ) throws {
        let bad = try Sample.changed(Sample.object, [member: value])
        let bytes = JSONValue.array([try Self.json(Sample.object), bad]).serialized()
        let reading = LenientReading(bytes)
        #expect(reading.events.map(\.index) == [0])
        let event = try #require(reading.quarantined.first)
        #expect(event.index == 1)
        #expect(event.breaches.map(\.code) == [code])
        #expect(event.breaches.first?.pointer.hasPrefix("/1/\(member)") == true)
    }

    /// In capitals these are codes of other units: keg, megagram as milligram, centilitre.
    @Test(arguments: ["Kg", "Mg", "cl", "pcs", "kgs"])
    func `a unit that is not surely meant is quarantined and named`(unit: String) throws {
        let list = #"[{"epcClass":"ex:c","quantity":1,"uom":"\#(unit)"}]"#
        let bad = try Sample.changed(Sample.object, ["quantityList": list])
        let reading = LenientReading(bad.serialized())
        #expect(reading.events.isEmpty)
        let reason = reading.quarantined.first?.breaches.first?.reason ?? ""
        #expect(reason.hasPrefix("\(unit) is no unit"), "\(reason)")
    }

    @Test func `frames of many kinds are read for their events`() throws {
        let event = Sample.object
        for (text, form, count) in [
            (#"{"@type":"EPCISDocument","epcisBody":{"eventList":[\#(event)]}}"#, "document", 1),
            (#"{"isA":"EPCISDocument","epcisBody":{"event":\#(event)}}"#, "document", 1),
            (#"{"type":"EPCISDocument","epcisBody":{"eventList":\#(event)}}"#, "document", 1),
            (#"{"epcisBody":{"eventList":[\#(event),\#(event)]}}"#, "document", 2),
            ("[\(event),5]", "list", 1), (event, "event", 1), ("[]", "list", 0),
            (
                #"{"type":"EPCISQueryDocument","epcisBody":{"queryResults":{"resultsBody":"#
                    + #"{"eventList":[\#(event)]}}}}"#, "query-document", 1
            ),
        ] {
            let reading = LenientReading(Array(text.utf8))
            #expect(reading.form?.rawValue == form, "\(text)")
            #expect(reading.events.count == count, "\(text) \(reading.report.lines)")
        }
    }

    @Test func `byte order marks and UTF-16 are passed over and told`() throws {
        let text = Sample.object
        let marked = [0xEF, 0xBB, 0xBF] + Array(text.utf8)
        #expect(LenientReading(marked).repairs.map(\.kind) == [.byteOrderMark])
        #expect(LenientReading(marked).events.count == 1)
        #expect(DocumentReport.strict(marked).breaches.map(\.code) == ["json.byte-order-mark"])
        for isBig in [true, false] {
            let units = [0xFEFF] + Array(text.utf16)
            let bytes = units.flatMap { unit -> [UInt8] in
                let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                return isBig ? pair : pair.reversed()
            }
            let reading = LenientReading(bytes)
            #expect(reading.repairs.map(\.kind) == [.encoding])
            #expect(reading.events.map(\.repairs) == [[]])
            #expect(LenientReading(bytes.dropLast()).form == nil)
            let lone: [UInt8] = isBig ? [0xFE, 0xFF, 0xD8, 0] : [0xFF, 0xFE, 0, 0xD8]
            #expect(LenientReading(lone).breaches.map(\.code) == ["json.invalid-utf8"])
        }
    }

    @Test func `events without context get GS1's`() throws {
        let bare = try Sample.changed(Sample.object, ["@context": nil])
        let event = try #require(LenientReading(bare.serialized()).events.first)
        #expect(event.repairs.map(\.kind) == [.contextAdded])
        let document = #"{"type":"EPCISDocument","epcisBody":{"eventList":["#
        let bytes = Array(document.utf8) + bare.serialized() + Array("]}}".utf8)
        let reading = LenientReading(bytes)
        #expect(reading.repairs.map(\.kind) == [.contextAdded])
        #expect(reading.events.map(\.repairs) == [[]])
        #expect(
            reading.breaches.map(\.pointer).sorted() == [
                "/@context", "/creationDate", "/schemaVersion",
            ])
    }

    @Test func `too many events, and too many repairs, are told and not made`() {
        let events = "[" + Array(repeating: "{}", count: 150_001).joined(separator: ",") + "]"
        let reading = LenientReading(Array(events.utf8))
        #expect(reading.form == nil && reading.breaches.map(\.code) == ["epcis.too-large"])
        #expect(DocumentReport.strict(Array(events.utf8)).breaches == reading.breaches)

        let nulls = "\"epcList\":[" + String(repeating: "null,", count: 6_000)
        let event = Sample.object.replacing("\"epcList\":[", with: nulls)
        let twice = LenientReading(Array("[\(event),\(event),\(Sample.object)]".utf8))
        #expect(twice.events.map(\.index) == [0, 2])
        #expect(twice.events.map(\.repairs.count) == [6_000, 0])
        #expect(twice.quarantined.map { $0.breaches.map(\.code) } == [["repair.too-many"]])
    }

    @Test func `every kind of repair has an example here`() {
        let shown = Set(Self.cases.flatMap(\.kinds)).union([
            .byteOrderMark, .encoding, .contextAdded, .offsetAdded,
        ])
        #expect(shown == Set(Repair.Kind.allCases))
    }

    @Test func `whatever comes, valid events stay, and the view is valid`() throws {
        var random = SplitMix64(seed: 0x1E41_E47)
        var counts: [EventReport.Verdict: Int] = [:]
        for _ in 0..<400 {
            let (text, _) = EventMutator.document(&random)
            let bytes = Array(text.utf8)
            let reading = LenientReading(bytes)
            let report = reading.report
            #expect(reading.events.count + reading.quarantined.count == reading.eventCount)
            let strict = DocumentReport.strict(bytes)
            for (event, before) in zip(report.events, strict.events) {
                counts[event.verdict, default: 0] += 1
                #expect((event.verdict == .valid) == (before.verdict == .valid), "\(text)")
            }
            for event in reading.events {
                _ = try EPCISEvent.read(event.bytes, by: .schema)
                let json = try JSONValue.parse(event.bytes)
                _ = try EventHash(event: json, version: .cbv21)
                _ = (EventDetails(json), Corrections([Corrections.Event(json)]))
                #expect(try EPCISDocument.split(event.bytes).map(\.bytes) == [event.bytes])
            }
            if strict.isValid {
                #expect(report.isValid)
                #expect(
                    reading.events.map(\.bytes) == (try EPCISDocument.split(bytes)).map(\.bytes))
            }
        }
        for verdict in EventReport.Verdict.allCases {
            #expect(counts[verdict, default: 0] > 50, "\(counts)")
        }
    }

    @Test func `changed bytes never stop the reading`() {
        var random = SplitMix64(seed: 0xB17E5)
        let document = Array(StrictReportTests.document(list: Sample.all).utf8)
        var readable = 0
        for _ in 0..<400 {
            var bytes = document
            for _ in 0..<1 + random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            let reading = LenientReading(bytes)
            if reading.form != nil { readable += 1 }
            #expect(reading.form != nil || !reading.breaches.isEmpty)
            #expect(!reading.report.lines.isEmpty)
        }
        #expect(readable > 30)
    }
}
