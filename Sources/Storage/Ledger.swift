import GRDB
package import MerkleTrees
import Synchronization

/// A node's ledger: the file `ledger.sqlite` in its directory, held open by one process.
///
/// It has one writer, and readers that see whole groups. The writer's connection commits with
/// `synchronous=FULL` and is the only one that copies the WAL back; it belongs to whoever calls
/// ``write(_:)``, one call at a time. A value of this type may be used from any thread.
///
/// After an error in a commit the ledger is *broken*: every further write is refused with
/// `storage.broken`, because what is on the disk is unknown. Reading goes on. The process is meant
/// to stop; the next ``open(directory:)`` reads what is really there.
package final class Ledger: Sendable {
    /// The file's name in a node's directory.
    package static let fileName = "ledger.sqlite"
    /// Memory for pages of the writer's connection.
    static let writerCacheKiB = 65_536
    /// Memory for pages of each reading connection.
    static let readerCacheKiB = 8_192
    /// How large the WAL grows before it is copied back, in pages of 4 KiB.
    static let checkpointPages = 32_768
    /// How many reads can run at a time.
    static let readersLimit = 8

    /// Which log this is.
    package let identity: LogIdentity
    private let pool: DatabasePool
    private let lock: Mutex<DirectoryLock?>
    private let writer: WriterStore
    private let failure = Mutex<StorageError?>(nil)

    private init(pool: DatabasePool, lock: DirectoryLock?) throws(StorageError) {
        self.pool = pool
        self.lock = Mutex(lock)
        let identity = try StorageError.mapping(Self.fileName) {
            try pool.read { try Self.readIdentity($0) }
        }
        self.identity = identity
        writer = pool.writeWithoutTransaction { database in
            WriterStore(LedgerStore(database, identity: identity, isWriter: lock != nil))
        }
    }

    /// Makes the ledger of a new node; its directory must exist and hold no ledger.
    package static func create(
        directory: String, identity: LogIdentity
    ) throws(StorageError) -> Ledger {
        let lock = try DirectoryLock(directory: directory)
        let path = directory + "/" + fileName
        let pool = try openPool(path, readonly: false)
        try StorageError.mapping(path) {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    guard try Self.userVersion(database) == 0 else {
                        throw StorageError(
                            code: "storage.mismatch", place: path, reason: "a ledger is there")
                    }
                    try LedgerSchema.create(database, identity: identity)
                    return .commit
                }
            }
        }
        return try Ledger(pool: pool, lock: lock)
    }

    /// Opens the ledger of a node and takes its lock.
    ///
    /// - Throws: `storage.locked` if another process has it, `storage.missing` if there is none,
    ///   `storage.schema` if a newer program wrote it, `storage.not-durable` if SQLite does not
    ///   keep `synchronous=FULL`.
    package static func open(directory: String) throws(StorageError) -> Ledger {
        let path = directory + "/" + fileName
        try requireFile(path)
        let lock = try DirectoryLock(directory: directory)
        let pool = try openPool(path, readonly: false)
        try requireSchema(pool, path)
        return try Ledger(pool: pool, lock: lock)
    }

    /// Opens a ledger for reading only, without its lock: for checks beside a running node.
    package static func inspect(directory: String) throws(StorageError) -> Ledger {
        let path = directory + "/" + fileName
        try requireFile(path)
        let pool = try openPool(path, readonly: true)
        try requireSchema(pool, path)
        return try Ledger(pool: pool, lock: nil)
    }

    // MARK: Use

    /// Reads one snapshot of the ledger; any number of reads run beside each other and the writer.
    ///
    /// - Throws: what `body` throws, and ``StorageError``.
    package func read<Value>(_ body: (LedgerStore) throws -> Value) throws -> Value {
        do {
            return try pool.read { database in
                try body(LedgerStore(database, identity: identity, isWriter: false))
            }
        } catch let error as DatabaseError {
            throw StorageError(database: error, place: Self.fileName)
        }
    }

    /// Reads and writes the ledger as its one writer; calls wait for each other.
    ///
    /// - Throws: what `body` throws, and ``StorageError``. One thrown by
    ///   ``LedgerStore/commit(_:)`` is fatal: nothing may be acknowledged, and every later call
    ///   fails with `storage.broken`.
    package func write<Value>(_ body: (LedgerStore) throws -> Value) throws -> Value {
        try requireWhole()
        do {
            return try pool.writeWithoutTransaction { _ in
                defer { if let error = writer.store.broken { fail(error) } }
                return try body(writer.store)
            }
        } catch let error as DatabaseError {
            throw StorageError(database: error, place: Self.fileName)
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

    /// Copies the WAL into the database and empties it; readers may hold back the end of it.
    package func checkpoint() throws(StorageError) {
        try requireWhole()
        try StorageError.mapping(Self.fileName) {
            try pool.writeWithoutTransaction { database in
                let copied = try database.checkpoint(.truncate)
                if copied.walFrameCount == 0 { try Self.syncWAL(database) }
            }
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
/// It is touched on the writer's queue only.
private final class WriterStore: @unchecked Sendable {
    let store: LedgerStore
    init(_ store: LedgerStore) { self.store = store }
}
