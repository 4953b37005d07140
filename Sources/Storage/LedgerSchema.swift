import Foundation
import GRDB
import MerkleTrees

/// The tables of `ledger.sqlite`, schema number 4; 3 did not know under which key a loss had
/// been signed, 2 knew neither absent parts in a node's own ledger nor what that has lost, 1 kept
/// the hashes of tiles without the nodes above them.
///
/// Trust: the file is trusted for durability only. Whoever changes it can destroy, but every change
/// of a byte is found by ``LedgerCheck``, because all of it follows from entries, manifests and
/// parts, and those from the log's root and the issuers' signatures.
///
/// Layout: what a log appends (entries, manifests, links, parts) goes to the end of its table, and
/// only three things have random keys: statements, uses of parts, and the buckets of the subject
/// index. Each random key dirties one page a group, which is what bounds the ledger's speed once it
/// outgrows the cache; so a subject's chain is not a table keyed by subject but a list linked
/// backwards through the log, and the head, its hash and the way into that list share one row with
/// the other subjects of their bucket.
///
/// `place` is `log << 40 | leaf index` (for `bucket` the bucket number, for `tile` see
/// ``Place``). There is one log in a file, number 0: a mirror of another log is a ledger file of
/// its own, so that it can neither slow the node's own down nor damage it, and can be deleted.
///
/// The bytes of a part are null when they are not there; `absent` names those of them that are not
/// erased, in mirrors and in a log that came back from its mirrors. A seal's checkpoint is empty in
/// a ledger that was not shown it, for the same reasons. `lost` has the sizes of the log that its
/// node once signed and found missing, with the number of the key that had signed (SPEC §25.6).
enum LedgerSchema {
    /// What `PRAGMA user_version` says of a database of this form.
    static let version: Int64 = 4

    static let tables = """
        CREATE TABLE log(
            number INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, network BLOB NOT NULL,
            depth INTEGER NOT NULL) STRICT;
        CREATE TABLE entry(place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE manifest(place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE link(place INTEGER PRIMARY KEY, before BLOB NOT NULL) STRICT;
        CREATE TABLE statement(
            prefix INTEGER NOT NULL, place INTEGER NOT NULL,
            PRIMARY KEY(prefix, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE part(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL, bytes BLOB) STRICT;
        CREATE TABLE part_use(
            prefix INTEGER NOT NULL, place INTEGER NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY(prefix, place, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE bucket(
            place INTEGER PRIMARY KEY, hash BLOB NOT NULL, leaves BLOB NOT NULL) STRICT;
        CREATE TABLE tile(place INTEGER PRIMARY KEY, nodes BLOB NOT NULL) STRICT;
        CREATE TABLE seal(place INTEGER PRIMARY KEY, checkpoint BLOB NOT NULL) STRICT;
        CREATE TABLE record(
            id TEXT NOT NULL, place INTEGER NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY(id, place, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE authority(
            place INTEGER NOT NULL, number INTEGER NOT NULL,
            PRIMARY KEY(place, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE absent(number INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE lost(
            size INTEGER PRIMARY KEY, key_changes INTEGER NOT NULL) STRICT;
        """

    /// What a database declares: type, name, table and text of each table and index, by name, and
    /// what SQLite keeps each of these as.
    static func declarations(_ database: Database) throws -> [[String]] {
        let sql = """
            SELECT type, name, tbl_name, coalesce(sql, ''),
                typeof(type) || typeof(name) || typeof(tbl_name) || typeof(sql)
            FROM sqlite_schema ORDER BY name
            """
        return try Row.fetchAll(database, sql: sql).map { row in
            (0..<5).map { String.fromDatabaseValue(row[$0]) ?? "" }
        }
    }

    /// What a ledger declares.
    static func declarations() throws -> [[String]] {
        try DatabaseQueue().write { database in
            try database.execute(sql: tables)
            return try declarations(database)
        }
    }

    /// Makes the tables of an empty file and names its log, in one transaction.
    static func create(_ database: Database, identity: LogIdentity) throws {
        try database.execute(sql: tables)
        try database.execute(
            sql: "INSERT INTO log(number, origin, network, depth) VALUES(0, ?, ?, ?)",
            arguments: [identity.origin, Data(identity.network.bytes), identity.indexDepth])
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}
