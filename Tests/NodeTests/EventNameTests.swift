import EPCIS
import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Support
import Testing

@testable import Node

@Suite struct `The ID of an event` {
    private let node: TestNode

    init() throws { node = try TestNode() }

    private func event(
        _ id: String, kilograms: Int, lot: String = "LOT1", declaration: String? = nil
    ) -> [UInt8] {
        let supplier = node.network.supplier
        let declared = declaration.map { #","errorDeclaration":\#($0)"# } ?? ""
        return DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "eventID":"\(id)","action":"ADD","bizStep":"commissioning",\
            "bizLocation":{"id":"\(supplier.site)"},"quantityList":\
            [\(DemoNetwork.quantities([(supplier.batch(lot), "\(kilograms)")]))]\(declared)
            """)
    }

    private func signed(
        _ event: [UInt8], second: UInt64 = 0, visibility: Visibility = .network
    ) throws -> Submission {
        try node.network.submission(
            event: event, by: node.network.supplier, visibility: visibility,
            issuedAtSeconds: DemoNetwork.startSeconds + second)
    }

    @Test func `is taken by the first event in the log, and kept from another content`()
        async throws
    {
        try await node.serve { _, caller in
            let first = try await caller.post(try signed(event("urn:uuid:1", kilograms: 5)))
            #expect(first.status == 201)
            let before = try await caller.get("/log/checkpoint").body
            let other = try await caller.post(
                try signed(event("urn:uuid:1", kilograms: 6, lot: "LOT2")))
            #expect(other.status == 409)
            #expect(other.code == "event.id-taken")
            #expect(other.text.contains("urn:uuid:1"))
            #expect(other.text.contains("errorDeclaration"))
            #expect(try await caller.get("/log/checkpoint").body == before)
            let same = try await caller.post(try signed(event("urn:uuid:1", kilograms: 5)))
            #expect(same.status == 200)
            let another = try await caller.post(try signed(event("urn:uuid:2", kilograms: 6)))
            #expect(another.status == 201)
        }
        // The process has forgotten what was on its way; the views know.
        try await node.serve { runtime, caller in
            let running = try #require(runtime.running)
            let size = running.published.newest.size
            #expect(await running.views.reaches(size, within: .seconds(60)))
            let other = try await caller.post(try signed(event("urn:uuid:1", kilograms: 7)))
            #expect(other.code == "event.id-taken")
            let readers = Visibility.organisations([node.network.carrier.uri])
            for (second, visibility) in [(1, .network), (2, readers)] as [(UInt64, Visibility)] {
                let same = try signed(
                    event("urn:uuid:1", kilograms: 5), second: second, visibility: visibility)
                #expect(try await caller.post(same).status == 201)
            }
        }
    }

    @Test func `is repeated by a declaration that it was wrong, and by no correction`()
        async throws
    {
        let declaration = """
            {"declarationTime":"2026-01-06T08:00:00Z","correctiveEventIDs":["urn:uuid:2"]}
            """
        try await node.serve { _, caller in
            for event in [
                event("urn:uuid:1", kilograms: 5),
                event("urn:uuid:1", kilograms: 5, declaration: declaration),
                event("urn:uuid:2", kilograms: 6),
            ] {
                #expect(try await caller.post(try signed(event)).status == 201)
            }
            let late = try await caller.post(try signed(event("urn:uuid:1", kilograms: 6)))
            #expect(late.code == "event.id-taken")
            let evidence = try await caller.get(
                "/evidence/" + HTTPCaller.segment(node.network.supplier.batch("LOT1")))
            #expect(evidence.status == 200)
        }
    }

    @Test func `goes to one of many that come at once`() async throws {
        try await node.serve { runtime, caller in
            let submissions = try (1...12).map { try signed(event("urn:uuid:1", kilograms: $0)) }
            let answers = try await withThrowingTaskGroup { group in
                for submission in submissions {
                    group.addTask { try await caller.post(submission).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == 201 } == 1)
            #expect(answers.count { $0 == 409 } == 11)
            _ = runtime
        }
    }

    @Test func `is another organisation's to use as well`() async throws {
        try await node.serve { _, caller in
            let network = node.network
            for (member, kilograms) in [(network.supplier, "5"), (network.carrier, "6")] {
                let event = DemoNetwork.event(
                    "ObjectEvent", time: "2026-01-05T08:00:00Z",
                    """
                    "eventID":"urn:uuid:1","action":"OBSERVE","bizStep":"inspecting",\
                    "bizLocation":{"id":"\(member.site)"},"quantityList":\
                    [\(DemoNetwork.quantities([(network.supplier.batch("LOT1"), kilograms)]))]
                    """)
                let answer = try await caller.post(
                    try network.submission(event: event, by: member))
                #expect(answer.status == 201, "\(answer.text)")
            }
        }
    }

    @Test func `is refused to a captured event, by itself and within its document`()
        async throws
    {
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            #expect(try await caller.capture(node.document(["1", "2"]))["success"] == .bool(true))
            let text = String(decoding: node.document(["2", "3"]), as: UTF8.self)
            let changed = Array(text.replacing(#""quantity":7"#, with: #""quantity":8"#).utf8)
            let job = try await caller.capture(changed)
            #expect(job["success"] == .bool(false))
            let error = try #require(job["errors"]?.asArray?.first)
            #expect(error["code"] == .string("event.id-taken"))
            #expect(error["event"]?.asNumber?.text == "0")
            #expect(try await node.statements(runtime) == 1)
            let proceeded = try await caller.capture(
                changed, fields: ["gs1-capture-error-behaviour": "proceed"])
            #expect(proceeded["errors"]?.asArray?.count == 1)
            #expect(try await node.statements(runtime) == 2)
        }
    }

    @Test func `is free again when the statement that claimed it was refused`() throws {
        let names = EventNames()
        let name = NamedEvent.Name(issuer: "urn:x:a", eventID: "urn:uuid:1")
        func named(_ content: String) -> NamedEvent {
            NamedEvent(name: name, content: Array(content.utf8), part: .zero)
        }
        let first = try names.claim([named("one")], viewed: 0)
        #expect(throws: Refusal.self) { try names.claim([named("two")], viewed: 0) }
        #expect(throws: Refusal.self) {
            try EventNames().claim([named("one"), named("two")], viewed: 0)
        }
        names.settle(first, leafIndex: nil)
        let second = try names.claim([named("two"), named("two")], viewed: 0)
        names.settle(second, leafIndex: 7)
        #expect(throws: Refusal.self) { try names.claim([named("one")], viewed: 7) }
        // What the views know they tell: it may have been erased.
        _ = try names.claim([named("one")], viewed: 8)
        #expect(throws: Refusal.self) { try names.claim([named("two")], viewed: 8) }
    }

    @Test func `is remembered until the views have reached its event`() throws {
        let names = EventNames()
        func named(_ number: Int) -> NamedEvent {
            NamedEvent(
                name: .init(issuer: "urn:x:a", eventID: "urn:uuid:\(number)"),
                content: Array("\(number)".utf8), part: .zero)
        }
        for leaf in 1...8_192 {
            names.settle(try names.claim([named(leaf)], viewed: 8_000), leafIndex: UInt64(leaf))
        }
        var other = named(8_192)
        other.content = [1]
        #expect(throws: Refusal.self) { try names.claim([other], viewed: 8_192) }
        var early = named(100)
        early.content = [1]
        _ = try names.claim([early], viewed: 8_192)
    }
}
