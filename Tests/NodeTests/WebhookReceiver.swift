import EPCIS
import Foundation
import Signatures
import Synchronization

/// A receiver of deliveries: a small HTTP server on loopback that does as it is told.
final class WebhookReceiver: Sendable {
    /// What it does with a delivery.
    enum Reaction: Sendable {
        case answer(Int, fields: [String: String] = [:])
        /// Says nothing until it is stopped.
        case hang
        /// Closes the connection.
        case close
    }

    /// A delivery as it came.
    struct Delivery: Sendable {
        var path: String
        var fields: [String: String]
        var body: [UInt8]

        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
        var events: [JSONValue] {
            let results = json["epcisBody"]?["queryResults"]
            return results?["resultsBody"]?["eventList"]?.asArray ?? []
        }
        var eventIDs: [String] { events.compactMap { $0["eventID"]?.asString } }
        var key: String { fields["idempotency-key"] ?? "" }
    }

    private struct State {
        var deliveries: [Delivery] = []
        var taken: [Delivery] = []
        var isStopped = false
        var connections: [Int32] = []
        var react: @Sendable (Delivery, Int) -> Reaction
    }

    let port: Int
    private let listener: Int32
    private let state: Mutex<State>

    /// Listens on a free port, or on one that is given; `react` is told each delivery and how many
    /// came before.
    init(
        port: Int = 0, _ react: @escaping @Sendable (Delivery, Int) -> Reaction
    ) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        unsafe setsockopt(
            listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        state = Mutex(State(react: react))
        Thread { [self] in accepting() }.start()
    }

    var url: String { "http://127.0.0.1:\(port)/epcis" }

    /// Everything that came, taken or not.
    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    /// What was answered with 200 to 299.
    var taken: [Delivery] { state.withLock { $0.taken } }
    /// The events that were taken, each where it came first.
    var eventIDs: [String] {
        var seen: Set<String> = []
        return taken.flatMap(\.eventIDs).filter { seen.insert($0).inserted }
    }

    /// Does otherwise from now on.
    func react(_ react: @escaping @Sendable (Delivery, Int) -> Reaction) {
        state.withLock { $0.react = react }
    }

    func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    /// Waits until something holds, at most so long.
    func waits(seconds: Double = 60, until isSo: @Sendable (WebhookReceiver) -> Bool) async -> Bool
    {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if isSo(self) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return isSo(self)
    }

    // MARK: Serving

    private func accepting() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0, !state.withLock({ $0.isStopped }) else { return }
            state.withLock { $0.connections.append(connection) }
            Thread { [self] in serve(connection) }.start()
        }
    }

    private func serve(_ connection: Int32) {
        defer {
            state.withLock { $0.connections.removeAll { $0 == connection } }
            close(connection)
        }
        guard let delivery = Self.read(connection) else { return }
        let reaction = state.withLock { state in
            defer { state.deliveries.append(delivery) }
            return state.react(delivery, state.deliveries.count)
        }
        switch reaction {
        case .close: return
        case .hang:
            while !state.withLock({ $0.isStopped }) { Thread.sleep(forTimeInterval: 0.02) }
        case .answer(let status, let fields):
            if (200..<300).contains(status) { state.withLock { $0.taken.append(delivery) } }
            var text = "HTTP/1.1 \(status) Told\r\nContent-Length: 0\r\nConnection: close\r\n"
            for (name, value) in fields { text += "\(name): \(value)\r\n" }
            let bytes = Array((text + "\r\n").utf8)
            _ = unsafe bytes.withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            shutdown(connection, Int32(SHUT_WR))
        }
    }

    private static func read(_ connection: Int32) -> Delivery? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var head: (path: String, fields: [String: String], start: Int)?
        while true {
            if head == nil { head = parse(bytes) }
            if let head, let length = Int(head.fields["content-length"] ?? ""),
                bytes.count >= head.start + length
            {
                return Delivery(
                    path: head.path, fields: head.fields,
                    body: Array(bytes[head.start..<head.start + length]))
            }
            let count = unsafe recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk.prefix(count)
        }
    }

    private static func parse(_ bytes: [UInt8]) -> (String, [String: String], Int)? {
        let text = String(decoding: bytes.prefix(16_384), as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            fields[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        let path = lines[0].components(separatedBy: " ")
        return (path.count > 1 ? path[1] : "", fields, text[..<end.upperBound].utf8.count)
    }
}
