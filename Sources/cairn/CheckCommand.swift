import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Node
import Notes
import Storage

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Recomputes a node's whole ledger from its bytes.",
        discussion: """
            Every signature, hash, chain, index and checkpoint is computed again and compared with \
            what is stored, in the node's own log and in its mirrors of others. It may run beside \
            the node.

            A ledger whose end was cut off is sound by itself. Give receipts and checkpoints that \
            were kept elsewhere: the log must hold what they acknowledge.

            Example:
              cairn check ./node --receipt receipts/ID.tlog-proof

            Exit codes: 0 sound and nothing missing; 2 it is not, or something is missing.
            """)

    @Argument(help: "The node's directory.", transform: Files.directory) var directory: String
    @Option(help: "A receipt that the log must hold; may be given again.")
    var receipt: [String] = []
    @Option(help: "A checkpoint that the log must hold; may be given again.")
    var checkpoint: [String] = []
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let acknowledged =
            try receipt.map { path in
                try Self.read(path, as: .receipt) { bytes throws(NoteError) in
                    try Acknowledgement(receipt: bytes)
                }
            }
            + checkpoint.map { path in
                try Self.read(path, as: .checkpoint) { bytes throws(NoteError) in
                    try Acknowledgement(checkpoint: bytes)
                }
            }
        let report = try await NodeCommands.run(directory) {
            do throws(NodeError) {
                return try NodeRuntime.check(directory: directory, acknowledged: acknowledged) {
                    Console.progress("checked \($0) of \($1) entries")
                }
            } catch {
                guard Self.unsound.contains(error.code) else { throw error }
                // That it cannot even be read is an answer: it is not sound.
                throw NodeError(code: error.code, reason: error.reason, isInput: true)
            }
        }
        Console.endProgress()
        switch format {
        case .table: Console.output(table(report))
        case .json: Console.output(json(report).serialized() + [0x0A])
        }
        if let failure = failure(report) { throw failure }
    }

    /// The codes of a ledger that is there and cannot be taken up.
    private static let unsound: Set<String> = ["storage.corrupt", "log.damaged"]

    private static func read(
        _ path: String, as kind: FileKind,
        _ parse: ([UInt8]) throws(NoteError) -> Acknowledgement
    ) throws -> Acknowledgement {
        let bytes = try Files.read(path, as: kind)
        do throws(NoteError) {
            return try parse(bytes)
        } catch {
            throw CommandFailure(.badInput, "\(path): \(error.reason) (\(error.code))")
        }
    }

    private func failure(_ report: LedgerReport) -> CommandFailure? {
        guard !report.isSound else { return nil }
        var words: [String] = []
        if !report.findings.isEmpty { words.append(counted(report.findings.count, "finding")) }
        for (path, objection) in zip(receipt + checkpoint, report.objections) {
            if let objection { words.append("\(path): \(objection)") }
        }
        return CommandFailure(.badInput, "\(directory): \(words.joined(separator: "; "))")
    }

    private func table(_ report: LedgerReport) -> String {
        var lines = report.findings.map(\.description)
        for (path, objection) in zip(receipt + checkpoint, report.objections) {
            lines.append("\(path): \(objection ?? "the log holds it")")
        }
        lines.append("size      \(report.size)")
        lines.append("root      \(report.root.hex)")
        for mirror in report.mirrors {
            lines.append("mirror    \(mirror.origin): size \(mirror.size), \(mirror.root.hex)")
        }
        if report.isSound { lines.append("\(directory): sound") }
        return lines.map { $0 + "\n" }.joined()
    }

    private func json(_ report: LedgerReport) -> JSONValue {
        .object([
            JSONMember("sound", .bool(report.isSound)),
            JSONMember("size", .number(JSONNumber(report.size))),
            JSONMember("root", .string(report.root.hex)),
            JSONMember(
                "mirrors",
                .array(
                    report.mirrors.map { mirror in
                        .object([
                            JSONMember("origin", .string(mirror.origin)),
                            JSONMember("size", .number(JSONNumber(mirror.size))),
                            JSONMember("root", .string(mirror.root.hex)),
                        ])
                    })),
            JSONMember("findings", .array(report.findings.map { .string($0.description) })),
            JSONMember(
                "acknowledged",
                .array(
                    zip(receipt + checkpoint, report.objections).map { path, objection in
                        var members = [
                            JSONMember("file", .string(path)),
                            JSONMember("holds", .bool(objection == nil)),
                        ]
                        if let objection {
                            members.append(JSONMember("reason", .string(objection)))
                        }
                        return .object(members)
                    })),
        ])
    }
}
