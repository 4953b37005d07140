import Synchronization

/// Wakes one task that waits; a ring that nobody waits for is kept for the next wait.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// A bell that has not rung.
    init() {}

    /// Wakes whoever waits, or who waits next.
    func ring() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.isRung = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a ring, or until the task is cancelled; one task at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Cancelled before this line: the handler has found nobody to wake.
                    guard !state.isRung, !Task.isCancelled else {
                        state.isRung = false
                        return true
                    }
                    precondition(state.waiter == nil, "two tasks wait for one bell")
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }

    /// Waits for a ring, but no longer than so many milliseconds.
    func wait(milliseconds: Int64) async {
        let alarm = Task {
            guard (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil else { return }
            ring()
        }
        await wait()
        alarm.cancel()
    }
}
