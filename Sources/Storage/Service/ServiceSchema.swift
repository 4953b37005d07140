import Foundation
import GRDB
import MerkleTrees

/// The tables of `service.sqlite`, as the steps that lead to them.
///
/// The number of steps taken is the file's schema. A step, once released, never changes; what comes
/// later is appended. Each is one transaction together with the new number, so an interruption
/// leaves a file of one of the numbers, whole.
///
/// Trust: the file is trusted for durability and for what it says. Whoever changes it can lose or
/// invent work for the node, never a record: what the node signs is judged at admission as
/// everything else.
struct ServiceSchema: Sendable {
    /// What leads from each number to the next, as SQL.
    let steps: [String]

    /// That of this edition.
    static let current = ServiceSchema(steps: [identity, captures, subscriptions, witness])

    /// `log` has one row: which log the file belongs to.
    private static let identity = """
        CREATE TABLE log(
            one INTEGER PRIMARY KEY CHECK(one = 1), origin TEXT NOT NULL,
            network BLOB NOT NULL) STRICT;
        """

    /// `capture_job` has one row for each document that the node promised to capture.
    ///
    /// It has its text until that is done, then what came of it as JSON. Times are milliseconds
    /// since 1970.
    private static let captures = """
        CREATE TABLE capture_job(
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,
            behaviour TEXT NOT NULL, form TEXT NOT NULL, extensions BLOB, bytes INTEGER NOT NULL,
            document BLOB, finished INTEGER, success INTEGER NOT NULL, errors BLOB) STRICT;
        CREATE INDEX capture_job_waiting ON capture_job(number) WHERE finished IS NULL;
        """

    /// What organisations ask again and again, and how far they were told (SPEC §17.4).
    ///
    /// A `request` holds the secret that deliveries are signed with; `delivery` and `letter` are
    /// the encoded states of their types.
    private static let subscriptions = """
        CREATE TABLE named_query(
            organisation TEXT NOT NULL, name TEXT NOT NULL, query BLOB NOT NULL,
            created INTEGER NOT NULL, PRIMARY KEY(organisation, name)) STRICT, WITHOUT ROWID;
        CREATE TABLE subscription(
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            organisation TEXT NOT NULL, query TEXT NOT NULL, request BLOB NOT NULL,
            created INTEGER NOT NULL, delivery BLOB NOT NULL,
            FOREIGN KEY(organisation, query) REFERENCES named_query(organisation, name)
                ON DELETE CASCADE) STRICT;
        CREATE INDEX subscription_query ON subscription(organisation, query);
        CREATE TABLE dead_letter(
            subscription INTEGER NOT NULL REFERENCES subscription(number) ON DELETE CASCADE,
            number INTEGER NOT NULL, letter BLOB NOT NULL,
            PRIMARY KEY(subscription, number)) STRICT, WITHOUT ROWID;
        """

    /// What witness keys have cosigned (SPEC §25.7): their thumbprints, and of each log, by the
    /// bytes of its origin, the last checkpoint.
    private static let witness = """
        CREATE TABLE witness_key(
            key BLOB PRIMARY KEY, given_up INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE witnessed(
            key BLOB NOT NULL REFERENCES witness_key(key), origin BLOB NOT NULL,
            size INTEGER NOT NULL CHECK(size > 0), root BLOB NOT NULL, note BLOB NOT NULL,
            PRIMARY KEY(key, origin)) STRICT, WITHOUT ROWID;
        """

    /// The number of a file that has taken every step.
    var version: Int64 { Int64(steps.count) }

    /// Takes the steps that a file has not taken, after what the last process left was made
    /// durable.
    ///
    /// - Throws: `storage.schema` for a file of a newer edition, `storage.mismatch` for one of
    ///   another log, both of which are left untouched; what the disk fails with.
    func bringUpToDate(_ database: Database, identity: LogIdentity, path: String) throws {
        let found = try Ledger.userVersion(database)
        try requireKnown(found, path)
        if found > 0 { try Self.requireSame(database, identity, path) }
        _ = try database.checkpoint(.truncate)
        for number in found..<version {
            try database.inTransaction(.immediate) {
                try database.execute(sql: steps[Int(number)])
                if number == 0 {
                    try database.execute(
                        sql: "INSERT INTO log(one, origin, network) VALUES(1, ?, ?)",
                        arguments: [identity.origin, Data(identity.network.bytes)])
                }
                try database.execute(sql: "PRAGMA user_version = \(number + 1)")
                return .commit
            }
        }
    }

    /// Refuses a file that this program does not know.
    func requireKnown(_ found: Int64, _ path: String) throws(StorageError) {
        guard (0...version).contains(found) else {
            throw StorageError(
                code: "storage.schema", place: path,
                reason: "a newer program wrote it: it has schema \(found), this program knows "
                    + "\(version); use the program that wrote it. Nothing was changed")
        }
    }

    /// Refuses a file of another log.
    static func requireSame(
        _ database: Database, _ identity: LogIdentity, _ path: String
    ) throws {
        let row = try Row.fetchOne(database, sql: "SELECT origin, network FROM log WHERE one = 1")
        guard let row, let origin = String.fromDatabaseValue(row[0]),
            let network = Data.fromDatabaseValue(row[1])
        else {
            throw StorageError(
                code: "storage.corrupt", place: path,
                reason: "it does not say which log it belongs to; restore a backup")
        }
        guard origin == identity.origin, network == Data(identity.network.bytes) else {
            throw StorageError(
                code: "storage.mismatch", place: path,
                reason: "it belongs to the log \(origin), not to \(identity.origin) of this "
                    + "network; it came from another node's directory")
        }
    }
}
