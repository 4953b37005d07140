import EPCIS
import MerkleTrees
import Queries
import Records
import Storage
import Support
import Testing

@Suite struct `Kept subscriptions` {
    private let directory: TemporaryDirectory
    private let identity = LogIdentity(
        origin: DemoNetwork.origin, network: Hash256.sha256([1]), indexDepth: 8)

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> ServiceState {
        try ServiceState(directory: directory.path, identity: identity)
    }

    private static func query(_ name: String) throws -> NamedQuery {
        try NamedQuery(name: name, json: JSONValue.parse(Array(#"{"EQ_action":["ADD"]}"#.utf8)))
    }

    private static func kept(_ id: String, _ organisation: String = "a") throws -> KeptSubscription
    {
        let request = #"{"dest":"https://a.example","signatureToken":"secret","stream":true}"#
        return KeptSubscription(
            subscription: Subscription(
                id: id, organisation: organisation, queryName: "q",
                request: try SubscriptionRequest(json: try JSONValue.parse(Array(request.utf8))),
                createdMilliseconds: 5),
            delivery: Delivery(from: EventPosition(leafIndex: 7, part: 1)))
    }

    private static func add(_ name: String, _ organisation: String, to state: ServiceState) throws
        -> Addition
    {
        try state.add(try query(name), of: organisation, limit: 2, createdMilliseconds: 1)
    }

    @Test func `belong to queries of one organisation, which have limits`() throws {
        let state = try open()
        #expect(try Self.add("q", "a", to: state) == .added)
        #expect(try Self.add("q", "a", to: state) == .exists)
        #expect(try Self.add("q", "b", to: state) == .added)
        #expect(try Self.add("r", "a", to: state) == .added)
        #expect(try Self.add("s", "a", to: state) == .full)
        #expect(try state.namedQueries(of: "a", after: "", limit: 9).map(\.name) == ["q", "r"])
        #expect(try state.namedQueries(of: "a", after: "q", limit: 9).map(\.name) == ["r"])
        #expect(try state.namedQuery("r", of: "b") == nil)
        func add(_ id: String, _ organisation: String) throws -> Addition {
            try state.add(try Self.kept(id, organisation), limit: 2, limitTogether: 3)
        }
        #expect(try add("1", "a") == .added && add("2", "a") == .added && add("3", "a") == .full)
        #expect(try add("3", "b") == .added && add("4", "b") == .full && add("5", "c") == .missing)
        #expect(try !state.removeQuery("q", of: "c") && state.removeQuery("q", of: "a"))
        #expect(try state.subscriptions().map(\.subscription.id) == ["3"])
        try state.close()
    }

    @Test func `are the same after a restart, with their dead letters`() throws {
        let state = try open()
        _ = try Self.add("q", "a", to: state)
        var kept = try Self.kept("1")
        _ = try state.add(kept, limit: 9, limitTogether: 9)
        let range = DeliveryRange(
            start: kept.delivery.cursor, end: EventPosition(leafIndex: 9, part: 0))
        kept.delivery.found(eventCount: 1, in: range, nowMilliseconds: 10)
        try state.keep(kept.delivery, of: "1")
        var letter: DeadLetter?
        for _ in 0..<DeliveryLimits.attempts {
            letter = kept.delivery.failed(.init(.refused, "no"), nowMilliseconds: 20, jitter: 0)
        }
        #expect(letter != nil)
        try state.keep(kept.delivery, of: "1", adding: letter)
        try state.close()

        let again = try open()
        #expect(try again.subscriptions() == [kept])
        #expect(try again.deadLetters(of: "1") == [letter])
        #expect(try again.deadLetters(of: "2") == [])
        kept.delivery.dismissed()
        try again.keep(kept.delivery, of: "1", removing: letter?.batch.number)
        #expect(try again.deadLetters(of: "1") == [])
        #expect(try again.removeSubscription("1") && !again.removeSubscription("1"))
        // What a delivery in flight comes to afterwards is of no subscription.
        try again.keep(kept.delivery, of: "1", adding: letter)
        #expect(try again.subscriptions() == [])
        try again.close()
    }
}
