import GRDB
import GRDBSQLite

/// How long a search of the views may go on.
package struct WorkLimit: Sendable {
    /// When it ends.
    package let end: ContinuousClock.Instant

    /// A search that ends then.
    package init(until end: ContinuousClock.Instant) {
        self.end = end
    }

    /// Whether the time is up.
    package var isReached: Bool { ContinuousClock.now >= end }

    /// Steps of SQLite's machine between two looks at the clock.
    private static let steps: Int32 = 10_000

    /// Runs statements of a connection that SQLite itself interrupts when the time is up, also
    /// where it finds nothing for long.
    ///
    /// - Throws: ``WorkLimitReached``, what `body` throws.
    func watching<Value>(_ database: Database, _ body: () throws -> Value) throws -> Value {
        let watch = Watch(self)
        let context = unsafe Unmanaged.passUnretained(watch).toOpaque()
        unsafe sqlite3_progress_handler(
            database.sqliteConnection, Self.steps,
            { context in
                guard let context = unsafe context else { return 0 }
                let watch = unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue()
                return watch.limit.isReached ? 1 : 0
            }, context)
        defer { unsafe sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil) }
        return try withExtendedLifetime(watch) {
            do {
                return try body()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                throw WorkLimitReached()
            }
        }
    }

    private final class Watch {
        let limit: WorkLimit

        init(_ limit: WorkLimit) { self.limit = limit }
    }
}

/// The time for a search was up before there was anything to answer.
package struct WorkLimitReached: Error, Hashable, Sendable {}
