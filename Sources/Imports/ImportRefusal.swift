/// Why an input as a whole cannot be read, and where.
///
/// Codes of this module: `xml.*` (`syntax`, `doctype`, `too-large`, `too-deep`, `encoding`,
/// `document`, `unexpected`, `missing`), `csv.*` (`encoding`, `quote`, `too-large`, `header`),
/// `mapping.*` (`format`, `column`). A row of a table that cannot be read is a `RowError`
/// instead: the rows beside it stand.
package struct ImportRefusal: Error, Hashable, Sendable {
    /// The stable code.
    package let code: String
    /// Where: a line, a column, a field of the mapping, an element's path; empty for the whole.
    package let field: String
    /// What is wrong and what to do, for a person.
    package let reason: String

    /// Makes a refusal.
    package init(_ code: String, field: String = "", _ reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }
}
