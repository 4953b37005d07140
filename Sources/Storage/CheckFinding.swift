/// A place in which a ledger is not what its own entries say.
package struct CheckFinding: Hashable, Sendable, CustomStringConvertible {
    /// The log of a mirror; nil for the node's own.
    package var mirror: String?
    /// The table, or `database` for the file's own structure.
    package var table: String
    /// The row: a leaf, a digest, a key.
    package var key: String
    /// What is wrong.
    package var reason: String

    /// Names a place.
    package init(mirror: String? = nil, table: String, key: String, reason: String) {
        self.mirror = mirror
        self.table = table
        self.key = key
        self.reason = reason
    }

    /// `table key: reason`, after the mirror's log.
    package var description: String {
        (mirror.map { "\($0): " } ?? "") + "\(table) \(key): \(reason)"
    }
}
