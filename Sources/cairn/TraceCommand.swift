import ArgumentParser
import Client
import EPCIS
import Lineage

struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Shows where things came from and where they went.",
        discussion: """
            A node's own view, for looking around. What it says is not proof: for that, see \
            cairn export and cairn audit. The exit code is 1 if there is no event about the thing \
            that you may see.

            The start is a batch, an item, a logistic unit, a product, a process; or a place or a \
            business transaction such as an order: then it is what passed there, and whatever \
            that leads to. --depth 1 shows what passed and no more, --from and --until when. \
            Events that were declared in error are shown and marked, and not followed.

            Example:
              cairn trace https://id.gs1.org/01/09521107000126/10/T26-0455 --direction up \\
                --node http://127.0.0.1:8080
              cairn trace https://id.gs1.org/414/9521101001013 --depth 1 \\
                --from 2026-03-01 --until 2026-04-01 --node http://127.0.0.1:8080
              cairn trace urn:epcglobal:cbv:bt:9521101001013:PO-7 --direction down \\
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
    @Option(help: "The most things to show, up to 50000.") var limit: Int = 1_000
    @Option(help: "How many steps to go at most.") var depth: Int?
    @Option(help: "Of the start, only events from this time or day (UTC) on.") var from: String?
    @Option(help: "Of the start, only events before this time or day (UTC).") var until: String?
    @Option(help: "table, json or dot.") var format: Form = .table

    func run() async throws {
        guard limit > 0 else {
            throw CommandFailure(.badInput, "--limit \(limit): must be greater than 0")
        }
        guard depth.map({ $0 > 0 }) ?? true else {
            throw CommandFailure(.badInput, "--depth: must be greater than 0")
        }
        let (from, until) = try (Self.time("--from", from), Self.time("--until", until))
        let asked = try SubjectArgument(subject)
        let answer = try await node.call { client in
            do {
                return try await client.trace(
                    subject, direction: direction, limit: limit, depth: depth, from: from,
                    until: until, accept: format.mediaType)
            } catch ClientError.problem(let problem) where problem.code == "subject.unknown" {
                throw asked.noRecord(
                    that: " in this node's own log that you may see"
                        + (from ?? until == nil ? "" : " in that time"),
                    "other nodes have others in theirs; cairn export proves whether there is any "
                        + "in all that this one holds")
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

    /// A time as the node reads it; a day begins at midnight UTC.
    private static func time(_ option: String, _ text: String?) throws -> String? {
        guard let text else { return nil }
        for whole in [text, text + "T00:00:00Z"] where (try? ZonedTime(whole)) != nil {
            return whole
        }
        throw CommandFailure(
            .badInput,
            "\(option) \(text): a day reads like 2026-03-01, a time like "
                + "2026-03-01T08:30:00+01:00")
    }
}

extension TraceDirection: ExpressibleByArgument {}
