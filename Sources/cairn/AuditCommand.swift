import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Notes
import Queries
import Records
import Verdicts

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Rechecks an evidence file, or a dossier, offline.",
        discussion: """
            Recomputes every signature (with two libraries), proof and rule in the file. It trusts \
            the genesis file and nothing else; no server is asked. An alarm is a file too: proof \
            that whoever keeps a log, or governs the network, broke a promise. Of a recall's \
            dossier it prints the list again, as cairn recall does.

            Example:
              cairn audit towel.evidence --genesis genesis/demo/demo.genesis
              cairn audit towel.evidence --genesis genesis/demo/demo.genesis \\
                --claim https://id.example/scheme/organic --share 0.95

            Exit codes: 0 the records stand; 1 they are contradicted, withheld, declared \
            only, invalid, or there are none; 2 the file is rejected. A finding with ! lowers \
            the answer.

            With --claim: does what the records say support the claim? 0 verified; 1 not, or \
            in part; 2 the file is rejected or the claim cannot be made.
            """)

    @Argument(help: "An evidence file, or an alarm.") var file: String
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(
        help: ArgumentHelp(
            "The claim scheme to judge the subject by, such as organic cotton.",
            valueName: "scheme"))
    var claim: String?
    @OptionGroup(title: "Claim options") var options: ClaimOptions
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let bytes = try Files.read(file)
        if FileKind.of(bytes) == .alarm { return try showAlarm(bytes) }
        guard let claim else { return try answer(bytes) }
        let (asked, times) = try options.request(claim)
        let verdict = try verified(bytes).judged(asked, at: times)
        VerdictOutput.show(verdict, as: format, in: options.language)
        noteEnd(of: verdict)
        guard verdict.outcome == .verified else {
            Foundation.exit(CommandExit.otherAnswer.rawValue)
        }
    }

    /// A file knows nothing of what came after it.
    private func noteEnd(of verdict: Verdict) {
        let end = verdict.basis.map(\.sealedAtMilliseconds).max() ?? 0
        guard verdict.times.knownAtMilliseconds > end else { return }
        Console.note(
            "note: \(file) ends at \(Timestamp.text(milliseconds: Int64(clamping: end))): what was "
                + "registered later, be it a revocation, is not in it; cairn verify asks a node")
    }

    private func answer(_ bytes: [UInt8]) throws {
        try options.requireNone()
        if FileKind.of(bytes) == .dossier { return try showRecall(bytes) }
        let answer = try verified(bytes).judge()
        switch format {
        case .json: Console.output(answer.json.serialized() + [0x0A])
        case .table: Console.output(Self.table(answer))
        }
        if answer.outcome == .notApplicable { try SubjectArgument(answer.uri).noteHint() }
        guard answer.outcome == .verified else {
            Foundation.exit(CommandExit.otherAnswer.rawValue)
        }
    }

    /// Says what an alarm proves; it ends with 1, as it is no good news.
    private func showAlarm(_ bytes: [UInt8]) throws {
        try options.requireNone()
        let proven: ProvenAlarm
        do {
            proven = try ProvenAlarm(bytes, under: Files.genesis(genesis).verified())
        } catch let refusal as Refusal {
            throw CommandFailure(
                .badInput, "\(file): it proves nothing: \(refusal.reason) (\(refusal.code))")
        }
        switch format {
        case .json: Console.output(proven.json.serialized() + [0x0A])
        case .table: Console.output(proven.lines.map { $0 + "\n" }.joined())
        }
        Foundation.exit(CommandExit.otherAnswer.rawValue)
    }

    private func verified(_ bytes: [UInt8]) throws -> VerifiedEvidence {
        let genesisFile = try Files.genesis(genesis)
        let bytes = try Files.check(bytes, of: file, as: .evidence)
        return try checking { () throws(EvidenceRejection) in
            try EvidenceVerifier(genesis: genesisFile).verify(bytes)
        }
    }

    private func showRecall(_ bytes: [UInt8]) throws {
        let genesisFile = try Files.genesis(genesis)
        let reach = try checking { () throws(EvidenceRejection) in
            try RecallDossier.decode(bytes).verified(by: EvidenceVerifier(genesis: genesisFile))
        }
        switch format {
        case .json: Console.output(reach.json.serialized() + [0x0A])
        case .table: Console.output(RecallTable(reach).text)
        }
        guard reach.isWhole, !reach.isUnknown else {
            Foundation.exit(CommandExit.otherAnswer.rawValue)
        }
    }

    /// Does something with the file; a rejection is told as the format asks.
    private func checking<Answer>(
        _ body: () throws(EvidenceRejection) -> Answer
    ) throws -> Answer {
        do {
            return try body()
        } catch {
            if format == .json { Console.output(error.json.serialized() + [0x0A]) }
            throw CommandFailure(
                .badInput,
                "\(file): rejected at step \(error.step.rawValue): \(error.reason) "
                    + "(\(error.code))")
        }
    }

    private static func table(_ answer: Answer) -> String {
        var lines = [
            "subject   \(answer.uri)", "outcome   \(coloured(answer.outcome))",
            "records   \(answer.events) about the subject; \(counted(answer.opened, "part")) open, "
                + "\(answer.stubs) withheld or erased",
        ]
        for basis in answer.basis {
            let time = Timestamp.text(milliseconds: Int64(clamping: basis.sealedAtMilliseconds))
            lines.append(
                "log       \(basis.origin): \(basis.size) "
                    + "\(basis.size == 1 ? "entry" : "entries"), sealed \(time), "
                    + "governance \(basis.governanceSequence), "
                    + (basis.isUnwitnessed
                        ? "unwitnessed" : counted(basis.cosignatures, "cosignature")))
            lines.append("          root \(basis.root.hex)")
        }
        for origin in answer.notConsulted { lines.append("log       \(origin): not consulted") }
        for alarm in answer.alarms { lines += alarm.lines }
        for finding in answer.findings {
            lines.append(
                "finding \(finding.lowers ? "!" : " ") \(finding.code.rawValue): \(finding.detail) "
                    + "(\(finding.origin) leaf \(finding.leafIndex), "
                    + "part \(finding.part.hex.prefix(12)))"
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func coloured(_ outcome: Outcome) -> String {
        Console.coloured(outcome.rawValue, outcome)
    }
}
