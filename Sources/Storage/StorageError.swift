import GRDB
import GRDBSQLite

/// Why the store cannot do what it was asked.
///
/// Errors compare by code, place and reason; callers decide by `code`, which is stable. Every
/// error met while a group is being committed but `storage.full` is *fatal*: what is on the disk is
/// then unknown, so the process stops and the next start reads what is really there.
package struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable code, lower case and dotted: `storage.locked`, `storage.full`, `storage.io`,
    /// `storage.corrupt`, `storage.schema`, `storage.not-durable`, `storage.read-only`,
    /// `storage.mismatch`, `storage.missing`, `storage.broken`, `storage.failed`.
    package var code: String
    /// The file, table or row concerned.
    package var place: String
    /// What happened and what a person can do about it.
    package var reason: String

    /// An error with its code, place and reason.
    package init(code: String, place: String, reason: String) {
        self.code = code
        self.place = place
        self.reason = reason
    }

    /// Whether it is unknown afterwards what the disk holds.
    var leavesUnknown: Bool {
        ["storage.io", "storage.corrupt", "storage.failed"].contains(code)
    }

    /// `code: place: reason` on one line.
    package var description: String { "\(code): \(place): \(reason)" }
}

extension StorageError {
    /// The error for an SQLite result code, extended or not.
    init(sqlite code: Int32, message: String, place: String) {
        switch code & 0xff {
        case SQLITE_FULL:
            self.init(
                code: "storage.full", place: place,
                reason: "the disk is full (\(message)); free space on it")
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PERM:
            self.init(
                code: "storage.io", place: place,
                reason: "the disk failed (SQLite \(code): \(message))")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            self.init(
                code: "storage.corrupt", place: place,
                reason: "the file is damaged (SQLite \(code): \(message)); restore a backup")
        case SQLITE_READONLY:
            self.init(
                code: "storage.read-only", place: place, reason: "the file cannot be written")
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(
                code: "storage.locked", place: place,
                reason: "another program holds the database (SQLite \(code): \(message))")
        default:
            self.init(
                code: "storage.failed", place: place, reason: "SQLite \(code): \(message)")
        }
    }

    /// The error for one of GRDB's.
    init(database error: DatabaseError, place: String) {
        self.init(
            sqlite: error.extendedResultCode.rawValue, message: error.message ?? "no message",
            place: place)
    }

    /// Runs code that throws GRDB's or our errors and lets only ours out.
    static func mapping<Value>(
        _ place: String, _ body: () throws -> Value
    ) throws(StorageError) -> Value {
        do {
            return try body()
        } catch let error as StorageError {
            throw error
        } catch let error as DatabaseError {
            throw StorageError(database: error, place: place)
        } catch {
            throw StorageError(code: "storage.failed", place: place, reason: "\(error)")
        }
    }
}
