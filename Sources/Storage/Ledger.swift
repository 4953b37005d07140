import GRDB
package import MerkleTrees
import Synchronization

/// A log's ledger: the file `ledger.sqlite` in its directory, held open by one process.
///
/// The node's own is in the node's directory, and each mirror of another log in one of its own.
///
/// It has one writer, and readers that see whole groups. The writer's connection commits with
/// `synchronous=FULL` and is the only one that copies the WAL back; it belongs to whoever calls
/// ``write(_:)``, one call at a time. A value of this type may be used from any thread.
///
/// When there is no space for a group, nothing of it is kept (`storage.full`) and the next one may
/// be tried. After any other error of the disk the ledger is *broken*: every further write is
/// refused with `storage.broken`, because what is on the disk is unknown. Reading goes on. The
/// process is meant to stop; the next opening reads what is really there, and makes it durable
/// before anything is built on it.
package final class Ledger: Sendable {
    /// The file's name in a node's directory.
    package static let fileName = "ledger.sqlite"

    /// Which log this is.
    package let identity: LogIdentity
    /// Whose log it is.
    package let kind: LedgerKind
    let pool: ConnectionPool
    private let lock: Mutex<DirectoryLock?>
    private let writer: WriterStore
    private let failure = Mutex<StorageError?>(nil)
    /// After how many pages of the WAL the writer copies it back.
    private let checkpointPages: Int

    private init(
        pool: ConnectionPool, kind: LedgerKind, lock: DirectoryLock?, checkpointPages: Int? = nil
    ) throws(StorageError) {
        self.pool = pool
        self.kind = kind
        self.checkpointPages = checkpointPages ?? kind.checkpointPages
        self.lock = Mutex(lock)
        let identity = try StorageError.mapping(Self.fileName) {
            try pool.read { try Self.readIdentity($0) }
        }
        self.identity = identity
        writer = pool.writeWithoutTransaction { database in
            WriterStore(
                LedgerStore(database, identity: identity, kind: kind, isWriter: lock != nil))
        }
        if lock != nil { pool.writeWithoutTransaction { writer.pages.count(on: $0) } }
    }

    /// Makes the ledger of a new node; its directory must exist and hold no ledger.
    package static func create(
        directory: String, identity: LogIdentity
    ) throws(StorageError) -> Ledger {
        let lock = try DirectoryLock(directory: directory)
        let path = directory + "/" + fileName
        let pool = try openPool(path, kind: .own, readonly: false)
        guard try makeTables(pool, path, identity) else {
            throw StorageError(
                code: "storage.mismatch", place: path, reason: "a ledger is there")
        }
        return try Ledger(pool: pool, kind: .own, lock: lock)
    }

    /// Makes the tables of a ledger, in one transaction; false if they are there.
    private static func makeTables(
        _ pool: ConnectionPool, _ path: String, _ identity: LogIdentity
    ) throws(StorageError) -> Bool {
        try StorageError.mapping(path) {
            try pool.writeWithoutTransaction { database in
                var isNew = false
                try database.inTransaction(.immediate) {
                    isNew = try Self.userVersion(database) == 0
                    if isNew { try LedgerSchema.create(database, identity: identity) }
                    return .commit
                }
                return isNew
            }
        }
    }

    /// Opens the ledger of a node and takes its lock.
    ///
    /// What the last process left is made durable first: after a failed sync it can be readable and
    /// yet be lost with the next power cut. The WAL is copied back after `checkpointPages` pages.
    /// A ledger of an older schema is copied and then brought to this one (``LedgerMigration``).
    ///
    /// - Throws: `storage.locked` if another process has it, `storage.missing` if there is none,
    ///   `storage.schema` if a newer program wrote it, `storage.not-durable` if SQLite does not
    ///   keep `synchronous=FULL`, `storage.full` if there is no space to start with.
    package static func open(
        directory: String, checkpointPages: Int? = nil
    ) throws(StorageError) -> Ledger {
        try open(directory: directory, checkpointPages: checkpointPages, migration: .current)
    }

    /// Opens the ledger of a node with other schemas than this edition's, for tests.
    static func open(
        directory: String, checkpointPages: Int? = nil, migration: LedgerMigration
    ) throws(StorageError) -> Ledger {
        let path = directory + "/" + fileName
        try requireFile(path)
        let lock = try DirectoryLock(directory: directory)
        let pool = try openPool(path, kind: .own, readonly: false)
        return try takeUp(pool, .own, path, lock, migration, checkpointPages: checkpointPages)
    }

    /// Opens the ledger of a mirror, which is made if it is not there, and takes its lock.
    ///
    /// - Parameters:
    ///   - directory: the mirror's own, which exists.
    ///   - identity: the log that is mirrored.
    /// - Returns: the ledger.
    /// - Throws: as ``open(directory:checkpointPages:)``; `storage.mismatch` if it is that of
    ///   another log.
    package static func openMirror(
        directory: String, of identity: LogIdentity
    ) throws(StorageError) -> Ledger {
        let path = directory + "/" + fileName
        let lock = try DirectoryLock(directory: directory)
        let pool = try openPool(path, kind: .mirror, readonly: false)
        _ = try makeTables(pool, path, identity)
        let ledger = try takeUp(pool, .mirror, path, lock, .current, checkpointPages: nil)
        guard ledger.identity == identity else {
            throw StorageError(
                code: "storage.mismatch", place: path,
                reason: "it mirrors \(ledger.identity.origin), not \(identity.origin)")
        }
        return ledger
    }

    private static func takeUp(
        _ pool: ConnectionPool, _ kind: LedgerKind, _ path: String, _ lock: DirectoryLock,
        _ migration: LedgerMigration, checkpointPages: Int?
    ) throws(StorageError) -> Ledger {
        try migration.run(pool, path)
        let ledger = try Ledger(
            pool: pool, kind: kind, lock: lock, checkpointPages: checkpointPages)
        try ledger.checkpoint()
        try lock.synchronizeDirectory()
        return ledger
    }

    /// Opens a ledger for reading only, without its lock: for checks beside a running node.
    package static func inspect(
        directory: String, kind: LedgerKind = .own
    ) throws(StorageError) -> Ledger {
        let path = directory + "/" + fileName
        try requireFile(path)
        let pool = try openPool(path, kind: kind, readonly: true)
        try requireSchema(pool, path)
        return try Ledger(pool: pool, kind: kind, lock: nil)
    }

    // MARK: Use

    /// Reads one snapshot of the ledger; any number of reads run beside each other and the writer.
    ///
    /// - Throws: what `body` throws, and ``StorageError``.
    package func read<Value>(_ body: (LedgerStore) throws -> Value) throws -> Value {
        do {
            return try pool.read { database in
                try body(
                    LedgerStore(database, identity: identity, kind: kind, isWriter: false))
            }
        } catch let error as DatabaseError {
            throw StorageError(database: error, place: Self.fileName)
        }
    }

    /// Reads and writes the ledger as its one writer; calls wait for each other.
    ///
    /// - Throws: what `body` throws, and ``StorageError``. Whatever failed on the disk is fatal:
    ///   nothing may be acknowledged, and every later call fails with `storage.broken`. Only
    ///   `storage.full` is not.
    package func write<Value>(_ body: (LedgerStore) throws -> Value) throws -> Value {
        try requireWhole()
        do {
            return try pool.writeWithoutTransaction { database in
                defer { if let error = writer.store.broken { fail(error) } }
                let value = try body(writer.store)
                try copyBack(database)
                return value
            }
        } catch let error as DatabaseError {
            throw noted(StorageError(database: error, place: Self.fileName))
        } catch let error as StorageError {
            throw noted(error)
        }
    }

    /// Copies the WAL back once it is long, where SQLite would do it itself and not tell of errors.
    ///
    /// Without space for it the WAL grows on; the next commit tries again.
    private func copyBack(_ database: Database) throws {
        guard writer.pages.count >= checkpointPages, !database.isInsideTransaction else { return }
        do {
            _ = try database.checkpoint(.passive)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            return
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        }
    }

    /// Removes the bytes of parts for good; their digests and all proofs stay.
    ///
    /// `secure_delete` overwrites them in the database, and the WAL that still held them is
    /// emptied, durably: a power cut does not bring them back.
    /// Whether an erasure record allows it is for the caller to know; ``LedgerCheck`` asks for one.
    ///
    /// - Throws: ``StorageError``; an unknown part is passed by.
    package func erase(_ digests: [Hash256]) throws {
        try write { store in try store.erase(digests) }
        try checkpoint()
    }

    /// Removes the bytes of parts that are still there, though an erasure names them: an earlier
    /// edition registered erasures and kept the bytes.
    ///
    /// - Throws: ``StorageError``.
    package func eraseKept(_ digests: [Hash256]) throws {
        let kept = try read { store in
            try digests.filter { try store.storedPart($0) != nil }
        }
        guard !kept.isEmpty else { return }
        try write { try $0.erase(kept) }
    }

    /// Empties the WAL, which still holds what was erased, unless a reader needs the end of it.
    ///
    /// It waits for nobody: who is refused tries again.
    ///
    /// - Returns: whether the WAL is empty, durably.
    /// - Throws: ``StorageError``, as ``write(_:)``.
    package func emptyWAL() throws(StorageError) -> Bool {
        try requireWhole()
        do throws(StorageError) {
            return try StorageError.mapping(Self.fileName) {
                try pool.writeWithoutTransaction { database in
                    guard try Self.emptyWAL(of: database) else { return false }
                    try Self.syncWAL(database)
                    return true
                }
            }
        } catch {
            throw noted(error)
        }
    }

    /// Copies the WAL into the database and empties it; readers may hold back the end of it.
    package func checkpoint() throws(StorageError) {
        try requireWhole()
        do throws(StorageError) {
            try StorageError.mapping(Self.fileName) {
                try pool.writeWithoutTransaction { database in
                    let copied = try database.checkpoint(.truncate)
                    if copied.walFrameCount == 0 { try Self.syncWAL(database) }
                }
            }
        } catch {
            throw noted(error)
        }
    }

    /// Closes every connection and gives the lock back; the ledger cannot be used afterwards.
    ///
    /// The WAL is copied back first, so that after a clean stop `ledger.sqlite` alone is the whole
    /// ledger. A broken ledger is left as it is, for the next start to read.
    package func close() throws(StorageError) {
        let isWriter = lock.withLock { $0 != nil }
        if isWriter, failure.withLock({ $0 == nil }) { try? checkpoint() }
        pool.writeWithoutTransaction { _ in writer.store.release() }
        try StorageError.mapping(Self.fileName) { try pool.close() }
        lock.withLock { $0 = nil }
    }

    /// An error, after which the ledger is broken if the disk may have failed.
    private func noted(_ error: StorageError) -> StorageError {
        if error.leavesUnknown { fail(error) }
        return error
    }

    private func fail(_ error: StorageError) {
        failure.withLock { if $0 == nil { $0 = error } }
    }

    private func requireWhole() throws(StorageError) {
        guard let error = failure.withLock({ $0 }) else { return }
        throw StorageError(
            code: "storage.broken", place: error.place,
            reason: "an earlier commit failed (\(error.code): \(error.reason)); start again")
    }
}

/// Lets the writer's store be kept between writes.
///
/// It may call itself sendable because it is made and touched on the writer's queue only, of which
/// there is one.
private final class WriterStore: @unchecked Sendable {
    let store: LedgerStore
    let pages = WALPages()
    init(_ store: LedgerStore) { self.store = store }
}
