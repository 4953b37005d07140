import ArgumentParser
import Client
import EPCIS
import Foundation
import GS1
import Records
import Verdicts

struct RecallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recall", abstract: "How far does a recall reach, and who has it now?",
        discussion: """
            Lists every batch that was made of a thing, packed or unpacked from it, with amounts, \
            and who holds each now, since when. What may not be seen is told with whom to ask.

            The evidence about each thing is fetched from the node, rechecked here and followed \
            here: the node is not trusted to leave nothing out. With --output all of it is kept \
            in one file, the dossier, which an auditor rechecks offline: cairn audit.

            It registers nothing. To recall: sign and submit a record of kind recall; members \
            with a subscription for notices are told.

            Example:
              cairn recall urn:epc:class:lgtin:9521101.000001.H26-07 \\
                --genesis genesis/demo/demo.genesis \\
                --node http://127.0.0.1:8080 -o h26-07.dossier
              cairn audit h26-07.dossier --genesis genesis/demo/demo.genesis

            Exit codes: 0 the list is whole; 1 parts are withheld, it was cut short, a log was \
            not asked, or nothing is known; 2 evidence is rejected; 3 cannot reach.
            """)

    /// How a recall is printed.
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case table, json, dot
    }

    @Argument(help: "The batch: URN, Digital Link or any other URI.") var subject: String
    @Option(help: "The network's genesis file.") var genesis: String
    @OptionGroup var node: NodeOptions
    @Option(help: "The most things to list, up to \(RecallWalk.thingsLimit).") var limit = 1_000
    @Option(name: .shortAndLong, help: "Keep the dossier in this file.") var output: String?
    @Option(help: "table, json or dot.") var format: Form = .table

    func run() async throws {
        guard (1...RecallWalk.thingsLimit).contains(limit) else {
            throw CommandFailure(
                .badInput, "--limit \(limit): must be from 1 to \(RecallWalk.thingsLimit)")
        }
        let asked = try SubjectArgument(subject)
        let verifier = try EvidenceVerifier(genesis: try Files.genesis(genesis))
        let reach = try await fetch(asked.identifier, verifier)
        switch format {
        case .json: Console.output(reach.json.serialized() + [0x0A])
        case .table: Console.output(RecallTable(reach).text)
        case .dot: Console.output(RecallTable(reach).dot)
        }
        if reach.isUnknown { asked.noteHint() }
        guard reach.isWhole, !reach.isUnknown else {
            Foundation.exit(CommandExit.otherAnswer.rawValue)
        }
    }

    /// Walks downstream, asking the node about each thing.
    private func fetch(
        _ subject: CanonicalIdentifier, _ verifier: EvidenceVerifier
    ) async throws -> RecallReach {
        try await node.call { client in
            var walk = RecallWalk(from: subject, limit: limit)
            var dossier = RecallDossier(subject: subject, limit: limit)
            while let wanted = walk.wanted {
                let file = try await client.patientEvidence(about: wanted, scope: .subject)
                do {
                    try walk.take(try verifier.verify(file))
                } catch let rejection as EvidenceRejection {
                    throw CommandFailure(rejection, from: node.url)
                }
                if output != nil { dossier.files.append(file) }
            }
            if let output {
                let bytes = dossier.encoded()
                guard bytes.count <= EvidenceLimits.fileBytes else {
                    throw CommandFailure(
                        .badInput, "\(output): would be \(bytes.count) bytes; ask with --limit")
                }
                try Files.write(bytes, to: output)
                Console.note(
                    "\(output): \(bytes.count) bytes; recheck it with cairn audit")
            }
            return walk.reach()
        }
    }
}
