import GS1
import Lineage
import Testing

@Suite struct TransformationTests {
    /// a, b → c → d, and a → x beside it.
    private func chain() throws -> EventList {
        var events = EventList()
        try events.transform([item("a"), item("b")], [item("c")])
        try events.transform([item("c")], [item("d")])
        try events.transform([item("a")], [item("x")])
        return events
    }

    @Test func `up from a thing leads to what it was made of and no further product`() throws {
        let trace = try chain().trace(item("d"), .up)
        #expect(trace.uris == [item("d"), item("c"), item("a"), item("b")])
        #expect(trace.nodes.map(\.depth) == [0, 1, 2, 2])
        #expect(
            trace.steps == [
                step(item("c"), .transformed, item("d")), step(item("a"), .transformed, item("c")),
                step(item("b"), .transformed, item("c")),
            ])
        #expect(!trace.isTruncated)
    }

    @Test func `down from a thing leads to all that was made of it and no other input`() throws {
        let trace = try chain().trace(item("a"), .down)
        #expect(trace.uris == [item("a"), item("c"), item("x"), item("d")])
        #expect(trace.nodes.map(\.depth) == [0, 1, 1, 2])
        #expect(!trace.uris.contains(item("b")))
    }

    @Test func `both ways are the two walks joined at the start`() throws {
        let trace = try chain().trace(item("c"), .both)
        #expect(trace.uris == [item("c"), item("a"), item("b"), item("d")])
        #expect(trace.nodes.map(\.depth) == [0, 1, 1, 1])
        #expect(!trace.uris.contains(item("x")), "a sibling by an input is neither up nor down")
    }

    @Test func `up and down name the same part for the same step`() throws {
        var events = EventList()
        try events.transform([item("a")], [], process: "urn:example:process:1")
        try events.transform([], [item("b")], process: "urn:example:process:1")
        let output = try #require(events.lastDigest)
        #expect(try events.trace(item("b"), .up).edges.map(\.digest) == [output])
        #expect(try events.trace(item("a"), .down).edges.map(\.digest) == [output])
    }

    @Test func `inputs and outputs of one process meet across its events`() throws {
        var events = EventList()
        let process = "urn:example:process:1"
        try events.transform([item("a")], [], process: process)
        try events.transform([item("b")], [], process: process)
        try events.transform([], [item("c")], process: process)
        try events.transform([item("z")], [item("y")], process: "urn:example:process:2")
        #expect(try events.trace(item("c"), .up).uris == [item("c"), item("a"), item("b")])
        #expect(try events.trace(item("a"), .down).uris == [item("a"), item("c")])
    }

    @Test func `a process can be the start of a walk`() throws {
        var events = EventList()
        let process = "urn:example:process:1"
        try events.transform([item("a")], [], process: process)
        try events.transform([], [item("c")], process: process)
        let up = try events.trace(process, .up)
        #expect(up.uris == [process, item("a")])
        #expect(up.nodes[0].events.map(\.role) == ["mention", "mention"])
        #expect(up.steps == [step(item("a"), .transformed, process)])
        #expect(try events.trace(process, .down).steps == [step(process, .transformed, item("c"))])
    }

    @Test func `a cycle is walked once`() throws {
        var events = EventList()
        try events.transform([item("a")], [item("b")])
        try events.transform([item("b")], [item("a")])
        let trace = try events.trace(item("a"), .both)
        #expect(trace.uris == [item("a"), item("b")])
        #expect(
            Set(trace.steps) == [
                step(item("a"), .transformed, item("b")), step(item("b"), .transformed, item("a")),
            ])
        #expect(trace.edges.count == 2)
        #expect(!trace.isTruncated)
    }

    @Test func `a thing that is its own input is met once`() throws {
        var events = EventList()
        try events.transform([item("a")], [item("a")])
        #expect(try events.trace(item("a"), .both).uris == [item("a")])
    }

    @Test func `a node lies at its nearest distance from the start`() throws {
        var events = EventList()
        try events.transform([item("far")], [item("mid")])
        try events.transform([item("mid")], [item("root")])
        try events.transform([item("root")], [item("far")])
        let trace = try events.trace(item("root"), .both)
        #expect(trace.node(item("far"))?.depth == 1)
        #expect(trace.node(item("mid"))?.depth == 1)
    }
}
