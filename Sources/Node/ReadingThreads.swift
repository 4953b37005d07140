import Foundation

/// Threads for work that waits for the disk or computes for long, so that the cooperative pool and
/// the network's event loops never do.
///
/// Work waits in line when all are busy; the line is bounded by the callers, each of which is one
/// HTTP request.
struct ReadingThreads: Sendable {
    private let queue: OperationQueue

    /// Starts none yet; they are made as they are needed.
    init(count: Int = 6) {
        queue = OperationQueue()
        queue.name = "cairn.reading"
        queue.maxConcurrentOperationCount = count
        // On Linux the threads of one quality of service are as many as the processors, and the
        // cooperative pool's are those of the default: there long work would hold up everything,
        // /healthz and admission too.
        queue.qualityOfService = .utility
    }

    /// Gives a piece of work to the threads.
    func add(_ body: @escaping @Sendable () -> Void) { queue.addOperation(body) }

    /// Runs a piece of work on one of the threads.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.addOperation { continuation.resume(with: Result { try body() }) }
        }
    }
}
