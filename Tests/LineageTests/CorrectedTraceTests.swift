import EPCIS
import GS1
import Lineage
import MerkleTrees
import Records
import Testing

@Suite struct CorrectedTraceTests {
    /// An event's members, with its ID and, if it declares an error, what corrects it.
    private func transformation(
        _ input: String, _ output: String, id: String?, declares correctives: [String]? = nil
    ) -> String {
        var members = [#""inputEPCList":["\#(input)"],"outputEPCList":["\#(output)"]"#]
        if let id { members.append(#""eventID":"\#(id)""#) }
        if let correctives {
            let ids = correctives.map { "\"\($0)\"" }.joined(separator: ",")
            members.append(
                #""errorDeclaration":{"declarationTime":"2026-03-20T00:00:00Z","#
                    + #""reason":"incorrect_data","correctiveEventIDs":[\#(ids)]}"#)
        }
        return members.joined(separator: ",")
    }

    /// wool → yarn said wrongly, silk → yarn said instead.
    private func story(
        by issuer: String? = nil, standing: Standing = .own, hashes: [String] = []
    ) throws -> EventList {
        var events = EventList()
        try events.add(
            "TransformationEvent", transformation(item("wool"), item("yarn"), id: "ex:1"))
        try events.add(
            "TransformationEvent",
            transformation(item("wool"), item("yarn"), id: "ex:1", declares: ["ex:2"]),
            sameTimeAs: 0, by: issuer, standing: standing)
        try events.add(
            "TransformationEvent", transformation(item("silk"), item("yarn"), id: "ex:2"))
        for (number, hash) in hashes.enumerated() { events.setHash(hash, of: number) }
        return events
    }

    @Test func `edges follow the corrected view, and all three events are shown and marked`() throws
    {
        let trace = try story().trace(item("yarn"), .up)
        #expect(trace.uris == [item("yarn"), item("silk")])
        #expect(trace.steps == [step(item("silk"), .transformed, item("yarn"))])
        let events = trace.nodes[0].events
        #expect(events.map(\.eventID) == ["ex:1", "ex:1", "ex:2"])
        #expect(events[0].correction?.correctedBy == ["ex:2"])
        #expect(events[0].correction?.declaredBy == [events[1].digest])
        #expect(events[0].correction?.reasons == ["https://ref.gs1.org/cbv/ER-incorrect_data"])
        #expect(events[1].correction?.isDeclaration == true)
        #expect(events[2].correction?.corrects == ["ex:1"])
        #expect(try story().trace(item("wool"), .down).uris == [item("wool")])
        #expect(try story().trace(item("silk"), .down).uris == [item("silk"), item("yarn")])
    }

    @Test func `a correction is marked where the wrong event is not shown`() throws {
        let trace = try story().trace(item("silk"), .down)
        #expect(trace.nodes[0].events.map(\.correction?.corrects) == [["ex:1"]])
    }

    private let stranger = "https://id.gs1.org/417/9521101000009"

    @Test func `a stranger's declaration changes nothing`() throws {
        // Its own to say, but about another event of that ID.
        let another = try story(by: stranger, hashes: ["ni:1", "ni:2"])
        #expect(try another.trace(item("yarn"), .up).uris.contains(item("wool")))
        // The same event, but not its to say.
        let reported = try story(by: stranger, standing: .reported, hashes: ["ni:1", "ni:1"])
        let trace = try reported.trace(item("yarn"), .up)
        #expect(trace.uris.contains(item("wool")))
        #expect(trace.nodes[0].events[0].correction == nil)
    }

    @Test func `what a stranger says to put right is not shown to correct anything`() throws {
        for (standing, hash, counts) in [
            (Standing.reported, "ni:1", false), (.own, "ni:2", false), (.own, "ni:1", true),
        ] {
            var events = EventList()
            try events.add(
                "TransformationEvent", transformation(item("wool"), item("yarn"), id: "ex:1"))
            try events.add(
                "TransformationEvent",
                transformation(item("wool"), item("yarn"), id: "ex:1", declares: ["ex:2"]),
                sameTimeAs: 0, by: stranger, standing: standing)
            try events.add(
                "TransformationEvent", transformation(item("silk"), item("yarn"), id: "ex:2"),
                by: stranger, standing: standing)
            events.setHash("ni:1", of: 0)
            events.setHash(hash, of: 1)
            // Where the wrong event is shown, and where it is not.
            for (start, place) in [("yarn", 2), ("silk", 0)] {
                let shown = try events.trace(item(start), .up).nodes[0].events
                #expect(shown[place].eventID == "ex:2")
                #expect(shown[place].correction?.corrects == (counts ? ["ex:1"] : nil))
            }
        }
    }

    @Test(arguments: [Standing.own, .delegated])
    func `who may speak for the event may declare it wrong`(standing: Standing) throws {
        let events = try story(by: stranger, standing: standing, hashes: ["ni:1", "ni:1"])
        #expect(try events.trace(item("yarn"), .up).uris == [item("yarn"), item("silk")])
    }

    @Test func `an event without ID is found by its hash`() throws {
        var events = EventList()
        try events.add("TransformationEvent", transformation(item("wool"), item("yarn"), id: nil))
        try events.add(
            "TransformationEvent",
            transformation(item("wool"), item("yarn"), id: nil, declares: []), sameTimeAs: 0)
        #expect(try events.trace(item("yarn"), .up).uris.contains(item("wool")))
        for number in 0..<2 { events.setHash("ni:1", of: number) }
        let trace = try events.trace(item("yarn"), .up)
        #expect(trace.uris == [item("yarn")])
        #expect(trace.nodes[0].events.map { $0.correction?.holds } == [false, false])
    }

    @Test func `a process goes on from the events that hold`() throws {
        var events = EventList()
        let process = #""transformationID":"urn:example:process:1""#
        try events.add(
            "TransformationEvent", process + #","eventID":"ex:1","inputEPCList":["\#(item("a"))"]"#)
        try events.add(
            "TransformationEvent", process + #","outputEPCList":["\#(item("c"))"]"#)
        try events.add(
            "TransformationEvent",
            process + #","eventID":"ex:1","inputEPCList":["\#(item("a"))"],"#
                + #""errorDeclaration":{"declarationTime":"2026-03-20T00:00:00Z"}"#,
            sameTimeAs: 0)
        try events.add(
            "TransformationEvent", process + #","inputEPCList":["\#(item("b"))"]"#)
        #expect(try events.trace(item("c"), .up).uris == [item("c"), item("b")])
        #expect(try events.trace(item("a"), .down).uris == [item("a")])
    }
}
