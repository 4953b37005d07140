import Foundation

/// A TCP connection to a port of this machine that sends and receives exactly what it is told.
///
/// Blocking calls run on a thread of their own, so that the server under test keeps its threads.
package final class RawConnection: @unchecked Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw connection")

    /// Connects to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: where the server listens.
    ///   - receiveBufferBytes: how much the system may take in that is not received yet; by its
    ///     own measure unless given.
    /// - Throws: if nobody listens there.
    package init(port: Int, receiveBufferBytes: Int32? = nil) throws {
        descriptor = try LoopbackSocket.connected(
            to: port, receiveBufferBytes: receiveBufferBytes)
    }

    deinit { close(descriptor) }

    /// Sends all bytes; stops silently when the other side has closed.
    package func send(_ bytes: [UInt8]) async {
        await onQueue { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Foundation.send(
                        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Sends text.
    package func send(_ text: String) async { await send(Array(text.utf8)) }

    /// What arrives until the other side closes, `until` is met, or the time is over.
    ///
    /// - Returns: the bytes, and whether the other side closed.
    package func receive(
        seconds: Double = 30, until: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async -> (bytes: [UInt8], closed: Bool) {
        await onQueue { [descriptor] in
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let end = Date().addingTimeInterval(seconds)
            while !until(received) {
                let left = end.timeIntervalSinceNow
                guard left > 0 else { return (received, false) }
                var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&poller, 1, Int32(left * 1_000) + 1) > 0 else { continue }
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
                }
                guard count > 0 else { return (received, true) }
                received += buffer[..<count]
            }
            return (received, false)
        }
    }

    /// Ends the connection at once, as a caller that crashed does.
    package func drop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func onQueue<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}

/// An HTTP answer as it came over the wire, for tests.
package struct RawAnswer: Sendable {
    /// The status code; 0 if none came.
    package var status = 0
    /// The header fields by lower-case name.
    package var fields: [String: String] = [:]
    /// The body, chunks joined.
    package var body: [UInt8] = []
    /// Whether the other side closed the connection.
    package var closed = false

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads an answer.
    package init(_ bytes: [UInt8], closed: Bool = false) {
        self.closed = closed
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            fields[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        let rest = Array(bytes[end.upperBound...])
        body = fields["transfer-encoding"] == "chunked" ? Self.unchunked(rest) : rest
    }

    private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var result: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let text = String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self)
            guard let size = Int(text, radix: 16), size > 0 else { break }
            rest = rest[line.upperBound...]
            result += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return result
    }

    /// Sends one request on a connection of its own and reads its answer.
    package static func ask(
        _ port: Int, _ method: String, _ target: String, fields: [String: String] = [:],
        body: [UInt8]? = nil
    ) async throws -> RawAnswer {
        let connection = try RawConnection(port: port)
        var head = "\(method) \(target) HTTP/1.1\r\n"
        var fields = fields
        if fields["host"] == nil { fields["host"] = "127.0.0.1:\(port)" }
        if let body { fields["content-length"] = String(body.count) }
        fields["connection"] = "close"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        await connection.send(Array((head + "\r\n").utf8) + (body ?? []))
        let (bytes, closed) = await connection.receive(seconds: 120)
        return RawAnswer(bytes, closed: closed)
    }
}
