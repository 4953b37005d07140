import Foundation
import Synchronization

/// One plain HTTP/1.1 connection to a node on this machine, on the calling thread.
///
/// A client that does as little as possible: it shares the cores with the node it measures.
struct LoopbackClient: ~Copyable {
    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Connects.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError("no socket could be made") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchError("127.0.0.1:\(port) does not answer") }
        var one: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one,
            socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Sends a POST to `/entries` and reads its answer to the end; gives the answer's status.
    mutating func post(_ body: [UInt8], type: String) throws -> Int {
        try send(Self.head(type, length: body.count) + body)
        return try answer()
    }

    /// Streams a sequence of submissions from a second thread while the answers are read here.
    mutating func stream(_ submissions: ArraySlice<[UInt8]>) throws -> Int {
        let length = submissions.reduce(0) { $0 + $1.count }
        let head = Self.head("application/vnd.cairn.submission+cbor-seq", length: length)
        let descriptor = descriptor
        let writer = Thread {
            _ = Self.sendAll(descriptor, head)
            var batch: [UInt8] = []
            for submission in submissions {
                batch += submission
                guard batch.count >= 64 << 10 else { continue }
                guard Self.sendAll(descriptor, batch) else { return }
                batch.removeAll(keepingCapacity: true)
            }
            _ = Self.sendAll(descriptor, batch)
        }
        writer.start()
        return try answer()
    }

    private static func head(_ type: String, length: Int) -> [UInt8] {
        Array(
            """
            POST /entries HTTP/1.1\r
            Host: 127.0.0.1\r
            Content-Type: \(type)\r
            Content-Length: \(length)\r
            \r

            """.utf8)
    }

    private func send(_ bytes: [UInt8]) throws {
        guard Self.sendAll(descriptor, bytes) else { throw BenchError("the node hung up") }
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    // MARK: Answers

    private mutating func answer() throws -> Int {
        let end: [UInt8] = [13, 10, 13, 10]
        while true {
            if let range = received.firstRange(of: end) {
                let head = String(decoding: received[..<range.lowerBound], as: UTF8.self)
                received.removeSubrange(..<range.upperBound)
                guard let status = Int(head.dropFirst(9).prefix(3)) else {
                    throw BenchError("the node answered \(head.prefix(80))")
                }
                try body(after: head.lowercased())
                return status
            }
            try receive()
        }
    }

    private mutating func body(after head: String) throws {
        if let range = head.firstRange(of: "content-length: ") {
            let length = Int(head[range.upperBound...].prefix { $0.isNumber }) ?? 0
            while received.count < length { try receive() }
            received.removeFirst(length)
            return
        }
        let end = Array("\r\n0\r\n\r\n".utf8)
        while !received.suffix(end.count).elementsEqual(end) {
            if received.count > 1 << 20 { received.removeFirst(received.count - end.count) }
            try receive()
        }
        received = []
    }

    private mutating func receive() throws {
        let count = unsafe withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) {
            let count = unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            if count > 0 { unsafe received += $0.prefix(count) }
            return count
        }
        guard count > 0 else { throw BenchError("the node hung up") }
    }
}

/// Ways to hand many submissions to a node over HTTP.
enum HTTPLoad {
    /// Streams all over so many connections, 512 in hand on each as the node allows.
    static func stream(_ submissions: [[UInt8]], connections: Int, port: Int) throws -> Rate {
        try timed(submissions.count, threads: connections) { number in
            var client = try LoopbackClient(port: port)
            let share = submissions.count / connections
            let slice = submissions[number * share..<(number + 1) * share]
            let status = try client.stream(slice)
            guard status == 200 else { throw BenchError("a stream was answered \(status)") }
        }
    }

    /// Sends each in a request of its own, from so many clients that each wait for the answer.
    static func single(_ submissions: [[UInt8]], clients: Int, port: Int) throws -> Rate {
        try timed(submissions.count, threads: clients) { number in
            var client = try LoopbackClient(port: port)
            for index in stride(from: number, to: submissions.count, by: clients) {
                let status = try client.post(
                    submissions[index], type: "application/vnd.cairn.submission+cbor")
                guard status == 201 else { throw BenchError("one was answered \(status)") }
            }
        }
    }

    private static func timed(
        _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws -> Rate {
        let failure = Failure()
        let group = DispatchGroup()
        let (start, cpu) = (Machine.seconds(), Machine.cpuSeconds())
        for number in 0..<threads {
            group.enter()
            Thread {
                do { try body(number) } catch { failure.set(error) }
                group.leave()
            }.start()
        }
        group.wait()
        let rate = Rate(
            count: count, seconds: Machine.seconds() - start,
            cpuSeconds: Machine.cpuSeconds() - cpu)
        if let error = failure.first { throw error }
        return rate
    }

    private final class Failure: Sendable {
        private let error = Mutex<(any Error)?>(nil)
        var first: (any Error)? { error.withLock { $0 } }
        func set(_ new: any Error) { error.withLock { $0 = $0 ?? new } }
    }
}
