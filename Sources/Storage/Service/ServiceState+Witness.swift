import Foundation
import GRDB
package import MerkleTrees

/// The last checkpoint of a log that a witness key has cosigned.
package struct WitnessedHead: Hashable, Sendable {
    /// How many entries the log had.
    package var size: UInt64
    /// The root of its tree.
    package var root: Hash256
    /// The note, with the log's signature that was checked and the cosignature.
    package var note: [UInt8]

    /// Names everything.
    package init(size: UInt64, root: Hash256, note: [UInt8]) {
        self.size = size
        self.root = root
        self.note = note
    }
}

/// Whether a node may cosign as a witness with a key.
package enum WitnessKeyStanding: Hashable, Sendable {
    /// It never made the key known, or has lost what it cosigned with it.
    case unknown
    /// What was cosigned with it is recorded here.
    case inUse
    /// A backup was restored: what was cosigned with it since then is not known.
    case givenUp
}

extension ServiceState {
    /// Takes note of a key that has never cosigned anything.
    ///
    /// - Throws: ``StorageError``.
    package func addWitnessKey(_ thumbprint: Hash256) throws(StorageError) {
        try write { database in
            try database.execute(
                sql: "INSERT INTO witness_key(key, given_up) VALUES(?, 0)",
                arguments: [Data(thumbprint.bytes)])
        }
    }

    /// How a key stands.
    ///
    /// - Throws: ``StorageError``.
    package func standing(
        ofWitnessKey thumbprint: Hash256
    ) throws(StorageError) -> WitnessKeyStanding {
        try read { database in
            let isGivenUp = try Bool.fetchOne(
                database, sql: "SELECT given_up FROM witness_key WHERE key = ?",
                arguments: [Data(thumbprint.bytes)])
            return isGivenUp.map { $0 ? .givenUp : .inUse } ?? .unknown
        }
    }

    /// Gives up all witness keys: with what is recorded here they might cosign what contradicts
    /// what they have cosigned.
    ///
    /// - Throws: ``StorageError``.
    package func giveUpWitnessKeys() throws(StorageError) {
        try write { try $0.execute(sql: "UPDATE witness_key SET given_up = 1") }
    }

    /// The last checkpoint of a log that was cosigned with a key.
    ///
    /// - Throws: ``StorageError``.
    package func witnessed(
        _ origin: String, by thumbprint: Hash256
    ) throws(StorageError) -> WitnessedHead? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT size, root, note FROM witnessed WHERE key = ? AND origin = ?",
                arguments: [Data(thumbprint.bytes), Data(origin.utf8)])
            guard let row else { return nil }
            guard let size = Int64.fromDatabaseValue(row[0]), size >= 0,
                let bytes = Data.fromDatabaseValue(row[1]), let root = Hash256([UInt8](bytes)),
                let note = Data.fromDatabaseValue(row[2])
            else {
                throw StorageError(
                    code: "storage.corrupt", place: Self.fileName,
                    reason: "what was witnessed of \(origin) cannot be read")
            }
            return WitnessedHead(size: UInt64(size), root: root, note: [UInt8](note))
        }
    }

    /// Records the next checkpoint of a log in the place of the last; durable when this returns.
    ///
    /// - Returns: false if the last is not the one recorded any more; nothing is recorded then.
    /// - Throws: ``StorageError``.
    package func recordWitnessed(
        _ next: WitnessedHead, of origin: String, after last: WitnessedHead?,
        by thumbprint: Hash256
    ) throws(StorageError) -> Bool {
        guard let size = Int64(exactly: next.size), next.size >= last?.size ?? 0 else {
            return false
        }
        return try write { database in
            let names = [Data(thumbprint.bytes), Data(origin.utf8)]
            let values: [any DatabaseValueConvertible] = [
                size, Data(next.root.bytes), Data(next.note),
            ]
            if let last {
                try database.execute(
                    sql: """
                        UPDATE witnessed SET size = ?, root = ?, note = ?
                        WHERE key = ? AND origin = ? AND size = ? AND root = ?
                        """,
                    arguments: StatementArguments(
                        values + names + [Int64(clamping: last.size), Data(last.root.bytes)]))
            } else {
                try database.execute(
                    sql: """
                        INSERT INTO witnessed(size, root, note, key, origin) VALUES(?, ?, ?, ?, ?)
                        ON CONFLICT DO NOTHING
                        """,
                    arguments: StatementArguments(values + names))
            }
            return database.changesCount == 1
        }
    }
}
