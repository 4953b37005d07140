/// A place in which a ledger is not what its own entries say.
package struct CheckFinding: Hashable, Sendable, CustomStringConvertible {
    /// The table, or `database` for the file's own structure.
    package var table: String
    /// The row: a leaf, a digest, a key.
    package var key: String
    /// What is wrong.
    package var reason: String

    /// Names a place.
    package init(table: String, key: String, reason: String) {
        self.table = table
        self.key = key
        self.reason = reason
    }

    /// `table key: reason`.
    package var description: String { "\(table) \(key): \(reason)" }
}
