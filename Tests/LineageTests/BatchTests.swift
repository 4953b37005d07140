import GS1
import Lineage
import Testing

@Suite struct BatchTests {
    @Test func `up from an item leads to the batch its spelling named and what that was made of`()
        throws
    {
        var events = EventList()
        try events.transform([item("raw")], [batch("L1")])
        try events.observe([item("a", lot: "L1")])
        let trace = try events.trace(item("a"), .up)
        #expect(trace.uris == [item("a"), batch("L1"), item("raw")])
        #expect(trace.steps.first == step(batch("L1"), .member, item("a")))
        #expect(trace.node(batch("L1"))?.kind == .batch)
    }

    @Test func `down from a batch leads to its items and not to other batches' items`() throws {
        var events = EventList()
        try events.observe([item("a", lot: "L1"), item("b", lot: "L1"), item("c", lot: "L2")])
        let trace = try events.trace(batch("L1"), .down)
        #expect(trace.uris == [batch("L1"), item("a"), item("b")])
        #expect(
            trace.steps == [
                step(batch("L1"), .member, item("a")), step(batch("L1"), .member, item("b")),
            ])
    }

    @Test func `spellings with and without the lot are one item`() throws {
        var events = EventList()
        try events.observe([item("a", lot: "L1")])
        try events.observe([item("a")])
        try events.observe(["urn:epc:id:sgtin:9521141.012345.a"])
        let trace = try events.trace(item("a", lot: "L1"), .both)
        #expect(trace.root == item("a"))
        #expect(trace.nodes.first?.events.count == 3)
    }

    @Test func `a batch that only a spelling names is no output`() throws {
        var events = EventList()
        try events.transform([item("raw")], [item("a", lot: "L1")])
        #expect(try events.trace(batch("L1"), .up).uris == [batch("L1")])
        #expect(
            try events.trace(item("raw"), .down).steps
                == [step(item("raw"), .transformed, item("a"))])
    }

    @Test func `a batch that only a spelling names is no input`() throws {
        var events = EventList()
        try events.transform([item("a", lot: "L1")], [item("out")])
        let up = try events.trace(item("out"), .up)
        #expect(up.uris == [item("out"), item("a"), batch("L1")])
        #expect(
            up.steps == [
                step(item("a"), .transformed, item("out")), step(batch("L1"), .member, item("a")),
            ])
    }

    @Test func `a batch that only a spelling names stands in no container`() throws {
        var events = EventList()
        try events.pack([item("a", lot: "L1")], "urn:example:box:1")
        #expect(try events.trace(batch("L1"), .up).uris == [batch("L1")])
        #expect(
            try events.trace("urn:example:box:1", .down).steps
                == [step(item("a"), .contained, "urn:example:box:1")])
    }

    @Test func `an item in a held container leads to no batch`() throws {
        var events = EventList()
        try events.pack([item("a"), item("b", lot: "L2")], "urn:example:box:1")
        #expect(try !events.trace(item("a"), .up).uris.contains(batch("L2")))
    }
}
