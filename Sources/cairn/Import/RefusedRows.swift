import Foundation
import Imports

/// The numbers of rows that an import refused and takes up again: `FILE.cairn-import.again`, one a
/// line (SPEC §23.4).
enum RefusedRows {
    /// The file for a list.
    static func path(for file: String) -> String { file + ".cairn-import.again" }

    /// The rows that are still to be taken up again.
    static func read(for file: String) throws -> Set<UInt64> {
        let text = String(decoding: try Files.read(path(for: file)), as: UTF8.self)
        return Set(text.split(separator: "\n").compactMap { UInt64($0) })
    }

    /// Keeps rows, durably.
    static func write(_ rows: Set<UInt64>, for file: String) throws {
        let lines = rows.sorted().map { "\($0)\n" }.joined()
        try DurableFile.replace(path(for: file), with: Array(lines.utf8))
    }

    /// Removes the file once all of its rows are done.
    static func remove(for file: String) {
        try? FileManager.default.removeItem(atPath: path(for: file))
    }

    /// The rows that a file of errors lists, as far as the state knows it.
    static func listed(for file: String, byteCount: UInt64) throws -> Set<UInt64> {
        let path = ImportErrorFile.path(for: file)
        guard byteCount > 0 else { return [] }
        let bytes = try Files.read(path).prefix(Int(clamping: byteCount))
        var reader = CSVReader(delimiter: UInt8(ascii: ","))
        var rows: Set<UInt64> = []
        do throws(ImportRefusal) {
            for line in try reader.read(bytes, isLast: true) {
                guard case .success(let fields) = line.fields else { continue }
                if let row = fields.first.flatMap({ UInt64($0) }) { rows.insert(row) }
            }
        } catch {
            throw CommandFailure(error, about: path)
        }
        return rows
    }
}
