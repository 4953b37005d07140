import Lineage
import Testing

@Suite struct LimitTests {
    /// One thing made of `count` others.
    private func star(_ count: Int) throws -> EventList {
        var events = EventList()
        try events.transform((0..<count).map { item("in\($0)") }, [item("root")])
        return events
    }

    @Test func `a walk that just fits its limit is whole`() throws {
        let trace = try star(4).trace(item("root"), .up, limit: 5)
        #expect(trace.nodes.count == 5)
        #expect(!trace.isTruncated)
    }

    @Test func `a walk one thing past its limit is cut and says so`() throws {
        let trace = try star(5).trace(item("root"), .up, limit: 5)
        #expect(trace.uris == [item("root")] + (0..<4).map { item("in\($0)") })
        #expect(trace.isTruncated)
    }

    @Test func `both ways share one limit`() throws {
        var events = try star(3)
        try events.transform([item("root")], (0..<3).map { item("out\($0)") })
        let whole = try events.trace(item("root"), .both, limit: 7)
        #expect(whole.nodes.count == 7)
        #expect(!whole.isTruncated)
        let cut = try events.trace(item("root"), .both, limit: 6)
        #expect(cut.nodes.count == 6)
        #expect(cut.isTruncated)
    }

    @Test func `a thing that is held and then opened counts once`() throws {
        var events = EventList()
        try events.pack([item("a")], item("box"))
        try events.transform([item("box")], [item("a")])
        let trace = try events.trace(item("a"), .up, limit: 2)
        #expect(trace.nodes.count == 2)
        #expect(!trace.isTruncated)
    }

    @Test func `edges of a cut walk join only things it shows`() throws {
        let trace = try star(9).trace(item("root"), .up, limit: 3)
        let shown = Set(trace.uris)
        #expect(trace.edges.count == 2)
        #expect(trace.edges.allSatisfy { shown.contains($0.from) && shown.contains($0.to) })
    }

    @Test(arguments: [-1, 0, 1])
    func `the start is always shown`(limit: Int) throws {
        let trace = try star(1).trace(item("root"), .up, limit: limit)
        #expect(trace.uris == [item("root")])
        #expect(trace.isTruncated)
    }

    @Test func `as many events as the limit allows are all of them`() throws {
        var events = EventList()
        for _ in 0..<4 { try events.observe([item("a")]) }
        let trace = try events.trace(item("a"), .both, eventsLimit: 4)
        #expect(trace.nodes[0].events.count == 4)
        #expect(!trace.isTruncated)
    }

    @Test func `one event past the limit is cut, the latest first, and the walk says so`() throws {
        var events = EventList()
        for _ in 0..<5 { try events.observe([item("a")]) }
        let trace = try events.trace(item("a"), .both, eventsLimit: 4)
        #expect(trace.nodes[0].events.map(\.digest) == events.recorded.prefix(4).map(\.digest))
        #expect(trace.isTruncated)
    }

    @Test func `a process with more events than are read is cut and says so`() throws {
        var events = EventList()
        let process = "urn:example:process:1"
        for number in 0..<5 { try events.transform([item("in\(number)")], [], process: process) }
        try events.transform([], [item("out")], process: process)
        let trace = try events.trace(item("out"), .up, eventsLimit: 3)
        #expect(trace.uris == [item("out"), item("in0"), item("in1"), item("in2")])
        #expect(trace.isTruncated)
        #expect(try !events.trace(item("out"), .up, eventsLimit: 6).isTruncated)
    }

    @Test func `a chain of a thousand things is walked without recursion`() throws {
        var events = EventList()
        for number in 0..<1_000 {
            try events.transform([item("n\(number)")], [item("n\(number + 1)")])
        }
        let trace = try events.trace(item("n1000"), .up, limit: 1_001)
        #expect(trace.nodes.count == 1_001)
        #expect(trace.nodes.last?.depth == 1_000)
        #expect(!trace.isTruncated)
    }
}
