import Records
import Synchronization

/// Whether whoever asked has gone: told to work on a thread, which no task's cancellation reaches.
final class Departure: Sendable {
    private let isTold = Mutex(false)

    /// Does something that is told when the task it is done for is cancelled.
    static func watched<Value: Sendable>(
        _ body: (Departure) async throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let departure = Departure()
        let result = await withTaskCancellationHandler { () async -> Result<Value, Refusal> in
            do throws(Refusal) {
                return .success(try await body(departure))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            departure.isTold.withLock { $0 = true }
        }
        return try result.get()
    }

    /// Refuses to go on for nobody.
    ///
    /// - Throws: `node.busy`, which nobody is told.
    func check() throws(Refusal) {
        guard !isTold.withLock({ $0 }) else {
            throw Refusal(code: "node.busy", field: "", reason: "whoever asked has gone")
        }
    }
}
