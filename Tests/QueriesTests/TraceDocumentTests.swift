import EPCIS
import GS1
import Lineage
import MerkleTrees
import Queries
import Records
import Testing

@Suite struct TraceDocumentTests {
    private static let root = "https://id.gs1.org/01/09521141123454/10/L1"
    private static let input = "urn:example:a\"b\\c"

    private func event(
        bizStep: String? = "https://ref.gs1.org/cbv/BizStep-shipping",
        site: String? = "https://id.gs1.org/414/9521141000014", standing: Standing = .own,
        quantity: String? = "10.50", unit: String? = "KGM"
    ) -> TraceEvent {
        TraceEvent(
            digest: Hash256.sha256([1]), type: "ObjectEvent", role: "move",
            timeMilliseconds: 1_772_357_400_123, bizStep: bizStep, site: site,
            issuer: "https://id.gs1.org/417/9521141000007", standing: standing,
            quantity: quantity, unit: unit)
    }

    private func document(_ events: [TraceEvent], isTruncated: Bool = false) -> TraceDocument {
        TraceDocument(
            Trace(
                root: Self.root, direction: .up,
                nodes: [
                    TraceNode(uri: Self.root, kind: .batch, depth: 0, events: events),
                    TraceNode(uri: Self.input, kind: .other, depth: 1, events: []),
                ],
                edges: [
                    TraceEdge(
                        from: Self.input, to: Self.root, relation: .transformed,
                        digest: Hash256.sha256([2]))
                ], isTruncated: isTruncated))
    }

    // MARK: JSON

    @Test func `the JSON read back says what the trace says`() throws {
        let bytes = document([event()], isTruncated: true).json
        let json = try JSONValue.parse(bytes)
        #expect(json["root"]?.asString == Self.root)
        #expect(json["direction"]?.asString == "up")
        #expect(json["truncated"]?.asBool == true)
        let nodes = try #require(json["nodes"]?.asArray)
        #expect(nodes.map { $0["uri"]?.asString } == [Self.root, Self.input])
        #expect(nodes.map { $0["kind"]?.asString } == ["batch", "other"])
        #expect(nodes.map { $0["depth"]?.asNumber?.text } == ["0", "1"])
        let edge = try #require(json["edges"]?.asArray?.first)
        #expect(edge["from"]?.asString == Self.input)
        #expect(edge["to"]?.asString == Self.root)
        #expect(edge["relation"]?.asString == "transformed")
        #expect(edge["digest"]?.asString == Hash256.sha256([2]).hex)
    }

    @Test func `an event in JSON has every field that is stated`() throws {
        let bytes = document([event(standing: .reported)]).json
        let node = try #require(JSONValue.parse(bytes)["nodes"]?.asArray?.first)
        let members = try #require(node["events"]?.asArray?.first?.asObject)
        let texts = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.asString) })
        #expect(
            texts == [
                "digest": Hash256.sha256([1]).hex, "type": "ObjectEvent", "role": "move",
                "time": "2026-03-01T09:30:00.123Z",
                "issuer": "https://id.gs1.org/417/9521141000007", "standing": "reported",
                "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
                "site": "https://id.gs1.org/414/9521141000014", "quantity": "10.50",
                "unit": "KGM",
            ])
    }

    @Test func `what an event does not state is absent in JSON`() throws {
        let bare = event(bizStep: nil, site: nil, quantity: nil, unit: nil)
        let bytes = document([bare]).json
        let node = try #require(JSONValue.parse(bytes)["nodes"]?.asArray?.first)
        let members = try #require(node["events"]?.asArray?.first?.asObject)
        #expect(
            members.map(\.name) == ["digest", "type", "role", "time", "issuer", "standing"])
    }

    // MARK: Table

    @Test func `the table indents things by distance and lists their events below`() {
        #expect(
            document([event()]).table == """
                \(Self.root)  (up)
                batch  /01/09521141123454/10/L1
                    2026-03-01T09:30  move  shipping  10.50 KGM  at /414/9521141000014  \
                by /417/9521141000007
                  other  \(Self.input)  → /01/09521141123454/10/L1
                2 things, 1 step

                """)
    }

    @Test func `the table says when the limit cut it short, and only then`() {
        #expect(document([], isTruncated: true).table.hasSuffix("ask for more with --limit\n"))
        #expect(!document([]).table.contains("--limit"))
    }

    @Test(arguments: [
        (Standing.delegated, "(delegated)"), (.reported, "(reported)"),
    ])
    func `the table names a standing that is not the issuer's own`(
        standing: Standing, text: String
    ) {
        #expect(document([event(standing: standing)]).table.contains("  \(text)\n"))
        #expect(!document([event()]).table.contains("(own)"))
    }

    @Test func `whose word does not count about a thing is said at each event of it`() throws {
        let issuer = event().issuer
        for (stranger, isMarked) in [(Self.root, true), (Self.input, false)] {
            var document = document([event()])
            document.strangers = [stranger: [issuer]]
            let json = try JSONValue.parse(document.json)
            let shown = json["nodes"]?.asArray?.first?["events"]?.asArray?.first
            #expect(shown?["unrelated"]?.asBool == (isMarked ? true : nil))
            #expect(document.table.contains("  (unrelated)\n") == isMarked)
        }
    }

    @Test func `a step of one's own is shown whole, hyphens and all`() {
        let own = "https://steps.example/pre-cooling"
        #expect(document([event(bizStep: own)]).table.contains("  move  \(own)  "))
    }

    @Test func `without a step the table names the event's type`() {
        #expect(document([event(bizStep: nil)]).table.contains("  move  ObjectEvent  10.50"))
    }

    @Test func `a quantity without a unit leaves no gap`() {
        #expect(document([event(unit: nil)]).table.contains("  10.50  at "))
    }

    @Test func `one thing is one thing`() {
        let alone = Trace(
            root: Self.root, direction: .both,
            nodes: [TraceNode(uri: Self.root, kind: .batch, depth: 0, events: [])], edges: [],
            isTruncated: false)
        #expect(TraceDocument(alone).table.hasSuffix("\n1 thing, 0 steps\n"))
    }

    // MARK: DOT

    @Test func `the graph escapes quotes and backslashes`() {
        #expect(
            document([]).dot == #"""
                digraph lineage {
                  rankdir=LR;
                  node [shape=box];
                  "https://id.gs1.org/01/09521141123454/10/L1" [label="/01/09521141123454/10/L1"];
                  "urn:example:a\"b\\c" [label="urn:example:a\"b\\c"];
                  "urn:example:a\"b\\c" -> "https://id.gs1.org/01/09521141123454/10/L1" [label="transformed"];
                }

                """#)
    }
}
