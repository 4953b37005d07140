import EPCIS
import Foundation
import Imports
import Node

/// What is imported: a list that is read as it comes, or a document that is read whole.
enum ImportSource {
    /// A list and what its columns are.
    case table(ImportMapping)
    /// The bytes of a document.
    case document([UInt8])
    /// The bytes of a document that may be repaired, the zone of events that name none, and the
    /// file that is told each repair; without one they are printed.
    case repairable([UInt8], zone: String?, report: String?)

    /// Gives the rows of a file, in order and in portions.
    ///
    /// - Parameters:
    ///   - file: the file's path.
    ///   - options: what rows are held against.
    ///   - cursor: the place after which rows are given.
    ///   - body: takes a portion.
    /// - Throws: `CommandFailure` where the file cannot be read on.
    func rows(
        of file: String, options: TableImport.Options, after cursor: ImportCursor?,
        _ body: ([ImportedRow]) throws -> Void
    ) throws {
        let reading = ImportReading(source: self, file: file, options: options, after: cursor)
        while let rows = try reading.next() { try body(rows) }
    }
}

/// A file that is being read, portion by portion.
final class ImportReading {
    private let file: String
    private let source: ImportSource
    private let options: TableImport.Options
    private let cursor: ImportCursor?
    private let isQuiet: Bool
    private var table: TableImport?
    private var handle: FileHandle?
    private var isAtEnd = false

    /// Starts at a file's beginning; a quiet reading tells nothing of what is repaired.
    init(
        source: ImportSource, file: String, options: TableImport.Options,
        after cursor: ImportCursor?, isQuiet: Bool = false
    ) {
        self.isQuiet = isQuiet
        self.source = source
        self.file = file
        self.options = options
        self.cursor = cursor
    }

    /// The next rows, perhaps none yet; nil at the end.
    func next() throws -> [ImportedRow]? {
        guard !isAtEnd else { return nil }
        do {
            switch source {
            case .document(let bytes):
                isAtEnd = true
                return try remaining(DocumentImport.rows(bytes, options: options))
            case .repairable(let bytes, let zone, let path):
                isAtEnd = true
                let read = try DocumentImport.lenientRows(
                    bytes, options: options, defaultZoneOffset: zone)
                if let report = read.report, !isQuiet { try Self.tell(report, in: path) }
                return try remaining(read.rows)
            case .table(let mapping): return try rows(under: mapping)
            }
        } catch let refusal as ImportRefusal {
            throw CommandFailure(refusal, about: file)
        }
    }

    private static func tell(_ report: DocumentReport, in path: String?) throws {
        guard let path else {
            for line in report.lines { Console.line(line) }
            return
        }
        try Files.write(report.json.serialized() + [UInt8(ascii: "\n")], to: path)
        for line in report.lines.prefix(shownLines) { Console.note(line) }
        Console.note("what was repaired, and how, is in \(path)")
    }

    private static let shownLines = 20

    /// The rows of a document behind those that an import has taken.
    private func remaining(_ rows: [ImportedRow]) throws -> [ImportedRow] {
        guard let cursor else { return rows }
        guard rows.last.map({ $0.cursor.digest == cursor.digest }) ?? false else {
            throw ImportRefusal(
                "import.changed", "the document is no longer the one whose import was begun")
        }
        return rows.filter { $0.cursor.row > cursor.row }
    }

    private func rows(under mapping: ImportMapping) throws -> [ImportedRow] {
        // Changed where it is: a copy would take along all rows that it remembers.
        if table == nil {
            table = TableImport(mapping: mapping, options: options, resuming: cursor)
        }
        let chunk = try chunk()
        isAtEnd = chunk.isEmpty
        return try table?.read([UInt8](chunk), isLast: isAtEnd) ?? []
    }

    private static let chunkBytes = 128 << 10

    private func chunk() throws -> Data {
        do {
            let handle = try handle ?? FileHandle(forReadingFrom: URL(filePath: file))
            self.handle = handle
            return try handle.read(upToCount: Self.chunkBytes) ?? Data()
        } catch {
            throw CommandFailure(
                .badInput, "\(file): cannot be read: \(SystemWords.reason(error))")
        }
    }
}

/// What became of the rows of an import, counted.
struct ImportCounts: Codable, Equatable {
    /// Rows that became events or records.
    var taken = 0
    /// Rows that stand in the list before.
    var repeated = 0
    /// Rows that are wrong or were refused.
    var failed = 0

    /// Counts one more.
    mutating func add(_ outcome: ImportedRow.Outcome) {
        switch outcome {
        case .event, .record: taken += 1
        case .repeated: repeated += 1
        case .failed: failed += 1
        }
    }

    /// The counts in words.
    var sentence: String {
        guard taken + repeated + failed > 0 else { return "no rows" }
        var parts = [counted(taken, "row") + " good"]
        if repeated > 0 { parts.append("\(counted(repeated, "row")) repeated") }
        if failed > 0 { parts.append("\(counted(failed, "row")) wrong") }
        return parts.joined(separator: ", ")
    }
}
