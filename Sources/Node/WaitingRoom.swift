import Records
import Synchronization

/// Bounds what a node has in hand: submissions between their arrival and their answer, in number
/// and in bytes (SPEC §19).
final class WaitingRoom: Sendable {
    /// How much may be in hand.
    struct Limits: Hashable, Sendable {
        /// Submissions.
        var submissions = 4_096
        /// Their bytes.
        var bytes = 64 << 20
    }

    private struct Waiter {
        var ticket: UInt64
        var bytes: Int
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var submissions = 0
        var bytes = 0
        var nextTicket: UInt64 = 0
        var isClosed = false
        /// In order of arrival; bounded by the callers, each of which waits for one place only.
        var waiters: [Waiter] = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    /// An empty room.
    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many submissions are in hand.
    var submissionsInHand: Int { state.withLock { $0.submissions } }

    /// How many submissions and bytes of them are in hand.
    var inHand: (submissions: Int, bytes: Int) {
        state.withLock { ($0.submissions, $0.bytes) }
    }

    /// Takes a place for a submission of so many bytes; patiently, it waits for one in order of
    /// arrival.
    ///
    /// - Throws: `node.busy` when there is none, or the waiting caller is gone; `node.stopping`.
    func enter(bytes: Int, patiently: Bool) async throws(Refusal) {
        guard state.withLock({ !$0.isClosed }) else { throw .stopping }
        if state.withLock({ $0.waiters.isEmpty && take(&$0, bytes) }) { return }
        guard patiently, bytes <= limits.bytes else { throw .busy }
        guard await wait(bytes: bytes) else {
            throw state.withLock { $0.isClosed } ? .stopping : .busy
        }
    }

    /// Gives a place back and lets the next ones in.
    func leave(bytes: Int) {
        let entering = state.withLock { state in
            state.submissions -= 1
            state.bytes -= bytes
            precondition(state.submissions >= 0 && state.bytes >= 0, "more leave than entered")
            return admitWaiters(&state)
        }
        for waiter in entering { waiter.continuation.resume(returning: true) }
    }

    /// Lets nobody in any more; those waiting are sent away.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    private func wait(bytes: Int) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(ticket: ticket, bytes: bytes, continuation: continuation)
                let answer: Bool? = state.withLock { state in
                    if state.isClosed || Task.isCancelled { return false }
                    if state.waiters.isEmpty, take(&state, bytes) { return true }
                    state.waiters.append(waiter)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }
                    .map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func take(_ state: inout State, _ bytes: Int) -> Bool {
        guard state.submissions < limits.submissions, state.bytes + bytes <= limits.bytes else {
            return false
        }
        state.submissions += 1
        state.bytes += bytes
        return true
    }

    private func admitWaiters(_ state: inout State) -> [Waiter] {
        var entering: [Waiter] = []
        while let first = state.waiters.first, take(&state, first.bytes) {
            entering.append(state.waiters.removeFirst())
        }
        return entering
    }
}
