import Foundation
import GRDB
package import MerkleTrees
package import Records
import Synchronization

/// A node's views: the file `views.sqlite`, filled behind the ledger for queries.
///
/// Filling is idempotent: each step takes the next entries of the ledger in one transaction with
/// the cursor, and a part seen before is passed by, so one event sent three times is one event.
/// When the file is not of this ledger (another network, an older form, a ledger restored from a
/// backup), it is emptied and filled again.
package final class Views: Sendable {
    /// The file's name in a node's directory.
    package static let fileName = "views.sqlite"
    /// How many entries one transaction takes up.
    static let stepEntries: UInt64 = 2_000

    let pool: ConnectionPool
    private let network: Hash256
    private let erased = Mutex<[Hash256]>([])
    let eventIDs = EventIDFilter()

    /// Opens or makes the views of a node, whose lock the caller holds.
    ///
    /// - Throws: ``StorageError``; for `storage.corrupt` delete the views, they are made again.
    package init(directory: String, identity: LogIdentity) throws(StorageError) {
        network = identity.network
        let path = directory + "/" + Self.fileName
        var configuration = Configuration()
        configuration.label = "cairn.views"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cache_size = -16384")
            // What an erased part told must not be readable in the file either.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        let prepared = configuration
        pool = try StorageError.mapping(path) {
            try ConnectionPool(path: path, configuration: prepared)
        }
        let network = network
        try StorageError.mapping(path) {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction {
                    if try !Self.isOurs(database, network: network) {
                        try Self.reset(database, network: network)
                    }
                    return .commit
                }
                // What was erased before the last process ended.
                _ = try Ledger.emptyWAL(of: database)
            }
        }
    }

    /// Empties the WAL, which still holds what was erased, unless a reader needs the end of it.
    ///
    /// - Returns: whether it is empty.
    /// - Throws: ``StorageError``.
    package func emptyWAL() throws(StorageError) -> Bool {
        try StorageError.mapping(Self.fileName) {
            try pool.writeWithoutTransaction { try Ledger.emptyWAL(of: $0) }
        }
    }

    /// Which parts the steps have taken out of the views since this was asked last.
    package func takeErased() -> [Hash256] {
        erased.withLock { erased in
            defer { erased = [] }
            return erased
        }
    }

    /// Removes the views of a directory; the next opening makes them anew.
    ///
    /// - Throws: `storage.io` when a file is there and cannot be removed.
    package static func delete(directory: String) throws(StorageError) {
        for suffix in ["", "-wal", "-shm"] {
            let path = directory + "/" + fileName + suffix
            guard FileManager.default.fileExists(atPath: path) else { continue }
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw StorageError(code: "storage.io", place: path, reason: "\(error)")
            }
        }
    }

    /// How many entries of the ledger the views hold.
    package func size() throws(StorageError) -> UInt64 {
        try StorageError.mapping(Self.fileName) {
            try pool.read { try Self.cursor($0).next }
        }
    }

    /// Takes up the next entries of the ledger, at most 2,000.
    ///
    /// - Parameters:
    ///   - store: a snapshot of the ledger.
    ///   - size: how far to read at most; a size the ledger has.
    ///   - facts: what the ledger said before a leaf, with the governance in force there.
    /// - Returns: how many entries the views hold now; call again until it is the size.
    /// - Throws: ``StorageError``, `Refusal` for entries that cannot be read, what `facts` throws;
    ///   the views are then as they were.
    package func fill(
        from store: LedgerStore, to size: UInt64,
        facts: (UInt64) throws -> (GovernanceState, any LedgerFacts)
    ) throws -> UInt64 {
        try takeInEventIDs()
        let cursor = try pool.read { try Self.cursor($0) }
        var rows = try ViewRows.read(
            store, after: cursor, to: size, limit: Self.stepEntries, facts: facts)
        eventIDs.insert(rows.eventKeys)
        try StorageError.mapping(Self.fileName) {
            try pool.write { database in
                if rows.startsAfresh { try Self.reset(database, network: network) }
                try rows.write(to: database)
            }
        }
        let gone = rows.erasures
        erased.withLock { $0 += gone }
        return rows.cursor.next
    }

    /// Before the first step: what the views held already.
    private func takeInEventIDs() throws {
        guard !eventIDs.isWhole else { return }
        try pool.read { database in
            let keys = try Int64.fetchCursor(
                database,
                sql: "SELECT id_key FROM event INDEXED BY event_id WHERE id_key IS NOT NULL")
            while let key = try keys.next() { eventIDs.insert(CollectionOfOne(key)) }
        }
        eventIDs.becomeWhole()
    }

    /// Empties the views and fills them again from the whole ledger.
    ///
    /// - Throws: what ``fill(from:to:facts:)`` throws.
    package func rebuild(
        from ledger: Ledger, genesis: GovernanceState,
        progress: (_ indexed: UInt64, _ size: UInt64) -> Void = { _, _ in }
    ) throws {
        try StorageError.mapping(Self.fileName) {
            try pool.write { try Self.reset($0, network: network) }
        }
        try ledger.read { store in
            let facts = try SnapshotHistory(store, genesis: genesis)
            let size = try store.size()
            var indexed: UInt64 = 0
            while indexed < size {
                indexed = try fill(from: store, to: size) { facts.facts(before: $0) }
                progress(indexed, size)
            }
        }
    }

    /// Closes every connection; the views cannot be used afterwards.
    package func close() throws(StorageError) {
        try StorageError.mapping(Self.fileName) { try pool.close() }
    }

    private static func isOurs(_ database: Database, network: Hash256) throws -> Bool {
        guard try Ledger.userVersion(database) == ViewsSchema.version else { return false }
        let found = try Data.fetchOne(database, sql: "SELECT network FROM view")
        return found == Data(network.bytes)
    }

    private static func reset(_ database: Database, network: Hash256) throws {
        for name in ViewsSchema.names {
            try database.execute(sql: "DROP TABLE IF EXISTS \(name)")
        }
        try database.execute(sql: ViewsSchema.tables)
        try database.execute(
            sql: "INSERT INTO view(one, network, next, last) VALUES(1, ?, 0, ?)",
            arguments: [Data(network.bytes), Data(Hash256.zero.bytes)])
        try database.execute(sql: "PRAGMA user_version = \(ViewsSchema.version)")
    }

    static func cursor(_ database: Database) throws -> ViewCursor {
        guard let row = try GRDB::Row.fetchOne(database, sql: "SELECT next, last FROM view"),
            let next = Int64.fromDatabaseValue(row[0]), next >= 0,
            let last = Data.fromDatabaseValue(row[1]).flatMap({ Hash256([UInt8]($0)) })
        else {
            throw StorageError(
                code: "storage.corrupt", place: fileName,
                reason: "the views have no cursor; run cairn rebuild")
        }
        return ViewCursor(next: UInt64(next), last: last)
    }
}

/// How far the views are.
struct ViewCursor {
    /// How many entries were taken up.
    var next: UInt64
    /// The leaf hash of the last of them; zero for none.
    var last: Hash256
}
