import EPCIS
import GS1
import Testing

@Suite struct `Event flows` {
    /// Flows as short text: role, place, subject's last segments, quantity.
    static func flows(
        _ sample: String, _ changes: KeyValuePairs<String, String?> = [:]
    ) throws -> [String] {
        try Sample.event(sample, changes).flows.map { flow in
            let amount = [flow.quantity.map { "\($0)" }, flow.uom].compactMap(\.self)
            return ([flow.role.rawValue, flow.place.rawValue, flow.subject.uri] + amount)
                .joined(separator: " ")
        }
    }

    @Test(arguments: [("ADD", "create"), ("DELETE", "consume"), ("OBSERVE", "mention")])
    func `an object event's action gives the role`(action: String, role: String) throws {
        #expect(
            try Self.flows(Sample.object, ["action": "\"\(action)\""]) == [
                "\(role) epcList \(Sample.item)",
                "\(role) quantityList \(Sample.batch) 12.5 KGM",
            ])
    }

    @Test(arguments: [
        "shipping", "receiving", "departing", "arriving", "accepting", "collecting", "consigning",
        "loading", "unloading", "transporting", "void_shipping",
    ])
    func `an observation on the way is a move in every spelling of the step`(step: String) throws {
        for spelling in [
            "", "https://ref.gs1.org/cbv/BizStep-", "https://gs1.org/cbv/BizStep-", "cbv:BizStep-",
        ] {
            let flows = try Self.flows(Sample.object, ["bizStep": "\"\(spelling)\(step)\""])
            #expect(flows.allSatisfy { $0.hasPrefix("move ") } && flows.count == 2)
        }
        let observed = try Self.flows(
            Sample.object, ["bizStep": "\"\(step)\"", "action": #""DELETE""#])
        #expect(observed.allSatisfy { $0.hasPrefix("consume ") })
    }

    @Test(arguments: ["storing", "inspecting", "packing", "commissioning", "ex:shipping"])
    func `an observation elsewhere is a mention`(step: String) throws {
        let text = step
        let flows = try Self.flows(Sample.object, ["bizStep": "\"\(text)\""])
        #expect(flows.allSatisfy { $0.hasPrefix("mention ") })
    }

    @Test func `a source or a destination makes an observation a move`() throws {
        let lists = [
            ("sourceList", #"[{"type":"location","source":"ex:a"}]"#),
            ("destinationList", #"[{"type":"ex:own","destination":"ex:a"}]"#),
        ]
        for (name, list) in lists {
            let flows = try Self.flows(Sample.object, [name: list])
            #expect(flows.allSatisfy { $0.hasPrefix("move ") })
            let empty = try Self.flows(Sample.object, [name: "[]"])
            #expect(empty.allSatisfy { $0.hasPrefix("mention ") })
        }
    }

    @Test(arguments: [Sample.aggregation, Sample.association])
    func `parent and children move into and out of each other`(sample: String) throws {
        for (action, role) in [("ADD", "move"), ("DELETE", "move"), ("OBSERVE", "mention")] {
            #expect(
                try Self.flows(sample, ["action": "\"\(action)\""]) == [
                    "\(role) parent \(Sample.pallet)", "\(role) child \(Sample.item)",
                    "\(role) child \(Sample.batch) 3",
                ])
        }
    }

    @Test(arguments: ["ADD", "OBSERVE", "DELETE"])
    func `a transaction mentions its objects`(action: String) throws {
        #expect(
            try Self.flows(Sample.transaction, ["action": "\"\(action)\""]) == [
                "mention parent \(Sample.pallet)", "mention epcList \(Sample.item)",
                "mention quantityList \(Sample.batch)",
            ])
    }

    @Test func `a transformation consumes inputs and creates outputs`() throws {
        #expect(
            try Self.flows(Sample.transformation, ["bizStep": #""shipping""#]) == [
                "consume input \(Sample.item)", "consume input \(Sample.batch) 3",
                "create output \(Sample.pallet)", "create output \(Sample.otherBatch) 2",
            ])
    }

    @Test func `an item that names its lot also mentions the batch`() throws {
        let item = #"["https://id.gs1.org/01/09520123456788/10/LOT1/21/S1"]"#
        #expect(
            try Self.flows(Sample.object, ["epcList": item, "quantityList": nil]) == [
                "mention epcList \(Sample.item)", "mention epcList \(Sample.batch)",
            ])
        #expect(
            try Self.flows(
                Sample.object, ["epcList": item, "quantityList": nil, "action": #""ADD""#]) == [
                    "create epcList \(Sample.item)", "mention epcList \(Sample.batch)",
                ])
    }

    @Test func `one object in two spellings is one flow, amounts are never merged`() throws {
        let spellings =
            """
            ["\(Sample.item)","urn:epc:id:sgtin:9520123.045678.S1",\
            "https://example.com/01/09520123456788/10/LOT1/21/S1"]
            """
        let element = #"{"epcClass":"\#(Sample.batch)","quantity":1}"#
        #expect(
            try Self.flows(
                Sample.object, ["epcList": spellings, "quantityList": "[\(element),\(element)]"])
                == [
                    "mention epcList \(Sample.item)", "mention epcList \(Sample.batch)",
                    "mention quantityList \(Sample.batch) 1",
                    "mention quantityList \(Sample.batch) 1",
                ])
    }

    @Test func `parties and sites are told once each`() throws {
        let event = try Sample.event(
            Sample.object,
            [
                "readPoint": #"{"id":"ex:gate"}"#, "bizLocation": #"{"id":"\#(Sample.site)"}"#,
                "sourceList":
                    """
                [{"type":"owning_party","source":"\(Sample.party)"},\
                {"type":"location","source":"ex:dock"},{"type":"ex:broker","source":"ex:b"}]
                """,
                "destinationList":
                    """
                [{"type":"possessing_party","destination":"\(Sample.party)"},\
                {"type":"owning_party","destination":"ex:buyer"},\
                {"type":"location","destination":"\(Sample.site)"}]
                """,
            ])
        #expect(event.parties.map(\.uri) == [Sample.party, "ex:buyer"])
        #expect(event.sites.map(\.uri) == ["ex:gate", Sample.site, "ex:dock"])
        #expect(event.primarySite?.uri == Sample.site)
        let outside = try Sample.event(Sample.object, ["readPoint": #"{"id":"ex:gate"}"#])
        #expect(outside.primarySite?.uri == "ex:gate")
        #expect(try Sample.event(Sample.object).primarySite == nil)
    }

    @Test(arguments: [
        ("2026-03-01T00:30:00+01:00", "+01:00", "2026-02", "2026-02-28"),
        ("2025-12-31T23:30:00Z", "+01:00", "2025-12", "2025-12-31"),
        ("2026-01-01T00:30:00Z", "-05:30", "2026-01", "2026-01-01"),
        ("1970-01-01T00:00:00Z", "-01:00", "1970-01", "1970-01-01"),
    ])
    func `month and day are told in UTC, whatever zone is named`(
        time: String, offset: String, month: String, day: String
    ) throws {
        let event = try Sample.event(
            Sample.object, ["eventTime": "\"\(time)\"", "eventTimeZoneOffset": "\"\(offset)\""])
        #expect(event.monthUTC == month)
        #expect(event.dateUTC == day)
    }
}
