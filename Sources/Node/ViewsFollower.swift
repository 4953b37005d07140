import Foundation
import Logging
import Storage
import Synchronization

/// Fills the views behind the writer, on a thread of its own: the writer never waits for it.
final class ViewsFollower: Sendable {
    private struct Waiter {
        var ticket: UInt64
        var size: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var target: UInt64 = 0
        var reached: UInt64 = 0
        var isClosed = false
        var hasFailed = false
        var nextTicket: UInt64 = 0
        var waiters: [Waiter] = []
    }

    /// How long nothing is tried after the disk was full.
    private static let fullPauseSeconds = 0.5
    /// By how much the thread is nicer to others than they are to it; Linux has it for each thread.
    private static let niceness: Int32 = 5
    /// How long groups are let gather between two steps.
    private static let restSeconds = 0.02
    /// How the thread ended.
    let ending = Ending()
    /// How soon what is left to clear up is tried again.
    private static let sweepPauseSeconds = 0.1
    private let catchUp: @Sendable (UInt64) throws -> UInt64
    private let onReached: @Sendable (UInt64) -> Void
    private let sweep: @Sendable () throws -> Bool
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    /// A follower that does not run yet; `catchUp` brings the views nearer to a size of the log, as
    /// far as one step goes, and gives the size reached, which `onReached` is then told. `sweep` clears
    /// up after each step, and says whether it is to be called again.
    init(
        logger: Logger, onReached: @escaping @Sendable (UInt64) -> Void = { _ in },
        sweep: @escaping @Sendable () throws -> Bool = { false },
        catchUp: @escaping @Sendable (UInt64) throws -> UInt64
    ) {
        self.logger = logger
        self.onReached = onReached
        self.sweep = sweep
        self.catchUp = catchUp
    }

    /// Starts the thread.
    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "cairn.views"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The log has reached a size.
    func sealed(size: UInt64) {
        state.withLock { $0.target = max($0.target, size) }
        bell.signal()
    }

    /// Ends the thread after its present step; what is missing is filled at the next start.
    func close() {
        finish(hasFailed: false)
        bell.signal()
    }

    /// How far the views are.
    var reachedSize: UInt64 { state.withLock { $0.reached } }

    /// Waits until the views have reached a size of the log, at most so long.
    func reaches(_ size: UInt64, within limit: Duration) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        let deadline = Task {
            try await Task.sleep(for: limit)
            drop(ticket)
        }
        defer { deadline.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(ticket: ticket, size: size, continuation: continuation)
                let answer: Bool? = state.withLock { state in
                    if state.reached >= size { return true }
                    if state.isClosed || state.hasFailed || Task.isCancelled { return false }
                    state.waiters.append(waiter)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            drop(ticket)
        }
    }

    private func drop(_ ticket: UInt64) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: false)
    }

    private func finish(hasFailed: Bool) {
        let waiters = state.withLock { state in
            if hasFailed { state.hasFailed = true } else { state.isClosed = true }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    // MARK: The thread

    private func run() {
        // Nobody is acknowledged by what this thread does: it gives way to the writer.
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        #endif
        var isSwept = true
        while true {
            if isSwept {
                bell.wait()
            } else {
                _ = bell.wait(timeout: .now() + Self.sweepPauseSeconds)
            }
            while let target = state.withLock({ state in
                state.isClosed || state.reached >= state.target ? nil : state.target
            }) {
                do {
                    settle(reached: try catchUp(target))
                    rest()
                } catch let error as StorageError where error.code == "storage.full" {
                    // The step is tried again: the views are as they were, and space may come.
                    Thread.sleep(forTimeInterval: Self.fullPauseSeconds)
                } catch {
                    logger.error(
                        "the views cannot be filled; cairn rebuild makes them again",
                        metadata: [
                            "code": "views.failed", "cause": "\(NodeError(error))",
                        ])
                    finish(hasFailed: true)
                    return ending.settle(.failure(NodeError(error)))
                }
            }
            do {
                isSwept = try !sweep()
            } catch {
                // The ledger's writer meets the same disk, and the node ends of that.
                logger.error(
                    "what erased parts left behind cannot be removed",
                    metadata: ["code": "\(NodeError(error).code)", "cause": "\(NodeError(error))"])
                isSwept = false
            }
            if state.withLock({ $0.isClosed }) { return ending.settle(.success(())) }
        }
    }

    /// Lets groups gather, unless somebody waits: a step for each of many small groups would cost
    /// the writer's cores more than the groups themselves.
    private func rest() {
        guard state.withLock({ $0.waiters.isEmpty && !$0.isClosed }) else { return }
        Thread.sleep(forTimeInterval: Self.restSeconds)
    }

    private func settle(reached: UInt64) {
        let there = state.withLock { state in
            state.reached = reached
            let there = state.waiters.filter { $0.size <= reached }
            state.waiters.removeAll { $0.size <= reached }
            return there
        }
        for waiter in there { waiter.continuation.resume(returning: true) }
        onReached(reached)
    }
}
