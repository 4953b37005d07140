import Foundation
import Testing

@testable import Node

@Suite struct `Threads for long work` {
    /// Where they were the cooperative pool's own, nothing would be left to let the work end.
    @Test(.timeLimit(.minutes(2)))
    func `long work on every thread holds up nothing else`() async throws {
        let threads = ReadingThreads()
        let end = DispatchSemaphore(value: 0)
        let count = 12
        let work = (0..<count).map { _ in
            Task { try await threads.run { end.wait() } }
        }
        for _ in 0..<100 {
            await Task.yield()
            await Task.detached {}.value
        }
        for _ in 0..<count { end.signal() }
        for task in work { try await task.value }
    }
}
