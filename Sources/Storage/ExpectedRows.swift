import MerkleTrees
import Records

/// What the entries say must be in the tables.
struct ExpectedRows {
    /// A row of the `statement` table.
    struct Statement: Hashable, Comparable {
        var prefix: Int64
        var place: Int64

        static func < (left: Self, right: Self) -> Bool {
            (left.prefix, left.place) < (right.prefix, right.place)
        }
    }

    /// A row of the `part_use` table.
    struct PartUse: Hashable, Comparable {
        var prefix: Int64
        var place: Int64
        var number: Int64

        static func < (left: Self, right: Self) -> Bool {
            (left.prefix, left.place, left.number) < (right.prefix, right.place, right.number)
        }
    }

    /// A row of the `record` table.
    struct Record: Hashable {
        var id: String
        var place: Int64
        var number: Int64
    }

    /// A row of the `authority` table.
    struct Use: Hashable {
        var place: Int64
        var number: Int64
    }

    var seals = 0
    var tiles = 0
    var statements: [Statement] = []
    var partUses: [PartUse] = []
    var lastLinks: [Hash256: LinkPlace] = [:]
    var records: Set<Record> = []
    var authorities: Set<Use> = []
    var erasures: Set<Hash256> = []
}

/// Rows that should be in a table, walked beside those that are, both in the table's order.
struct SortedRows<Row: Comparable> {
    private let expected: [Row]
    private var next = 0
    private var gone: [Row] = []
    /// The rows that the table has and should not.
    private(set) var tooMany: [Row] = []

    /// Begins with all the rows that should be there, ascending.
    init(_ expected: [Row]) { self.expected = expected }

    /// How many rows were missing or too many so far.
    var differences: Int { gone.count + tooMany.count }

    /// The next row of the table.
    mutating func take(_ row: Row) {
        while next < expected.count, expected[next] < row {
            gone.append(expected[next])
            next += 1
        }
        if next < expected.count, expected[next] == row { next += 1 } else { tooMany.append(row) }
    }

    /// After the table's last row: those that it does not have.
    mutating func missing() -> [Row] {
        gone += expected[next...]
        next = expected.count
        return gone
    }
}
