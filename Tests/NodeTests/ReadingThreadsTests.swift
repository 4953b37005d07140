import Foundation
import Synchronization
import Testing

@testable import Node

@Suite struct ReadingThreadsTests {
    /// Who said first that long work may end.
    private final class End: Sendable {
        private let teller = Mutex<String?>(nil)
        var isTold: Bool { teller.withLock { $0 != nil } }
        /// Says so; gives who said it first.
        @discardableResult func tell(_ name: String) -> String {
            teller.withLock { teller in
                teller = teller ?? name
                return teller ?? name
            }
        }
    }

    /// Work that computes, on more threads than there are processors: did they belong to the
    /// cooperative pool, it would have none left for anything else until the work ends.
    @Test(.timeLimit(.minutes(2)))
    func `long work on every thread holds up nothing else`() async throws {
        let threads = ReadingThreads()
        let end = End()
        let rescue = Thread {
            let deadline = Date().addingTimeInterval(60)
            while Date() < deadline, !end.isTold { Thread.sleep(forTimeInterval: 0.05) }
            end.tell("the rescue")
        }
        rescue.start()
        for _ in 0..<12 { threads.add { while !end.isTold { sched_yield() } } }
        for _ in 0..<20 {
            await Task.yield()
            await Task.detached {}.value
        }
        #expect(end.tell("the others") == "the others")
    }
}
