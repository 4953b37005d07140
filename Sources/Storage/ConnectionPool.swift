import Foundation
import GRDB

/// GRDB's pool of connections to a database, which is closed only when nobody reads from it.
///
/// A reader that waits for its connection while GRDB closes them is given a closed one, and ends
/// the process. Here closing waits for who reads, and who comes later is refused.
final class ConnectionPool: Sendable {
    private let pool: DatabasePool
    private let gate = Gate()

    /// Counts who reads.
    ///
    /// It may call itself sendable because what it holds is touched under its condition's lock
    /// only; a `Mutex` has no condition to wait for.
    private final class Gate: @unchecked Sendable {
        private let condition = NSCondition()
        private var readers = 0
        private var isClosed = false

        func enter() throws {
            condition.lock()
            defer { condition.unlock() }
            guard !isClosed else {
                throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "it is closed")
            }
            readers += 1
        }

        func leave() {
            condition.lock()
            defer { condition.unlock() }
            readers -= 1
            if readers == 0 { condition.broadcast() }
        }

        func close() {
            condition.lock()
            defer { condition.unlock() }
            isClosed = true
            while readers > 0 { condition.wait() }
        }
    }

    /// Opens a pool.
    init(path: String, configuration: Configuration) throws {
        pool = try DatabasePool(path: path, configuration: configuration)
    }

    /// As GRDB's, in one snapshot.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try pool.read(body)
    }

    /// As GRDB's, in no transaction.
    func unsafeRead<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try pool.unsafeRead(body)
    }

    /// As GRDB's, in one transaction.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value { try pool.write(body) }

    /// As GRDB's: transactions are up to the body.
    func writeWithoutTransaction<Value>(
        _ body: (Database) throws -> Value
    ) rethrows -> Value {
        try pool.writeWithoutTransaction(body)
    }

    /// Waits for those who read, and closes all connections.
    func close() throws {
        gate.close()
        try pool.close()
    }
}
