import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import Storage

/// A pool that is closed while threads read from it.
@Suite struct ConnectionPoolTests {
    /// More readers than connections: some wait for one while all are closed.
    private static let readers = 6

    /// What became of the reads.
    private struct Tally {
        var reading = 0
        var refused = 0
        var wrong = 0
    }

    @Test func `who reads is waited for, and who comes later is refused`() throws {
        for _ in 0..<20 {
            let home = try TemporaryDirectory()
            var configuration = Configuration()
            configuration.maximumReaderCount = 2
            let pool = try ConnectionPool(
                path: home.path + "/some.sqlite", configuration: configuration)
            try pool.write { try $0.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (7)") }
            let tally = Mutex(Tally())
            let (begun, ended) = (DispatchSemaphore(value: 0), DispatchGroup())
            for _ in 0..<Self.readers {
                ended.enter()
                Thread {
                    while Self.reads(pool, tally) { begun.signal() }
                    ended.leave()
                }.start()
            }
            for _ in 0..<Self.readers { begun.wait() }
            try pool.close()
            #expect(tally.withLock { $0.reading } == 0)
            ended.wait()
            #expect(tally.withLock { $0.refused } == Self.readers)
            #expect(tally.withLock { $0.wrong } == 0)
        }
    }

    /// Reads once; false once the pool is closed.
    private static func reads(_ pool: ConnectionPool, _ tally: borrowing Mutex<Tally>) -> Bool {
        do {
            try pool.read { database in
                tally.withLock { $0.reading += 1 }
                defer { tally.withLock { $0.reading -= 1 } }
                let value = try Int.fetchOne(database, sql: "SELECT x FROM t")
                if value != 7 { tally.withLock { $0.wrong += 1 } }
            }
            return true
        } catch {
            tally.withLock { $0.refused += 1 }
            return false
        }
    }
}
