package import MerkleTrees

/// How far a table has been read, so that an interrupted import goes on where it stopped.
package struct ImportCursor: Hashable, Sendable {
    /// The number of the last row read, the header being 0.
    package var row: UInt64
    /// Where the row after it begins, in bytes from the file's first.
    package var offset: UInt64
    /// The digest of everything read: the mapping, then each row in turn.
    package var digest: Hash256

    /// A place in a table.
    package init(row: UInt64, offset: UInt64, digest: Hash256) {
        self.row = row
        self.offset = offset
        self.digest = digest
    }

    /// The place before the first row.
    init(mapping: Hash256) {
        var builder = HashBuilder()
        builder.update(domain: "cairn/import/v1")
        builder.update(mapping)
        self.init(row: 0, offset: 0, digest: builder.finish())
    }

    /// Goes past a row.
    mutating func pass(_ next: CSVRow) {
        var builder = HashBuilder()
        builder.update(digest)
        builder.update(next.bytes)
        self = ImportCursor(
            row: next.number, offset: next.endOffset, digest: builder.finish())
    }
}

/// Remembers rows, so that one that stands twice is taken once; never more than a bound of them.
struct SeenRows {
    /// How many rows are remembered at least, of the last ones; 2²⁰ take some 64 MiB.
    static let count = 1 << 20

    private var recent: Set<UInt128> = []
    private var older: Set<UInt128> = []

    /// Whether a row is new among those remembered.
    mutating func insert(_ identity: Hash256) -> Bool {
        let key = identity.bytes.prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        if older.contains(key) || !recent.insert(key).inserted { return false }
        if recent.count == Self.count {
            older = recent
            recent = []
        }
        return true
    }
}
