import ArgumentParser
import Client
import Foundation
import Records
import Verdicts

/// Which node to ask.
struct NodeOptions: ParsableArguments {
    @Option(name: .customLong("node"), help: "The node's address, such as http://127.0.0.1:8080.")
    var url: String

    /// Does something with a client and turns its errors into exit codes.
    func call<Answer>(_ body: (NodeClient) async throws -> Answer) async throws -> Answer {
        do {
            let client = try NodeClient(url: url)
            return try await body(client)
        } catch let error as ClientError {
            throw CommandFailure(error, node: url)
        }
    }
}

extension CommandFailure {
    /// What a node answered, or that it did not.
    init(_ error: ClientError, node: String) {
        switch error {
        case .unreachable(let reason):
            self.init(.unreachable, "\(node): \(reason)")
        case .problem(let problem):
            let field = problem.field.isEmpty ? "" : "\(problem.field): "
            let isBusy = problem.status == 503
            self.init(
                isBusy ? .unreachable : .badInput,
                "\(node): \(field)\(problem.detail) (\(problem.code))")
        case .malformed(let reason):
            self.init(.unreachable, "\(node): the answer cannot be read: \(reason)")
        }
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Fetches the evidence about a subject into a file.",
        discussion: """
            The file holds every record about the subject and, unless --scope subject is given,
            about everything upstream of it, with the proofs that nothing is left out. Whoever holds
            the genesis file can recheck it: cairn audit.

            Example:
              cairn export https://id.gs1.org/01/09521107000126/10/T26-0455 \\
                --node http://127.0.0.1:8080 -o towel.evidence
            """)

    @Argument(help: "The subject: URN, Digital Link or any other URI.") var subject: String
    @OptionGroup var node: NodeOptions
    @Option(help: "upstream or subject.") var scope = "upstream"
    @Option(name: .shortAndLong, help: "The evidence file to write.") var output: String

    func run() async throws {
        guard let wanted = Self.scopes[scope] else {
            throw CommandFailure(.badInput, "--scope \(scope): must be upstream or subject")
        }
        let bytes = try await node.call { try await $0.evidence(about: subject, scope: wanted) }
        do {
            _ = try Evidence.decode(bytes)
        } catch {
            throw CommandFailure(.badInput, "\(node.url): sent no evidence: \(error.reason)")
        }
        try Files.write(bytes, to: output)
        Console.note("\(output): \(bytes.count) bytes; recheck it with cairn audit")
    }

    private static let scopes: [String: EvidenceScope] = [
        "upstream": .upstream, "subject": .subject,
    ]
}
