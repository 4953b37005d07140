import EPCIS
import Foundation
import HTTPAPI
import Queries
import Records
import Signatures
import Support
import Synchronization
import Testing

@testable import Node

/// Subscribers of a running node: real receivers on loopback, which the operator names.
struct SubscriptionTests {
    private static func settings(
        hosts: String = "127.0.0.1", timeLimit: Duration = .seconds(10)
    ) throws -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.webhooks = try WebhookPolicy(hosts)
        settings.webhookTimeLimit = timeLimit
        return settings
    }

    /// Submits events of the supplier and gives their IDs.
    static func submit(
        _ numbers: ClosedRange<Int>, _ node: TestNode, _ caller: HTTPCaller,
        visibility: Visibility = .network
    ) async throws -> [String] {
        let supplier = node.network.supplier
        var ids: [String] = []
        for number in numbers {
            let digits = String(number)
            let zeros = String(repeating: "0", count: 12 - digits.count)
            let id = "urn:uuid:00000000-0000-4000-8000-\(zeros)\(digits)"
            let quantities = DemoNetwork.quantities([(supplier.batch("L\(number)"), "5")])
            let event = DemoNetwork.event(
                "ObjectEvent", time: "2026-01-05T08:00:00Z",
                """
                "eventID":"\(id)","action":"ADD","bizStep":"commissioning",\
                "bizLocation":{"id":"\(supplier.site)"},"quantityList":[\
                \(quantities)]
                """)
            let submission = try node.network.submission(
                event: event, by: supplier, visibility: visibility)
            let answer = try await caller.post(submission)
            try #require(answer.status == 201)
            ids.append(id)
        }
        return ids
    }

    /// Subscribes an organisation to all that is commissioned.
    private static func subscribe(
        _ runtime: NodeRuntime, _ organisation: String, _ url: String,
        _ controls: String = #""stream":true"#, query: String = "made"
    ) async throws -> SubscriptionPlace {
        let running = try #require(runtime.running)
        let body = #"{"name":"\#(query)","query":{"EQ_bizStep":["commissioning"]}}"#
        let known = try? await running.namedQuery(query, of: organisation)
        if known == nil {
            _ = try await running.addQuery(Array(body.utf8), EPCISPreferences(), of: organisation)
        }
        let made = try await running.subscribe(
            Array(#"{"dest":"\#(url)",\#(controls)}"#.utf8), toQuery: query, EPCISPreferences(),
            of: organisation)
        return SubscriptionPlace(organisation: organisation, query: query, id: made.id)
    }

    private static func document(
        _ place: SubscriptionPlace, _ runtime: NodeRuntime
    ) async throws -> JSONValue {
        try JSONValue.parse(try await #require(runtime.running).subscription(place))
    }

    /// How deliveries of a subscription stand.
    private static func standing(
        _ place: SubscriptionPlace, _ runtime: NodeRuntime
    ) async throws -> (state: String, failure: String, attempts: String) {
        let document = try await Self.document(place, runtime)
        let delivery: JSONValue = document["cairn:delivery"] ?? .null
        let state: String = delivery["state"]?.asString ?? ""
        let failure: String = delivery["lastFailure"]?.asString ?? ""
        let attempts: String = delivery["attempts"]?.asNumber?.text ?? ""
        return (state, failure, attempts)
    }

    /// Waits until deliveries of a subscription stand so.
    private static func waits(
        _ place: SubscriptionPlace, _ runtime: NodeRuntime,
        until isSo: @Sendable ((state: String, failure: String, attempts: String)) -> Bool
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if isSo(try await standing(place, runtime)) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func `a receiver that fails, hangs and comes back gets every event, in order`()
        async throws
    {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, count in
            switch count {
            case 0: .answer(500)
            case 2: .hang
            case 4: .close
            case 6: .answer(503, fields: ["Retry-After": "1"])
            default: .answer(200)
            }
        }
        defer { receiver.stop() }
        let settings = try Self.settings(timeLimit: .seconds(1))
        try await node.serve(settings) { runtime, caller in
            _ = try await Self.subscribe(
                runtime, node.network.carrier.uri, receiver.url,
                #""stream":true,"signatureToken":"a secret""#)
            var ids: [String] = []
            for number in 1...5 {
                ids += try await Self.submit(number...number, node, caller)
                let all = ids
                try #require(await receiver.waits { $0.eventIDs == all })
            }
            #expect(receiver.eventIDs == ids)
            #expect(receiver.deliveries.count >= 9)
        }
        for delivery in receiver.deliveries {
            #expect(
                delivery.fields["gs1-signature"]
                    == WebhookSignature.field(token: "a secret", body: delivery.body))
            #expect(delivery.fields["content-type"] == "application/json")
            #expect(delivery.json["type"] == .string("EPCISQueryDocument"))
            // A number means the same bytes, however often it is tried.
            for other in receiver.deliveries where other.key == delivery.key {
                #expect(other.body == delivery.body)
            }
        }
        #expect(Set(receiver.taken.map(\.key)).count == receiver.taken.count)
    }

    @Test func `a node that restarts goes on where the receiver is`() async throws {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, _ in .answer(204) }
        let (port, url) = (receiver.port, receiver.url)
        let settings = try Self.settings()
        let (place, first) = try await node.serve(settings) { runtime, caller in
            let place = try await Self.subscribe(runtime, node.network.carrier.uri, url)
            let first = try await Self.submit(1...2, node, caller)
            try #require(await receiver.waits { $0.eventIDs == first })
            receiver.react { _, _ in .hang }
            let second = try await Self.submit(3...4, node, caller)
            try #require(await receiver.waits { $0.deliveries.count > $0.taken.count })
            return (place, first + second)
        }
        let hanging = try #require(receiver.deliveries.last)
        receiver.stop()
        // The receiver is away while the node starts.
        try await node.serve(settings) { runtime, caller in
            let third = try await Self.submit(5...5, node, caller)
            let isRetrying = try await Self.waits(place, runtime) { $0.state == "retrying" }
            #expect(isRetrying)
            let again = try WebhookReceiver(port: port) { _, _ in .answer(200) }
            defer { again.stop() }
            let rest = Array((first + third).dropFirst(2))
            try #require(await again.waits { $0.eventIDs == rest })
            #expect(again.eventIDs == rest)
            let repeated = try #require(again.deliveries.first)
            #expect(repeated.key == hanging.key && repeated.body == hanging.body)
            let isActive = try await Self.waits(place, runtime) { $0.state == "active" }
            #expect(isActive)
            let told = try await Self.document(place, runtime)
            #expect(told["lastNotifiedAt"] != nil)
        }
    }

    @Test func `a receiver that hangs delays no other`() async throws {
        let node = try TestNode()
        let hanging = try WebhookReceiver { _, _ in .hang }
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        defer {
            hanging.stop()
            receiver.stop()
        }
        try await node.serve(Self.settings(timeLimit: .seconds(600))) { runtime, caller in
            let network = node.network
            for _ in 0..<Deliveries.turnsOfOrganisationLimit {
                _ = try await Self.subscribe(runtime, network.carrier.uri, hanging.url)
            }
            _ = try await Self.subscribe(runtime, network.wholesaler.uri, receiver.url)
            let ids = try await Self.submit(1...3, node, caller)
            try #require(await receiver.waits { $0.eventIDs == ids })
            let limit = Deliveries.turnsOfOrganisationLimit
            try #require(await hanging.waits { $0.deliveries.count == limit })
        }
    }

    @Test func `a subscriber is sent what its organisation may see, and nothing else`()
        async throws
    {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        defer { receiver.stop() }
        try await node.serve(Self.settings()) { runtime, caller in
            let network = node.network
            let past = try await Self.submit(1...1, node, caller)
            _ = try await Self.subscribe(
                runtime, network.carrier.uri, receiver.url,
                #""stream":true,"initialRecordTime":"2020-01-01T00:00:00Z""#)
            try #require(await receiver.waits { $0.eventIDs == past })
            _ = try await Self.submit(
                2...2, node, caller,
                visibility: .only([network.supplier.uri, network.wholesaler.uri]))
            let own = try await Self.submit(
                3...3, node, caller, visibility: .only([network.carrier.uri]))
            let all = past + own
            try #require(await receiver.waits { $0.eventIDs == all })
            #expect(receiver.deliveries.flatMap(\.eventIDs) == all)
        }
    }

    @Test func `a schedule sends at its times, also that there is nothing`() async throws {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        defer { receiver.stop() }
        try await node.serve(Self.settings()) { runtime, caller in
            _ = try await Self.subscribe(
                runtime, node.network.carrier.uri, receiver.url,
                #""schedule":{"second":"0/1"},"reportIfEmpty":true"#)
            let ids = try await Self.submit(1...2, node, caller)
            #expect(
                await receiver.waits { receiver in
                    receiver.eventIDs == ids && receiver.taken.contains { $0.events.isEmpty }
                })
        }
    }

    @Test func `the node is not made to call its own network`() async throws {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        let other = try WebhookReceiver { _, _ in .answer(200) }
        defer {
            receiver.stop()
            other.stop()
        }
        let port = receiver.port
        let carrier = node.network.carrier.uri
        try await node.serve(Self.settings(hosts: "127.0.0.1:\(other.port)")) { runtime, caller in
            let urls: [String] = [
                receiver.url, "https://127.0.0.1:\(port)/", "https://localhost:\(port)/",
                "https://[::1]:\(port)/", "https://[::ffff:127.0.0.1]:\(port)/",
                "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data",
                "http://a.example/", "file:///etc/passwd", "https://2130706433:\(port)/",
            ]
            for url in urls {
                await #expect(throws: Refusal.self, "\(url)") {
                    try await Self.subscribe(runtime, carrier, url)
                }
            }
            // What only resolving shows (a name of ::1 on Debian, no name elsewhere), and what a
            // receiver wishes.
            other.react { _, _ in .answer(302, fields: ["Location": "http://127.0.0.1:\(port)/"]) }
            let hidden = try await Self.subscribe(runtime, carrier, "https://ip6-loopback:\(port)/")
            let moved = try await Self.subscribe(runtime, carrier, other.url)
            _ = try await Self.submit(1...1, node, caller)
            #expect(await other.waits { !$0.deliveries.isEmpty })
            for (place, reason) in [(hidden, "public Internet"), (moved, "302")] {
                let isTold = try await Self.waits(place, runtime) { $0.failure.contains(reason) }
                #expect(isTold, "\(reason)")
            }
            #expect(receiver.deliveries.isEmpty)
        }
    }

    @Test func `what a receiver refuses becomes a dead letter, which can be sent again`()
        async throws
    {
        let node = try TestNode()
        let receiver = try WebhookReceiver { _, _ in .answer(422) }
        defer { receiver.stop() }
        let ahead = Mutex<UInt64>(0)
        var settings = try Self.settings()
        settings.nowMilliseconds = { SystemClock.nowMilliseconds() + ahead.withLock { $0 } }
        try await node.serve(settings) { runtime, caller in
            let running = try #require(runtime.running)
            let place = try await Self.subscribe(
                runtime, node.network.carrier.uri, receiver.url)
            let ids = try await Self.submit(1...1, node, caller)
            for count in 1...DeliveryLimits.attempts {
                let isTried = await receiver.waits { $0.deliveries.count >= count }
                try #require(isTried)
                if count < DeliveryLimits.attempts {
                    let text = String(count)
                    let isKept = try await Self.waits(place, runtime) { $0.attempts == text }
                    try #require(isKept)
                }
                ahead.withLock { $0 += 15 * 60_000 }
                await running.deliveries.pump()
            }
            var letters: [JSONValue] = []
            let deadline = ContinuousClock.now + .seconds(60)
            while letters.isEmpty, ContinuousClock.now < deadline {
                let bytes = try await running.deadLetters(place)
                letters = try JSONValue.parse(bytes).asArray ?? []
                try await Task.sleep(for: .milliseconds(10))
            }
            let letter: JSONValue = letters.first ?? .null
            #expect(letter["lastFailure"]?.asString == "the receiver answered 422")
            #expect(letter["delivery"]?.asNumber?.text == "1")
            receiver.react { _, _ in .answer(200) }
            let second = try await Self.submit(2...2, node, caller)
            try #require(await receiver.waits { $0.eventIDs == second })
            await #expect(throws: Refusal.self) { try await running.redeliver(9, place) }
            try await running.redeliver(1, place)
            let both = second + ids
            try #require(await receiver.waits { $0.eventIDs == both })
            #expect(try await running.deadLetters(place) == Array("[]".utf8))
            await #expect(throws: Refusal.self) { try await running.redeliver(1, place) }
        }
    }

    @Test func `a suspended organisation's subscription pauses`() async throws {
        let (network, _) = try DemoNetwork.withReaderKey()
        let node = try TestNode(network)
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        defer { receiver.stop() }
        try await node.serve(Self.settings()) { runtime, caller in
            let place = try await Self.subscribe(runtime, network.carrier.uri, receiver.url)
            let ids = try await Self.submit(1...1, node, caller)
            try #require(await receiver.waits { $0.eventIDs == ids })
            let body = try network.amendment(
                [.suspend(organisation: network.carrier.uri, fromMilliseconds: 0)],
                after: network.state)
            #expect(try await caller.post(network.submission(body)).status == 201)
            _ = try await Self.submit(2...3, node, caller)
            let isPaused = try await Self.waits(place, runtime) { $0.state == "paused" }
            #expect(isPaused)
            #expect(receiver.eventIDs == ids)
        }
    }

    @Test func `queries and subscriptions are their organisation's, and limited`() async throws {
        let node = try TestNode()
        try await node.serve(Self.settings()) { runtime, _ in
            let running = try #require(runtime.running)
            let (ours, theirs) = (node.network.carrier.uri, node.network.supplier.uri)
            let place = try await Self.subscribe(runtime, ours, "https://a.example/")
            await #expect(throws: Refusal.self) {
                try await running.namedQuery("made", of: theirs)
            }
            var foreign = place
            foreign.organisation = theirs
            let stranger = foreign
            await #expect(throws: Refusal.self) { try await running.subscription(stranger) }
            await #expect(throws: Refusal.self) { try await running.unsubscribe(stranger) }
            let told = try await running.subscription(place)
            #expect(!String(decoding: told, as: UTF8.self).contains("signatureToken"))
            for _ in 1..<64 {
                _ = try await Self.subscribe(runtime, ours, "https://a.example/")
            }
            await #expect {
                try await Self.subscribe(runtime, ours, "https://a.example/")
            } throws: { error in
                (error as? Refusal)?.code == "subscription.limit"
            }
            let first = try await running.subscriptions(
                ofQuery: "made", ListQuestion(perPage: 60), of: ours)
            let second = try await running.subscriptions(
                ofQuery: "made", ListQuestion(perPage: 60, token: first.nextPageToken), of: ours)
            #expect(try JSONValue.parse(first.body).asArray?.count == 60)
            #expect(try JSONValue.parse(second.body).asArray?.count == 4)
            #expect(second.nextPageToken == nil)
            try await running.removeQuery("made", of: ours)
            await #expect(throws: Refusal.self) { try await running.subscription(place) }
            #expect(await running.deliveries.entries.isEmpty)
        }
    }

    @Test func `queries are named, asked and subscribed to over HTTP`() async throws {
        let node = try TestNode()
        try await node.serve(Self.settings()) { runtime, caller in
            let port = runtime.address.port
            func ask(_ method: String, _ path: String, _ body: String = "") async throws
                -> RawAnswer
            {
                let bytes: [UInt8]? = body.isEmpty ? nil : Array(body.utf8)
                return try await RawAnswer.ask(
                    port, method, "/epcis/queries" + path,
                    fields: ["content-type": "application/json"], body: bytes)
            }
            let query = #"{"name":"made","query":{"EQ_bizStep":["commissioning"]}}"#
            let made = try await ask("POST", "", query)
            #expect(made.status == 201 && made.fields["location"] == "/epcis/queries/made")
            #expect(try await ask("POST", "", query).status == 409)
            #expect(try await ask("GET", "/made").text == query)
            #expect(try await ask("GET", "").text == "[\(query)]")
            let ids = try await Self.submit(1...2, node, caller)
            let events = try await ask("GET", "/made/events?perPage=1")
            #expect(events.status == 200 && events.fields["link"] != nil)
            #expect(events.text.contains(ids[1]) && !events.text.contains(ids[0]))
            #expect(try await ask("GET", "/made/events?EQ_action=ADD").status == 400)
            let wrong = try await ask(
                "POST", "/made/subscriptions", #"{"dest":"https://a.example"}"#)
            #expect(wrong.status == 400)
            #expect(wrong.text.contains("epcisException:SubscriptionControlsException"))
            let subscribed = try await ask(
                "POST", "/made/subscriptions", #"{"dest":"https://a.example","stream":true}"#)
            let place = try #require(
                subscribed.fields["location"]?.dropFirst("/epcis/queries".count))
            #expect(try await ask("GET", String(place)).status == 200)
            #expect(try await ask("GET", "\(place)/deadLetters").text == "[]")
            #expect(try await ask("DELETE", String(place)).status == 204)
            #expect(try await ask("GET", String(place)).status == 404)
            #expect(try await ask("DELETE", "/made").status == 204)
            #expect(try await ask("GET", "/made").status == 404)
        }
    }
}
