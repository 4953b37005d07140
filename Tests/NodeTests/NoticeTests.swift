import EPCIS
import HTTPAPI
import MerkleTrees
import Queries
import Records
import Sequencing
import Signatures
import Support
import Testing

@testable import Node
@testable import Storage

/// Who is told of a recall or a revocation, and what (SPEC §26.5).
struct NoticeTests {
    private static func settings() throws -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.webhooks = try WebhookPolicy("127.0.0.1")
        return settings
    }

    /// Subscribes an organisation to notices at a path of a receiver.
    private static func subscribe(
        _ runtime: NodeRuntime, _ member: DemoNetwork.Member, _ receiver: WebhookReceiver,
        _ reach: String = "mine"
    ) async throws {
        let running = try #require(runtime.running)
        let body = #"{"name":"notices","query":{}}"#
        if (try? await running.namedQuery("notices", of: member.uri)) == nil {
            _ = try await running.addQuery(Array(body.utf8), EPCISPreferences(), of: member.uri)
        }
        let controls =
            #"{"dest":"\#(receiver.url)/\#(reach)","stream":true,"signatureToken":"a secret","#
            + #""cairn:notices":"\#(reach)"}"#
        _ = try await running.subscribe(
            Array(controls.utf8), toQuery: "notices", EPCISPreferences(), of: member.uri)
    }

    private static func recall(of uri: String) -> Record {
        var record = Record(kind: .recall)
        record.about = [uri]
        record.fromMilliseconds = DemoNetwork.startMilliseconds
        record.reason = "salmonella"
        return record
    }

    /// The supplier's batch A is made into the carrier's B, which goes to the wholesaler.
    private static func trade(
        _ network: DemoNetwork, makingIsSecret: Bool = false
    ) throws -> [Submission] {
        let (supplier, carrier) = (network.supplier, network.carrier)
        let made = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(supplier.batch("A"), "5")],
            site: supplier.site)
        let mixed = DemoNetwork.transformationEvent(
            inputs: [(supplier.batch("A"), "5")], outputs: [(carrier.batch("B"), "5")],
            site: carrier.site)
        let sent = DemoNetwork.objectEvent(
            action: "OBSERVE", bizStep: "shipping", batches: [(carrier.batch("B"), "5")],
            site: carrier.site, time: "2026-01-07T08:00:00Z", takers: [network.wholesaler.uri])
        return [
            try network.submission(event: made, by: supplier),
            try network.submission(
                event: mixed, by: carrier,
                visibility: makingIsSecret
                    ? .organisations([carrier.uri, supplier.uri].sorted()) : .network),
            try network.submission(event: sent, by: carrier),
        ]
    }

    private static func notices(_ receiver: WebhookReceiver) -> [JSONValue] {
        receiver.taken.flatMap { $0.json["notices"]?.asArray ?? [] }
    }

    private static func things(_ notice: JSONValue?) -> [String] {
        (notice?["things"]?.asArray ?? []).compactMap(\.asString)
    }

    @Test func `a recall reaches whoever has or had what was made of the batch, and nobody else`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let receivers = try network.members.map { _ in
            try WebhookReceiver { _, _ in .answer(200) }
        }
        defer { for receiver in receivers { receiver.stop() } }
        try await node.serve(try Self.settings()) { runtime, caller in
            for submission in try Self.trade(network) {
                try #require(try await caller.post(submission).status == 201)
            }
            for (member, receiver) in zip(network.members, receivers) {
                try await Self.subscribe(runtime, member, receiver)
            }
            // Of a batch that only the supplier had; then of the one all had a part of.
            let other = Self.recall(of: network.supplier.batch("Z"))
            for record in [other, Self.recall(of: network.supplier.batch("A"))] {
                let submission = try ErasureTests.submission(
                    record, by: network.supplier, in: network)
                try #require(try await caller.post(submission).status == 201)
            }
            for receiver in receivers {
                #expect(
                    await receiver.waits {
                        !Self.things(Self.notices($0).last).isEmpty
                    })
            }
        }
        let (supplier, carrier, wholesaler) = (receivers[0], receivers[1], receivers[2])
        #expect(Self.notices(supplier).count == 2)
        #expect(Self.notices(carrier).count == 1 && Self.notices(wholesaler).count == 1)
        let (a, b) = (network.supplier.batch("A"), network.carrier.batch("B"))
        #expect(Self.things(Self.notices(carrier).last) == [a, b].sorted())
        #expect(Self.things(Self.notices(wholesaler).last) == [b])
        let delivery = try #require(wholesaler.taken.first)
        #expect(delivery.json["type"] == .string("CairnNoticeDocument"))
        #expect(
            delivery.fields["gs1-signature"]
                == WebhookSignature.field(token: "a secret", body: delivery.body))
        let notice = try #require(Self.notices(wholesaler).last)
        #expect(notice["notice"]?.asString == "recall")
        #expect(notice["reason"]?.asString == "salmonella")
        #expect(notice["standing"]?.asString == "own")
    }

    @Test
    func `a notice tells no link that its receiver may not see; all recalls may be asked for`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let receiver = try WebhookReceiver { _, _ in .answer(200) }
        defer { receiver.stop() }
        try await node.serve(try Self.settings()) { runtime, caller in
            for submission in try Self.trade(network, makingIsSecret: true) {
                try #require(try await caller.post(submission).status == 201)
            }
            try await Self.subscribe(runtime, network.wholesaler, receiver, "mine")
            try await Self.subscribe(runtime, network.wholesaler, receiver, "all")
            let submission = try ErasureTests.submission(
                Self.recall(of: network.supplier.batch("A")), by: network.supplier, in: network)
            try #require(try await caller.post(submission).status == 201)
            #expect(await receiver.waits { !Self.notices($0).isEmpty })
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(receiver.taken.allSatisfy { $0.path.hasSuffix("/all") })
        #expect(Self.notices(receiver).map(Self.things) == [[]])
    }

    @Test func `a recall of many things walks once, and past its work says what it found`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let (supplier, carrier) = (network.supplier, network.carrier)
        let inputs = (0..<40).map { supplier.batch("in-\($0)") }
        let outputs = (0..<40).map { carrier.batch("out-\($0)") }
        let mixed = DemoNetwork.transformationEvent(
            inputs: inputs.map { ($0, "1") }, outputs: outputs.map { ($0, "1") },
            site: carrier.site)
        try await node.serve(try Self.settings()) { runtime, caller in
            let submission = try network.submission(event: mixed, by: carrier)
            try #require(try await caller.post(submission).status == 201)
            let running = try #require(runtime.running)
            let governance = running.published.newest.basis.governance
            _ = try await running.viewedSize()
            func search(_ budget: NoticeBudget) throws -> NoticeSearch {
                var notice = NoticeSearch(
                    notice: Notice(
                        record: Self.recall(of: inputs[0]), part: Hash256.sha256([]), leafIndex: 0,
                        registeredAtMilliseconds: 0, issuer: supplier.uri, standing: .own,
                        about: inputs),
                    organisation: carrier.uri, governance: governance, budget: budget)
                for input in inputs { notice.start(at: input) }
                try notice.findThings(running.viewed, running.ledger, running.readingBasis)
                return notice
            }
            let whole = NoticeBudget()
            let found = try search(whole)
            #expect(Set(found.notice.things) == Set(inputs + outputs))
            #expect(!found.notice.isTruncated)
            // Each of 80 things meets the event of 80 things once, not once from each input.
            #expect(whole.things - found.budget.things == 80 * 81)
            var small = whole
            small.things = 200
            let cut = try search(small)
            #expect(cut.notice.isTruncated && cut.budget.isSpent)
            #expect(!cut.notice.things.isEmpty)
            #expect(small.things - cut.budget.things < 1_000)
        }
    }

    @Test func `what it takes to tell what grants open is bounded, and past it a notice says so`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let (supplier, carrier, wholesaler) =
            (network.supplier, network.carrier, network.wholesaler)
        // Seen by the wholesaler through a grant about its batch alone, as others are not.
        var secrets = (0..<60).map { (number: Int) in
            DemoNetwork.transformationEvent(
                inputs: [(supplier.batch("A"), "1")], outputs: [(carrier.batch("\(number)"), "1")],
                site: carrier.site)
        }
        secrets.insert(
            DemoNetwork.transformationEvent(
                inputs: [(supplier.batch("A"), "1")], outputs: [(carrier.batch("B"), "1")],
                site: carrier.site), at: 30)
        let sent = DemoNetwork.objectEvent(
            action: "OBSERVE", bizStep: "shipping", batches: [(carrier.batch("B"), "5")],
            site: carrier.site, time: "2026-01-07T08:00:00Z", takers: [wholesaler.uri])
        // Behind them all, so that it is met only where the list of them does not end before.
        let had = DemoNetwork.objectEvent(
            action: "OBSERVE", bizStep: "storing", batches: [(supplier.batch("A"), "1")],
            site: wholesaler.site, time: "2026-01-08T08:00:00Z")
        var grant = Record(kind: .grant)
        grant.about = [carrier.batch("B")]
        grant.to = [wholesaler.uri]
        let handed = grant
        try await node.serve(try Self.settings()) { runtime, caller in
            for secret in secrets {
                let submission = try network.submission(
                    event: secret, by: carrier, visibility: .organisations([carrier.uri]))
                try #require(try await caller.post(submission).status == 201)
            }
            let open = [
                try network.submission(event: sent, by: carrier),
                try network.submission(event: had, by: wholesaler),
                try ErasureTests.submission(handed, by: carrier, in: network),
            ]
            for submission in open {
                try #require(try await caller.post(submission).status == 201)
            }
            let running = try #require(runtime.running)
            let governance = running.published.newest.basis.governance
            _ = try await running.viewedSize()
            func search(_ grants: GrantBudget) throws -> NoticeSearch {
                var budget = NoticeBudget()
                budget.grants = grants
                var search = NoticeSearch(
                    notice: Notice(
                        record: Self.recall(of: supplier.batch("A")), part: Hash256.sha256([]),
                        leafIndex: 0, registeredAtMilliseconds: 0, issuer: supplier.uri,
                        standing: .own, about: [supplier.batch("A")]),
                    organisation: wholesaler.uri, governance: governance, budget: budget)
                search.start(at: supplier.batch("A"))
                try search.findThings(running.viewed, running.ledger, running.readingBasis)
                return search
            }
            let found = try search(NoticeBudget().grants)
            #expect(found.notice.things == [supplier.batch("A"), carrier.batch("B")].sorted())
            #expect(!found.notice.isTruncated && !found.budget.isSpent)
            let left = found.budget.grants
            let looks = NoticeBudget.grantLooks - left.looks
            let bytes = NoticeBudget.grantBytes - left.bytes
            #expect(looks > 61 && bytes > 61 * 100)
            for small in [GrantBudget(looks: 20), GrantBudget(bytes: bytes / 10)] {
                let cut = try search(small)
                #expect(cut.notice.things.isEmpty)
                #expect(cut.notice.isTruncated && cut.budget.isSpent)
                // No more than one event is told past the bound.
                #expect(small.looks > -40 && small.bytes > -2_000)
            }
        }
    }

    @Test func `a look ends after much work, but not one for what is sent again`() async throws {
        let node = try TestNode()
        let network = node.network
        try await node.serve(try Self.settings()) { runtime, caller in
            for submission in try Self.trade(network) {
                try #require(try await caller.post(submission).status == 201)
            }
            for reason in ["one", "two", "three"] {
                var record = Self.recall(of: network.supplier.batch("A"))
                record.reason = reason
                let submission = try ErasureTests.submission(
                    record, by: network.supplier, in: network)
                try #require(try await caller.post(submission).status == 201)
            }
            let running = try #require(runtime.running)
            let size = try await running.viewedSize()
            func look(
                work: Int, _ patience: Duration = .seconds(60), from start: EventPosition,
                limit: Int
            ) throws -> FoundEvents {
                try StandingNotices(
                    views: running.viewed, ledger: running.ledger, workLimit: work,
                    patience: patience, basis: running.readingBasis
                ).look(
                    .mine,
                    in: DeliveryRange(
                        start: start, end: EventPosition(leafIndex: size, part: 0)),
                    notBefore: nil, limit: limit, byteLimit: .max, of: network.carrier.uri)
            }
            let beginning = EventPosition(leafIndex: 0, part: 0)
            var (start, counts) = (beginning, [Int]())
            for _ in 0..<3 {
                let found = try look(work: 1, from: start, limit: 100)
                counts.append(found.events.count)
                #expect(found.range.end > start)
                start = found.range.end
            }
            #expect(counts == [1, 1, 1])
            #expect(try look(work: 500_000, from: beginning, limit: 100).events.count == 3)
            #expect(try look(work: 500_000, .zero, from: beginning, limit: 100).events.count == 1)
            #expect(try look(work: 1, from: beginning, limit: .max).events.count == 3)
        }
    }

    @Test func `a revocation reaches whoever has what its certificate covers`() async throws {
        let node = try TestNode()
        let network = node.network
        let receiver = try WebhookReceiver { _, count in .answer(count == 0 ? 500 : 200) }
        defer { receiver.stop() }
        try await node.serve(try Self.settings()) { runtime, caller in
            for submission in try Self.trade(network) {
                try #require(try await caller.post(submission).status == 201)
            }
            try await Self.subscribe(runtime, network.wholesaler, receiver)
            var certificate = Record(kind: .certificate)
            certificate.id = "urn:example:certificate:1"
            certificate.about = [network.supplier.product]
            certificate.fromMilliseconds = 0
            certificate.body = RecordBody(contentType: "text/plain", bytes: Array("yes".utf8))
            var revocation = Record(kind: .revocation)
            revocation.target = .record("urn:example:certificate:1")
            revocation.fromMilliseconds = 0
            revocation.reason = "forged"
            for record in [certificate, revocation] {
                let submission = try ErasureTests.submission(
                    record, by: network.carrier, in: network)
                try #require(try await caller.post(submission).status == 201)
            }
            #expect(await receiver.waits { !Self.notices($0).isEmpty })
        }
        let notice = try #require(Self.notices(receiver).first)
        #expect(notice["notice"]?.asString == "revocation")
        #expect(notice["target"]?.asString == "urn:example:certificate:1")
        #expect(Self.things(notice) == [network.carrier.batch("B")])
        // What was answered 500 came again, the same bytes.
        #expect(receiver.deliveries.count >= 2)
        #expect(receiver.deliveries[0].body == receiver.deliveries[1].body)
    }

    @Test(arguments: [
        #""cairn:notices":"some","stream":true"#, #""cairn:notices":true,"stream":true"#,
        #""cairn:notices":"all","schedule":{"second":"0"}"#,
    ])
    func `notices are mine or all, and a stream`(controls: String) throws {
        let json = try JSONValue.parse(
            Array(#"{"dest":"https://example.org/",\#(controls)}"#.utf8))
        #expect(throws: Refusal.self) { try SubscriptionRequest(json: json) }
    }
}
