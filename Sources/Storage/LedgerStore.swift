import GRDB
import MerkleTrees
import Records
import Sequencing

/// The ledger's tables as one connection sees them.
///
/// It lives inside ``Ledger/read(_:)`` or ``Ledger/write(_:)`` and must not leave them. In a
/// read it
/// shows one snapshot, however long the read takes; in a write it is the log as it is, and the only
/// place from which it can grow.
package final class LedgerStore {
    let database: Database
    let identity: LogIdentity
    let kind: LedgerKind
    /// The number of the log in the tables: 0, the only one.
    let log: Int64 = 0
    /// Why a commit failed; nothing may be written after it.
    var broken: StorageError?
    private let isWriter: Bool
    private var prepared: [SQLStatement?]

    /// Buckets of the subject index read since the last commit; writer only.
    ///
    /// Sealing and committing a group read the same buckets several times.
    var buckets: [Int: StoredBucket] = [:]
    /// How many parts this connection has erased from a mirror.
    var erasedCount = 0

    init(_ database: Database, identity: LogIdentity, kind: LedgerKind, isWriter: Bool) {
        self.database = database
        self.identity = identity
        self.kind = kind
        self.isWriter = isWriter
        prepared = Array(repeating: nil, count: LedgerSQL.allCases.count)
    }

    /// A statement of the ledger, prepared once for each connection.
    func sql(_ name: LedgerSQL) throws(StorageError) -> SQLStatement {
        if let statement = prepared[name.rawValue] { return statement }
        let statement = try SQLStatement(database, name.text)
        prepared[name.rawValue] = statement
        return statement
    }

    /// Drops the prepared statements, before the connection closes.
    func release() {
        prepared = Array(repeating: nil, count: LedgerSQL.allCases.count)
        buckets.removeAll()
    }

    /// Refuses writing through a snapshot.
    func requireWriter() throws(StorageError) {
        guard isWriter else {
            throw StorageError(
                code: "storage.read-only", place: "ledger.sqlite",
                reason: "a snapshot cannot be written to")
        }
    }

    /// A bucket of the subject index; empty if no subject is in it.
    func bucket(_ number: Int) throws(StorageError) -> StoredBucket {
        if let known = buckets[number] { return known }
        let place = Place.key(log: log, UInt64(number))
        let row = try sql(.bucket).first(.integer(place)) { ($0.bytes(0), $0.bytes(1)) }
        var bucket = StoredBucket.empty
        if let (hash, leaves) = row {
            guard let read = StoredBucket(hash: hash, leaves: leaves) else {
                throw corrupt("bucket", "\(number)", "the row is no list of subjects")
            }
            bucket = read
        }
        if isWriter {
            if buckets.count >= kind.bucketsLimit { buckets.removeAll(keepingCapacity: true) }
            buckets[number] = bucket
        }
        return bucket
    }

    /// The bucket in which a position lies.
    func bucketNumber(of position: Hash256) -> Int {
        Int(truncatingIfNeeded: position.leadingWord >> shift)
    }

    private var shift: UInt64 { 64 - UInt64(identity.indexDepth) }

    /// The error for a row that is not what this program writes.
    func corrupt(_ table: String, _ key: String, _ reason: String) -> StorageError {
        StorageError(
            code: "storage.corrupt", place: "\(table) \(key)",
            reason: "\(reason); run cairn check and restore a backup")
    }
}
