import ArgumentParser
import Foundation

/// The command line: every command says what it does, shows an example, and ends with one of
/// four exit codes (SPEC §16).
@main
struct Cairn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "A traceability ledger: signed records, provable to anyone, offline.",
        discussion: """
            A supplier signs and submits records; a retailer asks what is known about a batch; an \
            auditor rechecks the evidence with nothing but the genesis file.

              cairn sign events.json --key supplier.pem --issuer URI \\
                --genesis net.genesis -o out.cairn
              cairn submit out.cairn --node http://127.0.0.1:8080
              cairn export urn:epc:class:lgtin:9521107.000012.T26-0455 \\
                --node http://127.0.0.1:8080 -o t.evidence
              cairn audit t.evidence --genesis net.genesis

            Exit codes: 0 yes or verified; 1 a valid answer that is not "verified"; 2 bad input or \
            bad proof; 3 cannot reach or store.
            """,
        version: "cairn 0.1.0",
        subcommands: [
            NetworkCommand.self, KeyCommand.self, InitCommand.self, ServeCommand.self,
            SignCommand.self, SubmitCommand.self, ImportCommand.self, TraceCommand.self,
            ExportCommand.self, GrantCommand.self, EraseCommand.self, NarrowCommand.self,
            HashCommand.self, VerifyCommand.self, RecallCommand.self, AuditCommand.self,
            CheckCommand.self, RebuildCommand.self, BackupCommand.self, RestoreCommand.self,
            RekeyCommand.self, TokenCommand.self, PeersCommand.self, WitnessCommand.self,
        ])

    /// Runs the command and ends with its exit code; wrong arguments end with 2.
    static func main() async {
        // No file opened later may stand where the terminal is written to.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", O_RDONLY)
        }
        // Writing to a pipe that nobody reads fails instead, and is told by Console.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            try checkHelp(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Console.error(failure.message)
            Foundation.exit(failure.code.rawValue)
        } catch {
            let text = fullMessage(for: error)
            guard exitCode(for: error) == .success else {
                Console.error(text)
                Foundation.exit(CommandExit.badInput.rawValue)
            }
            Console.line(text)
        }
    }

    /// Refuses help for a command that there is not; the parser would show the nearest that is.
    private static func checkHelp(_ arguments: [String]) throws {
        guard arguments.first == "help" else { return }
        var command: any ParsableCommand.Type = Cairn.self
        for name in arguments.dropFirst() where !name.hasPrefix("-") && name != "help" {
            let known = command.configuration.subcommands
            guard let next = known.first(where: { $0._commandName == name }) else {
                let names = known.map { $0._commandName }.joined(separator: ", ")
                throw CommandFailure(
                    .badInput,
                    "there is no command '\(name)'"
                        + (names.isEmpty ? " there" : "; there are \(names)"))
            }
            command = next
        }
    }
}
