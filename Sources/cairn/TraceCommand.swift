import ArgumentParser
import Client
import Lineage

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Shows where a thing came from and where it went.",
        discussion: """
            A node's own view, for looking around. What it says is not proof: for that, see \
            cairn export and cairn audit. The exit code is 1 if there is no event about the thing \
            that you may see.

            Example:
              cairn trace https://id.gs1.org/01/09521107000126/10/T26-0455 --direction up \\
                --node http://127.0.0.1:8080
            """)

    /// How a lineage is printed.
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case table, json, dot

        var mediaType: String {
            switch self {
            case .table: "text/plain"
            case .json: "application/json"
            case .dot: "text/vnd.graphviz"
            }
        }
    }

    @Argument(help: "The subject: URN, Digital Link or any other URI.") var subject: String
    @OptionGroup var node: NodeOptions
    @Option(help: "up, down or both.") var direction: TraceDirection = .both
    @Option(help: "The most things to show.") var limit: Int = 1_000
    @Option(help: "table, json or dot.") var format: Form = .table

    func run() async throws {
        guard limit > 0 else {
            throw CommandFailure(.badInput, "--limit \(limit): must be greater than 0")
        }
        let asked = try SubjectArgument(subject)
        let answer = try await node.call { client in
            do {
                return try await client.trace(
                    subject, direction: direction, limit: limit, accept: format.mediaType)
            } catch ClientError.problem(let problem) where problem.code == "subject.unknown" {
                throw asked.noRecord(
                    that: " that you may see", "cairn export proves whether there is any")
            }
        }
        asked.noteHint()
        Console.output(answer)
        if answer.last != 0x0A { Console.output([0x0A]) }
        guard format == .table else { return }
        Console.line(
            "what a node shows includes what strangers say; cairn export and cairn audit tell "
                + "whose word counts")
    }
}

extension TraceDirection: ExpressibleByArgument {}
