import Foundation
import HTTPAPI
import Support
import Testing

/// Callers that take their time, each against a deadline of one second.
///
/// Generous in what they wait for: on a busy machine a second is soon gone. Without the deadline
/// under test each would take 30 seconds or more.
struct DeadlineTests {
    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    /// Sends a byte every 100 ms until the other side closes; returns the seconds that took.
    private static func drip(_ connection: RawConnection, _ byte: String) async -> Double {
        let start = Date()
        while Date().timeIntervalSince(start) < 25 {
            await connection.send(byte)
            if await connection.receive(seconds: 0.1).closed { break }
        }
        return Date().timeIntervalSince(start)
    }

    @Test func `a head that drips in is cut off`() async throws {
        try await withListener(limits: Self.limits { $0.headSeconds = 1 }) { port in
            let connection = try RawConnection(port: port)
            await connection.send("GET /healthz HTTP/1.1\r\nhost: ")
            #expect(await Self.drip(connection, "a") < 20)
        }
    }

    @Test func `a body that drips in is cut off`() async throws {
        try await withListener(limits: Self.limits { $0.requestSeconds = 1 }) { port in
            let connection = try RawConnection(port: port)
            await connection.send(
                "POST /entries HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n"
                    + "content-type: application/vnd.cairn.submission+cbor\r\n\r\n")
            #expect(await Self.drip(connection, "a") < 20)
        }
    }

    @Test func `whoever is too slow with a body is told so`() async throws {
        for change: (inout HTTPLimits) -> Void in [
            { $0.bodyWindowSeconds = 1 }, { $0.requestSeconds = 1 },
        ] {
            try await withListener(limits: Self.limits(change)) { port in
                let connection = try RawConnection(port: port)
                await connection.send(
                    "POST /entries HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n"
                        + "content-type: application/vnd.cairn.submission+cbor\r\n\r\na")
                let (bytes, closed) = await connection.receive(seconds: 25)
                let answer = RawAnswer(bytes)
                #expect(answer.status == 408)
                #expect(answer.text.contains("\"code\":\"request.deadline\""))
                #expect(closed)
            }
        }
    }

    @Test func `a body is judged by what it brings on average after the first window`() {
        var pace = UploadPace(windowBytes: 100)
        let first = pace.windowPassed()
        #expect(first)
        pace.received(99)
        let short = pace.windowPassed()
        #expect(!short)
        pace.received(401)
        // Five hundred bytes are enough until the sixth window ends.
        let passed = (3...7).map { _ in pace.windowPassed() }
        #expect(passed == [true, true, true, true, false])
    }

    @Test func `a stream that drips in is cut off`() async throws {
        try await withListener(limits: Self.limits { $0.streamWindowSeconds = 1 }) { port in
            let connection = try RawConnection(port: port)
            await connection.send(
                "POST /entries HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n"
                    + "content-type: application/vnd.cairn.submission+cbor-seq\r\n\r\n")
            #expect(await Self.drip(connection, "1\r\n\u{18}\r\n") < 20)
        }
    }

    @Test func `a stream that moves outlives the deadline of other requests`() async throws {
        let limits = Self.limits {
            $0.requestSeconds = 1
            $0.streamWindowBytes = 4
        }
        try await withListener(limits: limits) { port in
            let connection = try RawConnection(port: port)
            await connection.send(
                "POST /entries HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n"
                    + "content-type: application/vnd.cairn.submission+cbor-seq\r\n\r\n")
            for _ in 0..<12 {
                await connection.send("1\r\n\u{40}\r\n")
                let isClosed = await connection.receive(seconds: 0.2).closed
                #expect(!isClosed)
            }
        }
    }

    @Test func `an idle connection is closed`() async throws {
        try await withListener(limits: Self.limits { $0.headSeconds = 1 }) { port in
            let connection = try RawConnection(port: port)
            await connection.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            let (bytes, closed) = await connection.receive(seconds: 25)
            #expect(RawAnswer(bytes).status == 200)
            #expect(closed)
        }
    }

    @Test func `an answer that is not read is cut off`() async throws {
        let node = ScriptedNode(evidenceBytes: 32 << 20)
        let limits = Self.limits {
            $0.writeStallSeconds = 3
            $0.evidenceAnswers = 1
        }
        try await withListener(node, limits: limits) { port in
            let connection = try RawConnection(port: port, receiveBufferBytes: 4_096)
            await connection.send("GET /evidence/urn:x:y HTTP/1.1\r\nhost: localhost\r\n\r\n")
            let start = await connection.receive { !$0.isEmpty }
            #expect(RawAnswer(start.bytes).status == 200)
            // The one slot is free once the deadline has closed the connection, however long a
            // busy machine takes for that.
            let end = Date().addingTimeInterval(60)
            while Date() < end,
                try await RawAnswer.ask(port, "GET", "/evidence/urn:x:z").status == 503
            {
                try await Task.sleep(for: .milliseconds(100))
            }
            let rest = await connection.receive(seconds: 60)
            #expect(rest.closed)
            let count = start.bytes.count + rest.bytes.count
            #expect(count < 32 << 20, "\(count) bytes came")
            connection.drop()
        }
    }

    @Test func `one caller's unread answers leave room for another's`() async throws {
        let node = ScriptedNode(evidenceBytes: 32 << 20)
        let policy = CallerPolicy.anywhere(access: AccessMatrixTests.WordAccess())
        try await withListener(node, callers: policy) { port in
            var unread: [RawConnection] = []
            for _ in 0..<HTTPLimits().evidenceAnswersOfCaller {
                let connection = try RawConnection(port: port, receiveBufferBytes: 4_096)
                await connection.send(
                    "GET /evidence/urn:x:y HTTP/1.1\r\nhost: localhost\r\n"
                        + "authorization: Bearer reader@urn:x:a\r\n\r\n")
                let start = await connection.receive { !$0.isEmpty }
                #expect(RawAnswer(start.bytes).status == 200)
                unread.append(connection)
            }
            for (organisation, status) in [("urn:x:a", 503), ("urn:x:b", 200)] {
                let answer = try await RawAnswer.ask(
                    port, "GET", "/evidence/urn:x:y",
                    fields: ["authorization": "Bearer reader@\(organisation)"])
                #expect(answer.status == status)
            }
            for connection in unread { connection.drop() }
        }
    }

    @Test func `a head past the limit is refused`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "GET", "/healthz", fields: ["x": String(repeating: "a", count: 20_000)])
            #expect(answer.status == 431)
        }
    }

    @Test func `connections beyond the limit wait until one ends`() async throws {
        try await withListener(limits: Self.limits { $0.connections = 2 }) { port in
            let held = [try RawConnection(port: port), try RawConnection(port: port)]
            try await Task.sleep(for: .milliseconds(200))
            let third = try RawConnection(port: port)
            await third.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            #expect(await third.receive(seconds: 0.5).bytes.isEmpty)
            held[0].drop()
            let answer = await third.receive(seconds: 25) { !$0.isEmpty }
            #expect(RawAnswer(answer.bytes).status == 200)
        }
    }
}
