import Testing

@testable import Node

@Suite struct `Threads for long work` {
    @Test func `long work on every thread holds up nothing else`() async throws {
        let threads = ReadingThreads()
        let clock = ContinuousClock()
        let end = clock.now + .seconds(3)
        for _ in 0..<12 {
            threads.add { while clock.now < end {} }
        }
        try await Task.sleep(for: .milliseconds(100))
        let begun = clock.now
        for _ in 0..<10 { await Task.detached {}.value }
        #expect(clock.now - begun < .seconds(1))
    }
}
