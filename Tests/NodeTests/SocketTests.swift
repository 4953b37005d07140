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

/// Callers that are told of events over a WebSocket by a running node.
struct SocketTests {
    /// One event as a document had it.
    struct Told: Hashable {
        var id: String
        var recordTime: String
        var part: String
    }

    /// A document with what it tells.
    struct Document {
        var json: JSONValue
        var events: [Told]
        var ids: [String] { events.map(\.id) }

        init(_ bytes: [UInt8]) throws {
            json = try JSONValue.parse(bytes)
            let results = json["epcisBody"]?["queryResults"]
            events = (results?["resultsBody"]?["eventList"]?.asArray ?? []).map { event in
                Told(
                    id: event["eventID"]?.asString ?? "",
                    recordTime: event["recordTime"]?.asString ?? "",
                    part: event["cairn:part"]?.asString ?? "")
            }
        }
    }

    private static func addQuery(
        _ runtime: NodeRuntime, _ organisation: String
    ) async throws {
        let body = #"{"name":"made","query":{"EQ_bizStep":["commissioning"]}}"#
        _ = try await #require(runtime.running).addQuery(
            Array(body.utf8), EPCISPreferences(), of: organisation)
    }

    private static func secret(_ node: TestNode, _ organisation: String) throws -> String {
        let now = SystemClock.nowMilliseconds()
        return try TokenFile(directory: node.directory).add(
            name: "erp", role: .reader, organisation: organisation,
            expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
    }

    private static func open(
        _ runtime: NodeRuntime, _ query: String, _ credential: String? = nil
    ) async throws -> SocketCaller {
        let caller = try SocketCaller(port: runtime.address.port)
        let answer = await caller.open(
            "/epcis/queries/made/events?\(query)",
            fields: ["authorization": credential.map { "Bearer \($0)" }])
        try #require(answer.status == 101, "\(answer.text)")
        return caller
    }

    /// What comes until so many events are there.
    private static func told(_ caller: SocketCaller, _ count: Int) async throws -> [Told] {
        var told: [Told] = []
        while told.count < count {
            told += try Document(try #require(await caller.message(seconds: 60))).events
        }
        return told
    }

    @Test func `events come as they arrive, in order, each once, also to who comes back`()
        async throws
    {
        let node = try TestNode()
        var settings = NodeRuntime.Settings.quiet
        settings.http.socketsOfCaller = 64
        try await node.serve(settings) { runtime, caller in
            try await Self.addQuery(runtime, node.network.wholesaler.uri)
            _ = try await SubscriptionTests.submit(1...2, node, caller)
            let first = try await Self.open(runtime, "stream=true")
            let submitting = Task {
                try await SubscriptionTests.submit(3...60, node, caller)
            }
            var told = try await Self.told(first, 1)
            #expect(told.first?.id.hasSuffix("03") == true)
            // Again and again it goes away, also without a word, and comes back where it was.
            var current = first
            var rounds = 0
            while told.count < 58 {
                if rounds % 2 == 0 { await current.drop() } else { await current.send(8) }
                rounds += 1
                let time = try #require(told.last?.recordTime)
                current = try await Self.open(runtime, "stream=true&initialRecordTime=\(time)")
                let known = Set(told)
                let message = try #require(await current.message(seconds: 60))
                told += try Document(message).events.filter { !known.contains($0) }
            }
            let ids = try await submitting.value
            #expect(told.map(\.id) == ids)
            #expect(rounds > 1)
        }
    }

    @Test func `a document is as a webhook's, by name of its query`() async throws {
        let node = try TestNode()
        try await node.serve { runtime, caller in
            try await Self.addQuery(runtime, node.network.wholesaler.uri)
            let socket = try await Self.open(runtime, "stream=true")
            let ids = try await SubscriptionTests.submit(1...1, node, caller)
            let document = try Document(try #require(await socket.message(seconds: 60)))
            #expect(document.ids == ids)
            #expect(document.json["type"] == .string("EPCISQueryDocument"))
            let results = document.json["epcisBody"]?["queryResults"]
            #expect(results?["queryName"] == .string("made"))
            #expect(results?["subscriptionID"] == nil)
        }
    }

    @Test(arguments: [true, false])
    func `a schedule tells at its times, also that there is nothing if that is wished`(
        tellsEmpty: Bool
    ) async throws {
        let node = try TestNode()
        let ahead = Mutex<UInt64>(0)
        var settings = NodeRuntime.Settings.quiet
        // The clock goes from half an hour before the time, until it is set.
        let shift = 5_400_000 - SystemClock.nowMilliseconds() % 3_600_000
        settings.nowMilliseconds = {
            SystemClock.nowMilliseconds() + shift + ahead.withLock { $0 }
        }
        try await node.serve(settings) { runtime, caller in
            try await Self.addQuery(runtime, node.network.wholesaler.uri)
            let socket = try await Self.open(runtime, "minute=0&reportIfEmpty=\(tellsEmpty)")
            let ids = try await SubscriptionTests.submit(1...3, node, caller)
            #expect(await socket.message(seconds: 1) == nil)
            let feeds = try #require(runtime.running).deliveries.feeds
            // A run tells of what the views have by its time.
            func passHour() async throws {
                let size = try #require(await runtime.service?.health().size)
                let end = ContinuousClock.now + .seconds(30)
                while feeds.size < size, .now < end {
                    try await Task.sleep(for: .milliseconds(5))
                }
                ahead.withLock { $0 += 3_600_000 }
                feeds.wake()
            }
            try await passHour()
            let first = try Document(try #require(await socket.message(seconds: 60)))
            #expect(first.ids == ids)
            try await passHour()
            if tellsEmpty {
                let second = try Document(try #require(await socket.message(seconds: 60)))
                #expect(second.ids == [])
            } else {
                #expect(await socket.message(seconds: 1) == nil)
            }
            let more = try await SubscriptionTests.submit(4...4, node, caller)
            try await passHour()
            let third = try Document(try #require(await socket.message(seconds: 60)))
            #expect(third.ids == more)
        }
    }

    @Test func `a caller is told what its organisation may see, and asks for its own`()
        async throws
    {
        let node = try TestNode()
        try await node.serve(exposure: .proxied) { runtime, _ in
            let network = node.network
            let port = runtime.address.port
            try await Self.addQuery(runtime, network.carrier.uri)
            let secret = try Self.secret(node, network.carrier.uri)
            let bare = try await SocketCaller(port: port).open(
                "/epcis/queries/made/events?stream=true")
            #expect(bare.status == 401)
            let now = SystemClock.nowMilliseconds()
            let other = try TokenFile(directory: node.directory).add(
                name: "other", role: .submitter, organisation: network.supplier.uri,
                expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
            let foreign = try await SocketCaller(port: port).open(
                "/epcis/queries/made/events?stream=true",
                fields: ["authorization": "Bearer \(other)"])
            #expect(foreign.status == 404)
            #expect(foreign.text.contains("query.unknown"))
            let socket = try await Self.open(runtime, "stream=true", secret)
            let running = try #require(runtime.running)
            func submit(_ number: Int, _ visibility: Visibility) async throws {
                let submission = try node.commissioning("L\(number)", visibility: visibility)
                _ = try await running.submit(submission.encoded(), patiently: true)
            }
            try await submit(1, .only([network.supplier.uri, network.wholesaler.uri]))
            try await submit(2, .network)
            try await submit(3, .only([network.supplier.uri]))
            try await submit(4, .only([network.carrier.uri]))
            var text = ""
            while !text.contains(network.supplier.batch("L4")) {
                let message = try #require(await socket.message(seconds: 60))
                text += String(decoding: message, as: UTF8.self)
            }
            for (lot, isSeen) in [("L1", false), ("L2", true), ("L3", false)] {
                #expect(text.contains(network.supplier.batch(lot)) == isSeen)
            }
        }
    }

    @Test func `a query that is deleted, and a token that is revoked, end it`() async throws {
        let node = try TestNode()
        try await node.serve(exposure: .proxied) { runtime, _ in
            let carrier = node.network.carrier.uri
            try await Self.addQuery(runtime, carrier)
            let secret = try Self.secret(node, carrier)
            let first = try await Self.open(runtime, "stream=true", secret)
            let asker = Asker(port: runtime.address.port, credential: secret)
            #expect(try await asker.ask("DELETE", "/epcis/queries/made").status == 204)
            #expect(await first.closeCode() == 1_008)
            try await Self.addQuery(runtime, carrier)
            let second = try await Self.open(runtime, "hour=3", secret)
            try TokenFile(directory: node.directory).revoke(name: "erp")
            #expect(await second.closeCode(seconds: 60) == 1_008)
            let running = try #require(runtime.running)
            let end = Date().addingTimeInterval(30)
            while running.deliveries.feeds.count > 0, Date() < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(running.deliveries.feeds.count == 0)
        }
    }

    @Test func `a suspended organisation is told no more`() async throws {
        let (network, _) = try DemoNetwork.withReaderKey()
        let node = try TestNode(network)
        try await node.serve { runtime, caller in
            try await Self.addQuery(runtime, network.carrier.uri)
            let feed = try await #require(runtime.running).follow(
                "made",
                try SubscriptionControls(
                    parameters: ["stream": "true"], format: .noPreference), of: network.carrier.uri)
            let ids = try await SubscriptionTests.submit(1...1, node, caller)
            #expect(try Document(try await feed.next()).ids == ids)
            let body = try network.amendment(
                [.suspend(organisation: network.carrier.uri, fromMilliseconds: 0)],
                after: network.state)
            async let next = feed.next()
            #expect(try await caller.post(network.submission(body)).status == 201)
            _ = try await SubscriptionTests.submit(2...3, node, caller)
            do {
                _ = try await next
                Issue.record("a suspended organisation is told of events")
            } catch {
                #expect(
                    error as? FeedEnd
                        == .gone(reason: "the organisation is no member of the network now"))
            }
        }
    }

    @Test func `a token of minutes is good for what it opened, while its key is`() throws {
        let (network, key) = try DemoNetwork.withReaderKey()
        let binding = ReaderToken.Binding(audience: "log.example", method: "GET", path: "/a")
        let issued = DemoNetwork.startMilliseconds / 1_000 + 1_000
        let token = try ReaderToken(
            try ReaderToken.sign(
                binding, organisation: network.supplier.uri, key: key, issuedAtSeconds: issued))
        let shown = (issued + 10) * 1_000
        let later = shown + 86_400_000
        func verify(_ now: UInt64, shown: UInt64?) throws {
            _ = try token.verified(
                for: binding, under: network.state, nowMilliseconds: now,
                shownMilliseconds: shown)
        }
        try verify(shown, shown: nil)
        try verify(later, shown: shown)
        #expect(throws: Refusal.self) { try verify(later, shown: nil) }
        // The key is not in force yet: that is judged as of now.
        let early = DemoNetwork.startMilliseconds - 1
        #expect(throws: Refusal.self) { try verify(early, shown: shown) }
    }

    @Test func `a node that stops tells those who listen, and does not wait for them`()
        async throws
    {
        let node = try TestNode()
        let start = Mutex(ContinuousClock.now)
        let sockets = try await node.serve { runtime, caller in
            try await Self.addQuery(runtime, node.network.wholesaler.uri)
            var sockets: [SocketCaller] = []
            for query in ["stream=true", "hour=1"] {
                sockets.append(try await Self.open(runtime, query))
            }
            _ = try await SubscriptionTests.submit(1...1, node, caller)
            start.withLock { $0 = ContinuousClock.now }
            return sockets
        }
        // The settings give requests a minute.
        #expect(ContinuousClock.now - start.withLock { $0 } < .seconds(30))
        for socket in sockets {
            #expect(await socket.closeCode(seconds: 1, answers: false) == 1_001)
        }
    }
}
