import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Node
import Signatures

struct RekeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Gives a node's log another key.",
        discussion: """
            For a key that is to be replaced, and for a node that has lost what it had signed. The \
            node must not be running. It prints the change that governors are to sign: the key \
            before is void where the log ends now. Register their amendment with another node, \
            whose log its peers can read; a node without peers takes it itself once it runs \
            again. Until its log holds it, this node signs nothing.

            Example:
              cairn key new -o log-2.pem
              cairn rekey ./node --log-key log-2.pem > rotation.json
              cairn network amend --from rotation.json --genesis our.genesis \\
                -o rotation.amendment
            """)

    @Argument(help: "The node's directory.", transform: Files.directory) var directory: String
    @Option(help: "The log's new key, PEM.") var logKey: String
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Flag(
        help: """
            Give up what peers have shown of the log beyond its end here, because nobody has the \
            entries or a stolen key has signed them: receipts of them are void.
            """) var giveUpLost = false

    func run() async throws {
        let pem = try Files.read(logKey, as: .key)
        let passphrase = try Files.passphrase(passphraseFile)
        let change = try await NodeCommands.run(directory) {
            try NodeRuntime.rekey(
                directory: directory, logKeyPEM: pem, passphrase: passphrase,
                givesUpLost: giveUpLost)
        }
        let rotation = JSONValue.object([
            JSONMember("origin", .string(change.origin)),
            JSONMember(
                "key", .string(String(decoding: KeyFile.writePublic(change.key), as: UTF8.self))),
            JSONMember("size", .number(JSONNumber(change.size))),
            JSONMember("root", .string(change.root.hex)),
        ])
        let changes = JSONValue.object([
            JSONMember(
                "changes", .array([.object([JSONMember("rotate-log-key", rotation)])]))
        ])
        Console.output(changes.serialized() + [0x0A])
        Console.note(
            "\(directory): has the new key; it signs nothing before its log holds the governors' "
                + "amendment")
    }
}
