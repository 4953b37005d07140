import Foundation

/// A WebSocket client that does as it is told, right or wrong (RFC 6455).
package actor SocketCaller {
    /// A frame as it came.
    package struct Frame: Sendable {
        /// What it is: 0 continuation, 1 text, 8 close, 9 ping, 10 pong.
        package var opcode: UInt8
        /// Whether it ends its message.
        package var isLast: Bool
        /// What it holds.
        package var payload: [UInt8]

        /// The code of a close frame.
        package var closeCode: Int? {
            guard opcode == 8, payload.count >= 2 else { return nil }
            return Int(payload[0]) << 8 | Int(payload[1])
        }
    }

    /// The key of RFC 6455's example, and what it is answered with.
    package static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    package static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    /// The fields of a handshake.
    package static let fields = [
        "host": "localhost", "upgrade": "websocket", "connection": "Upgrade",
        "sec-websocket-version": "13", "sec-websocket-key": key,
    ]

    private let connection: RawConnection
    private var bytes: [UInt8] = []
    /// Whether the other side has closed.
    package private(set) var isClosed = false

    /// Connects to a port of this machine.
    package init(port: Int, receiveBufferBytes: Int32? = nil) throws {
        connection = try RawConnection(port: port, receiveBufferBytes: receiveBufferBytes)
    }

    /// Opens a WebSocket, or is refused; fields of nil are left out.
    package func open(
        _ target: String, fields: [String: String?] = [:]
    ) async -> RawAnswer {
        let all = Self.fields.mapValues { Optional($0) }.merging(fields) { _, new in new }
        var head = "GET \(target) HTTP/1.1\r\n"
        for (name, value) in all { if let value { head += "\(name): \(value)\r\n" } }
        await connection.send(head + "\r\n")
        let end = Array("\r\n\r\n".utf8)
        let (received, closed) = await connection.receive { $0.firstRange(of: end) != nil }
        let answer = RawAnswer(received, closed: closed)
        if answer.status == 101 {
            bytes = answer.body
            return answer
        }
        let rest = await connection.receive(seconds: closed ? 0 : 10)
        return RawAnswer(received + rest.bytes, closed: closed || rest.closed)
    }

    /// Sends a frame.
    package func send(
        _ opcode: UInt8, _ payload: [UInt8] = [], isLast: Bool = true, isMasked: Bool = true,
        reserved: UInt8 = 0
    ) async {
        var frame: [UInt8] = [(isLast ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        if payload.count < 126 {
            frame.append(mask | UInt8(payload.count))
        } else {
            frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        if isMasked { frame += key }
        frame += isMasked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload
        await connection.send(frame)
    }

    /// The next frame; nil if none comes in time or the other side has closed.
    package func frame(seconds: Double = 30) async -> Frame? {
        let end = Date().addingTimeInterval(seconds)
        while true {
            if let frame = parsed() { return frame }
            let left = end.timeIntervalSinceNow
            guard !isClosed, left > 0 else { return nil }
            let (more, closed) = await connection.receive(seconds: left) { !$0.isEmpty }
            bytes += more
            isClosed = closed
        }
    }

    /// The next message, joined; pings are answered meanwhile.
    package func message(seconds: Double = 30) async -> [UInt8]? {
        var message: [UInt8] = []
        let end = Date().addingTimeInterval(seconds)
        while let frame = await frame(seconds: end.timeIntervalSinceNow) {
            switch frame.opcode {
            case 0, 1:
                message += frame.payload
                if frame.isLast { return message }
            case 9: await send(10, frame.payload)
            case 8: return nil
            default: break
            }
        }
        return nil
    }

    /// The code of the close frame that comes next, whatever stands before it; answered, if so
    /// wished, and the end of the connection waited for.
    package func closeCode(seconds: Double = 30, answers: Bool = true) async -> Int? {
        while let frame = await frame(seconds: seconds) {
            guard frame.opcode == 8 else { continue }
            if answers { await send(8, frame.payload) }
            _ = await self.frame(seconds: seconds)
            return frame.closeCode
        }
        return nil
    }

    /// Waits until the other side has closed; what comes meanwhile is thrown away.
    package func waitsForEnd(seconds: Double = 30) async -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while !isClosed, end.timeIntervalSinceNow > 0 {
            _ = await frame(seconds: end.timeIntervalSinceNow)
        }
        return isClosed
    }

    /// Ends the connection at once.
    package func drop() { connection.drop() }

    private func parsed() -> Frame? {
        guard bytes.count >= 2 else { return nil }
        var start = 2
        var length = Int(bytes[1] & 0x7f)
        if length >= 126 {
            let count = length == 126 ? 2 : 8
            guard bytes.count >= 2 + count else { return nil }
            length = bytes[2..<2 + count].reduce(0) { $0 << 8 | Int($1) }
            start += count
        }
        guard bytes.count >= start + length else { return nil }
        defer { bytes.removeFirst(start + length) }
        return Frame(
            opcode: bytes[0] & 0x0f, isLast: bytes[0] & 0x80 != 0,
            payload: Array(bytes[start..<start + length]))
    }
}
