import Foundation
import Synchronization

/// An address that a name was resolved to.
struct ResolvedAddress: Hashable, Sendable {
    /// Its 4 or 16 bytes.
    var bytes: [UInt8]
    /// As it is written.
    var text: String
}

/// Resolves names on threads of its own: the system's resolver blocks, and for how long, others
/// decide.
final class AddressResolver: Sendable {
    /// Names that are resolved at once; each delivery asks for one.
    private static let threadCount = 16
    /// The most addresses of one name that are looked at.
    private static let addressLimit = 64

    private let queue: OperationQueue

    init() {
        queue = OperationQueue()
        queue.name = "cairn.resolver"
        queue.maxConcurrentOperationCount = Self.threadCount
    }

    /// The addresses of a host; none if there are none, or not in time.
    func addresses(
        of host: String, until deadline: ContinuousClock.Instant
    ) async -> [ResolvedAddress] {
        if let literal = Self.literal(host) { return [literal] }
        let box = AnswerBox()
        let alarm = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            box.settle([])
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                box.wait(continuation)
                queue.addOperation { box.settle(Self.lookUp(host)) }
            }
        } onCancel: {
            box.settle([])
        }
    }

    /// Reads an address as such, never a name.
    static func literal(_ text: String) -> ResolvedAddress? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if unsafe inet_pton(family, text, &bytes) == 1 {
                return ResolvedAddress(bytes: bytes, text: text)
            }
        }
        return nil
    }

    private static func lookUp(_ host: String) -> [ResolvedAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>? = nil
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [ResolvedAddress] = []
        var next = unsafe list
        while let entry = unsafe next, found.count < addressLimit {
            if let address = unsafe read(entry.pointee) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    private static func read(_ info: addrinfo) -> ResolvedAddress? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard
            unsafe getnameinfo(
                info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST) == 0
        else { return nil }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // An address with a zone is none that another network reaches.
        return literal(String(decoding: bytes, as: UTF8.self))
    }
}

/// An answer that comes once, from whoever is first.
private final class AnswerBox: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<[ResolvedAddress], Never>)
        case settled([ResolvedAddress])
        case done
    }

    private let state = Mutex(State.new)

    func wait(_ continuation: CheckedContinuation<[ResolvedAddress], Never>) {
        let early: [ResolvedAddress]? = state.withLock { state in
            if case .settled(let value) = state {
                state = .done
                return value
            }
            state = .waiting(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    func settle(_ value: [ResolvedAddress]) {
        let waiting: CheckedContinuation<[ResolvedAddress], Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .settled(value)
                return nil
            case .waiting(let continuation):
                state = .done
                return continuation
            case .settled, .done: return nil
            }
        }
        waiting?.resume(returning: value)
    }
}
