import Foundation
import Imports
import Node

/// One line of a delivery.
struct LotRow: Sendable {
    /// The line in the file, from 1.
    var line: UInt64
    /// What names the batch, or why it cannot be read.
    var lot: Result<String, RowError>
}

/// A list of batches, read as it is asked for (SPEC §24.8): never more than a chunk is held.
struct LotList {
    private let path: String
    private let handle: FileHandle
    private var reader: CSVReader
    private var rows: [LotRow] = []
    private var next = 0
    private var columns: Columns?
    private var isAtEnd = false
    private let first: Data

    /// The columns that name a batch.
    private struct Columns {
        /// The batch's URI, or with a GTIN its lot.
        var lot: Int
        var gtin: Int?
        /// What the columns are called in the list.
        var names: [String]

        /// What a column of ``BatchName`` is called in the list.
        func name(_ column: String) -> String {
            let place = column == "gtin" ? gtin : lot
            return place.flatMap { $0 < names.count ? names[$0] : nil } ?? column
        }
    }

    private static let chunkBytes = 64 << 10

    /// Opens a list; its columns are separated by commas, or where its first line has none, by
    /// semicolons or else by tabs.
    init(_ path: String) throws {
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw CommandFailure(
                .badInput, "\(path): cannot be read: \(SystemWords.reason(error))")
        }
        self.path = path
        first = try Self.chunk(of: handle, path)
        let head = first.prefix { $0 != 0x0A && $0 != 0x0D }
        let delimiter = [",", ";", "\t"].map { UInt8(ascii: $0) }.first { head.contains($0) }
        reader = CSVReader(delimiter: delimiter ?? UInt8(ascii: ","))
        try take(first)
    }

    private static func chunk(of handle: FileHandle, _ path: String) throws -> Data {
        do {
            return try handle.read(upToCount: chunkBytes) ?? Data()
        } catch {
            throw CommandFailure(.badInput, "\(path): cannot be read")
        }
    }

    /// The next line; nil at the end.
    mutating func read() throws -> LotRow? {
        while next == rows.count {
            guard !isAtEnd else { return nil }
            rows.removeAll(keepingCapacity: true)
            next = 0
            try take(try Self.chunk(of: handle, path))
        }
        next += 1
        return rows[next - 1]
    }

    private mutating func take(_ chunk: Data) throws {
        isAtEnd = chunk.isEmpty
        do {
            for row in try reader.read(chunk, isLast: isAtEnd) { try take(row) }
        } catch let refusal as ImportRefusal {
            throw CommandFailure(refusal, about: path)
        }
    }

    private mutating func take(_ row: CSVRow) throws {
        guard case .success(let fields) = row.fields else {
            if case .failure(var error) = row.fields {
                // The mapping that the reader speaks of is one of cairn import.
                if error.code == "csv.encoding" {
                    error = RowError(
                        row: error.row, line: error.line, column: error.column, code: error.code,
                        message: "is not UTF-8: save the list as UTF-8")
                }
                rows.append(LotRow(line: row.line, lot: .failure(error)))
            }
            return
        }
        let texts = fields.map { $0.trimmingCharacters(in: .whitespaces) }
        guard let columns else {
            let names = texts.map { $0.lowercased() }
            let lot = BatchName.lotHeaders.lazy.compactMap(names.firstIndex).first
            let gtin = names.firstIndex(of: "gtin")
            if gtin != nil, lot == nil { throw lotless(texts) }
            // A first line that names no batch is the names of the columns.
            let isNames = lot != nil || !(texts.first?.contains(":") ?? false)
            let found = Columns(lot: lot ?? 0, gtin: gtin, names: isNames ? texts : [])
            columns = found
            return isNames ? () : take(row, texts, found)
        }
        take(row, texts, columns)
    }

    /// A GTIN alone names a kind of goods and no batch.
    private func lotless(_ names: [String]) -> CommandFailure {
        let found = names.filter { !$0.isEmpty }.joined(separator: ", ")
        return CommandFailure(
            .badInput,
            "\(path): has the columns \(found), and beside GTIN none of the lot: "
                + "name one of them Lot, Batch or Charge (row.missing)")
    }

    private mutating func take(_ row: CSVRow, _ texts: [String], _ columns: Columns) {
        guard !texts.allSatisfy(\.isEmpty) else { return }
        func field(_ column: Int) -> String { column < texts.count ? texts[column] : "" }
        let lot = field(columns.lot)
        let named: Result<String, BatchName.Problem>
        // A line may name its batch whole, whatever the others do.
        if let gtin = columns.gtin, !(field(gtin).isEmpty && lot.contains(":")) {
            named = BatchName.uri(gtin: field(gtin), lot: lot)
        } else {
            named =
                lot.isEmpty
                ? .failure(BatchName.Problem("lot", "row.missing", "names no batch"))
                : .success(lot)
        }
        rows.append(
            LotRow(
                line: row.line,
                lot: named.mapError { problem in
                    RowError(
                        row: row.number, line: row.line, column: columns.name(problem.column),
                        code: problem.code, message: problem.message)
                }))
    }
}
