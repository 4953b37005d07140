import GRDB
import GRDBSQLite

/// One prepared statement of one connection, run without GRDB's argument boxes.
///
/// The ledger's hot path binds integers and byte strings only; going to SQLite's own calls saves
/// two allocations a value. A statement belongs to its connection's queue and is reset after each
/// use, so that no read transaction stays open.
struct SQLStatement {
    private let statement: Statement
    private let place: String

    /// Prepares a statement, or takes it from the connection's cache.
    init(_ database: Database, _ sql: String) throws(StorageError) {
        statement = try StorageError.mapping(sql) { try database.cachedStatement(sql: sql) }
        place = sql
    }

    /// Runs a statement that gives no rows.
    func run(_ values: SQLValue...) throws(StorageError) {
        try bind(values)
        defer { _ = unsafe sqlite3_reset(statement.sqliteStatement) }
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw failure(code) }
    }

    /// The first row, read by `read`, or nothing.
    func first<Value>(
        _ values: SQLValue..., read: (SQLRow) -> Value
    ) throws(StorageError) -> Value? {
        try bind(values)
        defer { _ = unsafe sqlite3_reset(statement.sqliteStatement) }
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        switch code {
        case SQLITE_ROW: return read(SQLRow(statement))
        case SQLITE_DONE: return nil
        default: throw failure(code)
        }
    }

    /// Every row in turn, until `read` answers false.
    func forEach(
        _ values: SQLValue..., read: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try bind(values)
        defer { _ = unsafe sqlite3_reset(statement.sqliteStatement) }
        while true {
            let code = unsafe sqlite3_step(statement.sqliteStatement)
            switch code {
            case SQLITE_ROW:
                guard try read(SQLRow(statement)) else { return }
            case SQLITE_DONE: return
            default: throw failure(code)
            }
        }
    }

    /// Every row, read by `read`.
    func all<Value>(
        _ values: SQLValue..., read: (SQLRow) -> Value
    ) throws(StorageError) -> [Value] {
        var found: [Value] = []
        try bind(values)
        defer { _ = unsafe sqlite3_reset(statement.sqliteStatement) }
        while true {
            let code = unsafe sqlite3_step(statement.sqliteStatement)
            switch code {
            case SQLITE_ROW: found.append(read(SQLRow(statement)))
            case SQLITE_DONE: return found
            default: throw failure(code)
            }
        }
    }

    private func bind(_ values: [SQLValue]) throws(StorageError) {
        for (offset, value) in values.enumerated() {
            let code = value.bind(to: statement, at: Int32(offset + 1))
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    private func failure(_ code: Int32) -> StorageError {
        let message = unsafe String(cString: sqlite3_errstr(code))
        return StorageError(sqlite: code, message: message, place: place)
    }
}

/// A value bound to a statement.
enum SQLValue {
    case integer(Int64)
    case bytes([UInt8])
    case text(String)
    case null

    // SQLite copies the bytes before the call returns.
    private static var copied: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    fileprivate func bind(to statement: Statement, at index: Int32) -> Int32 {
        let handle = unsafe statement.sqliteStatement
        switch self {
        case .integer(let value): return unsafe sqlite3_bind_int64(handle, index, value)
        case .null: return unsafe sqlite3_bind_null(handle, index)
        case .bytes(let bytes):
            // An empty array may have no address, which SQLite would read as null.
            guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
            return unsafe bytes.withUnsafeBytes {
                unsafe sqlite3_bind_blob64(
                    handle, index, $0.baseAddress, UInt64($0.count), Self.copied)
            }
        case .text(let text):
            var text = text
            return text.withUTF8 { utf8 in
                guard let start = utf8.baseAddress else {
                    return unsafe sqlite3_bind_text(handle, index, "", 0, Self.copied)
                }
                return unsafe UnsafeRawPointer(start).withMemoryRebound(
                    to: CChar.self, capacity: utf8.count
                ) {
                    unsafe sqlite3_bind_text(handle, index, $0, Int32(utf8.count), Self.copied)
                }
            }
        }
    }
}

/// The current row of a statement; valid only inside the closure it is given to.
///
/// Safe: the statement outlives the closure, and every column is copied out.
@safe struct SQLRow {
    private let handle: SQLiteStatement

    fileprivate init(_ statement: Statement) { unsafe handle = statement.sqliteStatement }

    /// A column as an integer.
    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    /// A column as bytes, copied.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A column as text, copied.
    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    /// Whether a column is null.
    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }
}
