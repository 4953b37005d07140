import Foundation
import GRDBSQLite

/// Events and flows in the plain tables that SQL answers fastest from, read by SQLite's own calls.
///
/// They are made from a node's views in a file beside them: a row for each event with its texts, a
/// row for each flow, and both indexes that a recursive query wants.
///
/// Safe: the handle lives as long as the value, and every column is copied out.
@safe final class PlainTables {
    /// A value of a row.
    enum Cell: Hashable {
        case integer(Int64)
        case text(String)
        case bytes([UInt8])
        case null

        /// A text, or null.
        init(_ text: String?) { self = text.map(Self.text) ?? .null }
    }

    private static let tables = """
        CREATE TABLE event(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL, type TEXT NOT NULL,
            time INTEGER NOT NULL, biz_step TEXT, site TEXT, issuer TEXT NOT NULL,
            standing INTEGER NOT NULL) STRICT;
        CREATE TABLE flow(
            subject TEXT NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL,
            ordinal INTEGER NOT NULL, role TEXT NOT NULL, place TEXT NOT NULL, quantity TEXT,
            uom TEXT, PRIMARY KEY(subject, time, event, ordinal)) STRICT, WITHOUT ROWID;
        CREATE TEMP TABLE label(
            event INTEGER, kind INTEGER, text TEXT, PRIMARY KEY(event, kind)) WITHOUT ROWID;
        INSERT INTO label SELECT posting.event, term.kind, term.text FROM node.term
            JOIN node.posting ON posting.term = term.number WHERE term.kind IN (1, 2, 5);
        INSERT INTO event SELECT event.number, event.digest, type.text, event.time, step.text,
            site.text, event.issuer, event.standing FROM node.event
            JOIN label AS type ON type.event = event.number AND type.kind = 1
            LEFT JOIN label AS step ON step.event = event.number AND step.kind = 2
            LEFT JOIN label AS site ON site.event = event.number AND site.kind = 5;
        INSERT INTO flow SELECT subject, time, event, ordinal, role, place, quantity, uom
            FROM node.flow ORDER BY subject, time, event, ordinal;
        CREATE INDEX flow_event ON flow(event, place, subject);
        DROP TABLE label;
        DETACH node;
        """

    private var database: OpaquePointer? = nil
    private var prepared: [String: PreparedQuery] = [:]
    private let path: String

    /// Makes the tables from the views in a node's directory.
    init(of directory: String) throws {
        path = directory + "/../plain.sqlite"
        try? FileManager.default.removeItem(atPath: path)
        guard unsafe sqlite3_open(path, &database) == SQLITE_OK else {
            throw BenchError("\(path) cannot be opened")
        }
        try execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
        try execute("ATTACH '\(directory)/views.sqlite' AS node; " + Self.tables)
    }

    deinit { unsafe sqlite3_close_v2(database) }

    private func execute(_ sql: String) throws {
        guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw BenchError("\(path): \(unsafe String(cString: sqlite3_errmsg(database)))")
        }
    }

    /// All rows of a query with one parameter; it is prepared once.
    func rows(_ sql: String, _ key: String) throws -> [[Cell]] {
        let query = try unsafe prepared[sql] ?? PreparedQuery(sql, database)
        prepared[sql] = query
        let statement = unsafe query.statement
        defer { unsafe sqlite3_reset(statement) }
        let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        unsafe sqlite3_bind_text(statement, 1, key, -1, copied)
        var rows: [[Cell]] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            rows.append(
                unsafe (0..<sqlite3_column_count(statement)).map { column in
                    unsafe Self.cell(statement, column)
                })
        }
        return rows
    }

    private static func cell(_ statement: OpaquePointer?, _ column: Int32) -> Cell {
        let type = unsafe sqlite3_column_type(statement, column)
        if type == SQLITE_INTEGER {
            return unsafe .integer(sqlite3_column_int64(statement, column))
        }
        guard let start = unsafe sqlite3_column_blob(statement, column) else { return .null }
        let bytes = unsafe UnsafeRawBufferPointer(
            start: start, count: Int(sqlite3_column_bytes(statement, column)))
        return unsafe type == SQLITE_BLOB
            ? .bytes(Array(bytes)) : .text(String(decoding: bytes, as: UTF8.self))
    }
}

/// A query that is made ready once.
///
/// Safe: the statement lives as long as the value.
@safe private final class PreparedQuery {
    @unsafe let statement: OpaquePointer

    init(_ sql: String, _ database: OpaquePointer?) throws {
        var made: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(database, sql, -1, &made, nil) == SQLITE_OK,
            let made = unsafe made
        else { throw BenchError("\(sql) cannot be prepared") }
        unsafe statement = made
    }

    deinit { unsafe sqlite3_finalize(statement) }
}
