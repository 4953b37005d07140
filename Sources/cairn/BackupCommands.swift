import ArgumentParser
import Foundation
import MerkleTrees
import Node

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Saves a node, which may be running, to one file.",
        discussion: """
            The file holds the ledger as it is at one moment, the genesis file and the node's \
            settings, with a SHA-256 of each. The log key is not in it unless you ask, and then \
            only if it has a passphrase: keep the key and the passphrase elsewhere.

            Example:
              cairn backup ./node node-monday.backup
            """)

    @Argument(help: "The node's directory.") var directory: String
    @Argument(help: "The file to write; it must not exist.") var file: String
    @Flag(help: "Also save the log key, which must be encrypted.") var withKeys = false

    func run() async throws {
        let report = try await NodeCommands.run(directory) {
            try NodeRuntime.backup(directory: directory, to: file, withKey: withKeys)
        }
        Console.note(
            "\(file): \(report.size) entries of \(report.origin)"
                + (report.hasKey ? ", with the log key" : ", without the log key"))
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Makes a node's directory from a backup.",
        discussion: """
            The whole ledger is recomputed before the directory has its name. Compare the \
            network's id that is printed with one you know.

            A restored node knows nothing of what its log acknowledged after the backup, and asks \
            those who mirror it before it signs again. Where there are none, --alone says that \
            nobody holds anything newer; if somebody does, the log is forked at its next seal.

            Example:
              cairn restore node-monday.backup ./node --alone --log-key log.pem
            """)

    @Argument(help: "The backup.") var file: String
    @Argument(help: "The directory to make.") var directory: String
    @Option(help: "The log's key, PEM, if the backup does not hold it.") var logKey: String?
    @Flag(help: "Nobody holds anything newer of this log.") var alone = false

    func run() async throws {
        let key = try logKey.map { try Files.read($0, as: .key) }
        let report = try await NodeCommands.run(directory) {
            try NodeRuntime.restore(file, to: directory, alone: alone, logKeyPEM: key) {
                Console.progress("checked \($0) of \($1) entries")
            }
        }
        Console.endProgress()
        Console.note("\(directory): \(report.size) entries of \(report.origin), sound")
        Console.note("network \(report.network.hex), as it was at \(report.made)")
        if !report.hasKey, logKey == nil {
            Console.note("put the log key into \(directory) before cairn serve \(directory)")
        }
    }
}
