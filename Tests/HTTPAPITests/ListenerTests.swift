import DeterministicCBOR
import EPCIS
import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Records
import Support
import Testing

struct ListenerTests {
    private static let one = ["content-type": "application/vnd.cairn.submission+cbor"]

    @Test func `a submission is answered with its receipt and place`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: Self.one, body: [0x40])
            #expect(answer.status == 201)
            #expect(answer.fields["location"] == "/entries/\(Hash256.sha256([0x40]).hex)")
            #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
            #expect(answer.text == "proof")
        }
    }

    @Test func `a receipt comes as COSE when asked so`() async throws {
        try await withListener { port in
            let target = "/entries/\(Hash256.sha256([1]).hex)"
            let answer = try await RawAnswer.ask(
                port, "GET", target, fields: ["accept": "application/scitt-receipt+cose"])
            #expect(answer.text == "cose")
            #expect(answer.fields["content-type"] == "application/scitt-receipt+cose")
        }
    }

    @Test func `a refusal is problem details in JSON, with code, field and detail`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: Self.one, body: [0x60])
            #expect(answer.status == 400)
            #expect(answer.fields["content-type"] == "application/problem+json")
            guard case .object(let members) = try JSONValue.parse(answer.body) else {
                Issue.record("no object")
                return
            }
            let values = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
            #expect(values["type"] == .string("urn:cairn:error:rows.missing"))
            #expect(values["code"] == .string("rows.missing"))
            #expect(values["field"] == .string("manifest"))
            #expect(values["detail"] == .string("as scripted"))
        }
    }

    @Test func `a refusal on entries is RFC 9290 when asked so`() async throws {
        try await withListener { port in
            let zero = "/entries/\(Hash256.zero.hex)"
            let accept = ["accept": "application/concise-problem-details+cbor"]
            let answer = try await RawAnswer.ask(port, "GET", zero, fields: accept)
            #expect(answer.status == 404)
            let value = try CBORValue.decode(answer.body)
            #expect(value[-2]?.asText == "no such entry")
            #expect(value["code"]?.asText == "entry.unknown")
            let other = try await RawAnswer.ask(port, "GET", "/nowhere", fields: accept)
            #expect(other.fields["content-type"] == "application/problem+json")
        }
    }

    @Test func `a full node answers 503 with a time to try again`() async throws {
        let busy = Refusal(code: "node.busy", field: "", reason: "full")
        try await withListener(ScriptedNode(refuseAll: busy)) { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/entries", fields: Self.one, body: [0x40])
            #expect(answer.status == 503)
            #expect(answer.fields["retry-after"] == "2")
        }
    }

    @Test func `more bytes than fit are refused, and given back`() async throws {
        var limits = HTTPLimits()
        limits.submissionBytesTogether = 100
        try await withListener(limits: limits) { port in
            let large = [UInt8](repeating: 0x40, count: 101)
            let refused = try await RawAnswer.ask(
                port, "POST", "/entries", fields: Self.one, body: large)
            #expect(refused.status == 503)
            let taken = try await RawAnswer.ask(
                port, "POST", "/entries", fields: Self.one, body: Array(large.dropLast()))
            #expect(taken.status == 201)
        }
    }

    @Test func `a submission past the limit is answered 413 and read no further`() async throws {
        try await withListener { port in
            let connection = try RawConnection(port: port)
            await connection.send(
                "POST /entries HTTP/1.1\r\nhost: localhost\r\n"
                    + "content-type: application/vnd.cairn.submission+cbor\r\n"
                    + "content-length: 100000000\r\n\r\n")
            await connection.send([UInt8](repeating: 0, count: Limits.submissionBytes + 1))
            let (bytes, closed) = await connection.receive(seconds: 25)
            #expect(RawAnswer(bytes).status == 413)
            #expect(closed)
        }
    }

    @Test func `types, methods, paths and hosts that do not fit have their status`() async throws {
        try await withListener { port in
            let type = try await RawAnswer.ask(
                port, "POST", "/entries", fields: ["content-type": "text/csv"], body: [1])
            #expect(type.status == 415)
            let method = try await RawAnswer.ask(port, "DELETE", "/entries")
            #expect(method.status == 405)
            #expect(method.fields["allow"] == "POST")
            #expect(try await RawAnswer.ask(port, "GET", "/x").status == 404)
            let host = try await RawAnswer.ask(
                port, "GET", "/healthz", fields: ["host": "rebound.example"])
            #expect(host.status == 421)
        }
    }

    @Test(arguments: [
        "host: localhost:evil.com", "host: localhost\r\nhost: localhost",
        "host: localhost\r\nHost: evil.example", "host: ", "x: y",
    ])
    func `a request without one plain host is malformed`(fields: String) async throws {
        try await withListener { port in
            let connection = try RawConnection(port: port)
            await connection.send(
                "GET /healthz HTTP/1.1\r\n\(fields)\r\nconnection: close\r\n\r\n")
            let answer = RawAnswer(await connection.receive().bytes)
            #expect(answer.status == 400)
            #expect(answer.text.contains("\"code\":\"request.host-field\""))
        }
    }

    @Test func `questions reach the node as asked`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let subject = "https%3A%2F%2Fid.gs1.org%2F01%2F09521234543213"
            let trace = try await RawAnswer.ask(
                port, "GET", "/trace/\(subject)?direction=both&limit=9",
                fields: ["accept": "text/vnd.graphviz"])
            #expect(trace.text == "trace https://id.gs1.org/01/09521234543213 both 9 dot")
            let part = try await RawAnswer.ask(port, "GET", "/log/part/\(Hash256.zero.hex)")
            #expect(part.text == "part for urn:test:us")
            #expect(part.fields["cache-control"] == "no-store")
            let tile = try await RawAnswer.ask(port, "GET", "/log/tile/0/000")
            #expect(tile.text == "tile tile/0/000")
            #expect(tile.fields["cache-control"]?.contains("immutable") == true)
            let evidence = try await RawAnswer.ask(port, "GET", "/evidence/\(subject)")
            #expect(evidence.body == [7, 7, 7])
            #expect(evidence.fields["content-length"] == "3")
            let proof = try await RawAnswer.ask(port, "GET", "/log/consistency/1/2")
            #expect(try CBORValue.decode(proof.body).asArray?.count == 1)
        }
    }

    @Test func `health answers always, readiness only when ready`() async throws {
        try await withListener { port in
            let health = try await RawAnswer.ask(port, "GET", "/healthz")
            #expect(health.status == 200)
            #expect(
                health.text
                    == #"{"status":"stopping","origin":"log.example","size":9,"alarms":0}"#)
            #expect(try await RawAnswer.ask(port, "GET", "/readyz").status == 503)
        }
    }

    @Test func `HEAD has the fields of GET and no body`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(port, "HEAD", "/log/checkpoint")
            #expect(answer.status == 200)
            #expect(answer.fields["content-length"] == "5")
            #expect(answer.body.isEmpty)
        }
    }

    @Test func `a second listener on the port is told why it cannot`() async throws {
        try await withListener { port in
            let address = try ListenAddress("127.0.0.1:\(port)")
            await #expect {
                _ = try await HTTPListener.start(
                    service: ScriptedNode(), address: address, callers: .loopback(as: .stranger),
                    logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() })
            } throws: { "\($0)".contains("in use") }
        }
    }

    @Test func `requests sent before the last answer are all answered, in order`() async throws {
        try await withListener { port in
            let connection = try RawConnection(port: port)
            let one = "GET /log/checkpoint HTTP/1.1\r\nhost: localhost\r\n\r\n"
            let last = "GET /organisations HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            await connection.send(
                one + "POST /entries HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n"
                    + "content-type: application/vnd.cairn.submission+cbor\r\n\r\n\u{40}" + last)
            let (bytes, closed) = await connection.receive()
            let text = String(decoding: bytes, as: UTF8.self)
            let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst()
                .map { $0.components(separatedBy: "HTTP/1.1")[0] }
            #expect(bodies == ["note\n", "proof", "{}"])
            #expect(closed)
        }
    }

    @Test(arguments: ["upgrade", "keep-alive, Upgrade"])
    func `who offers another protocol is answered, and told that the connection ends`(
        connection: String
    ) async throws {
        try await withListener { port in
            let caller = try RawConnection(port: port)
            await caller.send(
                "GET /organisations HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
                    + "connection: \(connection)\r\n\r\n")
            let (bytes, closed) = await caller.receive(seconds: 10)
            let answer = RawAnswer(bytes)
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
            #expect(answer.fields["connection"] == "close")
            #expect(closed)
        }
    }
}
