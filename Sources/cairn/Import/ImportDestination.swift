import Client
import Foundation
import Imports
import MerkleTrees
import Node
import Records

/// Where signed statements go.
enum ImportDestination {
    /// To a node.
    case node(NodeOptions)
    /// Into files.
    case folder(ImportFolder)

    /// What it is called in the state of an import.
    var name: String {
        switch self {
        case .node(let options): Self.withoutSlash(options.url)
        case .folder(let folder): Files.place(folder.path)
        }
    }
}

extension ImportDestination {
    /// A node's URL as it is with or without a slash at its end; a folder's path as it is.
    static func withoutSlash(_ name: String) -> String {
        name.contains("://") && name.hasSuffix("/") ? String(name.dropLast()) : name
    }
}

/// A directory of signed submissions, one file for each group of rows.
struct ImportFolder {
    /// The directory's path.
    let path: String

    /// Makes the directory unless it is there.
    init(making path: String) throws {
        self.path = Files.directory(path)
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be made: \(SystemWords.reason(error))")
        }
    }

    /// Writes the statements of a group; the same group has the same name again.
    func write(_ submissions: [Submission], rows: ClosedRange<UInt64>) throws {
        let names = [rows.lowerBound, rows.upperBound].map { number in
            let digits = String(number)
            return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        }
        let path = "\(path)/rows-\(names.joined(separator: "-")).cairn"
        try Files.write(submissions.flatMap { $0.encoded() }, to: path, durably: true)
    }
}

/// Makes signed statements of rows.
struct ImportSigner {
    let signer: Signer
    /// The network's id.
    let network: Hash256
    let visibility: Visibility
    /// Parts in one statement.
    let batch: Int

    /// One part and the row it comes from.
    struct SignedRow {
        var row: UInt64
        var line: UInt64
        var part: Part
    }

    /// The part of a row.
    func part(_ outcome: ImportedRow.Outcome) throws(Refusal) -> Part? {
        switch outcome {
        case .event(let bytes):
            try checked(
                signer.part(bytes, type: PartContentType.event, visibility: visibility))
        case .record(let record): try signer.part(record, visibility: visibility)
        case .repeated, .failed: nil
        }
    }

    /// A part that has a row: one without cannot be registered (SPEC §8.1), and would spoil the
    /// statement that it is in.
    private func checked(_ part: Part) throws(Refusal) -> Part {
        let rows = RowRules.rows(of: try Content.read(part), in: network) ?? []
        guard !rows.isEmpty else {
            throw Refusal(
                code: "rows.missing", field: "",
                reason: "the event names no object, no site and no process to be found under")
        }
        return part
    }

    /// The statements over rows, so many rows in each.
    func statements(
        _ rows: [SignedRow], of count: Int, issuedAtSeconds: UInt64
    ) throws(Refusal) -> [Submission] {
        var result: [Submission] = []
        var rest = rows[...]
        while !rest.isEmpty {
            let parts = rest.prefix(count).map(\.part)
            rest = rest.dropFirst(count)
            result += try signer.submissions(parts, issuedAtSeconds: issuedAtSeconds)
        }
        return result
    }
}
