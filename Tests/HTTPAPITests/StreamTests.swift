import DeterministicCBOR
import Foundation
import HTTPAPI
import Records
import Support
import Synchronization
import Testing

struct StreamTests {
    private static let head =
        "POST /entries HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        + "content-type: application/vnd.cairn.submission+cbor-seq\r\n"
        + "transfer-encoding: chunked\r\n\r\n"

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }

    /// The items of a sequence, as arrays.
    private static func results(_ bytes: [UInt8]) throws -> [[CBORValue]] {
        var rest = bytes[...]
        var found: [[CBORValue]] = []
        while !rest.isEmpty {
            let (value, end) = try CBORValue.decodePrefix(rest)
            found.append(value.asArray ?? [])
            rest = rest[end...]
        }
        return found
    }

    @Test func `each submission is answered in order, refused ones with code and field`()
        async throws
    {
        try await withListener { port in
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let body = (0..<300).flatMap { $0.isMultiple(of: 3) ? [0x60] : [0x40] as [UInt8] }
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type, body: body)
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/cbor-seq")
            let results = try Self.results(answer.body)
            #expect(results.map { $0[0].asUnsigned } == (0..<300).map { UInt64($0) })
            for (index, result) in results.enumerated() {
                #expect(result[1] == .unsigned(index.isMultiple(of: 3) ? 1 : 0))
            }
            #expect(
                results[0][2...].compactMap(\.asText) == [
                    "rows.missing", "manifest", "as scripted",
                ])
        }
    }

    @Test func `an answer comes while the stream is still open`() async throws {
        try await withListener { port in
            let connection = try RawConnection(port: port)
            await connection.send(Self.head)
            await connection.send(Self.chunk([0x40]))
            let first = await connection.receive { RawAnswer($0).body.count > 30 }
            #expect(try Self.results(RawAnswer(first.bytes).body).count == 1)
            #expect(!first.closed)
            await connection.send(Self.chunk([0x60]) + Self.chunk([]))
            let second = await connection.receive()
            #expect(second.closed)
        }
    }

    @Test func `bytes that are no sequence end the stream with a last answer`() async throws {
        try await withListener { port in
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type, body: [0x40, 0xff, 0x40])
            let results = try Self.results(answer.body)
            #expect(results.count == 2)
            #expect(results.last?[2].asText == "cbor.non-deterministic")
        }
    }

    @Test func `what is read and not answered is bounded`() async throws {
        let node = ScriptedNode(delay: .milliseconds(20))
        var limits = HTTPLimits()
        limits.streamSubmissions = 5
        try await withListener(node, limits: limits) { port in
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type,
                body: [UInt8](repeating: 0x40, count: 60))
            #expect(try Self.results(answer.body).count == 60)
            #expect(node.state.withLock { $0.mostInHand } <= 5)
        }
    }

    @Test func `a caller that goes away leaves nothing behind`() async throws {
        let node = ScriptedNode(delay: .milliseconds(50))
        var limits = HTTPLimits()
        limits.streams = 1
        limits.streamSubmissions = 4
        try await withListener(node, limits: limits) { port in
            let connection = try RawConnection(port: port)
            await connection.send(Self.head)
            await connection.send(Self.chunk([UInt8](repeating: 0x40, count: 100)))
            _ = await connection.receive(seconds: 0.3)
            connection.drop()
            // The slot is free again once the submissions in hand are decided.
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            var status = 503
            for _ in 0..<50 where status == 503 {
                try await Task.sleep(for: .milliseconds(100))
                status = try await RawAnswer.ask(
                    port, "POST", "/entries", fields: type, body: [0x40]
                ).status
            }
            #expect(status == 200)
            #expect(node.state.withLock { $0.inHand } == 0)
        }
    }

    @Test(arguments: ["submission.format", "cbor.truncated", "statement.payload"])
    func `many items that are no submission end the stream`(code: String) async throws {
        let refusal = Refusal(code: code, field: "submission", reason: "as scripted")
        let node = ScriptedNode(refuseAll: refusal)
        var limits = HTTPLimits()
        limits.streamSubmissions = 8
        try await withListener(node, limits: limits) { port in
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type, body: [UInt8](repeating: 0, count: 1 << 20))
            let results = try Self.results(answer.body)
            // Those in hand when the 64th is refused are answered too, and then the stream is.
            #expect((65...64 + 8 + 1).contains(results.count))
            #expect(results.last?[2].asText == "submission.too-many-malformed")
            #expect(results.dropLast().allSatisfy { $0[2].asText == code })
            #expect(node.state.withLock { $0.submissions.count } == results.count - 1)
        }
    }

    @Test func `submissions that are refused for what they say are all answered`() async throws {
        let refusal = Refusal(code: "statement.signature", field: "", reason: "as scripted")
        try await withListener(ScriptedNode(refuseAll: refusal)) { port in
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type, body: [UInt8](repeating: 0, count: 200))
            #expect(try Self.results(answer.body).count == 200)
        }
    }

    @Test func `a stream beyond the number allowed is refused`() async throws {
        var limits = HTTPLimits()
        limits.streams = 1
        try await withListener(limits: limits) { port in
            let first = try RawConnection(port: port)
            await first.send(Self.head)
            _ = await first.receive { !$0.isEmpty }
            let type = ["content-type": "application/vnd.cairn.submission+cbor-seq"]
            let second = try await RawAnswer.ask(
                port, "POST", "/entries", fields: type, body: [0x40])
            #expect(second.status == 503)
            first.drop()
        }
    }
}
