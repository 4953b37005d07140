import MerkleTrees
import Records
import Sequencing

/// The rows of the `part` table, each hashed again, as the entries are compared with them.
struct StoredParts {
    /// The digests in the order of the numbers, which are those of first use; nil of a broken row.
    var digests: [Hash256?] = []
    /// The parts that are records.
    var records: [Int64: RecordFacts] = [:]
    /// The parts without bytes.
    var withoutBytes: [Int64] = []
    /// Which parts an entry has named so far.
    private(set) var isNamed: [Bool] = []
    private var next = 0

    /// The number of a part that an entry names; nil if there is no such row.
    ///
    /// Numbers are given in the order of first use, so that nearly every part is the next one.
    mutating func number(of digest: Hash256, in store: LedgerStore) throws -> Int64? {
        if isNamed.isEmpty { isNamed = Array(repeating: false, count: digests.count) }
        var found = next
        if next >= digests.count || digests[next] != digest {
            guard let known = try store.partNumber(digest), digests.indices.contains(Int(known))
            else { return nil }
            found = Int(known)
        }
        isNamed[found] = true
        while next < isNamed.count, isNamed[next] { next += 1 }
        return Int64(found)
    }
}

// The parts, which no rule of the log reads: each must be the bytes of its digest.
extension LedgerCheck {
    /// One row of the `part` table.
    private struct Row: Sendable {
        var number: Int64
        var digest: [UInt8]
        var bytes: [UInt8]?
    }

    /// A row with what its bytes come to.
    private struct HashedRow: Sendable {
        var row: Row
        var digest: Hash256?
        var isRight: Bool
        var record: RecordFacts?

        init(_ row: Row) {
            self.row = row
            digest = Hash256(row.digest)
            guard let bytes = row.bytes, let part = try? Part.decode(bytes) else {
                isRight = row.bytes == nil
                return
            }
            isRight = part.digest == digest
            record = isRight ? RecordFacts(of: part) : nil
        }
    }

    /// Hashes every part again.
    mutating func readParts() throws {
        var next = Int64.min
        try Lookahead<Row, HashedRow>.run {
            let batch = try storedParts(after: next)
            next = batch.last?.number ?? next
            return batch
        } preparing: {
            { HashedRow($0) }
        } take: { batch in
            for hashed in batch { note(hashed) }
            return findings.count < Self.findingsLimit
        }
    }

    /// About how many bytes of parts make a batch.
    private static let batchBytes = 4 << 20

    private func storedParts(after number: Int64) throws -> [Row] {
        var rows: [Row] = []
        var bytes = 0
        try store.sql(.partRows).forEach(.integer(number)) { row throws(StorageError) in
            let content = row.isNull(2) ? nil : row.bytes(2)
            bytes += content?.count ?? 0
            rows.append(Row(number: row.integer(0), digest: row.bytes(1), bytes: content))
            return bytes < Self.batchBytes && rows.count < 4_096
        }
        return rows
    }

    private mutating func note(_ hashed: HashedRow) {
        let number = hashed.row.number
        if number != Int64(parts.digests.count) {
            add("part", number, "the parts before it are missing")
            // The numbers go on from here, so that what follows is judged by itself.
            let gap = number - Int64(parts.digests.count)
            guard (0..<1_000_000).contains(gap) else { return }
            parts.digests += Array(repeating: nil, count: Int(gap))
        }
        parts.digests.append(hashed.digest)
        if hashed.digest == nil {
            add("part", number, "its digest is not 32 bytes")
        } else if !hashed.isRight {
            add("part", number, "its bytes have another digest")
        }
        if hashed.row.bytes == nil { parts.withoutBytes.append(number) }
        if let record = hashed.record { parts.records[number] = record }
    }

    /// Compares the parts with what the entries have named and erased.
    mutating func checkParts() throws(StorageError) {
        let absent = try absentNumbers()
        for (number, isNamed) in parts.isNamed.enumerated()
        where !isNamed && parts.digests[number] != nil {
            add("part", number, "no entry names it")
        }
        for number in parts.withoutBytes {
            guard let digest = parts.digests[Int(number)] else { continue }
            if !expected.erasures.contains(digest), !absent.contains(number) {
                add("part", number, "its bytes are gone without erasure")
            }
        }
        try checkAbsent(absent)
    }

    private mutating func absentNumbers() throws(StorageError) -> Set<Int64> {
        let absent = Set(
            try SQLStatement(store.database, "SELECT number FROM absent").all { $0.integer(0) })
        guard store.kind == .own, lostSize == 0, let first = absent.min() else { return absent }
        add("absent", first, "this log was never recovered from its mirrors, so it lacks nothing")
        return []
    }

    /// The parts that are listed as absent are those without bytes that nothing erased.
    private mutating func checkAbsent(_ absent: Set<Int64>) throws(StorageError) {
        for number in absent.subtracting(parts.withoutBytes).sorted() {
            add("absent", number, "its bytes are here, or there is no such part")
        }
        for number in absent.intersection(parts.withoutBytes).sorted() {
            guard let digest = parts.digests[Int(number)], expected.erasures.contains(digest) else {
                continue
            }
            add("absent", number, "it was erased")
        }
    }
}
