import ArgumentParser
import Client
import EPCIS
import Queries

extension NetworkCommand {
    struct Organisations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the members as a node knows them, with their credentials.",
            discussion: """
                Of each member the certificates and accreditations about it or its sites, from \
                when to when, and how they stand now. What it says is not proof: cairn export and \
                cairn audit recheck what is said about a member.

                Example:
                  cairn network organisations --node http://127.0.0.1:8080
                """)

        @OptionGroup var node: NodeOptions
        @Option(help: "table or json.") var format: OutputFormat = .table

        func run() async throws {
            let bytes = try await node.call {
                try await $0.get("/organisations", accept: "application/json")
            }
            guard format == .table else { return Console.output(bytes + [0x0A]) }
            guard let answer = try? JSONValue.parse(bytes),
                let organisations = answer["organisations"]?.asArray
            else {
                throw CommandFailure(
                    .unreachable, "\(node.url): the answer cannot be read")
            }
            let none = node.isAnonymous ? "no credentials that you may see" : "no credentials"
            let lines = organisations.flatMap { Self.lines($0, without: none) }
            Console.output(lines.map { PrintableText.of($0) + "\n" }.joined())
        }

        private static func lines(_ organisation: JSONValue, without none: String) -> [String] {
            let credentials = organisation["credentials"]?.asArray ?? []
            let roles = texts(organisation, "roles").joined(separator: ", ")
            return [
                "\(text(organisation, "name"))  (\(roles))", "  \(text(organisation, "uri"))",
            ] + (credentials.isEmpty ? ["  \(none)"] : credentials.flatMap(told))
        }

        private static func told(_ credential: JSONValue) -> [String] {
            let days = ["from", "until"].compactMap { name in
                credential[name]?.asString.map { "\(name) \($0)" }
            }
            let standing = text(credential, "standing")
            let mark = standing == "own" ? "" : " (\(standing))"
            let state = text(credential, "state")
            return [
                "  \(text(credential, "kind"))  \(text(credential, "id"))",
                "    " + ([state] + days).joined(separator: "  "),
                "    by \(text(credential, "issuer"))\(mark)",
                "    statement \(text(credential, "statement"))",
            ] + texts(credential, "schemes").map { "    scheme \($0)" }
                + texts(credential, "criteria").map { "    criterion \($0)" }
        }

        private static func text(_ value: JSONValue, _ member: String) -> String {
            value[member]?.asString ?? ""
        }

        private static func texts(_ value: JSONValue, _ member: String) -> [String] {
            (value[member]?.asArray ?? []).compactMap(\.asString)
        }
    }
}
