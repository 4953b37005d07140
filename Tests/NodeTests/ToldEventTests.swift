import EPCIS
import Foundation
import MerkleTrees
import Queries
import Records
import Support
import Testing

@testable import Node

/// What an answer adds to an event leads to its proof, and takes nothing from what was signed.
@Suite struct ToldEventTests {
    @Test func `an answer says when an event was registered, by whom, and which part proves it`()
        async throws
    {
        let node = try TestNode()
        var settings = NodeRuntime.Settings.quiet
        settings.nowMilliseconds = { 1_798_761_600_123 }
        let supplier = node.network.supplier
        let event = DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "recordTime":"2020-01-01T00:00:00Z","action":"ADD","bizStep":"commissioning",\
            "bizLocation":{"id":"\(supplier.site)"},\
            "quantityList":[\(DemoNetwork.quantities([(supplier.batch("TOLD"), "5")]))]
            """)
        let submission = try node.network.submission(event: event, by: supplier)
        let part = try Part.decode(try #require(submission.parts.first))
        try await node.serve(settings) { _, caller in
            #expect(try await caller.post(submission).status == 201)
            let answer = try await caller.get("/epcis/events")
            #expect(answer.status == 200, "\(answer.text)")
            let document = try JSONValue.parse(answer.body)
            let results = document["epcisBody"]?["queryResults"]?["resultsBody"]
            let told = try #require(results?["eventList"]?.asArray?.first)
            #expect(told["recordTime"] == .string("2027-01-01T00:00:00.123Z"))
            #expect(told["cairn:issuer"] == .string(supplier.uri))
            #expect(told["cairn:part"] == .string(part.digest.hex))

            let bytes = try await caller.get("/log/part/\(part.digest.hex)").body
            let signed = try JSONValue.parse(try Part.decode(bytes).content)
            #expect(Self.rest(told) == Self.rest(signed))
            #expect(signed["recordTime"] == .string("2020-01-01T00:00:00Z"))
        }
    }

    /// The members that answers leave alone.
    private static func rest(_ event: JSONValue) -> [JSONMember] {
        guard case .object(let members) = event else { return [] }
        return members.filter { !ToldEvent.addedNames.contains($0.name) }
    }
}
