/// Bounds on one table, each checked while it is read.
package struct CSVLimits: Hashable, Sendable {
    /// Bytes of one field; 64 KiB.
    package var fieldByteCount = 64 << 10
    /// Bytes of one row; 1 MiB: here a quotation mark ends that is never closed.
    package var rowByteCount = 1 << 20
    /// Columns of the header, and fields of a row; 1,024.
    package var columnCount = 1_024

    /// The default limits.
    package init() {}
}

/// How the bytes of a table are text.
package enum CSVEncoding: String, CaseIterable, Hashable, Sendable {
    /// UTF-8, with or without mark.
    case utf8 = "utf-8"
    /// The former code page of Western Windows, which spreadsheets still save.
    case windows1252 = "windows-1252"
}

/// One row of a table as it was cut from the bytes.
package struct CSVRow: Hashable, Sendable {
    /// Its number, the header's being 0.
    package let number: UInt64
    /// The line of the file where it begins, from 1.
    package let line: UInt64
    /// Where the row after it begins, in bytes from the file's first.
    package let endOffset: UInt64
    /// Its bytes, line break included.
    package let bytes: [UInt8]
    /// Its fields, or why they cannot be read.
    package let fields: Result<[String], RowError>
}

/// Why a row of a table was not taken; the rows beside it stand.
package struct RowError: Error, Hashable, Sendable {
    /// The row's number, the first after the header being 1.
    package let row: UInt64
    /// The line of the file where the row begins.
    package let line: UInt64
    /// The column's header; empty for the whole row.
    package let column: String
    /// The stable code: `csv.*`, `row.*`, or that of what was made of the row, `epcis.*`,
    /// `identifier.*`, `record.*`.
    package let code: String
    /// What is wrong and what to do, for a person.
    package let message: String

    /// Makes an error.
    package init(row: UInt64, line: UInt64, column: String, code: String, message: String) {
        self.row = row
        self.line = line
        self.column = column
        self.code = code
        self.message = message
    }
}
