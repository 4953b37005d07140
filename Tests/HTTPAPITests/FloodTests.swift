import Foundation
import HTTPAPI
import Records
import Support
import Testing

/// Crowds of slow callers, each closed by the deadline it is against while an honest caller is
/// served; and, as control, left alone without it.
///
/// Nothing here depends on the machine's speed: a crowd has a minute to be closed, against
/// deadlines of one or two seconds, and the controls' deadlines are an hour.
@Suite(.serialized) struct FloodTests {
    private static let count = 100

    /// What a crowd does: sends the start, then the drip again and again.
    struct Slowness: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var start: String
        var drip: String
        var deadline: @Sendable (inout HTTPLimits, Int64) -> Void
    }

    private static let post =
        "POST /entries HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999\r\ncontent-type: "

    static let slow: [Slowness] = [
        Slowness(
            testDescription: "in the head", start: "GET /healthz HTTP/1.1\r\nhost: ", drip: "a",
            deadline: { $0.headSeconds = $1 }),
        Slowness(
            testDescription: "in the body",
            start: post + "application/vnd.cairn.submission+cbor\r\n\r\n", drip: "a",
            deadline: {
                $0.bodyWindowSeconds = $1
                $0.requestSeconds = $1
            }),
        Slowness(
            testDescription: "in a stream",
            start: post + "application/vnd.cairn.submission+cbor-seq\r\n\r\n", drip: "\u{40}",
            deadline: {
                $0.streamWindowSeconds = $1
                $0.streamSeconds = $1
            }),
    ]

    /// Limits without any deadline that counts here, but for what `change` sets.
    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        let hour: Int64 = 3_600
        limits.headSeconds = hour
        limits.requestSeconds = hour
        limits.bodyWindowSeconds = hour
        limits.streamWindowSeconds = hour
        limits.writeStallSeconds = hour
        limits.streams = count
        change(&limits)
        return limits
    }

    /// Drips until the crowd is closed, at most so long; an honest caller asks all the while.
    private static func drip(
        _ slowness: Slowness, _ port: Int, seconds: Double
    ) async throws -> (left: Int, served: Int) {
        let crowd = try Crowd(count, port: port)
        crowd.send(Array(slowness.start.utf8))
        let end = Date().addingTimeInterval(seconds)
        var served = 0
        while crowd.openCount > 0, Date() < end {
            crowd.send(Array(slowness.drip.utf8))
            try await Task.sleep(for: .milliseconds(100))
            crowd.look()
            let answer = try await RawAnswer.ask(port, "GET", "/healthz")
            #expect(answer.status == 200)
            served += 1
        }
        return (crowd.openCount, served)
    }

    @Test(arguments: slow) func `a hundred slow callers are closed, an honest one is served`(
        slowness: Slowness
    ) async throws {
        // The honest caller has the same deadline, and a busy machine.
        try await withListener(limits: Self.limits { slowness.deadline(&$0, 5) }) { port in
            let (left, served) = try await Self.drip(slowness, port, seconds: 60)
            #expect(left == 0)
            #expect(served > 0)
        }
    }

    @Test(arguments: slow) func `without the deadline they stay`(slowness: Slowness) async throws {
        try await withListener(limits: Self.limits { slowness.deadline(&$0, 3_600) }) { port in
            let (left, _) = try await Self.drip(slowness, port, seconds: 3)
            #expect(left == Self.count)
        }
    }

    @Test(arguments: [(Int64(1), 60.0), (3_600, 3.0)])
    func `so are those that are slow in the TLS handshake`(
        deadline: Int64, seconds: Double
    ) async throws {
        let place = try TemporaryDirectory()
        let pair = try TestCertificates(in: URL(filePath: place.path)).make("node")
        let tls = try ServerTLS(certificatePEM: pair.certificate, keyPEM: pair.key)
        let limits = Self.limits { $0.headSeconds = deadline }
        try await withListener(limits: limits, tls: tls) { port in
            let crowd = try Crowd(Self.count, port: port)
            // The head of a record with a ClientHello of 512 bytes, and then a byte at a time.
            crowd.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC])
            let end = Date().addingTimeInterval(seconds)
            while crowd.openCount > 0, Date() < end {
                crowd.send([0x03])
                try await Task.sleep(for: .milliseconds(200))
                crowd.look()
            }
            #expect(crowd.openCount == (deadline == 1 ? 0 : Self.count))
        }
    }

    /// A hundred callers ask for evidence and read nothing; whether evidence is given to an honest
    /// caller before the time is over.
    private static func unread(
        stallSeconds: Int64, seconds: Double
    ) async throws -> (isBusy: Bool, isServed: Bool, crowd: Int, bytes: Int) {
        let limits = Self.limits {
            $0.writeStallSeconds = stallSeconds
            $0.headSeconds = stallSeconds
        }
        let node = ScriptedNode(evidenceBytes: 16 << 20)
        return try await withListener(node, limits: limits) { port in
            let crowd = try Crowd(count, port: port, receiveBufferBytes: 4_096)
            let target = "GET /evidence/urn:x:y HTTP/1.1\r\nhost: localhost\r\n\r\n"
            crowd.send(Array(target.utf8))
            let end = Date().addingTimeInterval(seconds)
            var isBusy = false
            var isServed = false
            while Date() < end, !isServed {
                #expect(try await RawAnswer.ask(port, "GET", "/healthz").status == 200)
                let status = try await RawAnswer.ask(port, "GET", "/evidence/urn:x:z").status
                if status == 503 { isBusy = true }
                isServed = isBusy && status == 200
                try await Task.sleep(for: .milliseconds(100))
            }
            guard isServed else { return (isBusy, false, count, 0) }
            let drained = Date().addingTimeInterval(60)
            while crowd.openCount > 0, Date() < drained {
                crowd.look()
                try await Task.sleep(for: .milliseconds(50))
            }
            return (isBusy, true, crowd.openCount, crowd.receivedBytes)
        }
    }

    @Test func `a hundred that do not read their answers are closed, and their slots are free`()
        async throws
    {
        let (_, isServed, left, bytes) = try await Self.unread(stallSeconds: 2, seconds: 60)
        #expect(isServed)
        #expect(left == 0)
        // The four that had evidence got less than all of it.
        #expect(bytes < 4 * 16 << 20, "\(bytes)")
    }

    @Test func `without that deadline they hold the slots`() async throws {
        let (isBusy, isServed, _, _) = try await Self.unread(stallSeconds: 3_600, seconds: 4)
        #expect(isBusy)
        #expect(!isServed)
    }

    @Test func `more connections than there are places are served once these end`() async throws {
        let limits = Self.limits {
            $0.connections = 32
            $0.headSeconds = 1
        }
        try await withListener(limits: limits) { port in
            let crowd = try Crowd(300, port: port)
            let answer = try await RawAnswer.ask(port, "GET", "/healthz")
            #expect(answer.status == 200)
            crowd.drop()
            #expect(try await RawAnswer.ask(port, "GET", "/healthz").status == 200)
        }
    }

    @Test func `two hundred and fifty-six fields, or too long a head, are refused with 431`()
        async throws
    {
        try await withListener { port in
            let many = Dictionary(uniqueKeysWithValues: (0..<256).map { ("x-\($0)", "y") })
            let long = ["x": String(repeating: "a", count: 20_000)]
            for fields in [many, long] {
                let answer = try await RawAnswer.ask(port, "GET", "/healthz", fields: fields)
                #expect(answer.status == 431)
                #expect(answer.text.contains("request.head-too-large"))
                #expect(answer.closed)
            }
            let few = Dictionary(uniqueKeysWithValues: (0..<50).map { ("x-\($0)", "y") })
            #expect(try await RawAnswer.ask(port, "GET", "/healthz", fields: few).status == 200)
        }
    }
}
