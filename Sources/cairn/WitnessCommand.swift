import ArgumentParser
import Foundation
import Node
import Signatures

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Makes the key with which a node cosigns other logs.",
        discussion: """
            A witness cosigns checkpoints of logs outside the network (c2sp.org/tlog-witness), \
            each only if it goes on from the last. What it prints is the verifier key: give it to \
            those who keep the logs and to those who rely on the cosignatures. The node must not \
            be running.

            A key counts at the node that made it, and only until the node is restored from a \
            backup; then make another.

            Example:
              cairn witness ./node -o witness.pem
              cairn serve ./node --witness-key witness.pem --witness-logs logs.txt

            A line of logs.txt is the verifier key of a log, and after a space the log's origin \
            where that is not the key's name; of the log at sum.golang.org the key, a space, and \
            "go.sum database tree":
              sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
            """)

    @Argument(help: "The node's directory.", transform: Files.directory) var directory: String
    @Option(name: .shortAndLong, help: "The key's file to write.") var output: String
    @Option(help: "A file that holds a passphrase for it.") var passphraseFile: String?

    func run() async throws {
        try Files.requireFree(output)
        let passphrase = try Files.passphrase(passphraseFile)
        var randomness = SystemRandomNumberGenerator()
        let key = SigningKey.generate(.ed25519, randomness: &randomness)
        let pem: [UInt8]
        do {
            pem = try KeyFile.write(key, passphrase: passphrase)
        } catch {
            throw CommandFailure(.badInput, "\(output): \(error.reason) (\(error.code))")
        }
        let verifier = try await NodeCommands.run(directory) {
            try NodeRuntime.addWitnessKey(key.publicKey, directory: directory)
        }
        try Files.writePrivate(pem, to: output)
        Console.line(verifier)
    }
}
