import Foundation
import GRDB
import MerkleTrees

/// Brings a ledger that an earlier edition wrote to the form of this one.
///
/// The file is copied first, to `ledger.sqlite.schema-<n>`; then each step is one transaction that
/// also writes the new number. Wherever that is interrupted, the next opening finds a ledger of one
/// of the numbers, whole, and goes on. Steps change how a log is stored, never what is in it:
/// entries, manifests and parts keep their bytes, which `cairn check` shows.
struct LedgerMigration: Sendable {
    /// Where a migration can be interrupted.
    enum Point: Hashable, Sendable {
        /// The copy is written under another name.
        case copied
        /// The copy has its name.
        case kept
        /// The statements of the step to this number are done, and not committed.
        case staged(Int64)
        /// The ledger has this number.
        case committed(Int64)
    }

    /// The number of this edition.
    let version: Int64
    /// What leads from each earlier number to the next.
    let steps: [Int64: @Sendable (Database) throws -> Void]
    /// Told how far it is; what it throws interrupts.
    var reached: @Sendable (Point) throws -> Void = { _ in }

    /// That of this edition.
    static let current = LedgerMigration(
        version: LedgerSchema.version,
        steps: [1: addNodesOfTiles, 2: addRecovery, 3: addKeysOfLosses])

    /// From 1 to 2: a tile is kept with the nodes above its hashes.
    private static let addNodesOfTiles: @Sendable (Database) throws -> Void = { database in
        try database.execute(sql: "ALTER TABLE tile RENAME COLUMN hashes TO nodes")
        let places = try Int64.fetchAll(database, sql: "SELECT place FROM tile")
        let read = try SQLStatement(database, "SELECT nodes FROM tile WHERE place = ?")
        let write = try SQLStatement(database, "UPDATE tile SET nodes = ? WHERE place = ?")
        for place in places {
            let bytes = try read.first(.integer(place)) { $0.bytes(0) } ?? []
            let hashes = stride(from: 0, to: bytes.count, by: 32).compactMap {
                Hash256(bytes[$0..<min($0 + 32, bytes.count)])
            }
            guard 1...TilePath.fullWidth ~= hashes.count, hashes.count * 32 == bytes.count else {
                throw StorageError(
                    code: "storage.corrupt", place: "tile \(place)",
                    reason: "it is no list of hashes; restore a backup")
            }
            try write.run(.bytes(TileNodes(hashing: hashes).bytes), .integer(place))
        }
    }

    /// From 2 to 3: a node's own ledger may lack parts too, and remembers what it has lost.
    private static let addRecovery: @Sendable (Database) throws -> Void = { database in
        // Mirrors have the first of these.
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS absent(number INTEGER PRIMARY KEY) STRICT;
                CREATE TABLE lost(size INTEGER PRIMARY KEY) STRICT;
                """)
    }

    /// From 3 to 4: a loss is remembered with the key that had signed it.
    ///
    /// Of those before nobody knows which it was: no later rotation makes them void.
    private static let addKeysOfLosses: @Sendable (Database) throws -> Void = { database in
        let sizes = try Int64.fetchAll(database, sql: "SELECT size FROM lost")
        try database.execute(
            sql: """
                DROP TABLE lost;
                CREATE TABLE lost(
                    size INTEGER PRIMARY KEY, key_changes INTEGER NOT NULL) STRICT;
                """)
        for size in sizes {
            try database.execute(
                sql: "INSERT INTO lost(size, key_changes) VALUES(?, ?)",
                arguments: [size, Int64.max])
        }
    }

    /// Migrates the ledger of a pool if it must, and checks its number.
    ///
    /// - Throws: `storage.schema` for a file that holds no ledger, or one of a newer edition, which
    ///   is left untouched; what the disk fails with.
    func run(_ pool: ConnectionPool, _ path: String) throws(StorageError) {
        try StorageError.mapping(path) {
            try pool.writeWithoutTransaction { database in
                let found = try Ledger.userVersion(database)
                try require(found, path)
                guard found < version else { return }
                // What the last process left is made durable before it is built upon.
                _ = try database.checkpoint(.truncate)
                try keepCopy(of: database, found, path)
                for number in found..<version {
                    try step(from: number, database, path)
                }
            }
        }
    }

    /// Checks the number of a ledger that is only read.
    func requireCurrent(_ found: Int64, _ path: String) throws(StorageError) {
        try require(found, path)
        guard found == version else {
            throw StorageError(
                code: "storage.schema", place: path,
                reason: "it has schema \(found), this program \(version); start the node once "
                    + "with cairn serve, which keeps a copy and brings it up to date")
        }
    }

    private func require(_ found: Int64, _ path: String) throws(StorageError) {
        guard found != 0 else {
            throw StorageError(
                code: "storage.schema", place: path,
                reason: "the file holds no ledger; restore a backup")
        }
        guard found <= version else {
            throw StorageError(
                code: "storage.schema", place: path,
                reason: "a newer program wrote it: it has schema \(found), this program knows "
                    + "\(version); use the program that wrote it. Nothing was changed")
        }
        for number in min(found, version)..<version where steps[number] == nil {
            throw StorageError(
                code: "storage.schema", place: path,
                reason: "it has schema \(found), which this program cannot bring to \(version); "
                    + "open it with an edition in between first")
        }
    }

    private func keepCopy(of database: Database, _ found: Int64, _ path: String) throws {
        let copy = "\(path).schema-\(found)"
        let draft = copy + ".new"
        guard !FileManager.default.fileExists(atPath: copy) else { return }
        if FileManager.default.fileExists(atPath: draft) {
            try FileManager.default.removeItem(atPath: draft)
        }
        try Ledger.writeSnapshot(of: database, to: draft)
        try reached(.copied)
        guard unsafe rename(draft, copy) == 0 else { throw Ledger.ioError(copy, "cannot be named") }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Ledger.ioError(folder, "cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Ledger.ioError(folder, "cannot be synced") }
        try reached(.kept)
    }

    private func step(from number: Int64, _ database: Database, _ path: String) throws {
        guard let change = steps[number] else { return }
        try database.inTransaction(.immediate) {
            try change(database)
            try database.execute(sql: "PRAGMA user_version = \(number + 1)")
            try reached(.staged(number + 1))
            return .commit
        }
        try reached(.committed(number + 1))
    }
}
