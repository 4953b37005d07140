import MerkleTrees
package import Records

/// What became of one row.
package struct ImportedRow: Sendable {
    /// What a row says, or why not.
    package enum Outcome: Sendable {
        /// One event, complete in itself, checked by GS1's schema; compact JSON.
        case event([UInt8])
        /// One record of master data.
        case record(Record)
        /// The row stands in the table before, with equal fields: it says nothing new.
        case repeated
        /// The row says nothing: every column that is wrong.
        case failed([RowError])
    }

    /// The outcome.
    package let outcome: Outcome
    /// The line of the file where the row begins; 0: it is no table's.
    package var line: UInt64 = 0
    /// The place after the row.
    package let cursor: ImportCursor
}

/// Reads a table row by row into events or master data, without holding it in memory.
///
/// The same rows under the same mapping give the same events, byte for byte, on every run. Nothing
/// here reads files or clocks: bytes are fed in, rows come out.
package struct TableImport: Sendable {
    /// What a table's rows are held against.
    package struct Options: Sendable {
        /// Events before this time are row errors; nil: none are.
        package var earliestMilliseconds: Int64?
        /// From when master data holds that does not say itself; nil: such rows are errors.
        package var validFromMilliseconds: UInt64?

        /// No bounds, no default.
        package init() {}
    }

    private let mapping: ImportMapping
    private let options: Options
    private let resumed: ImportCursor?
    private var reader: CSVReader
    private var cursor: ImportCursor
    private var maker: RowMaker?
    private var seen = SeenRows()
    private var isCaughtUp = false

    /// Starts before the first byte of a table.
    ///
    /// - Parameters:
    ///   - mapping: what the columns are.
    ///   - options: what rows are held against.
    ///   - cursor: where an earlier import stopped: rows up to there are read and compared, but
    ///     not given again.
    ///   - limits: of rows and fields.
    package init(
        mapping: ImportMapping, options: Options = Options(), resuming cursor: ImportCursor? = nil,
        limits: CSVLimits = CSVLimits()
    ) {
        self.mapping = mapping
        self.options = options
        resumed = cursor.flatMap { $0.offset == 0 ? nil : $0 }
        reader = CSVReader(
            delimiter: mapping.format.delimiter, encoding: mapping.format.encoding, limits: limits)
        self.cursor = ImportCursor(mapping: mapping.digest)
    }

    /// Takes in the next bytes of the table and gives what became of the rows that end in them.
    ///
    /// - Parameters:
    ///   - chunk: the bytes; any number of them.
    ///   - isLast: whether the file ends with them.
    /// - Returns: the rows after the one resumed from.
    /// - Throws: `csv.*` where the table cannot be read on, `import.changed` where it is not the
    ///   one that was begun.
    package mutating func read(
        _ chunk: some Sequence<UInt8>, isLast: Bool
    ) throws(ImportRefusal) -> [ImportedRow] {
        var result: [ImportedRow] = []
        for row in try reader.read(chunk, isLast: isLast) {
            let isNew = try pass(row)
            guard let maker else {
                self.maker = try RowMaker(header: row, mapping: mapping, options: options)
                continue
            }
            guard let identity = maker.identity(of: row) else {
                if isNew {
                    result.append(
                        ImportedRow(
                            outcome: maker.failure(of: row), line: row.line, cursor: cursor))
                }
                continue
            }
            let isFirst = seen.insert(identity)
            guard isNew else { continue }
            let outcome = isFirst ? maker.outcome(of: row, identity: identity) : .repeated
            result.append(ImportedRow(outcome: outcome, line: row.line, cursor: cursor))
        }
        if isLast { try checkEnd() }
        return result
    }

    /// Goes past a row; whether it lies after the place resumed from.
    private mutating func pass(_ row: CSVRow) throws(ImportRefusal) -> Bool {
        let isFirst = cursor.offset == 0
        cursor.pass(row)
        guard let resumed, !isCaughtUp else { return !isFirst }
        // A table that begins its rows elsewhere is another one too.
        guard cursor.offset < resumed.offset || cursor == resumed else { throw changed(resumed) }
        isCaughtUp = cursor == resumed
        return false
    }

    private func checkEnd() throws(ImportRefusal) {
        guard maker != nil else {
            throw ImportRefusal("csv.header", "the table is empty: a row of headers is expected")
        }
        if let resumed, !isCaughtUp { throw changed(resumed) }
    }

    private func changed(_ resumed: ImportCursor) -> ImportRefusal {
        ImportRefusal(
            "import.changed", field: "row \(resumed.row)",
            "the table or its mapping is no longer what was imported up to here: bring the old one "
                + "back, or import the new rows as a table of their own")
    }
}
