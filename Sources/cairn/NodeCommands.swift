import ArgumentParser
import Foundation
import HTTPAPI
import Node

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a node's directory.",
        discussion: """
            The log key must be the one that the genesis file names for the origin. It is copied \
            into the directory. For a node that joined later, --amendments takes the statements \
            that registered all amendments from the first on, as cairn network register \
            --submission wrote them.

            Example:
              cairn init ./node --genesis genesis/demo/demo.genesis \\
                --origin ledger.harbourhome.example/cairn \\
                --log-key genesis/demo/keys/log.pem
            """)

    @Argument(help: "The directory to make.", transform: Files.directory) var directory: String
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(help: "The log's origin, as in the genesis file.") var origin: String
    @Option(help: "The log's key, PEM.") var logKey: String
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(
        help: ArgumentHelp(
            "Files of submissions that register the amendments so far, in their order.",
            valueName: "file"))
    var amendments: [String] = []

    func run() async throws {
        let pem = try Files.read(logKey, as: .key)
        let passphrase = try Files.passphrase(passphraseFile)
        let bytes = try Files.read(genesis, as: .genesis)
        let amendments = try amendments.flatMap { try SignedFile(reading: $0).submissions }
        let draft = DraftDirectory()
        // It holds a copy of the log key.
        let interruption = Interruption { draft.remove() }
        defer { interruption.end() }
        try await NodeCommands.run(directory) {
            do throws(NodeError) {
                try NodeRuntime.initialise(
                    directory: directory, genesis: bytes, origin: origin, logKeyPEM: pem,
                    passphrase: passphrase, amendments: amendments
                ) { draft.begin(at: $0) }
            } catch {
                draft.awaitRemoval()
                throw error
            }
        }
        Console.note("\(directory): ready; start it with cairn serve \(directory)")
    }
}

/// Turns a node's errors into exit codes.
enum NodeCommands {
    /// Runs something on a directory.
    static func run<Answer>(
        _ directory: String, _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body()
        } catch let error as NodeError {
            Console.endProgress()
            throw CommandFailure(
                error.isInput ? .badInput : .unreachable,
                "\(directory): \(error.reason) (\(error.code))")
        }
    }
}

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Makes a node's views again from its ledger.",
        discussion: """
            Views serve queries only; nothing is lost when they are. The node must not be running.

            Example:
              cairn rebuild ./node
            """)

    @Argument(help: "The node's directory.", transform: Files.directory) var directory: String

    func run() async throws {
        try await NodeCommands.run(directory) {
            try NodeRuntime.rebuild(directory: directory) { done, all in
                Console.progress("indexed \(done) of \(all) entries")
            }
        }
        Console.endProgress()
        Console.note("\(directory): views rebuilt")
    }
}
