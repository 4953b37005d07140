import Foundation
import GRDB
package import MerkleTrees
package import Records

/// A part as the views know it: an event or a record, enough to find it and to list it.
package struct ViewedEvent: Hashable, Sendable {
    /// The part's digest.
    package var digest: Hash256
    /// The leaf of the statement that first covered it.
    package var leafIndex: UInt64
    /// When that was registered.
    package var registeredAtMilliseconds: UInt64
    /// Who signed it.
    package var issuer: String
    /// How far it was theirs to say.
    package var standing: Standing
}

/// How much the views hold.
package struct ViewCounts: Hashable, Sendable {
    /// Events.
    package var events: Int
    /// Flows of things in them.
    package var flows: Int
    /// Records.
    package var records: Int
}

extension Views {
    /// The events that have a flow of a thing, or are part of the process with this URI, by event
    /// time.
    package func events(about uri: String, limit: Int) throws(StorageError) -> [ViewedEvent] {
        try parts(
            """
            SELECT e.digest, e.leaf, e.registered, e.issuer, e.standing FROM event e
            JOIN (SELECT DISTINCT time, event FROM flow WHERE subject = ?
                ORDER BY time, event LIMIT ?) f ON e.number = f.event
            ORDER BY f.time, f.event
            """, [uri, limit])
    }

    /// The records that name a URI, in the order of the log.
    package func records(about uri: String, limit: Int) throws(StorageError) -> [ViewedEvent] {
        try parts(
            """
            SELECT r.digest, r.leaf, r.registered, r.issuer, r.standing FROM about a
            JOIN record r ON r.number = a.record WHERE a.uri = ? ORDER BY r.number LIMIT ?
            """, [uri, limit])
    }

    /// For each of some event IDs the parts of its issuer that may be events of that ID, in the
    /// order of the log, of each at most so many.
    package func parts(
        named events: [(issuer: String, eventID: String)], limit: Int
    ) throws(StorageError) -> [[Hash256]] {
        let keys = events.map { EventKey.of($0.eventID) }
        let mayHold = keys.map(eventIDs.mayHold)
        guard mayHold.contains(true) else { return events.map { _ in [] } }
        return try StorageError.mapping(Self.fileName) {
            // One statement is consistent by itself: a transaction would cost as much again.
            try pool.unsafeRead { database in
                let statement = try SQLStatement(
                    database,
                    """
                    SELECT digest FROM event INDEXED BY event_id
                    WHERE id_key = ? AND issuer = ? ORDER BY number LIMIT ?
                    """)
                return try events.indices.map { number in
                    guard mayHold[number] else { return [] }
                    return try statement.all(
                        .integer(keys[number]), .text(events[number].issuer),
                        .integer(Int64(limit))
                    ) { Hash256($0.bytes(0)) }.compactMap(\.self)
                }
            }
        }
    }

    /// How many rows the views hold.
    package func counts() throws(StorageError) -> ViewCounts {
        try StorageError.mapping(Self.fileName) {
            try pool.read { database in
                func count(_ table: String) throws -> Int {
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
                }
                return ViewCounts(
                    events: try count("event"), flows: try count("flow"),
                    records: try count("record"))
            }
        }
    }

    func parts(
        _ sql: String, _ arguments: StatementArguments
    ) throws(StorageError) -> [ViewedEvent] {
        try StorageError.mapping(Self.fileName) {
            try pool.read { database in
                try GRDB::Row.fetchAll(
                    database.cachedStatement(sql: sql), arguments: arguments
                ).map(Self.part)
            }
        }
    }

    private static func part(_ row: GRDB::Row) throws -> ViewedEvent {
        guard let digest = Data.fromDatabaseValue(row[0]).flatMap({ Hash256([UInt8]($0)) }),
            let leaf = Int64.fromDatabaseValue(row[1]),
            let registered = Int64.fromDatabaseValue(row[2]),
            let issuer = String.fromDatabaseValue(row[3]),
            let number = UInt8.fromDatabaseValue(row[4]), let standing = Standing(rawValue: number)
        else {
            throw StorageError(
                code: "storage.corrupt", place: fileName,
                reason: "a row is not readable; run cairn rebuild")
        }
        return ViewedEvent(
            digest: digest, leafIndex: UInt64(clamping: leaf),
            registeredAtMilliseconds: UInt64(clamping: registered), issuer: issuer,
            standing: standing)
    }
}
