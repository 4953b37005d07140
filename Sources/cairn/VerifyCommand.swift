import ArgumentParser
import Client
import EPCIS
import Foundation
import Records
import Verdicts

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Does a batch hold to what is claimed of it?",
        discussion: """
            Fetches the evidence about the batch and everything upstream of it from a node, \
            rechecks all of it here and judges the claim. The node is not trusted: what counts is \
            the genesis file that you have.

            With --file it judges a delivery: a list (CSV) with one batch a line, in the column \
            lot, batch or charge, else in the first; or with its GTIN in the column gtin \
            and its lot in that column. Other columns may stand beside. A line that cannot be \
            read is told, and the rest goes on.

            Example:
              cairn verify https://id.gs1.org/01/09521107000126/10/T26-0455 \\
                --claim https://schemes.harbourhome.example/organic-cotton \\
                --genesis genesis/demo/demo.genesis --node http://127.0.0.1:8080
              cairn verify --file lots.csv --claim URI --genesis net.genesis --node URL

            Exit codes: 0 verified, of a delivery every batch; 1 another answer; 2 the evidence \
            is rejected, the claim cannot be made, or a line cannot be read; 3 cannot reach.
            """)

    @Argument(help: "The batch: URN, Digital Link or any other URI.") var subject: String?
    @Option(help: ArgumentHelp("A list of batches instead of one.", valueName: "list"))
    var file: String?
    @Option(
        help: ArgumentHelp("The claim scheme to judge by.", valueName: "scheme")) var claim: String
    @OptionGroup(title: "Claim options") var options: ClaimOptions
    @Option(help: "The network's genesis file.") var genesis: String
    @OptionGroup var node: NodeOptions
    @Option(name: .shortAndLong, help: "Keep the evidence in this file.") var output: String?
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let (asked, times) = try options.request(claim)
        let genesisFile = try Files.genesis(genesis)
        switch (subject, file) {
        case (let subject?, nil):
            let subject = try SubjectArgument(subject)
            let verdict = try await node.call { client in
                try await one(
                    subject,
                    EvidenceJudging(
                        client: client, genesis: genesisFile, claim: asked, times: times))
            }
            VerdictOutput.show(verdict, as: format, in: options.language)
            if verdict.outcome == .notApplicable { subject.noteHint() }
            guard verdict.outcome == .verified else {
                Foundation.exit(CommandExit.otherAnswer.rawValue)
            }
        case (nil, let file?):
            guard output == nil else {
                throw CommandFailure(.badInput, "--output goes with one batch, not with --file")
            }
            let code = try await node.call { client in
                let judging = EvidenceJudging(
                    client: client, genesis: genesisFile, claim: asked, times: times)
                return try await DeliveryCheck(
                    file: file, judging: judging, format: format, language: options.language
                ).run()
            }
            guard code == .verified else { Foundation.exit(code.rawValue) }
        default:
            throw CommandFailure(.badInput, "name a batch, or a list with --file")
        }
    }

    private func one(
        _ subject: SubjectArgument, _ judging: EvidenceJudging
    ) async throws -> Verdict {
        let bytes = try await judging.evidence(about: subject.identifier)
        if let output { try Files.write(bytes, to: output) }
        do {
            return try judging.verdict(of: bytes, about: subject.identifier)
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: "--claim \(claim)")
        } catch let rejection as EvidenceRejection {
            if format == .json { Console.output(rejection.json.serialized() + [0x0A]) }
            throw CommandFailure(rejection, from: node.url)
        }
    }
}

extension CommandFailure {
    /// Evidence of a node that proves nothing.
    init(_ rejection: EvidenceRejection, from node: String) {
        self.init(
            .badInput,
            "\(node): its evidence is rejected at step \(rejection.step.rawValue): "
                + "\(rejection.reason) (\(rejection.code))")
    }
}
