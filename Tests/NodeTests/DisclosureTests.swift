import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Sequencing
import Support
import Synchronization
import Testing
import Verdicts

@testable import Node
@testable import Storage

/// Who reads what of a node, by what a part itself says and by grants.
struct DisclosureTests {
    /// Every way in which the node tells of events; each must tell the same.
    private struct Views {
        var part: Bool
        var evidence: Bool
        var events: Bool
        var lineage: Bool

        /// What they tell alike; nil if they differ.
        var all: Bool? {
            Set([part, evidence, events, lineage]).count == 1 ? part : nil
        }
    }

    private let node: TestNode
    private let secrets: [String: String]

    init() throws {
        node = try TestNode()
        let now = SystemClock.nowMilliseconds()
        var secrets: [String: String] = [:]
        for (number, member) in node.network.members.enumerated() {
            secrets[member.uri] = try TokenFile(directory: node.directory).add(
                name: "member\(number)", role: .submitter, organisation: member.uri,
                expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
        }
        self.secrets = secrets
    }

    private var network: DemoNetwork { node.network }
    private var own: Visibility { .only([network.supplier.uri]) }

    private func serve(
        _ settings: NodeRuntime.Settings = .quiet, _ body: (Asker) async throws -> Void
    ) async throws {
        try await node.serve(settings, exposure: .proxied) { runtime, _ in
            try await body(Asker(port: runtime.address.port))
        }
    }

    @discardableResult
    private func send(_ submission: Submission, _ asker: Asker) async throws -> Part {
        let answer = try await asker.as(secrets[network.supplier.uri])
            .ask("POST", "/entries", body: submission.encoded())
        #expect(answer.status == 201, "\(answer.text)")
        return try Part.decode(try #require(submission.parts.first))
    }

    /// How a member reads an event that has an ID.
    private func views(
        of part: Part, about subject: String, id: String, as member: String, _ asker: Asker
    ) async throws -> Views {
        let asker = asker.as(secrets[member])
        // It waits until the views have what was registered.
        let events = try await asker.ask("GET", "/epcis/events?EQ_eventID=" + id)
        let segment = HTTPCaller.segment(subject)
        let lineage = try await asker.ask("GET", "/trace/\(segment)", accept: "application/json")
        let evidence = try await asker.ask("GET", "/evidence/\(segment)?scope=subject")
        let read = try Evidence.decode(evidence.body)
        _ = try EvidenceVerifier(genesis: network.file).verify(evidence.body)
        return Views(
            part: try await asker.ask("GET", "/log/part/\(part.digest.hex)").status == 200,
            evidence: read.parts.contains(part.encoded), events: events.text.contains(id),
            lineage: lineage.status == 200 && lineage.text.contains(part.digest.hex))
    }

    private func shipment(_ lot: String, _ ends: String) throws -> Submission {
        let event = DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "eventID":"urn:x:\(lot)","action":"OBSERVE","bizStep":"shipping",\
            "readPoint":{"id":"\(network.supplier.site)"},"destinationList":[\(ends)],\
            "quantityList":[\(DemoNetwork.quantities([(network.supplier.batch(lot), "7")]))]
            """)
        return try network.submission(event: event, by: network.supplier, visibility: own)
    }

    @Test func `the partners that an event names read it, and no other member`() async throws {
        let carrier = network.carrier
        try await serve { asker in
            for (number, end) in [
                #"{"type":"owning_party","destination":"\#(carrier.uri)"}"#,
                #"{"type":"possessing_party","destination":"\#(carrier.uri)"}"#,
                #"{"type":"location","destination":"\#(carrier.site)"}"#,
                #"{"type":"location","destination":"https://id.gs1.org/414/9521987000995"}"#,
            ].enumerated() {
                let lot = "lot\(number)"
                let part = try await send(try shipment(lot, end), asker)
                for (member, expected) in [
                    (network.supplier, true), (carrier, true), (network.wholesaler, false),
                ] {
                    let views = try await views(
                        of: part, about: network.supplier.batch(lot), id: "urn:x:\(lot)",
                        as: member.uri, asker)
                    #expect(views.all == expected, "\(end) \(member.uri) \(views)")
                }
            }
        }
    }

    @Test func `who signs an event reads it, though the list leaves it out`() async throws {
        let event = DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "eventID":"urn:x:e","action":"ADD","bizLocation":{"id":"\(network.carrier.site)"},\
            "quantityList":[\(DemoNetwork.quantities([(network.supplier.batch("L"), "7")]))]
            """)
        try await serve { asker in
            let part = try await send(
                try network.submission(
                    event: event, by: network.supplier,
                    visibility: .only([network.wholesaler.uri])), asker)
            // At another's site, and made by itself: neither makes the carrier a partner.
            for (member, expected) in [
                (network.supplier, true), (network.wholesaler, true), (network.carrier, false),
            ] {
                let views = try await views(
                    of: part, about: network.supplier.batch("L"), id: "urn:x:e", as: member.uri,
                    asker)
                #expect(views.all == expected, "\(member.uri) \(views)")
            }
        }
    }

    // MARK: Grants

    private func made(_ lot: String, of input: String? = nil) throws -> Submission {
        let supplier = network.supplier
        let output = DemoNetwork.quantities([(supplier.batch(lot), "7")])
        let event =
            input.map { input in
                DemoNetwork.event(
                    "TransformationEvent", time: "2026-01-06T08:00:00Z",
                    """
                    "eventID":"urn:x:\(lot)","bizLocation":{"id":"\(supplier.site)"},\
                    "inputQuantityList":[\(DemoNetwork.quantities([(supplier.batch(input), "7")]))],\
                    "outputQuantityList":[\(output)]
                    """)
            }
            ?? DemoNetwork.event(
                "ObjectEvent", time: "2026-01-05T08:00:00Z",
                """
                "eventID":"urn:x:\(lot)","action":"ADD","bizLocation":{"id":"\(supplier.site)"},\
                "quantityList":[\(output)]
                """)
        return try network.submission(event: event, by: supplier, visibility: own)
    }

    private func grant(
        _ lot: String, id: String? = "urn:x:grant", upstream: Bool = false,
        by member: DemoNetwork.Member? = nil, from: UInt64? = nil, until: UInt64? = nil
    ) throws -> Submission {
        var record = Record(kind: .grant)
        record.id = id
        record.about = [network.supplier.batch(lot)]
        record.to = [network.carrier.uri]
        record.fromMilliseconds = from
        record.untilMilliseconds = until
        if upstream { record.scope = [Grant.upstreamScope] }
        return try ErasureTests.submission(record, by: member ?? network.supplier, in: network)
    }

    private func revocation(by member: DemoNetwork.Member, from: UInt64 = 0) throws -> Submission {
        var record = Record(kind: .revocation)
        record.target = .record("urn:x:grant")
        record.fromMilliseconds = from
        record.reason = "no longer a customer"
        return try ErasureTests.submission(record, by: member, in: network)
    }

    /// Whether the carrier, and nobody else, reads what was made; the wholesaler never does.
    private func reads(_ lot: String, _ part: Part, _ asker: Asker) async throws -> Bool? {
        let subject = network.supplier.batch(lot)
        let other = try await views(
            of: part, about: subject, id: "urn:x:\(lot)", as: network.wholesaler.uri, asker)
        #expect(other.all == false, "\(lot) \(other)")
        return try await views(
            of: part, about: subject, id: "urn:x:\(lot)", as: network.carrier.uri, asker
        ).all
    }

    @Test func `a grant opens its issuer's parts about a thing until it is revoked`() async throws {
        try await serve { asker in
            let first = try await send(try made("A"), asker)
            let other = try await send(try made("B"), asker)
            #expect(try await reads("A", first, asker) == false)
            try await send(try grant("A"), asker)
            #expect(try await reads("A", first, asker) == true)
            #expect(try await reads("B", other, asker) == false)
            // What is said later is open too.
            let later = try await send(try made("A2", of: "A"), asker)
            #expect(try await reads("A", later, asker) == true)
            try await send(try revocation(by: network.supplier), asker)
            #expect(try await reads("A", first, asker) == false)
        }
    }

    @Test func `a grant of another's opens nothing`() async throws {
        try await serve { asker in
            let part = try await send(try made("A"), asker)
            try await send(try grant("A", by: network.wholesaler), asker)
            try await send(try grant("A", id: nil, by: network.carrier), asker)
            #expect(try await reads("A", part, asker) == false)
        }
    }

    @Test func `a grant holds from its beginning until its end`() async throws {
        let now = SystemClock.nowMilliseconds()
        let clock = SteadyClock(now)
        var settings = NodeRuntime.Settings.quiet
        settings.nowMilliseconds = { clock.now }
        try await serve(settings) { asker in
            let part = try await send(try made("A"), asker)
            try await send(
                try grant("A", from: now + 10_000, until: now + 20_000), asker)
            #expect(try await reads("A", part, asker) == false)
            clock.set(now + 10_000)
            #expect(try await reads("A", part, asker) == true)
            clock.set(now + 19_999)
            #expect(try await reads("A", part, asker) == true)
            clock.set(now + 20_000)
            #expect(try await reads("A", part, asker) == false)
        }
    }

    @Test func `a grant that reaches upstream opens what its issuer made the thing of`()
        async throws
    {
        try await serve { asker in
            let cotton = try await send(try made("cotton"), asker)
            let yarn = try await send(try made("yarn", of: "cotton"), asker)
            let cloth = try await send(try made("cloth", of: "yarn"), asker)
            let towel = try await send(try made("towel", of: "cloth"), asker)
            try await send(try grant("cloth", upstream: true), asker)
            for (lot, part) in [("cotton", cotton), ("yarn", yarn), ("cloth", cloth)] {
                #expect(try await reads(lot, part, asker) == true, "\(lot)")
            }
            // It names the cloth, as input; what lies behind it is not upstream.
            #expect(try await reads("towel", towel, asker) == true)
            let bag = try await send(try made("bag", of: "towel"), asker)
            #expect(try await reads("bag", bag, asker) == false)
            try await send(try revocation(by: network.supplier), asker)
            #expect(try await reads("cotton", cotton, asker) == false)
        }
    }

    @Test func `an event of many inputs is read once to tell what lies upstream`() async throws {
        let supplier = network.supplier
        let inputs = (0..<60).map { supplier.batch("in-\($0)") }
        let mixed = DemoNetwork.transformationEvent(
            inputs: inputs.map { ($0, "1") }, outputs: [(supplier.batch("out"), "60")],
            site: supplier.site)
        try await node.serve(.quiet) { runtime, caller in
            let hidden = try network.submission(event: mixed, by: supplier, visibility: own)
            try #require(try await caller.post(hidden).status == 201)
            for input in inputs.prefix(2) {
                let lot = String(input.split(separator: "/").last ?? "")
                try #require(try await caller.post(try made(lot)).status == 201)
            }
            let ledger = try #require(runtime.running).ledger
            let network = try #require(runtime.running).published.newest.basis.governance.network
            func walk(_ budget: UpstreamBudget) throws -> (keys: Set<Hash256>, UpstreamBudget) {
                try ledger.read { store in
                    var walk = UpstreamWalk(
                        store: store, network: network, issuer: supplier.uri, budget: budget)
                    let things = [supplier.batch("out")]
                    return (try walk.keys(upstreamOf: things, limit: 10_000), walk.budget)
                }
            }
            let whole = UpstreamBudget()
            let (keys, left) = try walk(whole)
            #expect(keys == Grant.keys(of: Set(inputs + [supplier.batch("out")]), in: network))
            // The mixing and the making of two of its inputs, not one reading for each input.
            #expect(whole.parts - left.parts == 3)
            #expect(whole.bytes - left.bytes < 3 * hidden.encoded().count)
            let small = UpstreamBudget(links: 20_000, parts: 10_000, bytes: mixed.count)
            #expect(
                try walk(small).keys == Grant.keys(of: [supplier.batch("out")], in: network))
            // The output, and of the inputs those whose chains there is room for.
            #expect(try walk(UpstreamBudget(links: 3)).1.links == 0)
        }
    }

    @Test func `of one issuer's grants only so many bytes are read`() async throws {
        try await node.serve(.quiet) { runtime, caller in
            let made = try made("A")
            let later = SystemClock.nowMilliseconds() + 86_400_000
            let grants = [try grant("A", from: later), try grant("A", id: "urn:x:other")]
            for submission in [made] + grants {
                try #require(try await caller.post(submission).status == 201)
            }
            let running = try #require(runtime.running)
            _ = try await running.viewedSize()
            let part = try Part.decode(try #require(made.parts.first))
            func permits(_ limit: Int) throws -> Bool {
                try running.ledger.read { store in
                    try ReadingRights(
                        of: .member(organisation: network.carrier.uri), in: store,
                        views: .through(running.viewed), grantBytesLimit: limit,
                        basis: running.readingBasis
                    ).permit(part)
                }
            }
            #expect(try permits(ReadingRights.grantBytesLimit))
            // The first is not in force yet; the second is not read.
            #expect(try !permits(1))
        }
    }

    @Test func `a grant without upstream opens nothing upstream`() async throws {
        try await serve { asker in
            let cotton = try await send(try made("cotton"), asker)
            let yarn = try await send(try made("yarn", of: "cotton"), asker)
            try await send(try grant("yarn"), asker)
            #expect(try await reads("yarn", yarn, asker) == true)
            #expect(try await reads("cotton", cotton, asker) == false)
        }
    }
}

/// A clock that stands where it is set.
private final class SteadyClock: Sendable {
    private let time: Mutex<UInt64>
    init(_ milliseconds: UInt64) { time = Mutex(milliseconds) }
    var now: UInt64 { time.withLock { $0 } }
    func set(_ milliseconds: UInt64) { time.withLock { $0 = milliseconds } }
}
