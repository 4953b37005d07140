import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Signatures

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Makes and shows keys as PEM files.",
        subcommands: [New.self, Show.self])

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a private key.",
            discussion: """
                The file is readable by its owner only and is never overwritten. Give a passphrase \
                file for a key that matters.

                Example:
                  cairn key new --passphrase-file secret.txt -o supplier.pem
                """)

        @Option(help: "ed25519 or p256.") var algorithm = "ed25519"
        @Option(help: "A file that holds the passphrase.") var passphraseFile: String?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Option(help: "Also write the public key here.") var publicKey: String?

        func run() async throws {
            guard let chosen = Self.algorithms[algorithm] else {
                throw CommandFailure(
                    .badInput, "--algorithm \(algorithm): must be ed25519 or p256")
            }
            if let publicKey {
                guard Files.place(publicKey) != Files.place(output) else {
                    throw CommandFailure(
                        .badInput, "--public-key \(publicKey): is the private key's file too")
                }
                try Files.requireFree(publicKey)
            }
            try Files.requireFree(output)
            var randomness = SystemRandomNumberGenerator()
            let key = SigningKey.generate(chosen, randomness: &randomness)
            let passphrase = try Files.passphrase(passphraseFile)
            do {
                let pem = try KeyFile.write(key, passphrase: passphrase)
                try Files.writePrivate(pem, to: output)
            } catch let error as KeyError {
                throw CommandFailure(.badInput, "\(output): \(error.reason) (\(error.code))")
            }
            if let publicKey {
                try Files.write(KeyFile.writePublic(key.publicKey), to: publicKey)
            }
            Console.line(key.publicKey.thumbprint.hex)
        }

        private static let algorithms: [String: SignatureAlgorithm] = [
            "ed25519": .ed25519, "p256": .esp256,
        ]
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the algorithm and thumbprint of a key.",
            discussion: """
                Example:
                  cairn key show supplier.pem --passphrase-file secret.txt
                """)

        @Argument(help: "A PEM file, private or public.") var file: String
        @Option(help: "A file that holds the passphrase.") var passphraseFile: String?
        @Option(help: "table or json.") var format: OutputFormat = .table

        func run() async throws {
            let key =
                passphraseFile == nil
                ? try Files.publicKey(file)
                : try Files.signingKey(file, passphraseFile: passphraseFile).publicKey
            switch format {
            case .json:
                let json = JSONValue.object([
                    JSONMember("algorithm", .string(key.algorithm.rawValue)),
                    JSONMember("thumbprint", .string(key.thumbprint.hex)),
                ])
                Console.output(json.serialized() + [0x0A])
            case .table:
                Console.line("algorithm   \(key.algorithm.rawValue)")
                Console.line("thumbprint  \(key.thumbprint.hex)")
                Console.output(KeyFile.writePublic(key))
            }
        }
    }
}

extension OutputFormat: ExpressibleByArgument {}
