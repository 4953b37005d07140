import EPCIS
import Testing

@Suite struct `Document splitting` {
    static let head = #""schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z""#

    static func document(
        context: String = #""ex:c""#, events: String = "{}", more: String = ""
    ) -> String {
        """
        {"@context":\(context),"type":"EPCISDocument",\(head),\(more)\
        "epcisBody":{"eventList":[\(events)]}}
        """
    }

    static func split(_ text: String) throws -> [String] {
        try EPCISDocument.split(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    static func refusal(_ text: String) -> String? {
        do throws(EPCISError) {
            _ = try EPCISDocument.split(Array(text.utf8))
            return nil
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    @Test(arguments: [
        (#""ex:c""#, #"{"b":1.50,"a":[ 1 ]}"#, #"{"@context":["ex:c"],"b":1.50,"a":[1]}"#),
        (
            #"["ex:c",{"p":"q:"}]"#, #"{"@context":"ex:d","a":1}"#,
            #"{"@context":["ex:c",{"p":"q:"},"ex:d"],"a":1}"#
        ),
        (
            #"["ex:c",{"p":"q:"}]"#, #"{"a":1,"@context":["ex:c",{"p":"q:"}]}"#,
            #"{"@context":["ex:c",{"p":"q:"}],"a":1}"#
        ),
        (
            #"{"p":"q:"}"#, #"{"@context":["ex:d",{"p":"q:"},{"r":"s:"}]}"#,
            #"{"@context":[{"p":"q:"},"ex:d",{"r":"s:"}]}"#
        ),
        (#""ex:c""#, #"{"@context":[]}"#, #"{"@context":["ex:c"]}"#),
    ])
    func `contexts are merged, the document's first, each entry once`(
        context: String, event: String, expected: String
    ) throws {
        #expect(try Self.split(Self.document(context: context, events: event)) == [expected])
    }

    @Test func `contexts whose merging would change a term's meaning are refused`() throws {
        // Without the last entry, p would mean r: in this event.
        let text = Self.document(
            context: #"{"p":"q:"}"#, events: #"{"@context":[{"p":"r:"},{"p":"q:"}]}"#)
        #expect(Self.refusal(text) == "epcis.context epcisBody.eventList[0].@context")
        // Redefining alone is JSON-LD's good right: the later entry holds.
        let redefined = Self.document(
            context: #"{"p":"q:"}"#, events: #"{"@context":{"p":"r:"}}"#)
        #expect(try Self.split(redefined) == [#"{"@context":[{"p":"q:"},{"p":"r:"}]}"#])
    }

    @Test func `two contexts together keep to the limit of one`() {
        let filler = String(repeating: "x", count: EPCISLimits.contextByteCount / 2)
        let document = #"{"p":"\#(filler)"}"#
        let events = #"{"@context":{"r":"\#(filler)"}}"#
        #expect(
            Self.refusal(Self.document(context: document, events: events))
                == "epcis.too-large epcisBody.eventList[0].@context")
    }

    @Test func `every form of input is taken apart`() throws {
        let event = #"{"@context":["ex:c"],"type":"X"}"#
        #expect(try Self.split(event) == [event])
        #expect(try Self.split("[\(event), \(event)]") == [event, event])
        #expect(try Self.split("[]") == [])
        #expect(try Self.split(Self.document(events: "")) == [])
        let query = """
            {"@context":"ex:c","type":"EPCISQueryDocument","epcisBody":{"queryResults":\
            {"queryName":"q","resultsBody":{"eventList":[{"type":"X"}]}}}}
            """
        #expect(try Self.split(query) == [event])
    }

    @Test func `a header and extensions of the frame are checked and left behind`() throws {
        let header =
            """
            "epcisHeader":{"epcisMasterData":{"vocabularyList":[{"type":"ex:v",\
            "vocabularyElementList":[{"id":"ex:e","attributes":[{"id":"ex:a","attribute":"x"}],\
            "children":["ex:k"]}]}]}},"ex:own":1,
            """
        #expect(try Self.split(Self.document(more: header)) == [#"{"@context":["ex:c"]}"#])
        let path = "epcisHeader.epcisMasterData.vocabularyList[0]"
        for (part, wrong, refusal) in [
            (#""type":"ex:v","#, "", "epcis.missing \(path).type"),
            (
                #""id":"ex:a""#, #""id":"a""#,
                "epcis.uri \(path).vocabularyElementList[0].attributes[0].id"
            ),
            (
                #""attribute":"x""#, #""attribute":true"#,
                "epcis.format \(path).vocabularyElementList[0].attributes[0].attribute"
            ),
            (#"["ex:k"]"#, #""ex:k""#, "epcis.format \(path).vocabularyElementList[0].children"),
            ("epcisMasterData", "masterData", "epcis.unexpected epcisHeader.masterData"),
        ] {
            let text = Self.document(more: header.replacing(part, with: wrong))
            #expect(Self.refusal(text) == refusal)
        }
    }

    @Test(arguments: [
        ("1", "epcis.format "), ("null", "epcis.format "), ("{}", "epcis.missing type"),
        (#"{"type":7}"#, "epcis.format type"), (#"{"type":"X"}"#, "epcis.missing @context"),
        (#"[{"@context":"ex:c"},7]"#, "epcis.format [1]"), ("[{}]", "epcis.missing [0].@context"),
        (document(events: #"{},{"@context":"x"}"#), "epcis.uri epcisBody.eventList[1].@context"),
        (document(events: "1"), "epcis.format epcisBody.eventList[0]"),
        (document(context: "7"), "epcis.format @context"),
        (document(context: #"["ex:c","ex:c"]"#), "epcis.repeated @context[1]"),
        (document(more: #""sender":1,"#), "epcis.format sender"),
        (document(more: #""own":1,"#), "epcis.unexpected own"),
        (document(more: #""id":"x","#), "epcis.uri id"),
        (document().replacing(#""2.0""#, with: #""2.""#), "epcis.value schemaVersion"),
        (document().replacing(#""2.0""#, with: "2.0"), "epcis.format schemaVersion"),
        (document().replacing("T00:00:00Z", with: ""), "epcis.time creationDate"),
        (document().replacing("eventList", with: "events"), "epcis.unexpected epcisBody.events"),
        (document().replacing("epcisBody", with: "ex:body"), "epcis.missing epcisBody"),
        (document().replacing("[{}]", with: "{}"), "epcis.format epcisBody.eventList"),
        (document().dropLast(1).description, "json.truncated epcisBody"),
        (
            "[" + document(events: #"{"a":1,"a":2}"#) + "]",
            "json.duplicate-name [0].epcisBody.eventList[0].a"
        ),
    ])
    func `a frame that breaks the schema is refused at its field`(text: String, refusal: String) {
        let found = Self.refusal(text)
        if refusal == "json.truncated epcisBody" {
            #expect(found?.hasPrefix("json.truncated") == true)
        } else {
            #expect(found == refusal)
        }
    }

    @Test func `an event or context past its limit is refused`() {
        let filler = String(repeating: "x", count: EPCISLimits.contextByteCount)
        #expect(Self.refusal(Self.document(context: "\"ex:\(filler)\"")) == "epcis.uri @context")
        #expect(
            Self.refusal(Self.document(context: #"{"p":"\#(filler)"}"#))
                == "epcis.too-large @context")
        let half = String(repeating: "x", count: EPCISLimits.eventByteCount / 2)
        #expect(Self.refusal(Self.document(events: #"{"a":"\#(half)"}"#)) == nil)
        #expect(
            Self.refusal(Self.document(events: #"{"a":"\#(half)","b":"\#(half)"}"#))
                == "epcis.too-large epcisBody.eventList[0]")
    }

    /// Each event once went through all entries again: minutes for 64 KiB of them.
    @Test func `events with contexts of their own cost no more for a long context`() throws {
        let entries = (0..<5_400).map { #"{"p\#($0)":1}"# }.joined(separator: ",")
        let event = #"{"@context":"ex:own"}"#
        let events = Array(repeating: event, count: 1_000).joined(separator: ",")
        let document = Self.document(context: "[\(entries)]", events: events)
        let start = ContinuousClock.now
        let parts = try EPCISDocument.split(Array(document.utf8))
        #expect(start.duration(to: .now) < .seconds(10))
        #expect(parts.count == 1_000)
        let context = #"{"@context":[\#(entries),"ex:own"]}"#
        #expect(parts.last?.bytes == Array(context.utf8))
    }
}
