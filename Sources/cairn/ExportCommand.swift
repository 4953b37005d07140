import ArgumentParser
import Client
import Foundation
import Records
import Verdicts

extension CommandFailure {
    /// What a node answered, or that it did not.
    init(_ error: ClientError, node: String) {
        switch error {
        case .address(let reason):
            self.init(.badInput, "--node: \(reason)")
        case .unreachable(let reason):
            self.init(.unreachable, reason.contains(node) ? reason : "\(node): \(reason)")
        case .problem(let problem):
            var refusal = Refusal(
                code: problem.code, field: problem.field, reason: problem.detail)
            if problem.code == "access.required" {
                // The node speaks of the header of HTTP, and a command line has options.
                refusal = Refusal(
                    code: problem.code, field: "",
                    reason: problem.detail.prefix { $0 != ";" } + "; give --token-file FILE or, "
                        + "where this command has it, --reader-key FILE")
            }
            // The node's own trouble, as opposed to the caller's.
            self.init(
                problem.status >= 500 ? .unreachable : .badInput, "\(node): \(refusal.sentence)")
        case .malformed(let reason):
            self.init(.unreachable, "\(node): the answer cannot be read: \(reason)")
        }
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Fetches the evidence about a subject into a file.",
        discussion: """
            The file holds every record about the subject and, unless --scope subject is given, \
            about everything upstream of it, with the proofs that nothing is left out. Whoever \
            holds the genesis file can recheck it: cairn audit.

            Of a subject that nobody spoke of it holds the proof that there is no record, and the \
            exit code is 1.

            Example:
              cairn export https://id.gs1.org/01/09521107000126/10/T26-0455 \\
                --node http://127.0.0.1:8080 -o towel.evidence
            """)

    @Argument(help: "The subject: URN, Digital Link or any other URI.") var subject: String
    @OptionGroup var node: NodeOptions
    @Option(help: "upstream or subject.") var scope = "upstream"
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Show only parts that this member may see too, to give the file on to it.",
            valueName: "organisation"))
    var receiver: String?
    @Option(name: .shortAndLong, help: "The evidence file to write.") var output: String

    func run() async throws {
        guard let wanted = Self.scopes[scope] else {
            throw CommandFailure(.badInput, "--scope \(scope): must be upstream or subject")
        }
        let asked = try SubjectArgument(subject)
        let bytes = try await node.call {
            try await $0.evidence(about: subject, scope: wanted, onlyFor: receiver)
        }
        let evidence: Evidence
        do {
            evidence = try Evidence.decode(bytes)
        } catch {
            throw CommandFailure(.badInput, "\(node.url): sent no evidence: \(error.reason)")
        }
        try Files.write(bytes, to: output)
        guard Self.holdsRecords(evidence) else {
            throw asked.noRecord("\(output) proves that the log holds none")
        }
        asked.noteHint()
        Console.note("\(output): \(bytes.count) bytes; recheck it with cairn audit")
    }

    /// Whether a log has a chain about the subject itself.
    private static func holdsRecords(_ evidence: Evidence) -> Bool {
        let own = evidence.asked.indices.filter { index in
            let subject = evidence.asked[index]
            return subject.uri == evidence.question.uri
                && (subject.facet == .events || subject.facet == .assertions)
        }
        return evidence.logs.contains { log in log.chains.contains { own.contains($0.asked) } }
    }

    private static let scopes: [String: EvidenceScope] = [
        "upstream": .upstream, "subject": .subject,
    ]
}
