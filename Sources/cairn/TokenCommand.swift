import ArgumentParser
import EPCIS
import Foundation
import HTTPAPI
import Node
import Queries

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Gives programs and people access to a node.",
        discussion: """
            A token is a secret that whoever calls the node shows. The node keeps its hash only, \
            and heeds new and revoked tokens from the next request on.
            """,
        subcommands: [New.self, List.self, Revoke.self])

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token and prints it, once.",
            discussion: """
                reader sees what the organisation may see; submitter also hands in statements; \
                operator, for the organisation that runs the node, also sees its metrics.

                Example:
                  cairn token new ./node --name farm-erp --role submitter \\
                    --organisation https://id.gs1.org/417/9521101000009 --expires 90d > token
                  cairn trace urn:epc:class:lgtin:9521101.000001.H26-07 \\
                    --node https://ledger.example --token-file token
                """)

        @Argument(help: "The node's directory.") var directory: String
        @Option(help: "A name, by which it is listed and revoked.") var name: String
        @Option(help: "reader, submitter or operator.") var role: String
        @Option(help: "The organisation that it stands for.") var organisation: String
        @Option(help: "Days from now, such as 90d, or the last day, such as 2027-01-31 (UTC).")
        var expires = "90d"

        func run() async throws {
            guard let chosen = AccessRole(rawValue: role), chosen != .open else {
                throw CommandFailure(
                    .badInput, "--role \(role): must be reader, submitter or operator")
            }
            let now = SystemClock.nowMilliseconds()
            guard let end = TokenCommand.end(expires, nowMilliseconds: now) else {
                throw CommandFailure(
                    .badInput,
                    "--expires \(expires): must be days, such as 90d, or a date, such as "
                        + "2027-01-31; a token counts for 366 days at most")
            }
            let secret = try await NodeCommands.run(directory) {
                let file = TokenFile(directory: directory)
                try file.requireMember(organisation)
                return try file.add(
                    name: name, role: chosen, organisation: organisation,
                    expiresMilliseconds: end, nowMilliseconds: now)
            }
            Console.line(secret)
            Console.note(
                "\(name): counts until \(TokenCommand.time(end)); "
                    + "this is the only time it is shown")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a node's tokens, without their secrets.",
            discussion: """
                Example:
                  cairn token list ./node
                """)

        @Argument(help: "The node's directory.") var directory: String
        @Option(help: "table or json.") var format: OutputFormat = .table

        func run() async throws {
            let tokens = try await NodeCommands.run(directory) {
                let file = TokenFile(directory: directory)
                try file.requireNode()
                return try file.tokens()
            }
            switch format {
            case .json:
                Console.output(JSONValue.array(tokens.map(Self.json)).serialized() + [0x0A])
            case .table:
                for token in tokens {
                    Console.line(
                        "\(token.name)\t\(token.role)\t\(token.organisation)\t"
                            + "until \(TokenCommand.time(token.expiresMilliseconds))\t"
                            + "last used \(token.lastUsed ?? "never")")
                }
            }
        }

        private static func json(_ token: AccessToken) -> JSONValue {
            .object([
                JSONMember("name", .string(token.name)), JSONMember("role", .string(token.role)),
                JSONMember("organisation", .string(token.organisation)),
                JSONMember("created", .string(TokenCommand.time(token.createdMilliseconds))),
                JSONMember("expires", .string(TokenCommand.time(token.expiresMilliseconds))),
                JSONMember("lastUsed", token.lastUsed.map(JSONValue.string) ?? .null),
            ])
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a token: the node refuses it from the next request on.",
            discussion: """
                Example:
                  cairn token revoke ./node farm-erp
                """)

        @Argument(help: "The node's directory.") var directory: String
        @Argument(help: "The token's name.") var name: String

        func run() async throws {
            try await NodeCommands.run(directory) {
                let file = TokenFile(directory: directory)
                try file.requireNode()
                try file.revoke(name: name)
            }
            Console.note("\(name): revoked")
        }
    }

    private static func time(_ milliseconds: UInt64) -> String {
        Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }

    /// When a token ends; a day counts to its end in UTC.
    static func end(_ text: String, nowMilliseconds: UInt64) -> UInt64? {
        let day: UInt64 = 86_400_000
        if text.hasSuffix("d"), let days = UInt64(text.dropLast()), (1...366).contains(days) {
            return nowMilliseconds + days * day
        }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        guard text.utf8.count == 10, let date = formatter.date(from: text) else { return nil }
        let start = date.timeIntervalSince1970
        return start > 0 ? UInt64(start * 1_000) + day : nil
    }
}
