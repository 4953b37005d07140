import Client
import Foundation
import Imports
import MerkleTrees
import Records

/// One import from beginning to end, or from where it stopped.
final class ImportJob {
    private let file: String
    private let source: ImportSource
    private let options: TableImport.Options
    private let signer: ImportSigner
    private let destination: ImportDestination
    private let identity: [String]
    /// The options that rows are refused by, as they were given.
    private let conditions: [String]
    /// Of the rows that are gone through once more, those that are taken.
    private var refused: Set<UInt64> = []

    private var state: ImportState
    private var errors: ImportErrorFile?
    private var group: [ImportSigner.SignedRow] = []
    private var groupRows = 0
    private var patience = Patience()
    private var last: ImportedRow?
    /// The state as its file has it.
    private var saved: ImportState

    /// Rows that are made into statements and sent together.
    private static let groupParts = 1_000
    /// Rows after which the state is kept even if few of them are good.
    private static let groupRowLimit = 10_000

    /// Puts an import together.
    init(
        file: String, source: ImportSource, options: TableImport.Options, signer: ImportSigner,
        destination: ImportDestination, identity: [String], conditions: [String]
    ) {
        self.file = file
        self.source = source
        self.options = options
        self.signer = signer
        self.destination = destination
        self.conditions = conditions
        self.identity = identity + [destination.name, "\(signer.batch)"]
        state = ImportState(identity: self.identity)
        saved = state
    }

    /// Imports what has not been imported yet.
    func run() async throws {
        let lock = try ImportLock(file)
        defer { withExtendedLifetime(lock) {} }
        state = try ImportState.read(for: file, identity: identity)
        saved = state
        let before = state
        try takeUpRefused()
        if state.row > 0 { Console.note("\(file): goes on after row \(state.row)") }
        let interruption = Interruption { [file] in
            Console.endProgress()
            Console.error("interrupted; run the same command again: \(file) goes on where it was")
        }
        defer { interruption.end() }
        let reading = ImportReading(
            source: source, file: file, options: options, after: state.cursor)
        // What cannot be read at all leaves the file of errors of a former import alone.
        var rows = try reading.next()
        errors = try ImportErrorFile(for: file, byteCount: state.errorBytes)
        while let these = rows {
            for row in these {
                try take(row)
                if isFull { try await flush() }
            }
            rows = try reading.next()
        }
        try await flush()
        Console.endProgress()
        try finish(after: before)
    }

    /// Where the options are others than before, or the node refused rows, which it may take by
    /// now, the refused rows are tried again; those that were taken stay as they are.
    private func takeUpRefused() throws {
        if (state.options ?? []) != conditions {
            guard state.pending == nil else {
                let before = state.options?.joined(separator: " ") ?? ""
                throw CommandFailure(
                    .badInput,
                    "\(file): the import was interrupted: run it to its end as it was begun, "
                        + "\(before.isEmpty ? "without such options" : "with \(before)"), before "
                        + "it is run \(conditions.isEmpty ? "without" : "with") others")
            }
            if state.counts.failed > 0 {
                try beginAgain(because: "the options are others than before: ")
            } else {
                state.options = conditions
            }
            try state.write(for: file)
            saved = state
        } else if state.nodeRefused ?? false, state.pending == nil {
            try beginAgain(because: "")
            try state.write(for: file)
            saved = state
        }
        if state.again != nil { refused = try RefusedRows.read(for: file) }
    }

    private func beginAgain(because reason: String) throws {
        // The numbers of its rows say nothing about another list.
        let reading = ImportReading(
            source: source, file: file, options: options, after: state.cursor, isQuiet: true)
        while try reading.next() != nil {}
        var rows = try RefusedRows.listed(for: file, byteCount: state.errorBytes)
        if state.again != nil {
            rows.formUnion(try RefusedRows.read(for: file).filter { $0 > state.row })
        }
        try RefusedRows.write(rows, for: file)
        state.beginAgain(options: conditions)
        Console.note(
            "\(file): \(reason)\(counted(rows.count, "row")) that "
                + "\(rows.count == 1 ? "was" : "were") refused \(rows.count == 1 ? "is" : "are") "
                + "tried again")
    }

    /// Whether a row was taken before; the list has to be the one that it was taken from.
    private func isDone(_ row: ImportedRow) throws -> Bool {
        guard let again = state.again, row.cursor.row <= again.row else { return false }
        guard row.cursor.row < again.row || row.cursor.digest.hex == again.digest else {
            throw CommandFailure(
                .badInput,
                "\(file): is no longer the list whose import was begun: bring the old one back "
                    + "(import.changed)")
        }
        return !refused.contains(row.cursor.row)
    }

    /// Whether the group is to be sent: at the row where it was sent before, if it was.
    private var isFull: Bool {
        if let pending = state.pending { return last?.cursor.row == pending.row }
        return group.count >= Self.groupParts || groupRows >= Self.groupRowLimit
    }

    private func take(_ row: ImportedRow) throws {
        last = row
        groupRows += 1
        if try isDone(row) { return }
        state.counts.add(row.outcome)
        if case .failed(let found) = row.outcome {
            for error in found { try errors?.add(error) }
        }
        do throws(Refusal) {
            guard let part = try signer.part(row.outcome) else { return }
            group.append(
                ImportSigner.SignedRow(row: row.cursor.row, line: row.line, part: part))
        } catch {
            try fail(row.cursor.row, line: row.line, error)
        }
    }

    /// Lists a row that was good by itself, and was refused.
    ///
    /// What a refusal names is a field of what was made of the row, and no column.
    private func fail(_ row: UInt64, line: UInt64, _ refusal: Refusal) throws {
        let place = refusal.field.isEmpty ? "" : "\(refusal.field): "
        state.counts.taken -= 1
        state.counts.failed += 1
        try errors?.add(
            RowError(
                row: row, line: line, column: "", code: refusal.code,
                message: place + refusal.reason))
    }

    /// Signs and sends the group, and keeps how far the import is.
    private func flush() async throws {
        guard let last, groupRows > 0 else { return }
        if !group.isEmpty {
            let pending =
                state.pending
                ?? ImportState.Pending(
                    row: last.cursor.row,
                    issuedAtSeconds: UInt64(Date().timeIntervalSince1970))
            if state.pending == nil {
                // Counts and errors of this group belong to the state once it is sent.
                saved.pending = pending
                try saved.write(for: file)
            }
            try await send(issuedAtSeconds: pending.issuedAtSeconds)
        }
        state.pending = nil
        state.row = last.cursor.row
        state.offset = last.cursor.offset
        state.digest = last.cursor.digest.hex
        let errorBytes = errors?.byteCount ?? 0
        if errorBytes != state.errorBytes { try errors?.synchronize() }
        state.errorBytes = errorBytes
        let isThrough = state.again.map { $0.row <= state.row } ?? false
        if isThrough { state.again = nil }
        try state.write(for: file)
        if isThrough { RefusedRows.remove(for: file) }
        saved = state
        Console.progress("\(file): row \(last.cursor.row); \(state.counts.sentence)")
        group.removeAll(keepingCapacity: true)
        groupRows = 0
    }

    private func finish(after before: ImportState) throws {
        errors?.removeIfClean(state.counts)
        // What a former run took is in the counts, too.
        let new = state.counts.taken - before.counts.taken
        let told =
            before.counts.taken == 0
            ? "" : "; \(new == 0 ? "none" : "\(new)") of them new, the others imported before"
        Console.note("\(file): \(state.counts.sentence)\(told)")
        guard state.counts.failed == 0 else {
            let again =
                state.nodeRefused ?? false
                ? "; those that the node refused are tried again when this command is run again"
                : ""
            throw CommandFailure(
                .badInput,
                "\(counted(state.counts.failed, "row")) not imported; \(errors?.path ?? "") says "
                    + "why: correct them in a list of their own and import that\(again)")
        }
    }

    private func send(issuedAtSeconds: UInt64) async throws {
        do {
            let submissions = try signed(issuedAtSeconds: issuedAtSeconds)
            switch destination {
            case .folder(let folder):
                guard let first = group.first, let last = group.last else { return }
                try folder.write(submissions, rows: first.row...last.row)
            case .node(let node):
                let refused = try await submit(submissions, to: node)
                try await sendAlone(refused, to: node, issuedAtSeconds: issuedAtSeconds)
            }
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: file)
        }
    }

    /// The statements over the group, without rows that cannot be signed, which are listed.
    private func signed(issuedAtSeconds: UInt64) throws -> [Submission] {
        let all = try? signer.statements(
            group, of: signer.batch, issuedAtSeconds: issuedAtSeconds)
        if let all { return all }
        var good: [ImportSigner.SignedRow] = []
        for row in group {
            do throws(Refusal) {
                _ = try signer.statements([row], of: 1, issuedAtSeconds: issuedAtSeconds)
                good.append(row)
            } catch {
                try fail(row.row, line: row.line, error)
            }
        }
        group = good
        return try signer.statements(good, of: signer.batch, issuedAtSeconds: issuedAtSeconds)
    }

    /// Sends statements; those that the node refused for what they say.
    private func submit(
        _ submissions: [Submission], to node: NodeOptions
    ) async throws -> [(submission: Submission, refusal: Refusal)] {
        let encoded = submissions.map { $0.encoded() }
        let replies = try await node.call { client in
            try await patience.calling { () throws(ClientError) in
                try await client.submit(stream: encoded)
            }
        }
        guard replies.count == submissions.count else {
            throw unfinished("the node ended the connection in the middle")
        }
        var refused: [(Submission, Refusal)] = []
        for (submission, reply) in zip(submissions, replies) {
            guard case .refused(let refusal) = reply.outcome else { continue }
            if refusal.code.hasPrefix("statement.") {
                throw try signerRefused(refusal, replies)
            }
            guard !SubmissionTally.isNodes(refusal), !refusal.code.hasPrefix("storage.") else {
                throw unfinished(refusal.sentence)
            }
            refused.append((submission, refusal))
        }
        return refused
    }

    private func unfinished(_ reason: String) -> CommandFailure {
        CommandFailure(
            .unreachable,
            "\(reason); \(file) is imported up to row \(state.row): run the same command again, "
                + "nothing is entered twice")
    }

    /// Why an import stops whose statements are refused for who signed them, whatever the rows say;
    /// none of the group's rows is done, and where none was registered, the group is not begun.
    private func signerRefused(
        _ refusal: Refusal, _ replies: [SubmissionReply]
    ) throws -> CommandFailure {
        let isPartly = replies.contains { if case .registered = $0.outcome { true } else { false } }
        if !isPartly {
            saved.pending = nil
            try saved.writeUnlessFresh(for: file)
        }
        errors?.removeIfClean(saved.counts)
        let done = saved.row == 0 ? "nothing is imported" : "imported up to row \(saved.row)"
        return CommandFailure(
            .badInput,
            "\(file): the node takes nothing that is signed like this: \(refusal.sentence); "
                + "\(done): check --key, --issuer, --genesis and this machine's clock, and run the "
                + "command again")
    }

    /// Sends the rows of refused statements once more, each by itself, so that one that the node
    /// does not take leaves the others.
    private func sendAlone(
        _ refused: [(submission: Submission, refusal: Refusal)], to node: NodeOptions,
        issuedAtSeconds: UInt64
    ) async throws {
        let parts = Set(refused.flatMap(\.submission.parts))
        let rows = group.filter { parts.contains($0.part.encoded) }
        guard !rows.isEmpty else { return }
        var single: [Submission] = []
        for row in rows {
            single += try signer.statements([row], of: 1, issuedAtSeconds: issuedAtSeconds)
        }
        let again = try await submit(single, to: node)
        for (submission, refusal) in again {
            for row in rows where submission.parts.contains(row.part.encoded) {
                try fail(row.row, line: row.line, refusal)
                state.nodeRefused = true
            }
        }
    }
}
