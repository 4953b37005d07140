import Foundation
import GRDB
import GRDBSQLite
import MerkleTrees

extension Ledger {
    /// Opens the connections.
    ///
    /// GRDB sets `synchronous=NORMAL` after its own preparation, so that the writer's
    /// settings must follow, and are read back.
    static func openPool(
        _ path: String, kind: LedgerKind, readonly: Bool
    ) throws(StorageError) -> ConnectionPool {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.maximumReaderCount = kind.readersLimit
        configuration.busyMode = .timeout(5)
        configuration.label = "cairn.ledger"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA cache_size = -\(kind.readerCacheKiB)")
            // A memory map would turn a failing disk into a signal instead of an error.
            try database.execute(sql: "PRAGMA mmap_size = 0")
        }
        let prepared = configuration
        return try StorageError.mapping(path) {
            let pool = try ConnectionPool(path: path, configuration: prepared)
            if !readonly {
                try pool.writeWithoutTransaction { try setUpWriter($0, kind, path: path) }
            }
            return pool
        }
    }

    private static func setUpWriter(
        _ database: Database, _ kind: LedgerKind, path: String
    ) throws {
        let settings: [(name: String, value: String, readBack: String)] = [
            ("synchronous", "FULL", "2"), ("secure_delete", "ON", "1"),
            // The ledger copies the WAL back itself: SQLite would not tell when that fails.
            ("wal_autocheckpoint", "0", "0"),
            ("cache_size", "-\(kind.writerCacheKiB)", "-\(kind.writerCacheKiB)"),
            ("journal_mode", "WAL", "wal"),
        ]
        try set(settings, of: database, path: path)
    }

    /// Changes settings of a connection and reads them back.
    static func set(
        _ settings: [(name: String, value: String, readBack: String)], of database: Database,
        path: String
    ) throws {
        for setting in settings {
            try database.execute(sql: "PRAGMA \(setting.name) = \(setting.value)")
            let value = try pragma(setting.name, database)
            guard value == setting.readBack else {
                throw StorageError(
                    code: "storage.not-durable", place: path,
                    reason: "SQLite keeps \(setting.name) at \(value), not \(setting.readBack)")
            }
        }
    }

    /// Makes the length of the WAL durable.
    ///
    /// SQLite empties it without a sync, which loses nothing; but after a power cut what it held
    /// would be readable again, erased parts too.
    static func syncWAL(_ database: Database) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = unsafe sqlite3_file_control(
            database.sqliteConnection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard code == SQLITE_OK, let file = unsafe file,
            let sync = unsafe file.pointee.pMethods?.pointee.xSync
        else { return }
        let synced = unsafe sync(file, SQLITE_SYNC_FULL)
        guard synced == SQLITE_OK else {
            throw StorageError(
                sqlite: synced, message: "the WAL cannot be synced", place: fileName)
        }
    }

    /// Copies the WAL of a connection back and empties it, if no reader is in the way.
    static func emptyWAL(of database: Database) throws -> Bool {
        let patience = try pragma("busy_timeout", database)
        try database.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? database.execute(sql: "PRAGMA busy_timeout = \(patience)") }
        do {
            return try database.checkpoint(.truncate).walFrameCount == 0
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return false
        }
    }

    /// The value of a setting of a connection, as text.
    static func pragma(_ name: String, _ database: Database) throws -> String {
        guard let row = try Row.fetchOne(database, sql: "PRAGMA \(name)") else { return "unset" }
        return DatabaseValue.text(row[0])
    }

    static func userVersion(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }

    static func requireFile(_ path: String) throws(StorageError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StorageError(
                code: "storage.missing", place: path,
                reason: "there is no ledger; restore a backup")
        }
        // SQLite says of this no more than that the file does not open.
        guard unsafe access(path, R_OK) == 0 else {
            throw StorageError(
                code: "storage.io", place: path,
                reason: "cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
    }

    static func requireSchema(_ pool: ConnectionPool, _ path: String) throws(StorageError) {
        let found = try StorageError.mapping(path) { try pool.read(userVersion) }
        try LedgerMigration.current.requireCurrent(found, path)
    }

    static func readIdentity(_ database: Database) throws -> LogIdentity {
        let sql = "SELECT origin, network, depth FROM log WHERE number = 0"
        guard let row = try Row.fetchOne(database, sql: sql),
            let origin = String.fromDatabaseValue(row[0]),
            let network = Data.fromDatabaseValue(row[1]).flatMap({ Hash256([UInt8]($0)) }),
            let depth = Int.fromDatabaseValue(row[2]), (1...24).contains(depth)
        else {
            throw StorageError(
                code: "storage.corrupt", place: "log 0", reason: "the log's row is not readable")
        }
        return LogIdentity(origin: origin, network: network, indexDepth: depth)
    }
}

extension DatabaseValue {
    /// Any value as text.
    fileprivate static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "null"
        case .int64(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        case .blob(let data): "\(data.count) bytes"
        }
    }
}
