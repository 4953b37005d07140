import MerkleTrees
import Records
import Sequencing

// The tables that are compared as a whole, after the log was replayed.
extension LedgerCheck {
    mutating func checkTables() throws {
        try checkCounts()
        try checkStatements()
        try checkPartUses()
        try checkBuckets()
        try checkParts()
        try checkRecords()
    }

    /// No table has a row that no entry accounts for.
    private mutating func checkCounts() throws {
        let statements = expected.statements.count
        let counts = [
            ("entry", statements + expected.seals), ("manifest", statements),
            ("link", statements), ("seal", expected.seals), ("tile", expected.tiles),
        ]
        for (table, expected) in counts {
            let found = try SQLStatement(store.database, "SELECT count(*) FROM \(table)").first {
                Int($0.integer(0))
            }
            if found != expected {
                add(table, "*", "it has \(found ?? 0) rows, entries give \(expected)")
            }
        }
    }

    /// The statements by their ids, compared row by row.
    private mutating func checkStatements() throws {
        var sorted = SortedRows(expected.statements.sorted())
        let rows = try SQLStatement(
            store.database, "SELECT prefix, place FROM statement ORDER BY prefix, place")
        try rows.forEach { row throws(StorageError) in
            sorted.take(ExpectedRows.Statement(prefix: row.integer(0), place: row.integer(1)))
            return sorted.differences < Self.findingsLimit
        }
        for row in sorted.missing() {
            add("statement", Place.index(row.place), "the row that finds it is missing")
        }
        for row in sorted.tooMany {
            add("statement", Place.index(row.place), "a row finds it by another id")
        }
    }

    /// The uses of parts, compared row by row.
    private mutating func checkPartUses() throws {
        var sorted = SortedRows(expected.partUses.sorted())
        let rows = try SQLStatement(
            store.database,
            "SELECT prefix, place, number FROM part_use ORDER BY prefix, place, number")
        try rows.forEach { row throws(StorageError) in
            sorted.take(
                ExpectedRows.PartUse(
                    prefix: row.integer(0), place: row.integer(1), number: row.integer(2)))
            return sorted.differences < Self.findingsLimit
        }
        for row in sorted.missing() {
            add("part_use", row.number, "its use by entry \(Place.index(row.place)) is not listed")
        }
        for row in sorted.tooMany {
            add("part_use", row.number, "entry \(Place.index(row.place)) does not use it so")
        }
    }

    private mutating func checkBuckets() throws {
        var subjects = 0
        let rows = try SQLStatement(store.database, "SELECT place, hash, leaves FROM bucket").all {
            ($0.integer(0), $0.bytes(1), $0.bytes(2))
        }
        for (place, hash, leaves) in rows {
            let number = Place.index(place)
            guard Place.log(place) == store.log,
                let bucket = StoredBucket(hash: hash, leaves: leaves)
            else {
                add("bucket", place, "it is no list of subjects")
                continue
            }
            subjects += bucket.subjects.count
            let leaves = bucket.subjects.map(\.leaf)
            if !isRight(bucket, number: number) {
                add("bucket", number, "its subjects are not what entries give")
            } else if SubjectIndex.root(of: leaves) != bucket.hash {
                add("bucket", number, "its hash is not that of its subjects")
            }
        }
        if subjects != replay.heads.count {
            add("bucket", "*", "it has \(subjects) subjects, entries give \(replay.heads.count)")
        }
    }

    private func isRight(_ bucket: StoredBucket, number: UInt64) -> Bool {
        var before: Hash256?
        for subject in bucket.subjects {
            let leaf = subject.leaf
            if let before, before >= leaf.position { return false }
            before = leaf.position
            guard store.bucketNumber(of: leaf.position) == Int(number),
                replay.heads.head(of: leaf.key) == leaf.head,
                expected.lastLinks[leaf.key] == subject.last
            else { return false }
        }
        return !bucket.subjects.isEmpty
    }

    private mutating func checkRecords() throws {
        let records = try SQLStatement(store.database, "SELECT id, place, number FROM record").all {
            ExpectedRows.Record(id: $0.text(0), place: $0.integer(1), number: $0.integer(2))
        }
        for row in Set(records).symmetricDifference(expected.records)
        where try !isErased(row.number) {
            add("record", row.id, "the row at \(Place.index(row.place)) is missing or too many")
        }
        let authorities = try SQLStatement(
            store.database, "SELECT place, number FROM authority"
        ).all { ExpectedRows.Use(place: $0.integer(0), number: $0.integer(1)) }
        for row in Set(authorities).symmetricDifference(expected.authorities)
        where try !isErased(row.number) {
            add("authority", Place.index(row.place), "the row is missing or too many")
        }
    }

    /// Whether a part was erased, so that what it said cannot be compared any more.
    private func isErased(_ number: Int64) throws -> Bool {
        guard let digest = try? store.digest(ofPart: number) else { return false }
        return try expected.erasures.contains(digest) && store.storedPart(digest) == nil
    }
}
