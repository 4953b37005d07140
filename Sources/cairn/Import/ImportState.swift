import Foundation
import Imports
import MerkleTrees
import Node

/// What an import has done so far: the file `FILE.cairn-import.json` beside the list.
///
/// It is replaced as a whole, before a group of statements is sent (with the time that they are
/// signed at) and after it. So a group whose answer was lost is signed again byte for byte, and a
/// node that has it already says so.
struct ImportState: Codable, Equatable {
    /// A group that was about to be sent.
    struct Pending: Codable, Equatable {
        /// The last row of the group.
        var row: UInt64
        /// When its statements are signed.
        var issuedAtSeconds: UInt64
    }

    /// The rows up to one that are gone through once more, for those refused under other options.
    struct Again: Codable, Equatable {
        /// The last row that the import had done before.
        var row: UInt64
        /// The digest of everything up to there, in hexadecimal.
        var digest: String
    }

    /// The edition of this file.
    var format = Self.edition
    /// For whom, for which network, for whom to see, and where to: an import goes on as it began.
    var identity: [String]
    /// The last row done; 0: none.
    var row: UInt64 = 0
    /// Where the row after it begins.
    var offset: UInt64 = 0
    /// The digest of everything up to there, in hexadecimal.
    var digest = ""
    /// How long the file of errors is.
    var errorBytes: UInt64 = 0
    /// What became of the rows done.
    var counts = ImportCounts()
    /// The group that was being sent.
    var pending: Pending?
    /// The options that rows are refused by, as they were given; nil: none.
    var options: [String]?
    /// The rows that are gone through once more; nil: none are.
    var again: Again?
    /// Whether the node refused some of the rows done.
    var nodeRefused: Bool?

    static let edition = "cairn-import-1"

    init(identity: [String]) {
        self.identity = identity
    }

    /// The place after the last row done.
    var cursor: ImportCursor? {
        Hash256(hex: digest).map { ImportCursor(row: row, offset: offset, digest: $0) }
    }

    /// The identity in words: each of its values under its name.
    private var described: String {
        let names = ["issuer", "network", "--visibility", "--node", "--batch"]
        return zip(names, identity).map { "\($0) \($1)" }.joined(separator: ", ")
    }

    /// The state's file for a list.
    static func path(for file: String) -> String { file + ".cairn-import.json" }

    /// Reads the state of an import that was begun; a fresh one where there is none.
    static func read(for file: String, identity: [String]) throws -> ImportState {
        let path = path(for: file)
        guard FileManager.default.fileExists(atPath: path) else {
            return ImportState(identity: identity)
        }
        let anew = "remove \(path) to begin anew; what is registered stays and counts once"
        guard
            var state = try? JSONDecoder().decode(
                ImportState.self, from: Data(try Files.read(path))),
            state.format == edition
        else { throw CommandFailure(.badInput, "\(path): is no state of an import; \(anew)") }
        state.identity = state.identity.map(ImportDestination.withoutSlash)
        guard state.identity == identity else {
            throw CommandFailure(
                .badInput,
                "\(file): was begun as \(state.described): go on like that, or \(anew)")
        }
        return state
    }

    /// Begins to go once more through the rows that are done, under other options: of those, only
    /// the refused ones are to be taken.
    mutating func beginAgain(options: [String]) {
        // Where this is done while it is under way, some of the rows are still behind it.
        if again.map({ $0.row < row }) ?? true { again = Again(row: row, digest: digest) }
        (row, offset, digest, errorBytes) = (0, 0, "", 0)
        counts.failed = 0
        nodeRefused = nil
        self.options = options
    }

    /// Replaces the state's file, or removes it where nothing is done: then another may begin.
    func writeUnlessFresh(for file: String) throws {
        guard row == 0, again == nil else { return try write(for: file) }
        try? FileManager.default.removeItem(atPath: Self.path(for: file))
    }

    /// Replaces the state's file, durably: what it says is done stays done after a power cut.
    func write(for file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try DurableFile.replace(Self.path(for: file), with: Array(try encoder.encode(self)))
    }
}

/// The rows that are wrong, in the file `FILE.errors.csv`: row, line, column, code, message.
struct ImportErrorFile {
    /// The file's path.
    let path: String
    private let handle: FileHandle
    private(set) var byteCount: UInt64

    /// The file for a list.
    static func path(for file: String) -> String { file + ".errors.csv" }

    /// Opens the file at the length that the state knows: what was written after it is written
    /// again.
    init(for file: String, byteCount: UInt64) throws {
        path = Self.path(for: file)
        do {
            if byteCount == 0 || !FileManager.default.fileExists(atPath: path) {
                try Data().write(to: URL(filePath: path))
            }
            handle = try FileHandle(forUpdating: URL(filePath: path))
            let length = try handle.seekToEnd()
            self.byteCount = min(length, byteCount)
            try handle.truncate(atOffset: self.byteCount)
            if self.byteCount == 0 { try write(["row", "line", "column", "code", "message"]) }
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
    }

    /// Adds a row that is wrong.
    mutating func add(_ error: RowError) throws {
        do {
            try write([
                "\(error.row)", error.line == 0 ? "" : "\(error.line)", error.column, error.code,
                error.message,
            ])
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
    }

    private mutating func write(_ fields: [String]) throws {
        let line = Data((fields.map(Self.quoted).joined(separator: ",") + "\r\n").utf8)
        try handle.write(contentsOf: line)
        byteCount += UInt64(line.count)
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// Makes durable what was written, before the state counts it.
    func synchronize() throws {
        do {
            try handle.synchronize()
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
    }

    /// Removes the file where nothing was wrong.
    func removeIfClean(_ counts: ImportCounts) {
        guard counts.failed == 0 else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
