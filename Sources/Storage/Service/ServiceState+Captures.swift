import Foundation
import GRDB

/// A document that a node promises to capture.
package struct CaptureOrder: Hashable, Sendable {
    /// The name of the job, unique.
    package var id: String
    /// When it was taken, milliseconds since 1970.
    package var createdMilliseconds: UInt64
    /// What to do where something is wrong: `rollback` or `proceed`.
    package var behaviour: String
    /// How the document is written: `json` or `xml`.
    package var form: String
    /// Prefixes that join its context, as JSON; nil for none.
    package var extensions: [UInt8]?
    /// Its text.
    package var document: [UInt8]

    /// Names everything.
    package init(
        id: String, createdMilliseconds: UInt64, behaviour: String, form: String,
        extensions: [UInt8]?, document: [UInt8]
    ) {
        self.id = id
        self.createdMilliseconds = createdMilliseconds
        self.behaviour = behaviour
        self.form = form
        self.extensions = extensions
        self.document = document
    }
}

/// What is known of a document that was captured, or will be.
package struct CaptureJob: Hashable, Sendable {
    /// The job's place among all there were, from 1.
    package var number: Int64
    /// Its name.
    package var id: String
    /// When it was taken.
    package var createdMilliseconds: UInt64
    /// What to do where something is wrong.
    package var behaviour: String
    /// When it was done; nil while it is not.
    package var finishedMilliseconds: UInt64?
    /// Whether nothing went wrong so far.
    package var isSuccess: Bool
    /// What went wrong, as a JSON array.
    package var errors: [UInt8]
}

extension ServiceState {
    /// How many documents may wait.
    package static let capturesWaiting = 64
    /// How many bytes they may have together.
    package static let captureBytesWaiting = 64 << 20
    /// How many jobs that are done are remembered.
    package static let capturesRemembered = 1_000

    /// Promises to capture a document; the promise is durable when this returns.
    ///
    /// - Returns: false if too much waits already; nothing is kept then.
    package func add(_ order: CaptureOrder) throws(StorageError) -> Bool {
        try write { database in
            let sql =
                "SELECT count(*), ifnull(sum(bytes), 0) FROM capture_job "
                + "WHERE finished IS NULL"
            let row = try Row.fetchOne(database, sql: sql)
            let waiting: Int = row?[0] ?? 0
            let bytes: Int = row?[1] ?? 0
            guard waiting < Self.capturesWaiting,
                bytes + order.document.count <= Self.captureBytesWaiting
            else { return false }
            try database.execute(
                sql: """
                    INSERT INTO capture_job(
                        id, created, behaviour, form, extensions, bytes, document, success)
                    VALUES(?, ?, ?, ?, ?, ?, ?, 1)
                    """,
                arguments: [
                    order.id, Int64(clamping: order.createdMilliseconds), order.behaviour,
                    order.form, order.extensions.map { Data($0) }, order.document.count,
                    Data(order.document),
                ])
            return true
        }
    }

    /// The oldest document that is not captured yet, with the number of its job.
    package func nextCapture() throws(StorageError) -> (number: Int64, order: CaptureOrder)? {
        try read { database in
            let sql = """
                SELECT number, id, created, behaviour, form, extensions, document FROM capture_job
                WHERE finished IS NULL ORDER BY number LIMIT 1
                """
            guard let row = try Row.fetchOne(database, sql: sql) else { return nil }
            let extensions: Data? = row[5]
            let document: Data? = row[6]
            let created: Int64 = row[2]
            return (
                row[0],
                CaptureOrder(
                    id: row[1], createdMilliseconds: UInt64(clamping: created), behaviour: row[3],
                    form: row[4], extensions: extensions.map { [UInt8]($0) },
                    document: document.map { [UInt8]($0) } ?? [])
            )
        }
    }

    /// Notes what came of a document, and forgets its text and the oldest of the jobs that are
    /// done.
    ///
    /// - Parameters:
    ///   - number: the job's.
    ///   - nowMilliseconds: when that is.
    ///   - isSuccess: whether nothing went wrong.
    ///   - errors: what did, as a JSON array.
    /// - Throws: ``StorageError``; the job then stays as it was.
    package func finishCapture(
        _ number: Int64, nowMilliseconds: UInt64, isSuccess: Bool, errors: [UInt8]
    ) throws(StorageError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE capture_job SET finished = ?, success = ?, errors = ?, document = NULL,
                        extensions = NULL WHERE number = ?
                    """,
                arguments: [
                    Int64(clamping: nowMilliseconds), isSuccess, Data(errors), number,
                ])
            try database.execute(
                sql: """
                    DELETE FROM capture_job WHERE finished IS NOT NULL AND number <= (
                        SELECT number FROM capture_job WHERE finished IS NOT NULL
                        ORDER BY number DESC LIMIT 1 OFFSET ?)
                    """, arguments: [Self.capturesRemembered])
        }
        // What was captured may be erased one day: its text is not to be found here.
        _ = try emptyWAL()
    }

    /// What is known of one job; nil if it is unknown or forgotten.
    package func capture(id: String) throws(StorageError) -> CaptureJob? {
        try read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(Self.columns) FROM capture_job WHERE id = ?",
                arguments: [id]
            ).map(Self.job)
        }
    }

    /// Jobs from the newest on.
    ///
    /// - Parameters:
    ///   - number: only those with a smaller number; nil for all.
    ///   - limit: how many at most.
    /// - Returns: the jobs that are remembered, done or not.
    /// - Throws: ``StorageError``.
    package func captures(before number: Int64?, limit: Int) throws(StorageError) -> [CaptureJob] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.columns) FROM capture_job WHERE number < ?
                    ORDER BY number DESC LIMIT ?
                    """, arguments: [number ?? Int64.max, limit]
            ).map(Self.job)
        }
    }

    private static let columns = "number, id, created, behaviour, finished, success, errors"

    private static func job(_ row: Row) -> CaptureJob {
        let created: Int64 = row[2]
        let finished: Int64? = row[4]
        let errors: Data? = row[6]
        return CaptureJob(
            number: row[0], id: row[1], createdMilliseconds: UInt64(clamping: created),
            behaviour: row[3], finishedMilliseconds: finished.map { UInt64(clamping: $0) },
            isSuccess: row[5], errors: errors.map { [UInt8]($0) } ?? Array("[]".utf8))
    }
}
