/// Where a link of a subject chain stands: one row of a statement's manifest (SPEC §11).
package struct LinkPlace: Hashable, Comparable, Sendable {
    /// The leaf of the statement.
    package var leafIndex: UInt64
    /// The number of the row in its manifest.
    package var row: UInt32

    /// Names a row.
    package init(leafIndex: UInt64, row: UInt32) {
        self.leafIndex = leafIndex
        self.row = row
    }

    /// The order of links in a chain.
    package static func < (left: LinkPlace, right: LinkPlace) -> Bool {
        (left.leafIndex, left.row) < (right.leafIndex, right.row)
    }
}
