import GS1
import Lineage
import Testing

@Suite struct PackingTests {
    private let pallet = "https://id.gs1.org/00/195211410000000011"

    @Test(arguments: TraceDirection.allCases)
    func `a container is held: its other contents are no part of the lineage`(
        direction: TraceDirection
    ) throws {
        var events = EventList()
        try events.pack([item("a"), item("b")], "urn:example:box:1")
        try events.pack(["urn:example:box:1", "urn:example:box:2"], "urn:example:pallet:1")
        try events.observe(["urn:example:pallet:1"])
        let trace = try events.trace(item("a"), direction)
        #expect(trace.uris == [item("a"), "urn:example:box:1", "urn:example:pallet:1"])
        #expect(trace.node("urn:example:pallet:1")?.events.map(\.role) == ["move", "move"])
        #expect(
            trace.steps == [
                step(item("a"), .contained, "urn:example:box:1"),
                step("urn:example:box:1", .contained, "urn:example:pallet:1"),
            ])
    }

    @Test func `what a container was made of is no part of its content's lineage`() throws {
        var events = EventList()
        try events.transform([item("wood")], ["urn:example:box:1"])
        try events.pack([item("a")], "urn:example:box:1")
        #expect(try events.trace(item("a"), .up).uris == [item("a"), "urn:example:box:1"])
    }

    @Test func `a container asked about is opened with all it contains`() throws {
        var events = EventList()
        try events.transform([item("raw")], [item("a")])
        try events.pack([item("a"), item("b")], "urn:example:box:1")
        let trace = try events.trace("urn:example:box:1", .up)
        #expect(trace.uris == ["urn:example:box:1", item("a"), item("b"), item("raw")])
    }

    @Test func `a thing first held and later reached as a content is opened`() throws {
        var events = EventList()
        try events.pack([item("a")], "urn:example:box:1")
        try events.pack([item("other")], "urn:example:box:1")
        try events.transform(["urn:example:box:1"], [item("a")])
        let trace = try events.trace(item("a"), .up)
        #expect(trace.uris == [item("a"), "urn:example:box:1", item("other")])
        #expect(trace.node("urn:example:box:1")?.depth == 1)
    }

    @Test func `taking out leads from the container to its content`() throws {
        var events = EventList()
        try events.pack([item("a")], "urn:example:box:1", action: "DELETE")
        let expected = [step("urn:example:box:1", .contained, item("a"))]
        #expect(try events.trace(item("a"), .up).steps == expected)
        #expect(try events.trace("urn:example:box:1", .down).steps == expected)
    }

    @Test(arguments: ["ADD", "OBSERVE"])
    func `putting in and seeing inside lead from content to container`(action: String) throws {
        var events = EventList()
        try events.pack([item("a")], "urn:example:box:1", action: action)
        let expected = [step(item("a"), .contained, "urn:example:box:1")]
        #expect(try events.trace(item("a"), .up).steps == expected)
        #expect(try events.trace("urn:example:box:1", .down).steps == expected)
    }

    @Test func `an association contains as an aggregation does`() throws {
        var events = EventList()
        try events.pack([item("sensor")], "urn:example:box:1", type: "AssociationEvent")
        let trace = try events.trace(item("sensor"), .down)
        #expect(trace.steps == [step(item("sensor"), .contained, "urn:example:box:1")])
    }

    @Test func `a transaction's parent contains nothing`() throws {
        var events = EventList()
        try events.add(
            "TransactionEvent",
            """
            "action":"ADD","parentID":"urn:example:box:1","epcList":["\(item("a"))"],\
            "bizTransactionList":[{"type":"po","bizTransaction":"urn:example:po:1"}]
            """)
        #expect(try events.trace(item("a"), .both).uris == [item("a")])
        #expect(try events.trace("urn:example:box:1", .both).uris == ["urn:example:box:1"])
    }

    @Test func `the URN and the Digital Link of a pallet are one node`() throws {
        var events = EventList()
        try events.pack([item("a")], "urn:epc:id:sscc:9521141.1000000001")
        try events.observe([pallet])
        try events.observe(["https://example.com/some/path/00/195211410000000011?17=270101"])
        let trace = try events.trace(item("a"), .down)
        #expect(trace.uris == [item("a"), pallet])
        #expect(trace.node(pallet)?.kind == .logisticUnit)
        #expect(trace.node(pallet)?.events.count == 3)
        let fromURN = try events.trace("urn:epc:id:sscc:9521141.1000000001", .down)
        #expect(fromURN.root == pallet)
    }
}
