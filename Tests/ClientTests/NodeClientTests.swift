import Client
import Lineage
import MerkleTrees
import Records
import Testing
import Verdicts

struct NodeClientTests {
    @Test func `a submission brings its id and receipt`() async throws {
        try await withClient { client in
            let id = Hash256.sha256([0x40])
            let entry = try await client.submit([0x40])
            #expect(entry.id == id)
            #expect(entry.isNew)
            #expect(entry.receipt == Array("receipt \(id.hex)".utf8))
            #expect(try await !client.submit([0x41, 0x00]).isNew)
            #expect(try await client.receipt(of: id) == entry.receipt)
        }
    }

    @Test func `a refusal arrives with code, field and reason`() async throws {
        try await withClient { client in
            let expected = NodeProblem(
                status: 400, code: "rows.missing", field: "manifest", detail: "as scripted")
            await #expect(throws: ClientError.problem(expected)) {
                try await client.submit([0x60])
            }
        }
    }

    @Test func `a sequence is answered one by one, in order`() async throws {
        try await withClient { client in
            let items = (0..<1_000).map { $0.isMultiple(of: 10) ? [0x60] : [0x40] as [UInt8] }
            var counts: [Int] = []
            let results = try await client.submit(stream: items) { counts.append($0) }
            #expect(counts == Array(1...1_000))
            #expect(results.map(\.ordinal) == (0..<1_000).map { UInt64($0) })
            for (index, result) in results.enumerated() {
                switch result.outcome {
                case .registered(let id, _):
                    #expect(!index.isMultiple(of: 10))
                    #expect(id == Hash256.sha256([0x40]))
                case .refused(let refusal):
                    #expect(index.isMultiple(of: 10))
                    #expect("rows.missing" ~= refusal)
                }
            }
        }
    }

    @Test func `a megabyte of sequence flows`() async throws {
        try await withClient { client in
            let item = [0x59, 0x10, 0x00] + [UInt8](repeating: 0, count: 4_096)
            let replies = try await client.submit(stream: (0..<2_000).map { _ in item })
            #expect(replies.count == 2_000)
        }
    }

    @Test func `questions are asked in every spelling`() async throws {
        try await withClient { client in
            let subject = "https://id.gs1.org/01/09521234543213/10/A&B?c=ü"
            let trace = try await client.trace(
                subject, direction: .down, limit: 7, accept: "text/vnd.graphviz")
            #expect(String(decoding: trace, as: UTF8.self) == "\(subject) down 7 dot")
            #expect(try await client.evidence(about: subject, scope: .upstream).first == 1)
            #expect(try await client.evidence(about: subject, scope: .subject).first == 0)
            #expect(try await client.checkpoint() == Array("note".utf8))
        }
    }

    @Test func `an answer past the limit is not taken`() async throws {
        var limits = ClientLimits()
        limits.evidenceBytes = 4_999
        try await withClient(limits: limits) { client in
            await #expect {
                try await client.evidence(about: "urn:x:large", scope: .upstream)
            } throws: {
                if case .malformed? = $0 as? ClientError { true } else { false }
            }
        }
    }

    @Test func `a path that is not served is a refusal`() async throws {
        try await withClient { client in
            await #expect {
                try await client.get("/nowhere", accept: "*/*")
            } throws: {
                if case .problem(let problem)? = $0 as? ClientError {
                    problem.code == "request.path" && problem.status == 404
                } else {
                    false
                }
            }
        }
    }

    @Test func `nobody there is unreachable`() async throws {
        let client = try NodeClient(url: "http://127.0.0.1:1")
        await #expect(
            throws: ClientError.unreachable(
                reason: "cannot reach http://127.0.0.1:1: nobody listens there")
        ) { try await client.checkpoint() }
    }

    @Test(arguments: [
        "", "127.0.0.1:80", "ftp://x", "http://", "http://a/b", "http://a b", "http://a?b",
        "http://a#b", "http://u@a", "http://a:", "http://a:0", "http://a:65536", "http://a:80x",
        "http://a:+80", "http://:80", "http://[::1", "http://::1", "http://a:80:80",
    ])
    func `what is no node's URL is refused`(url: String) {
        #expect {
            try NodeClient(url: url)
        } throws: {
            if case .address(let reason)? = $0 as? ClientError {
                reason.contains("'\(url)'")
            } else {
                false
            }
        }
    }

    @Test(arguments: [
        "http://a", "HTTP://a:1/", "https://node.example:65535", "http://[::1]:8080",
        "http://[::1]",
    ])
    func `a host with or without port is a node's URL`(url: String) throws {
        _ = try NodeClient(url: url)
    }
}
