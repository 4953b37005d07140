import Foundation
import HTTPAPI
import Logging
import Records
import Support
import Synchronization
import Testing

/// WebSockets, with a node that tells by rule; callers that do not as they should.
struct SocketTests {
    private static let target = "/epcis/queries/q/events?stream=true"

    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    /// Opens a WebSocket that is told what a feed has.
    private static func open(
        _ node: ScriptedNode, _ port: Int, _ feed: ScriptedFeed, receiveBufferBytes: Int32? = nil
    ) async throws -> SocketCaller {
        node.feed.withLock { $0 = feed }
        let caller = try SocketCaller(port: port, receiveBufferBytes: receiveBufferBytes)
        try #require(await caller.open(target).status == 101)
        return caller
    }

    private static func waits(
        seconds: Double = 30, until isSo: () -> Bool
    ) async throws -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while !isSo(), Date() < end { try await Task.sleep(for: .milliseconds(20)) }
        return isSo()
    }

    /// Waits until the node has no WebSocket any more.
    private static func waitsForNone(_ port: Int) async throws {
        let end = Date().addingTimeInterval(30)
        var text = ""
        while !text.contains("\ncairn_event_sockets 0\n"), Date() < end {
            text = try await RawAnswer.ask(port, "GET", "/metrics").text
        }
        #expect(text.contains("\ncairn_event_sockets 0\n"))
    }

    // MARK: Opening

    @Test func `over TLS it is the same, to a caller that is not ours`() async throws {
        let place = try TemporaryDirectory()
        let pair = try TestCertificates(in: URL(filePath: place.path)).make("node")
        let tls = try ServerTLS(certificatePEM: pair.certificate, keyPEM: pair.key)
        let node = ScriptedNode()
        node.feed.withLock { $0 = .counting(3) }
        try await withListener(node, tls: tls) { port in
            let (process, input, output) = (Process(), Pipe(), Pipe())
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            let heard = Mutex<[UInt8]>([])
            output.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                heard.withLock { $0 += data }
            }
            try process.run()
            defer { process.terminate() }
            let offer = """
                GET \(Self.target) HTTP/1.1\r
                Host: 127.0.0.1:\(port)\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                \r

                """
            try input.fileHandleForWriting.write(contentsOf: Data(offer.utf8))
            // Each document is one character, in a frame of its own.
            let frames: [UInt8] = "012".utf8.flatMap { [0x81, 1, $0] as [UInt8] }
            #expect(try await Self.waits { heard.withLock { Array($0.suffix(9)) == frames } })
            let head = heard.withLock { String(decoding: $0, as: UTF8.self) }
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            // What RFC 6455 1.3 makes of this key.
            #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        }
    }

    @Test func `an offer is taken as RFC 6455 says, and documents come in order`() async throws {
        let node = ScriptedNode()
        node.feed.withLock { $0 = .counting(3) }
        try await withListener(node) { port in
            let caller = try SocketCaller(port: port)
            let answer = await caller.open(
                "/epcis/queries/q/events?second=%5B0-9%5D&minute=1&reportIfEmpty=true"
                    + "&initialRecordTime=2026-01-01T00:00:00+01:00",
                fields: ["connection": "keep-alive, Upgrade", "upgrade": "h2c, WebSocket"])
            #expect(answer.status == 101)
            #expect(answer.fields["upgrade"] == "websocket")
            #expect(answer.fields["connection"] == "Upgrade")
            #expect(answer.fields["sec-websocket-accept"] == SocketCaller.accept)
            #expect(answer.fields["transfer-encoding"] == nil)
            #expect(answer.fields["gs1-epcis-version"] == "2.0.0")
            for number in ["0", "1", "2"] {
                #expect(await caller.message() == Array(number.utf8))
            }
            let asked = node.state.withLock { $0.questions }
            #expect(
                asked == [
                    #"follow q of urn:test:us: {"schedule":{"second":"[0-9]","minute":"1"},"#
                        + #""reportIfEmpty":true,"initialRecordTime":"2025-12-31T23:00:00.000Z"}"#
                ])
        }
    }

    @Test(
        arguments: [
            (["connection": "close"], 400, "request.upgrade"),
            (["connection": nil], 400, "request.upgrade"),
            (["sec-websocket-key": nil], 400, "request.upgrade"),
            (["sec-websocket-key": "c2hvcnQ="], 400, "request.upgrade"),
            (["sec-websocket-key": "no base64 at all"], 400, "request.upgrade"),
            (["sec-websocket-version": "8"], 426, "request.upgrade-version"),
            (["sec-websocket-version": nil], 426, "request.upgrade-version"),
            (["origin": "https://elsewhere.example"], 403, "access.origin"),
            (["origin": "null"], 403, "access.origin"),
            (["gs1-epc-format": "Always_EPC_URN"], 406, "request.not-acceptable"),
        ] as [([String: String?], Int, String)])
    func `an offer that cannot be taken is refused while it is HTTP`(
        _ fields: [String: String?], _ status: Int, _ code: String
    ) async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let answer = try await SocketCaller(port: port).open(Self.target, fields: fields)
            #expect(answer.status == status)
            #expect(answer.text.contains("\"code\":\"\(code)\""))
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.fields["sec-websocket-version"] == (status == 426 ? "13" : nil))
            #expect(answer.closed)
            #expect(node.state.withLock { $0.questions } == [])
        }
    }

    @Test(
        arguments: [
            "", "?stream=false", "?stream=yes", "?stream=true&minute=5", "?minute=60",
            "?stream=true&reportIfEmpty=true", "?stream=true&initialRecordTime=yesterday",
            "?stream=true&perPage=3", "?stream=true&EQ_action=ADD",
            "?stream=true&cairn:notices=all",
        ])
    func `parameters that are wrong are told before anything is opened`(
        _ query: String
    ) async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let answer = try await SocketCaller(port: port).open("/epcis/queries/q/events" + query)
            #expect(answer.status == 400)
            #expect(answer.text.contains("epcisException:SubscriptionControlsException"))
            #expect(node.state.withLock { $0.questions } == [])
        }
    }

    @Test func `who offers nothing, or another protocol, is answered as ever`() async throws {
        try await withListener { port in
            for upgrade in [nil, "h2c", "TLS/1.0"] {
                let answer = try await SocketCaller(port: port).open(
                    "/epcis/queries/q/events?perPage=2",
                    fields: ["upgrade": upgrade, "connection": "close"])
                #expect(answer.status == 200)
                #expect(answer.text == "events of q perPage=2")
            }
            let unknown = try await SocketCaller(port: port).open(
                "/epcis/queries/none/events?stream=true")
            #expect(unknown.status == 404)
        }
    }

    @Test func `a page of the node's own host may open one, and any with a token`() async throws {
        let policy = CallerPolicy.loopback(as: .us, access: AccessMatrixTests.WordAccess())
        try await withListener(callers: policy) { port in
            let own = try await SocketCaller(port: port).open(
                Self.target, fields: ["origin": "http://localhost"])
            #expect(own.status == 101)
            let bearer = try await SocketCaller(port: port).open(
                Self.target,
                fields: ["origin": "https://a.example", "authorization": "Bearer reader@urn:x:y"])
            #expect(bearer.status == 101)
        }
    }

    // MARK: Frames

    @Test(
        arguments: [
            (1, 5, true, true, 0, 1_003), (2, 5, true, true, 0, 1_003),
            (0, 5, true, true, 0, 1_003), (1, 2_000, true, true, 0, 1_009),
            (9, 126, true, true, 0, 1_002), (9, 5, false, true, 0, 1_002),
            (9, 5, true, false, 0, 1_002), (9, 5, true, true, 4, 1_002),
            (3, 0, true, true, 0, 1_002), (11, 0, true, true, 0, 1_002),
        ] as [(UInt8, Int, Bool, Bool, UInt8, Int)])
    func `a frame that has no place here ends the connection with a reason`(
        _ opcode: UInt8, _ count: Int, _ isLast: Bool, _ isMasked: Bool, _ reserved: UInt8,
        _ code: Int
    ) async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let feed = ScriptedFeed.counting(0)
            let caller = try await Self.open(node, port, feed)
            await caller.send(
                opcode, [UInt8](repeating: 0x61, count: count), isLast: isLast,
                isMasked: isMasked, reserved: reserved)
            #expect(await caller.closeCode() == code)
            #expect(await caller.waitsForEnd())
            #expect(try await Self.waits { feed.isOver })
        }
    }

    @Test(
        arguments: [
            ([0x03, 0xe8, 0x62], 1_000), ([], 1_000), ([0x0f, 0xa0], 4_000),
            ([0x03, 0xed], 1_002), ([0x01], 1_002), ([0xff, 0xff], 1_002),
        ] as [([UInt8], Int)])
    func `who says that it ends is told the same, and hung up on`(
        _ payload: [UInt8], _ code: Int
    ) async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let caller = try await Self.open(node, port, .counting(1))
            #expect(await caller.message() == Array("0".utf8))
            await caller.send(8, payload)
            #expect(await caller.closeCode(answers: false) == code)
            #expect(await caller.waitsForEnd(seconds: 10))
        }
    }

    @Test func `pings are answered, and a long message comes whole`() async throws {
        let node = ScriptedNode()
        let long = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try await withListener(node) { port in
            let caller = try await Self.open(
                node, port, ScriptedFeed { $0 == 0 ? long : nil })
            #expect(await caller.message() == long)
            await caller.send(9, Array("are you there".utf8))
            let pong = await caller.frame()
            #expect(pong?.opcode == 10)
            #expect(pong?.payload == Array("are you there".utf8))
        }
    }

    // MARK: Deadlines and limits

    @Test func `who never reads is cut off, and little was made for it`() async throws {
        let node = ScriptedNode()
        let document = [UInt8](repeating: 0x20, count: 1 << 20)
        try await withListener(node, limits: Self.limits { $0.writeStallSeconds = 1 }) { port in
            let feed = ScriptedFeed { _ in document }
            let caller = try await Self.open(node, port, feed, receiveBufferBytes: 4_096)
            // Neither the system's buffers nor the node take more than some.
            try await Self.waitsForNone(port)
            #expect(feed.askedCount < 32)
            #expect(await caller.waitsForEnd())
        }
    }

    @Test func `who answers no ping is cut off, who does stays`() async throws {
        let node = ScriptedNode()
        let limits = Self.limits {
            $0.socketPingSeconds = 1
            $0.socketPongSeconds = 2
        }
        try await withListener(node, limits: limits) { port in
            let silent = try await Self.open(node, port, .counting(0))
            let alive = try await Self.open(node, port, .counting(0))
            let end = Date().addingTimeInterval(8)
            var pings = 0
            while let frame = await alive.frame(seconds: max(0.1, end.timeIntervalSinceNow)) {
                #expect(frame.opcode == 9)
                pings += 1
                await alive.send(10, frame.payload)
            }
            #expect(pings > 1)
            #expect(await !alive.isClosed)
            #expect(await silent.waitsForEnd(seconds: 1))
        }
    }

    @Test func `an organisation has so many, and all together`() async throws {
        let node = ScriptedNode()
        let limits = Self.limits {
            $0.sockets = 3
            $0.socketsOfCaller = 2
        }
        let policy = CallerPolicy.anywhere(access: AccessMatrixTests.WordAccess())
        try await withListener(node, limits: limits, callers: policy) { port in
            func ask(_ organisation: String) async throws -> (SocketCaller, RawAnswer) {
                let caller = try SocketCaller(port: port)
                let fields = ["authorization": "Bearer reader@\(organisation)"]
                return (caller, await caller.open(Self.target, fields: fields))
            }
            let first = try await ask("urn:x:a")
            let second = try await ask("urn:x:a")
            #expect(first.1.status == 101 && second.1.status == 101)
            let third = try await ask("urn:x:a").1
            #expect(third.status == 403 && third.text.contains("subscription.limit"))
            let other = try await ask("urn:x:b")
            #expect(other.1.status == 101)
            let last = try await ask("urn:x:c").1
            #expect(last.status == 503 && last.text.contains("node.busy"))
            // One that is refused, by the node too, holds nothing; one that ends gives back.
            await first.0.drop()
            var status = 0
            let end = Date().addingTimeInterval(30)
            while status != 101, Date() < end { status = try await ask("urn:x:c").1.status }
            #expect(status == 101)
        }
    }

    // MARK: Ends

    @Test func `a node that stops says so, and waits for nobody`() async throws {
        let node = ScriptedNode()
        node.feed.withLock { $0 = .counting(0) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let listener = try await HTTPListener.start(
            service: node, epcis: node, address: .ephemeral, callers: .loopback(as: .us),
            logger: logger)
        let port = listener.address.port
        let (polite, silent) = (try SocketCaller(port: port), try SocketCaller(port: port))
        try #require(await polite.open(Self.target).status == 101)
        try #require(await silent.open(Self.target).status == 101)
        let start = ContinuousClock.now
        async let code = polite.closeCode()
        await listener.stop(drainSeconds: 60)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(await code == 1_001)
        #expect(await silent.closeCode(answers: false) == 1_001)
        #expect(await silent.isClosed)
    }

    @Test func `a feed that ends, or fails, is told with a reason`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            for (end, code) in [
                (.gone(reason: "the query was deleted"), 1_008), (.failed, 1_011),
                (.stopped, 1_001),
            ] as [(FeedEnd, Int)] {
                let caller = try await Self.open(
                    node, port,
                    ScriptedFeed { number throws(FeedEnd) in
                        if number > 0 { throw end }
                        return [0x30]
                    })
                #expect(await caller.message() == [0x30])
                #expect(await caller.closeCode() == code)
            }
        }
    }

    /// Counts what bears the word `good` until it is revoked.
    private final class Revocable: AccessControl {
        let isRevoked = Mutex(false)

        func caller(
            bearing credential: String, method: String, path: String, age: Duration
        ) async throws(Refusal) -> Caller {
            guard !isRevoked.withLock({ $0 }), path == "/epcis/queries/q/events" else {
                throw Refusal(code: "access.token", field: "authorization", reason: "revoked")
            }
            return Caller(role: .reader, reader: .member(organisation: "urn:test:us"))
        }
    }

    @Test(arguments: [true, false])
    func `a token that is revoked ends what it opened, idle or not`(isIdle: Bool) async throws {
        let node = ScriptedNode()
        let isOn = Mutex(false)
        node.feed.withLock {
            $0 = ScriptedFeed { number in
                if number == 0 { return [0x30] }
                while !isIdle, !isOn.withLock({ $0 }) { usleep(10_000) }
                return isIdle ? nil : [0x31]
            }
        }
        let access = Revocable()
        let limits = Self.limits { $0.socketCheckSeconds = isIdle ? 1 : 3_600 }
        try await withListener(node, limits: limits, callers: .anywhere(access: access)) { port in
            let caller = try SocketCaller(port: port)
            let answer = await caller.open(
                Self.target, fields: ["authorization": "Bearer good"])
            try #require(answer.status == 101)
            #expect(await caller.message() == [0x30])
            access.isRevoked.withLock { $0 = true }
            isOn.withLock { $0 = true }
            let frame = await caller.frame()
            #expect(frame?.closeCode == 1_008)
            #expect(
                frame.map { String(decoding: $0.payload.dropFirst(2), as: UTF8.self) }
                    == "access.token")
        }
    }

    @Test func `what is sent before the answer is not taken in`() async throws {
        let node = ScriptedNode(delay: .seconds(4))
        node.feed.withLock { $0 = .counting(0) }
        try await withListener(node) { port in
            let connection = try RawConnection(port: port, receiveBufferBytes: nil)
            var head = "GET \(Self.target) HTTP/1.1\r\n"
            for (name, value) in SocketCaller.fields { head += "\(name): \(value)\r\n" }
            await connection.send(head + "\r\n")
            let isSent = Mutex(false)
            let flood = Task {
                await connection.send([UInt8](repeating: 0, count: 64 << 20))
                isSent.withLock { $0 = true }
            }
            // The system's buffers take some of it; the rest waits outside.
            try await Task.sleep(for: .seconds(2))
            #expect(!isSent.withLock { $0 })
            connection.drop()
            await flood.value
        }
    }
}
