import EPCIS
import GS1
import Lineage
import MerkleTrees
import Support
import Testing

@Suite struct WalkTests {
    @Test func `a thing nobody speaks of is a node without events`() throws {
        let trace = try EventList().trace(item("nobody"), .both)
        #expect(trace.uris == [item("nobody")])
        #expect(trace.nodes[0].events.isEmpty)
        #expect(trace.edges.isEmpty)
        #expect(!trace.isTruncated)
    }

    @Test func `an event of a node says its role, quantity, step, site and who signed`() throws {
        var events = EventList()
        try events.add(
            "ObjectEvent",
            """
            "action":"OBSERVE","bizStep":"shipping",\
            "readPoint":{"id":"urn:epc:id:sgln:9521141.00001.0"},\
            "quantityList":[{"epcClass":"\(batch("L1"))","quantity":10.50,"uom":"KGM"}]
            """)
        let event = try #require(events.trace(batch("L1"), .up).nodes[0].events.first)
        #expect(event.role == "move")
        #expect(event.type == "ObjectEvent")
        #expect(event.quantity == "10.5")
        #expect(event.unit == "KGM")
        #expect(event.bizStep == "https://ref.gs1.org/cbv/BizStep-shipping")
        #expect(event.site == "https://id.gs1.org/414/9521141000014")
        #expect(event.issuer == "https://id.gs1.org/417/9521141000007")
        #expect(event.timeMilliseconds == 1_773_100_800_000)
        #expect(event.digest == events.lastDigest)
    }

    @Test func `a report without goods is an event of its site`() throws {
        var events = EventList()
        let site = "https://id.gs1.org/414/9521141000014"
        try events.add(
            "ObjectEvent",
            """
            "action":"OBSERVE","bizStep":"sensor_reporting","readPoint":{"id":"\(site)"},\
            "sensorElementList":[{"sensorReport":[{"type":"Temperature","value":4.5,"uom":"CEL"}]}]
            """)
        try events.add(
            "ObjectEvent",
            #""action":"OBSERVE","readPoint":{"id":"\#(site)"},"epcList":["\#(item("a"))"]"#)
        let atSite = try events.trace(site, .up).nodes
        #expect(atSite[0].events.map(\.role) == ["mention", "mention"])
        #expect(atSite[0].events[0].bizStep == "https://ref.gs1.org/cbv/BizStep-sensor_reporting")
        #expect(atSite.map(\.uri) == [site, item("a")])
    }

    @Test func `the same events give the same trace each time`() throws {
        var events = EventList()
        var random = SplitMix64(seed: 7)
        for number in 0..<200 {
            let input = item("n\(Int.random(in: 0..<40, using: &random))")
            let output = item("n\(Int.random(in: 0..<40, using: &random))")
            if number.isMultiple(of: 3), input != output {
                try events.pack([input], output)
            } else {
                try events.transform([input], [output])
            }
        }
        let first = try events.trace(item("n0"), .both)
        #expect(first.nodes.count > 10)
        for _ in 0..<5 { #expect(try events.trace(item("n0"), .both) == first) }
    }

    @Test func `in graphs drawn at random, up and down are each other's reverse`() throws {
        for seed in 0..<8 {
            var random = SplitMix64(seed: UInt64(seed))
            var events = EventList()
            for _ in 0..<40 {
                try events.transform(
                    [item("n\(Int.random(in: 0..<25, using: &random))")],
                    [item("n\(Int.random(in: 0..<25, using: &random))")])
            }
            let names = (0..<25).map { item("n\($0)") }
            var above: Set<String> = []
            var below: Set<String> = []
            for name in names {
                for other in try events.trace(name, .up).uris { above.insert("\(other) \(name)") }
                for other in try events.trace(name, .down).uris { below.insert("\(name) \(other)") }
            }
            #expect(above == below, "seed \(seed)")
        }
    }

    @Test func `each node and each edge stands once`() throws {
        var events = EventList()
        try events.pack([item("a"), item("b")], "urn:example:box:1")
        try events.transform([item("a"), item("b")], [item("c")])
        try events.transform([item("c")], [item("a")])
        let trace = try events.trace(item("a"), .both)
        #expect(Set(trace.uris).count == trace.uris.count)
        #expect(Set(trace.edges).count == trace.edges.count)
    }

    @Test func `what reading fails with reaches the caller`() {
        var walk = LineageWalk(source: FailingSource(), bounds: TraceBounds(things: 5))
        #expect(throws: FailingSource.Unreadable.self) {
            try walk.trace(CanonicalIdentifier("urn:example:a:1"), .up)
        }
    }
}

private struct FailingSource: EventSource {
    struct Unreadable: Error {}

    func events(about uri: String, limit: Int) throws(Unreadable) -> [RecordedEvent] {
        throw Unreadable()
    }

    func events(
        through uri: String, times: Range<Int64>, limit: Int
    ) throws(Unreadable) -> [RecordedEvent] {
        []
    }

    func declarations(concerning eventIDs: [String]) throws(Unreadable) -> [RecordedEvent] { [] }

    func events(named eventIDs: [String]) throws(Unreadable) -> [RecordedEvent] { [] }

    func eventHash(of digest: Hash256) throws(Unreadable) -> String? { nil }
}
