/// Cuts comma-separated values into rows as their bytes come (RFC 4180).
///
/// Written here because a file of a million rows must not be held in memory: what is kept is one
/// row. Line breaks are LF, CRLF or CR, inside quotation marks they belong to the field. A row that
/// cannot be read carries its error and the next one is read all the same, but for a quotation
/// mark that is never closed: nobody can tell where the next row begins then.
package struct CSVReader {
    /// The character between fields.
    package let delimiter: UInt8
    /// How bytes are text.
    package let encoding: CSVEncoding
    /// The bounds.
    package let limits: CSVLimits

    private var state = State.fieldStart
    private var row: [UInt8] = []
    private var field: [UInt8] = []
    private var fields: [[UInt8]] = []
    private var problem: (code: String, message: String)?
    private var number: UInt64 = 0
    private var line: UInt64 = 1
    private var lineBreaks: UInt64 = 0
    private var offset: UInt64 = 0
    private var marks = 0
    private var endsWithReturn = false

    private enum State {
        case fieldStart, plain, quoted, quoteInQuoted
    }

    private static let quote = UInt8(ascii: "\"")
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Starts before the first byte.
    package init(
        delimiter: UInt8 = UInt8(ascii: ","), encoding: CSVEncoding = .utf8,
        limits: CSVLimits = CSVLimits()
    ) {
        self.delimiter = delimiter
        self.encoding = encoding
        self.limits = limits
    }

    /// Takes in the next bytes of the file and gives the rows that end in them.
    ///
    /// - Parameters:
    ///   - chunk: the bytes; any number of them.
    ///   - isLast: whether the file ends with them.
    /// - Returns: the rows, the header first; rows without any character are left out.
    /// - Throws: `csv.quote` or `csv.too-large` where no next row can be found.
    package mutating func read(
        _ chunk: some Sequence<UInt8>, isLast: Bool
    ) throws(ImportRefusal) -> [CSVRow] {
        var rows: [CSVRow] = []
        for byte in chunk {
            // A carriage return ends its row at once; a line feed after it belongs to it.
            if endsWithReturn {
                endsWithReturn = false
                let isBreak = byte == 0x0a
                if isBreak { row.append(byte) }
                finishRow(into: &rows)
                if isBreak { continue }
            }
            try take(byte, into: &rows)
        }
        guard isLast else { return rows }
        if state == .quoted { throw unclosed() }
        if !endsWithReturn, !row.isEmpty { finishField() }
        if !row.isEmpty { finishRow(into: &rows) }
        endsWithReturn = false
        return rows
    }

    private mutating func take(_ byte: UInt8, into rows: inout [CSVRow]) throws(ImportRefusal) {
        if offset == 0, encoding == .utf8, marks < 3, row.count == marks,
            byte == Self.byteOrderMark[marks]
        {
            // The mark counts as bytes of the first row, and is no text of it.
            marks += 1
            row.append(byte)
            return
        }
        row.append(byte)
        guard row.count <= limits.rowByteCount else {
            throw state == .quoted
                ? unclosed()
                : ImportRefusal(
                    "csv.too-large", field: "line \(line)",
                    "the row passes \(limits.rowByteCount) bytes: is this a table of "
                        + "comma-separated values?")
        }
        switch state {
        case .quoted: takeQuoted(byte)
        case .fieldStart where byte == Self.quote: state = .quoted
        case .quoteInQuoted where byte == Self.quote:
            append(byte)
            state = .quoted
        default: takePlain(byte, into: &rows)
        }
    }

    private mutating func takeQuoted(_ byte: UInt8) {
        if byte == Self.quote {
            state = .quoteInQuoted
        } else {
            if byte == 0x0a { lineBreaks += 1 }
            append(byte)
        }
    }

    private mutating func takePlain(_ byte: UInt8, into rows: inout [CSVRow]) {
        switch byte {
        case delimiter: finishField()
        case 0x0a:
            finishField()
            finishRow(into: &rows)
        case 0x0d:
            finishField()
            endsWithReturn = true
        case _ where state == .quoteInQuoted:
            note("csv.quote", "text follows a closing quotation mark: write \"\" for one in text")
            state = .plain
            append(byte)
        case Self.quote:
            note("csv.quote", "a quotation mark stands in a field that does not begin with one")
            append(byte)
        default:
            state = .plain
            append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) {
        guard field.count < limits.fieldByteCount else {
            return note("csv.too-large", "a field passes \(limits.fieldByteCount) bytes")
        }
        field.append(byte)
    }

    private mutating func note(_ code: String, _ message: String) {
        if problem == nil { problem = (code, message) }
    }

    private mutating func finishField() {
        state = .fieldStart
        if fields.count < limits.columnCount {
            fields.append(field)
        } else {
            note("csv.too-large", "a row has more than \(limits.columnCount) fields")
        }
        field.removeAll(keepingCapacity: true)
    }

    private mutating func finishRow(into rows: inout [CSVRow]) {
        offset += UInt64(row.count)
        let isEmpty = fields.count == 1 && fields[0].isEmpty && problem == nil
        if !isEmpty {
            rows.append(
                CSVRow(
                    number: number, line: line, endOffset: offset, bytes: row, fields: texts()))
            number += 1
        }
        line += 1 + lineBreaks
        lineBreaks = 0
        row.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        problem = nil
    }

    private func texts() -> Result<[String], RowError> {
        if let problem { return .failure(error(problem.code, problem.message)) }
        var result: [String] = []
        result.reserveCapacity(fields.count)
        for (index, bytes) in fields.enumerated() {
            switch encoding {
            case .utf8:
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    return .failure(
                        error(
                            "csv.encoding",
                            "field \(index + 1) is not UTF-8: save the file as UTF-8, or say "
                                + "encoding windows-1252 in the mapping"))
                }
                result.append(text)
            case .windows1252: result.append(Windows1252.text(bytes))
            }
        }
        return .success(result)
    }

    private func error(_ code: String, _ message: String) -> RowError {
        RowError(row: number, line: line, column: "", code: code, message: message)
    }

    private func unclosed() -> ImportRefusal {
        ImportRefusal(
            "csv.quote", field: "line \(line)",
            "a quotation mark in the row that begins here is never closed")
    }
}

/// Windows code page 1252, whose bytes are those of ISO 8859-1 but for 0x80…0x9F.
enum Windows1252 {
    private static let upper: [UInt32] = [
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    ]

    /// The text of bytes.
    static func text(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let value = (0x80...0x9f).contains(byte) ? upper[Int(byte) - 0x80] : UInt32(byte)
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        return String(text)
    }
}
