import EPCIS
import Foundation
import GRDB
package import Queries
import Records

/// What came of adding something that is limited in number.
package enum Addition: Hashable, Sendable {
    /// It is kept, durably.
    case added
    /// There is one of that name.
    case exists
    /// There are as many as there may be.
    case full
    /// What it belongs to is not there.
    case missing
}

/// A subscription as it is kept: what was asked for and how far it was delivered.
package struct KeptSubscription: Hashable, Sendable {
    /// What was asked for.
    package var subscription: Subscription
    /// How far it was delivered.
    package var delivery: Delivery

    /// Puts the two together.
    package init(subscription: Subscription, delivery: Delivery) {
        self.subscription = subscription
        self.delivery = delivery
    }
}

// MARK: - Named queries

extension ServiceState {
    /// Keeps a named query of an organisation, which may have so many.
    package func add(
        _ query: NamedQuery, of organisation: String, limit: Int, createdMilliseconds: Int64
    ) throws(StorageError) -> Addition {
        try write { database in
            guard try Self.query(query.name, organisation, database) == nil else { return .exists }
            let count = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM named_query WHERE organisation = ?",
                arguments: [organisation])
            guard (count ?? 0) < limit else { return .full }
            try database.execute(
                sql: """
                    INSERT INTO named_query(organisation, name, query, created)
                    VALUES(?, ?, ?, ?)
                    """,
                arguments: [
                    organisation, query.name, Data(query.json.serialized()), createdMilliseconds,
                ])
            return .added
        }
    }

    /// An organisation's query by its name.
    package func namedQuery(
        _ name: String, of organisation: String
    ) throws(StorageError) -> NamedQuery? {
        try read { try Self.query(name, organisation, $0) }
    }

    /// An organisation's queries by name, those after a name, at most so many.
    package func namedQueries(
        of organisation: String, after name: String, limit: Int
    ) throws(StorageError) -> [NamedQuery] {
        try read { database in
            try GRDB::Row.fetchAll(
                database,
                sql: """
                    SELECT name, query FROM named_query WHERE organisation = ? AND name > ?
                    ORDER BY name LIMIT ?
                    """, arguments: [organisation, name, limit]
            ).map(Self.query)
        }
    }

    /// Forgets a query with its subscriptions; false if there is none.
    package func removeQuery(
        _ name: String, of organisation: String
    ) throws(StorageError) -> Bool {
        try write { database in
            try database.execute(
                sql: "DELETE FROM named_query WHERE organisation = ? AND name = ?",
                arguments: [organisation, name])
            return database.changesCount > 0
        }
    }

    private static func query(
        _ name: String, _ organisation: String, _ database: Database
    ) throws -> NamedQuery? {
        try GRDB::Row.fetchOne(
            database,
            sql: "SELECT name, query FROM named_query WHERE organisation = ? AND name = ?",
            arguments: [organisation, name]
        ).map(query)
    }

    private static func query(_ row: GRDB::Row) throws -> NamedQuery {
        guard let name = String.fromDatabaseValue(row[0]),
            let bytes = Data.fromDatabaseValue(row[1]),
            let json = try? JSONValue.parse([UInt8](bytes)),
            let query = try? NamedQuery(name: name, json: json)
        else { throw unreadable("named_query") }
        return query
    }

    private static func unreadable(_ table: String) -> StorageError {
        StorageError(
            code: "storage.corrupt", place: "\(fileName): \(table)",
            reason: "a row is not readable; restore a backup")
    }
}

// MARK: - Subscriptions

extension ServiceState {
    /// Keeps a subscription; an organisation may have so many, and all together.
    package func add(
        _ kept: KeptSubscription, limit: Int, limitTogether: Int
    ) throws(StorageError) -> Addition {
        let subscription = kept.subscription
        return try write { database in
            guard try Self.query(subscription.queryName, subscription.organisation, database) != nil
            else { return .missing }
            let own = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM subscription WHERE organisation = ?",
                arguments: [subscription.organisation])
            let all = try Int.fetchOne(database, sql: "SELECT count(*) FROM subscription")
            guard (own ?? 0) < limit, (all ?? 0) < limitTogether else { return .full }
            try database.execute(
                sql: """
                    INSERT INTO subscription(id, organisation, query, request, created, delivery)
                    VALUES(?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    subscription.id, subscription.organisation, subscription.queryName,
                    Data(subscription.request.json.serialized()), subscription.createdMilliseconds,
                    Data(kept.delivery.encoded),
                ])
            return .added
        }
    }

    /// Every subscription, in the order in which they were made.
    package func subscriptions() throws(StorageError) -> [KeptSubscription] {
        try read { database in
            try GRDB::Row.fetchAll(
                database,
                sql: """
                    SELECT id, organisation, query, request, created, delivery FROM subscription
                    ORDER BY number
                    """
            ).map(Self.kept)
        }
    }

    private static func kept(_ row: GRDB::Row) throws -> KeptSubscription {
        guard let id = String.fromDatabaseValue(row[0]),
            let organisation = String.fromDatabaseValue(row[1]),
            let queryName = String.fromDatabaseValue(row[2]),
            let request = Data.fromDatabaseValue(row[3]),
            let created = Int64.fromDatabaseValue(row[4]),
            let state = Data.fromDatabaseValue(row[5]),
            let json = try? JSONValue.parse([UInt8](request)),
            let read = try? SubscriptionRequest(json: json),
            let delivery = Delivery(encoded: [UInt8](state))
        else { throw unreadable("subscription") }
        return KeptSubscription(
            subscription: Subscription(
                id: id, organisation: organisation, queryName: queryName, request: read,
                createdMilliseconds: created),
            delivery: delivery)
    }

    /// Forgets a subscription with its dead letters; false if there is none.
    package func removeSubscription(_ id: String) throws(StorageError) -> Bool {
        try write { database in
            try database.execute(sql: "DELETE FROM subscription WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }

    /// Keeps how far a subscription was delivered, with a dead letter that came up or one that is
    /// off the list, in one transaction; nothing if the subscription is gone.
    package func keep(
        _ delivery: Delivery, of id: String, adding letter: DeadLetter? = nil,
        removing number: UInt64? = nil
    ) throws(StorageError) {
        try write { database in
            try database.execute(
                sql: "UPDATE subscription SET delivery = ? WHERE id = ?",
                arguments: [Data(delivery.encoded), id])
            if let letter {
                try database.execute(
                    sql: """
                        INSERT INTO dead_letter(subscription, number, letter)
                        SELECT number, ?, ? FROM subscription WHERE id = ?
                        """,
                    arguments: [Int64(letter.batch.number), Data(letter.encoded), id])
            }
            if let number {
                try database.execute(
                    sql: """
                        DELETE FROM dead_letter WHERE number = ?
                        AND subscription = (SELECT number FROM subscription WHERE id = ?)
                        """, arguments: [Int64(number), id])
            }
        }
    }

    /// The dead letters of a subscription by number.
    package func deadLetters(of id: String) throws(StorageError) -> [DeadLetter] {
        try read { database in
            try GRDB::Row.fetchAll(
                database,
                sql: """
                    SELECT letter FROM dead_letter
                    WHERE subscription = (SELECT number FROM subscription WHERE id = ?)
                    ORDER BY number
                    """, arguments: [id]
            ).map { row in
                guard let bytes = Data.fromDatabaseValue(row[0]),
                    let letter = DeadLetter(encoded: [UInt8](bytes))
                else { throw Self.unreadable("dead_letter") }
                return letter
            }
        }
    }
}
