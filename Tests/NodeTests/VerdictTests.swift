import Foundation
import GS1
import HTTPAPI
import MerkleTrees
import Records
import Sequencing
import Support
import Testing
import Verdicts

@testable import Node

/// Verdicts of a node over HTTP, and that they are kept as long as they hold and no longer.
@Suite struct VerdictTests {
    private static let scheme = "urn:test:scheme"

    /// A scheme in force, and a batch made of another.
    private static func found(_ node: TestNode, _ caller: HTTPCaller) async throws {
        let network = node.network
        var terms = SchemeTerms(
            version: "1", title: "Good", topic: "test", criteria: ["urn:test:good"],
            covers: [.party], reach: .all)
        terms.models = [.segregated]
        let amendment = try network.submission(
            try network.amendment(
                [.scheme(Scheme(id: scheme, terms: terms.cbor))], after: network.state))
        #expect(try await caller.post(amendment).status == 201)
        for submission in try network.trade(batches: 2) {
            #expect(try await caller.post(submission).status == 201)
        }
    }

    private static func target(_ subject: String, _ more: String = "") -> String {
        "/verdicts?subject=\(HTTPCaller.segment(subject))&claim=\(scheme)" + more
    }

    /// Settings of a node shortly before the end of 1 January 2030.
    private static var later: NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.nowMilliseconds = { 1_893_542_300_000 }
        return settings
    }

    /// A record about a thing that is no event, by who owns it.
    private static func recall(_ uri: String, _ node: TestNode) throws -> Submission {
        let part = try node.network.note("looked at again", by: node.network.supplier)
        return try node.network.submission(
            [part], rows: [node.network.row(part, .assertions, uri, .mention)],
            by: node.network.supplier)
    }

    @Test func `a second call gathers nothing, and a record upstream is seen at once`()
        async throws
    {
        let node = try TestNode()
        let supplier = node.network.supplier
        let times = "&validAt=2026-12-31&knownAt=2030-01-01"
        try await node.serve(Self.later) { runtime, caller in
            try await Self.found(node, caller)
            let running = try #require(runtime.running)
            let target = Self.target(supplier.batch("lot-mixed"), times)
            let first = try await caller.get(target)
            #expect(first.status == 200, "\(first.text)")
            #expect(first.text.contains(#""outcome":"incomplete""#), "\(first.text)")
            #expect(running.verdicts.builds == 1)
            #expect(try await caller.get(target).body == first.body)
            #expect(running.verdicts.builds == 1)

            // Traffic about something else moves nothing.
            #expect(try await caller.post(try node.commissioning("other")).status == 201)
            #expect(try await caller.get(target).body == first.body)
            #expect(running.verdicts.builds == 1)

            // A record about a batch upstream does; here it changes no judgement but the basis.
            let upstream = try Self.recall(supplier.batch("lot-0"), node)
            #expect(try await caller.post(upstream).status == 201)
            #expect(try await caller.get(target).body != first.body)
            #expect(running.verdicts.builds == 2)

            // So does an amendment.
            let suspension = Change.suspend(
                organisation: node.network.carrier.uri,
                fromMilliseconds: DemoNetwork.startMilliseconds)
            let state = running.published.newest.basis.governance
            let amendment = try node.network.submission(
                try node.network.amendment([suspension], after: state))
            #expect(try await caller.post(amendment).status == 201)
            _ = try await caller.get(target)
            #expect(running.verdicts.builds == 3)
        }
    }

    @Test func `a verdict of now holds a while, and what is registered meanwhile counts`()
        async throws
    {
        let node = try TestNode()
        try await node.serve { runtime, caller in
            try await Self.found(node, caller)
            let running = try #require(runtime.running)
            let target = Self.target(node.network.supplier.batch("lot-mixed"))
            let first = try await caller.get(target)
            #expect(first.status == 200, "\(first.text)")
            // Within ten minutes nothing is gathered again; past a boundary once.
            _ = try await caller.get(target)
            #expect(running.verdicts.builds <= 2)
            let sealed = try #require(first.text.firstRange(of: #/"sealedAt":(\d+)/#))
            let time = first.text[sealed].drop { !$0.isNumber }
            let known = try #require(first.text.firstRange(of: #/"knownAt":(\d+)/#))
            let knownAt = first.text[known].drop { !$0.isNumber }
            #expect(try #require(UInt64(knownAt)) >= (try #require(UInt64(time))))
        }
    }

    @Test func `each reader is told what it can prove, and nothing withheld from it`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let hidden = try node.commissioning("hidden", visibility: .only([network.supplier.uri]))
        let now = SystemClock.nowMilliseconds()
        let file = TokenFile(directory: node.directory)
        let tokens = try [network.supplier, network.carrier].enumerated().map { number, member in
            try file.add(
                name: "reader-\(number)", role: .reader, organisation: member.uri,
                expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
        }
        try await node.serve { runtime, caller in
            try await Self.found(node, caller)
            #expect(try await caller.post(hidden).status == 201)
            let running = try #require(runtime.running)
            let asker = Asker(port: runtime.address.port)
            let target = Self.target(network.supplier.batch("hidden"))
            let own = try await asker.as(tokens[0]).ask("GET", target)
            #expect(own.status == 200, "\(own.text)")
            #expect(!own.text.contains("part.withheld"), "\(own.text)")
            for round in 1...2 {
                let other = try await asker.as(tokens[1]).ask("GET", target)
                #expect(other.text.contains(#""code":"part.withheld""#), "\(other.text)")
                // A grant may open it at any time: what is withheld is judged anew.
                #expect(running.verdicts.builds >= 1 + round)
            }
        }
    }

    @Test func `a stream answers each subject in order, also one that cannot be read`()
        async throws
    {
        let node = try TestNode()
        let supplier = node.network.supplier
        try await node.serve(Self.later) { runtime, caller in
            try await Self.found(node, caller)
            let asker = Asker(port: runtime.address.port)
            let subjects = [supplier.batch("lot-mixed"), "no identifier", supplier.batch("lot-1")]
            let body = try JSONSerialization.data(withJSONObject: [
                "claim": Self.scheme, "knownAt": "2030-01-01", "validAt": "2026-12-31",
                "subjects": subjects,
            ])
            let answer = try await asker.ask(
                "POST", "/verdicts", type: "application/json", body: Array(body))
            #expect(answer.status == 200, "\(answer.text)")
            let lines = answer.text.split(separator: "\n").map(String.init)
            #expect(lines.count == 3)
            #expect(lines[0].contains("\"subject\":\"\(subjects[0])\""))
            #expect(lines[1].contains("identifier."))
            #expect(lines[2].contains("\"subject\":\"\(subjects[2])\""))
            let single = try await caller.get(
                Self.target(subjects[0], "&validAt=2026-12-31&knownAt=2030-01-01"))
            #expect(single.text == lines[0])
        }
    }

    @Test func `bad questions are refused by their codes`() async throws {
        let node = try TestNode()
        try await node.serve { runtime, caller in
            try await Self.found(node, caller)
            let subject = node.network.supplier.batch("lot-mixed")
            for (target, code) in [
                (Self.target(subject, "&share=2"), "claim.share"),
                (Self.target(subject, "&model=mixed"), "claim.model"),
                (Self.target(subject, "&validAt=soon"), "claim.time"),
                (Self.target(subject, "&knownAt=2999-01-01"), "claim.time"),
                ("/verdicts?subject=\(HTTPCaller.segment(subject))", "request.parameter"),
                ("/verdicts?subject=urn:x:y&claim=urn:x:z", "claim.scheme"),
                ("/claims", "request.parameter"),
            ] {
                let answer = try await caller.get(target)
                #expect(answer.status == 400, "\(target)")
                #expect(answer.code == code, "\(answer.text)")
            }
            let asker = Asker(port: runtime.address.port)
            for body in [
                #"{"claim":"urn:x:y"}"#, #"{"claim":"urn:x:y","subjects":[]}"#, "[]",
                #"{"claim":"urn:x:y","subjects":["urn:x:y"],"wish":1}"#,
            ] {
                let answer = try await asker.ask(
                    "POST", "/verdicts", type: "application/json", body: Array(body.utf8))
                #expect(answer.status == 400, "\(answer.text)")
            }
        }
    }

    @Test func `claims about a batch say by whom, and what its scheme asks`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            try await Self.found(node, caller)
            let answer = try await caller.get(
                "/claims?subject=" + HTTPCaller.segment(node.network.supplier.batch("lot-mixed")))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.text.contains(#""claims":[]"#))
            #expect(answer.text.contains(#""id":"urn:test:scheme""#))
        }
    }
}

/// What is kept is bounded, and what was asked for longest ago goes first.
@Suite struct VerdictCacheTests {
    private static func question(_ number: Int) throws -> VerdictCache.Question {
        VerdictCache.Question(
            uri: "urn:x:\(number)", request: try ClaimRequest(scheme: "urn:x:s"),
            reader: .anonymous)
    }

    private static func entry(bytes: Int = 10) -> VerdictCache.Entry {
        VerdictCache.Entry(
            json: Array(repeating: 0x20, count: bytes), chains: [], size: 1, peers: PeersMark(),
            period: 0)
    }

    @Test func `the least recently asked goes`() throws {
        let cache = VerdictCache()
        for number in 0..<VerdictCache.entriesLimit {
            cache.keep(Self.entry(), for: try Self.question(number))
        }
        #expect(cache.entry(for: try Self.question(0)) != nil)
        cache.keep(Self.entry(), for: try Self.question(-1))
        #expect(cache.entry(for: try Self.question(0)) != nil)
        #expect(cache.entry(for: try Self.question(1)) == nil)
    }

    @Test func `large verdicts push out others, and the largest are not kept`() throws {
        let cache = VerdictCache()
        let quarter = VerdictCache.bytesLimit / 4
        for number in 0..<5 {
            cache.keep(Self.entry(bytes: quarter), for: try Self.question(number))
        }
        #expect(cache.entry(for: try Self.question(0)) == nil)
        #expect(cache.entry(for: try Self.question(1)) != nil)
        cache.keep(Self.entry(bytes: quarter + 1), for: try Self.question(9))
        #expect(cache.entry(for: try Self.question(9)) == nil)
        #expect(cache.builds == 6)
    }

    @Test func `another reader's verdict is another verdict`() throws {
        let cache = VerdictCache()
        var question = try Self.question(0)
        cache.keep(Self.entry(), for: question)
        question.reader = .member(organisation: "urn:x:o")
        #expect(cache.entry(for: question) == nil)
    }
}
