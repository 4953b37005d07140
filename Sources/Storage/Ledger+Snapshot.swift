import Foundation
import GRDB

extension Ledger {
    /// Writes the ledger as it is at one moment to a new file, while others read and write it.
    ///
    /// The copy is whole by itself: it needs no write-ahead log and holds nothing that was erased.
    /// It is durable when this returns; the entry of its directory is not yet.
    ///
    /// - Throws: ``StorageError``; what was begun is left for the caller to remove.
    package func writeSnapshot(to path: String) throws(StorageError) {
        try StorageError.mapping(Self.fileName) {
            try pool.unsafeRead { try Self.writeSnapshot(of: $0, to: path) }
        }
    }

    /// Copies the database of a connection that is in no transaction.
    static func writeSnapshot(of database: Database, to path: String) throws {
        try database.execute(sql: "VACUUM INTO ?", arguments: [path])
        // SQLite does not sync what VACUUM INTO writes.
        let descriptor = unsafe Foundation.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw ioError(path, "cannot be opened") }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ioError(path, "cannot be synced") }
    }

    static func ioError(_ path: String, _ what: String) -> StorageError {
        StorageError(
            code: "storage.io", place: path,
            reason: "it \(what): \(unsafe String(cString: strerror(errno)))")
    }
}
