import MerkleTrees
import Records
import Sequencing

// The tables that are compared as a whole, after the log was replayed.
extension LedgerCheck {
    mutating func checkTables() throws {
        try checkCounts()
        try checkBuckets()
        try checkParts()
        try checkRecords()
    }

    /// No table has a row that no entry accounts for.
    private mutating func checkCounts() throws {
        let statements = expected.statements
        let counts = [
            ("entry", statements + expected.seals), ("manifest", statements),
            ("link", statements), ("statement", statements), ("seal", expected.seals),
            ("tile", expected.tiles), ("part_use", expected.partUses),
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

    private mutating func checkParts() throws {
        var next: Int64 = 0
        let parts = try SQLStatement(
            store.database, "SELECT number, digest, bytes, bytes IS NULL FROM part ORDER BY number")
        var wrong: [CheckFinding] = []
        try parts.forEach { row throws(StorageError) in
            let number = row.integer(0)
            if let reason = try complaint(
                number: number, digest: row.bytes(1),
                bytes: row.integer(3) == 1 ? nil : row.bytes(2), expected: next)
            {
                wrong.append(CheckFinding(table: "part", key: "\(number)", reason: reason))
            }
            next = number + 1
            return wrong.count < Self.findingsLimit
        }
        for finding in wrong { add(finding.table, finding.key, finding.reason) }
    }

    private func complaint(
        number: Int64, digest: [UInt8], bytes: [UInt8]?, expected next: Int64
    ) throws(StorageError) -> String? {
        guard number == next else { return "the parts before it are missing" }
        guard let digest = Hash256(digest) else { return "its digest is not 32 bytes" }
        guard try store.partNumber(digest) == number else { return "no entry names it" }
        guard let bytes else {
            return expected.erasures.contains(digest) ? nil : "its bytes are gone without erasure"
        }
        guard let part = try? Part.decode(bytes), part.digest == digest else {
            return "its bytes have another digest"
        }
        return nil
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
