import Synchronization

/// How many bytes are on their way out, and who waits until there are fewer.
///
/// Senders are let through in the order in which they came.
final class PeerOutbound: Sendable {
    private struct Sender {
        var number: UInt64
        var continuation: CheckedContinuation<Void, Never>?
    }

    private struct State {
        var inFlightBytes = 0
        var ending: PeerClosure?
        var waiting: [Sender] = []
        var next: UInt64 = 0
    }

    private let state = Mutex(State())
    private let bytesLimit: Int

    init(_ limits: PeerLimits) { bytesLimit = limits.outboundBytes }

    /// Bytes that were let through and have not left this machine.
    var inFlightBytes: Int { state.withLock(\.inFlightBytes) }

    /// Waits until so many bytes may be sent, and counts them.
    ///
    /// - Throws: how the connection ended; `peer.cancelled`.
    func reserve(_ bytes: Int) async throws(PeerClosure) {
        let number = state.withLock { state in
            defer { state.next += 1 }
            state.waiting.append(Sender(number: state.next))
            return state.next
        }
        while try !isAdmitted(number, bytes) {
            guard !Task.isCancelled else {
                leave(number)
                throw PeerClosure(.cancelled, "the sender was cancelled; its frame is not sent")
            }
            await wait(number)
        }
    }

    /// Counts bytes as gone.
    func release(_ bytes: Int) {
        state.withLock { state in
            state.inFlightBytes -= bytes
            return state.waiting.isEmpty ? nil : state.waiting[0].continuation.take()
        }?.resume()
    }

    /// Lets nobody through from now on.
    func end(_ closure: PeerClosure) {
        let waiting = state.withLock { state in
            if state.ending == nil { state.ending = closure }
            defer { state.waiting = [] }
            return state.waiting
        }
        for sender in waiting { sender.continuation?.resume() }
    }

    private func isAdmitted(_ number: UInt64, _ bytes: Int) throws(PeerClosure) -> Bool {
        let (result, next) = state.withLock {
            state -> (Result<Bool, PeerClosure>, CheckedContinuation<Void, Never>?) in
            if let ending = state.ending { return (.failure(ending), nil) }
            let fits = state.inFlightBytes == 0 || state.inFlightBytes + bytes <= bytesLimit
            guard state.waiting.first?.number == number, fits else { return (.success(false), nil) }
            state.inFlightBytes += bytes
            state.waiting.removeFirst()
            // There may be room for the next one too.
            let next = state.waiting.isEmpty ? nil : state.waiting[0].continuation.take()
            return (.success(true), next)
        }
        next?.resume()
        return try result.get()
    }

    private func leave(_ number: UInt64) {
        state.withLock { state in
            state.waiting.removeAll { $0.number == number }
            return state.waiting.isEmpty ? nil : state.waiting[0].continuation.take()
        }?.resume()
    }

    private func wait(_ number: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard !Task.isCancelled,
                        let index = state.waiting.firstIndex(where: { $0.number == number }),
                        // Room may have come since it was asked for.
                        index > 0 || state.inFlightBytes > 0
                    else { return true }
                    state.waiting[index].continuation = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                guard let index = state.waiting.firstIndex(where: { $0.number == number })
                else { return nil as CheckedContinuation<Void, Never>? }
                return state.waiting[index].continuation.take()
            }?.resume()
        }
    }
}
