import Synchronization

/// How a long-running piece of work ended: settled once, awaited by any number of callers.
final class Ending: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Void, NodeError>, Never>

    private struct State {
        var result: Result<Void, NodeError>?
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Says how it ended; only the first call counts.
    func settle(_ result: Result<Void, NodeError>) {
        let waiters: [Waiter] = state.withLock { state in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// How it ended, if it has.
    var result: Result<Void, NodeError>? { state.withLock { $0.result } }

    /// How it ended, once it has.
    func value() async -> Result<Void, NodeError> {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}
