import GS1
import Lineage
import Testing

@Suite struct PassageTests {
    private let site = "https://id.gs1.org/414/9521141000014"
    private let other = "https://id.gs1.org/414/9521141000021"

    private func seen(
        _ events: inout EventList, _ thing: String, at place: String, order: String? = nil
    ) throws {
        let list = order.map { #","bizTransactionList":[{"bizTransaction":"\#($0)"}]"# } ?? ""
        try events.add(
            "ObjectEvent",
            #""action":"OBSERVE","readPoint":{"id":"\#(place)"},"epcList":["\#(thing)"]\#(list)"#)
    }

    /// wool → yarn at the site, yarn → towel elsewhere, a box that only passed the other site.
    private func story() throws -> EventList {
        var events = EventList()
        try seen(&events, item("yarn"), at: site, order: "urn:epcglobal:cbv:bt:9521141000014:PO-1")
        try events.transform([item("wool")], [item("yarn")])
        try events.transform([item("yarn")], [item("towel")])
        try seen(&events, item("box"), at: other)
        try events.add(
            "ObjectEvent",
            """
            "action":"OBSERVE","epcList":["\(item("late"))"],"readPoint":{"id":"\(other)"},\
            "destinationList":[{"type":"location","destination":"\(site)"}]
            """)
        return events
    }

    @Test func `a site leads to all that passed it, and on from there`() throws {
        let down = try story().trace(site, .down)
        #expect(down.uris == [site, item("yarn"), item("late"), item("towel")])
        #expect(
            down.steps == [
                step(site, .passed, item("yarn")), step(site, .passed, item("late")),
                step(item("yarn"), .transformed, item("towel")),
            ])
        #expect(down.nodes[0].events.map(\.role) == ["mention", "mention"])
        #expect(try story().trace(site, .up).uris.contains(item("wool")))
        #expect(try story().trace(site, .both).uris.count == 5)
    }

    @Test func `a time window bounds what passed, not what that leads to`() throws {
        let times = 1_773_100_800_000..<1_773_100_800_001 as Range<Int64>
        var walk = LineageWalk(
            source: try story(), bounds: TraceBounds(things: 100, times: times))
        let trace = try walk.trace(CanonicalIdentifier(site), .down)
        #expect(trace.uris == [site, item("yarn"), item("towel")])
    }

    @Test func `one step shows what passed and no more`() throws {
        var walk = LineageWalk(source: try story(), bounds: TraceBounds(things: 100, depth: 1))
        let trace = try walk.trace(CanonicalIdentifier(site), .both)
        #expect(trace.uris == [site, item("yarn"), item("late")])
    }

    @Test(arguments: [
        "urn:epcglobal:cbv:bt:9521141000014:PO-1", "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        "https://id.gs1.org/253/9521141000014PO7", "https://orders.example/po/7",
    ])
    func `a business transaction leads to what was part of it`(order: String) throws {
        var events = EventList()
        try events.transform([item("wool")], [item("yarn")])
        try seen(&events, item("yarn"), at: site, order: order)
        try events.add(
            "TransactionEvent",
            """
            "action":"ADD","bizTransactionList":[{"type":"po","bizTransaction":"\(order)"}],\
            "parentID":"urn:example:pallet:1","epcList":["\(item("socks"))"]
            """)
        let up = try events.trace(order, .up)
        #expect(
            up.uris == [order, item("yarn"), "urn:example:pallet:1", item("socks"), item("wool")])
        #expect(up.steps.first == step(order, .transaction, item("yarn")))
        #expect(up.nodes[1].events.last?.transactions == [order])
    }
}
