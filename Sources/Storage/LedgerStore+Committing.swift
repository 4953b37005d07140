import GRDB
import MerkleTrees
import Records
package import Sequencing

// What makes a group durable, and how it can fail.
//
// One `BEGIN IMMEDIATE … COMMIT` writes all rows of a group. In WAL mode with synchronous=FULL the
// commit is: pwrite of the changed pages to ledger.sqlite-wal, the last of them marked as the
// end of
// a transaction, then fdatasync of that file. Readers see the group from then on, and after a crash
// recovery takes the WAL up to the last whole transaction whose checksums hold. Now and then the
// same connection copies the WAL into ledger.sqlite (pwrite, fdatasync) and starts it again.
//
// A failed fdatasync leaves unknown what is on the disk: any error between BEGIN and COMMIT is
// therefore fatal to this process (``Ledger``), and nothing of the group is acknowledged. What is
// read after the next start need not be durable either, and is therefore copied back, synced, and
// the WAL started again, before anything follows it. A write that finds no space has not reached
// the end of the transaction, so that nothing of the group is kept: it is rolled back, and the
// ledger is as before. What
// cannot be handled at all is a disk that confirms a sync and loses the data: `cairn check` then
// finds a ledger that is behind its acknowledged checkpoints, or torn.
extension LedgerStore: LedgerWriter {
    package func commit(_ group: GroupToCommit) throws(StorageError) { try commit([group]) }

    /// Makes groups durable and visible, all of them or none, in one transaction.
    ///
    /// Of what was mirrored, what the groups say of records, authorities and erasures is not looked
    /// at: it follows from the parts that are here.
    ///
    /// - Throws: ``StorageError``; as fatal as an error of one group.
    package func commit(_ groups: [GroupToCommit]) throws(StorageError) {
        try requireWriter()
        var size = try size()
        for group in groups {
            try requireFitting(group, after: size)
            size = group.size
        }
        guard !groups.isEmpty else { return }
        try inTransaction { () throws(StorageError) in
            for group in groups { try write(group) }
        }
    }

    private func requireFitting(
        _ group: GroupToCommit, after size: UInt64
    ) throws(StorageError) {
        guard size == group.firstIndex, !group.statements.isEmpty,
            group.size == group.firstIndex + UInt64(group.statements.count) + 1,
            group.size < Place.entriesLimit
        else {
            throw Self.mismatch(
                "a group for leaf \(group.firstIndex) does not follow \(size) entries")
        }
        guard kind == .own else { return }
        let lost = try lostSize()
        guard group.isMirrored ? group.size <= lost : group.statements.allSatisfy(\.absent.isEmpty)
        else {
            throw Self.mismatch("the node's own log gets from others only what it has lost")
        }
    }

    static func mismatch(_ reason: String) -> StorageError {
        StorageError(code: "storage.mismatch", place: Ledger.fileName, reason: reason)
    }

    /// Does all of something durably, or nothing of it.
    ///
    /// - Throws: what `body` throws and the disk; the ledger is then broken, unless there was no
    ///   space.
    func inTransaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        let before = try size()
        do throws(StorageError) {
            try StorageError.mapping("ledger.sqlite") { try database.beginTransaction(.immediate) }
            try body()
            try StorageError.mapping("ledger.sqlite") { try database.commit() }
        } catch {
            buckets.removeAll()
            // SQLite may have rolled back already.
            try? database.rollback()
            if error.code != "storage.full" || !isStill(at: before) { broken = error }
            throw error
        }
        buckets.removeAll(keepingCapacity: true)
    }

    /// Whether the ledger is whole and ends where a group that was not kept would have begun.
    private func isStill(at size: UInt64) -> Bool {
        !database.isInsideTransaction && (try? self.size()) == size
    }

    /// Sets the bytes of parts to null, in one durable transaction.
    func erase(_ digests: [Hash256]) throws(StorageError) {
        try requireWriter()
        try StorageError.mapping("ledger.sqlite") {
            try database.inTransaction(.immediate) {
                try dropBytes(of: digests)
                return .commit
            }
        }
    }

    func dropBytes(of digests: [Hash256]) throws(StorageError) {
        for digest in digests {
            guard let number = try partNumber(digest) else { continue }
            try sql(.erasePart).run(.integer(number))
            try sql(.removeAbsent).run(.integer(number))
        }
    }

    private func write(_ group: GroupToCommit) throws(StorageError) {
        try writeChains(group)
        for statement in group.statements {
            let place = SQLValue.integer(Place.key(log: log, statement.leafIndex))
            try sql(.addEntry).run(place, .bytes(statement.entry))
            try sql(.addManifest).run(place, .bytes(statement.manifest.encoded()))
        }
        let sealPlace = SQLValue.integer(Place.key(log: log, group.size - 1))
        try sql(.addEntry).run(sealPlace, .bytes(group.seal))
        try sql(.addSeal).run(sealPlace, .bytes(group.checkpoint))
        try writeStatementIDs(group)
        // In the same transaction: no state of the ledger has an erasure and the bytes it names.
        if kind == .mirror || group.isMirrored {
            try writeMirroredParts(group)
        } else {
            try writeParts(group)
            try dropBytes(of: group.statements.flatMap(\.erasures))
        }
        for tile in group.tiles {
            guard let place = Place.tile(log: log, level: tile.level, index: tile.index) else {
                throw corrupt("tile", "\(tile.level)/\(tile.index)", "the log is too large")
            }
            try sql(.setTile).run(.integer(place), .bytes(tile.nodes.bytes))
        }
    }

    // Random keys go in sorted, so that neighbours find their page in the cache.
    private func writeStatementIDs(_ group: GroupToCommit) throws(StorageError) {
        let rows = group.statements.map { (Place.prefix($0.id), $0.leafIndex) }
        for (prefix, index) in rows.sorted(by: <) {
            try sql(.addStatement).run(.integer(prefix), .integer(Place.key(log: log, index)))
        }
    }

    private func writeParts(_ group: GroupToCommit) throws(StorageError) {
        var next = try nextPartNumber()
        var numbers: [Hash256: Int64] = [:]
        var uses: [(prefix: Int64, place: Int64, number: Int64)] = []
        for statement in group.statements {
            let place = Place.key(log: log, statement.leafIndex)
            for part in statement.parts {
                let number: Int64
                if let known = numbers[part.digest] {
                    number = known
                } else if let known = try partNumber(part.digest) {
                    number = known
                    if try isAbsent(known) { try set(part.encoded, ofPart: known) }
                } else {
                    number = next
                    next += 1
                    try sql(.addPart).run(
                        .integer(number), .bytes(part.digest.bytes), .bytes(part.encoded))
                }
                numbers[part.digest] = number
                uses.append((Place.prefix(part.digest), place, number))
            }
            for part in statement.authorities {
                guard let number = numbers[part] else {
                    throw corrupt("authority", part.hex, "its part is not in the statement")
                }
                try sql(.addAuthority).run(.integer(place), .integer(number))
            }
            for record in statement.records {
                guard let number = numbers[record.part] else {
                    throw corrupt("record", record.name, "its part is not in the statement")
                }
                try sql(.addRecord).run(.text(record.name), .integer(place), .integer(number))
            }
        }
        try write(uses)
    }

    func nextPartNumber() throws(StorageError) -> Int64 {
        try sql(.lastPart).first { $0.isNull(0) ? 0 : $0.integer(0) + 1 } ?? 0
    }

    /// Writes the uses of parts of a group.
    func write(
        _ uses: [(prefix: Int64, place: Int64, number: Int64)]
    ) throws(StorageError) {
        for use in uses.sorted(by: <) {
            try sql(.addPartUse).run(
                .integer(use.prefix), .integer(use.place), .integer(use.number))
        }
    }

    /// Writes the links and the buckets with the new heads.
    private func writeChains(_ group: GroupToCommit) throws(StorageError) {
        var numbers: [Hash256: Int] = [:]
        var last: [Hash256: LinkPlace] = [:]
        var changed: [Int: StoredBucket] = [:]
        for (bucket, hash) in group.buckets {
            changed[bucket] = StoredBucket(hash: hash, subjects: try self.bucket(bucket).subjects)
        }
        for key in group.heads.keys {
            let position = IndexLeaf(key: key, head: .empty).position
            let number = bucketNumber(of: position)
            guard let bucket = changed[number] else {
                throw corrupt("bucket", "\(number)", "the group changes it without its hash")
            }
            numbers[key] = number
            last[key] = bucket.subject(key)?.last
        }
        for statement in group.statements {
            let before = BackLinks.encode(
                statement.manifest, at: statement.leafIndex, last: &last)
            try sql(.addLinks).run(
                .integer(Place.key(log: log, statement.leafIndex)), .bytes(before))
        }
        for (key, head) in group.heads {
            guard let number = numbers[key], let place = last[key] else {
                throw corrupt("bucket", key.hex, "the group changes a subject it has no link of")
            }
            changed[number]?.set(
                StoredBucket.Subject(leaf: IndexLeaf(key: key, head: head), last: place))
        }
        for (number, bucket) in changed.sorted(by: { $0.key < $1.key }) {
            // What was not kept need not be now: how many are has its limit where they are read.
            if buckets[number] != nil { buckets[number] = bucket }
            try sql(.setBucket).run(
                .integer(Place.key(log: log, UInt64(number))), .bytes(bucket.hash.bytes),
                .bytes(bucket.encodedSubjects))
        }
    }
}
