import MerkleTrees
import Records
import Sequencing

/// The integer keys of the ledger's tables.
enum Place {
    /// The most entries one log can have in these tables.
    static let entriesLimit: UInt64 = 1 << 40

    /// The key of a leaf, or of a bucket, of a log.
    static func key(log: Int64, _ index: UInt64) -> Int64 {
        precondition(index < entriesLimit, "a log has fewer than 2⁴⁰ entries")
        return log << 40 | Int64(index)
    }

    /// The leaf of a key.
    static func index(_ key: Int64) -> UInt64 { UInt64(bitPattern: key) & (entriesLimit - 1) }

    /// The log of a key.
    static func log(_ key: Int64) -> Int64 { key >> 40 }

    /// The key of a tile: log, four bits of level, 36 of index.
    static func tile(log: Int64, level: Int, index: UInt64) -> Int64? {
        guard (0..<8).contains(level), index < 1 << 36 else { return nil }
        return log << 40 | Int64(level) << 36 | Int64(index)
    }

    /// The first eight bytes of a hash, as the statement and part tables are sorted by.
    static func prefix(_ hash: Hash256) -> Int64 {
        Int64(bitPattern: hash.leadingWord)
    }
}

/// The `before` column of the `link` table: for each row of a manifest the place of the link before
/// it in its subject's chain, 12 bytes each, all ones where the chain begins.
enum BackLinks {
    /// The bytes of one row.
    static let width = 12

    /// The column of a statement, given the last link of each subject before it, which moves on.
    static func encode(
        _ manifest: Manifest, at leafIndex: UInt64, last: inout [Hash256: LinkPlace]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(manifest.rows.count * width)
        for (row, link) in manifest.rows.enumerated() {
            let here = LinkPlace(leafIndex: leafIndex, row: UInt32(row))
            let before =
                last.updateValue(here, forKey: link.key)
                ?? LinkPlace(leafIndex: .max, row: .max)
            BigEndian.append(before.leafIndex, to: &bytes)
            BigEndian.append(before.row, to: &bytes)
        }
        return bytes
    }
}
