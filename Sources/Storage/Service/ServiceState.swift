import Foundation
import GRDB
import Synchronization

/// What a node must remember that is not the ledger: the file `service.sqlite` in its directory.
///
/// Such as documents that it promised to capture and what came of them. Unlike the views it does
/// not follow from the ledger, so it is as durable: one writer, `synchronous=FULL`, and a write has
/// returned only when it is on the disk. It knows no more of the log than its name; the tables
/// belong to the extensions of this type beside it (``ServiceSchema``).
///
/// When there is no space nothing of a write is kept (`storage.full`), and the next may be tried.
/// After any other error of the disk every further write is refused with `storage.broken`, because
/// what is on the disk is unknown; reading goes on, and the next opening reads what is really
/// there. A value may be used from any thread.
package final class ServiceState: Sendable {
    /// The file's name in a node's directory.
    package static let fileName = "service.sqlite"

    private let pool: ConnectionPool
    private let failure = Mutex<StorageError?>(nil)
    private let isClosed = Mutex(false)

    /// Opens or makes the service state of a node, whose lock the caller holds.
    ///
    /// The file is its owner's only: what is asked of a node may hold secrets.
    ///
    /// - Throws: `storage.schema` if a newer program wrote it, `storage.mismatch` if it belongs to
    ///   another log, `storage.not-durable`, `storage.full`, `storage.io`, `storage.corrupt`.
    package convenience init(
        directory: String, identity: LogIdentity
    ) throws(StorageError) {
        try self.init(directory: directory, identity: identity, schema: .current)
    }

    /// Opens the service state with another schema than this edition's, for tests.
    init(
        directory: String, identity: LogIdentity, schema: ServiceSchema
    ) throws(StorageError) {
        let path = directory + "/" + Self.fileName
        try Self.makeFile(path)
        pool = try Self.openPool(path, readonly: false)
        try StorageError.mapping(path) {
            try pool.writeWithoutTransaction { database in
                try Ledger.set(
                    [("synchronous", "FULL", "2"), ("journal_mode", "WAL", "wal")], of: database,
                    path: path)
                try schema.bringUpToDate(database, identity: identity, path: path)
            }
        }
        try DirectoryLock.synchronize(directory)
    }

    /// Reads the state as it is at one moment.
    func read<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        try StorageError.mapping(Self.fileName) { try pool.read(body) }
    }

    /// Reads and writes the state in one transaction, which is durable when this returns; calls
    /// wait for each other.
    func write<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        if let error = failure.withLock({ $0 }) {
            throw StorageError(
                code: "storage.broken", place: error.place,
                reason: "an earlier write failed (\(error.code): \(error.reason)); start again")
        }
        do throws(StorageError) {
            return try StorageError.mapping(Self.fileName) { try pool.write(body) }
        } catch {
            if error.leavesUnknown { failure.withLock { if $0 == nil { $0 = error } } }
            throw error
        }
    }

    /// Empties the WAL, which still holds what was deleted, unless a reader needs the end of it.
    ///
    /// - Returns: whether it is empty.
    /// - Throws: ``StorageError``.
    package func emptyWAL() throws(StorageError) -> Bool {
        try StorageError.mapping(Self.fileName) {
            try pool.writeWithoutTransaction { try Ledger.emptyWAL(of: $0) }
        }
    }

    /// Closes every connection; the state cannot be used afterwards.
    ///
    /// Closing twice does nothing. The write-ahead log is copied back first, so that after a clean
    /// stop the file is whole by itself. A broken one is left as it is, for the next start to read.
    package func close() throws(StorageError) {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        if failure.withLock({ $0 == nil }) {
            pool.writeWithoutTransaction { _ = try? $0.checkpoint(.truncate) }
        }
        try StorageError.mapping(Self.fileName) { try pool.close() }
    }

    // MARK: Copies

    /// Writes the state of a node, which may be running, as it is at one moment to a new file.
    ///
    /// The copy is durable when this returns; the entry of its directory is not yet.
    ///
    /// - Returns: false if the node has no such file yet; nothing is written then.
    /// - Throws: ``StorageError``; what was begun is left for the caller to remove.
    package static func writeSnapshot(
        directory: String, to copy: String
    ) throws(StorageError) -> Bool {
        let path = directory + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else { return false }
        let pool = try openPool(path, readonly: true)
        try StorageError.mapping(path) {
            try pool.unsafeRead { try Ledger.writeSnapshot(of: $0, to: copy) }
        }
        return true
    }

    /// Checks that the file of a directory nobody uses can be opened as a log's own.
    ///
    /// - Throws: as ``init(directory:identity:)``, and `storage.corrupt` for a damaged file.
    package static func check(
        directory: String, identity: LogIdentity
    ) throws(StorageError) {
        let path = directory + "/" + fileName
        let pool = try openPool(path, readonly: true)
        try StorageError.mapping(path) {
            try pool.read { database in
                try ServiceSchema.current.requireKnown(try Ledger.userVersion(database), path)
                try ServiceSchema.requireSame(database, identity, path)
                let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
                guard findings == ["ok"] else {
                    throw StorageError(
                        code: "storage.corrupt", place: path,
                        reason: "the file is damaged: \(findings.joined())")
                }
            }
        }
    }

    // MARK: Opening

    private static func makeFile(_ path: String) throws(StorageError) {
        let descriptor = unsafe Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Ledger.ioError(path, "cannot be made") }
        Foundation.close(descriptor)
    }

    private static func openPool(
        _ path: String, readonly: Bool
    ) throws(StorageError) -> ConnectionPool {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.label = "cairn.service"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA cache_size = -4096")
            // A memory map would turn a failing disk into a signal instead of an error.
            try database.execute(sql: "PRAGMA mmap_size = 0")
            // What is deleted from it may be a secret.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
        let prepared = configuration
        return try StorageError.mapping(path) {
            try ConnectionPool(path: path, configuration: prepared)
        }
    }
}
