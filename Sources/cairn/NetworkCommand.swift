import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Queries
import Records
import Signatures

struct NetworkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Founds, shows and changes a network.",
        subcommands: [
            New.self, Show.self, Organisations.self, Join.self, Amend.self, Sign.self,
            Register.self,
        ])

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a genesis file from a description.",
            discussion: """
                The description is a JSON file; genesis/README.md explains it. Governors sign the \
                document with their keys, one founding organisation registers it.

                Example:
                  cairn network new --from genesis/demo/network.json \\
                    --governor-key genesis/demo/keys/governor-1.pem \\
                    --governor-key genesis/demo/keys/governor-2.pem \\
                    --issuer https://id.gs1.org/417/9521107000003 \\
                    --issuer-key genesis/demo/keys/wholesaler.pem -o my.genesis
                """)

        @Option(name: .customLong("from"), help: "The description, JSON.") var description: String
        @Option(name: .customLong("governor-key"), help: "A governor's key; once for each.")
        var governorKeys: [String]
        @Option(help: "The organisation that registers the network.") var issuer: String
        @Option(help: "Its issuer key.") var issuerKey: String
        @Option(help: "A file that holds the passphrase of all these keys.")
        var passphraseFile: String?
        @Option(name: .shortAndLong, help: "The genesis file to write.") var output: String

        func run() async throws {
            let folder = URL(filePath: description).deletingLastPathComponent().path()
            let document = try NetworkDescription(
                try Files.read(description, as: .json), file: description, folder: folder
            ).document()
            try Self.check(document, in: description)
            let governors = try governorKeys.map {
                try Files.signingKey($0, passphraseFile: passphraseFile)
            }
            let key = try Files.signingKey(issuerKey, passphraseFile: passphraseFile)
            do {
                let genesis = try GenesisFile.make(
                    document, governors: governors, issuer: issuer, issuerKey: key,
                    issuedAtSeconds: document.createdMilliseconds / 1_000)
                let state = try genesis.verified()
                try Files.write(genesis.encoded(), to: output)
                Console.line(state.network.hex)
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: description)
            }
        }

        /// Refuses what the rules for genesis let pass and nobody can mean.
        private static func check(_ document: GenesisDocument, in description: String) throws {
            guard document.createdMilliseconds <= UInt64(Date().timeIntervalSince1970 * 1_000)
            else {
                throw CommandFailure(.badInput, "\(description): created: is in the future")
            }
            for delegation in document.delegations {
                let giver = document.organisations.first { $0.uri == delegation.by }
                let owned = giver?.prefixes ?? []
                for prefix in delegation.prefixes where !owned.contains(where: prefix.hasPrefix) {
                    throw CommandFailure(
                        .badInput,
                        "\(description): delegation \(delegation.id): \(delegation.by) does not "
                            + "own the prefix \(prefix)")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows who is who in a network.",
            discussion: """
                Compare the network id with the one you were told by another channel: the genesis \
                file is all an auditor trusts. With --governance it shows the network after the \
                amendments that the evidence proves, and those amendments.

                Example:
                  cairn network show genesis/demo/demo.genesis
                  cairn network show net.genesis --governance now.evidence
                """)

        @Argument(help: "A genesis file.") var file: String
        @Option(
            help: ArgumentHelp(
                "Evidence that shows the amendments so far, from cairn export.", valueName: "file"))
        var governance: String?
        @Option(help: "table or json.") var format: OutputFormat = .table

        func run() async throws {
            let shown = try ShownGovernance(file: governance, genesis: file)
            let summary = GovernanceSummary(shown.state, history: shown.history)
            switch format {
            case .json: Console.output(summary.json.serialized() + [0x0A])
            case .table: Console.output(summary.table)
            }
            if governance != nil { Console.note("by \(shown.basis)") }
        }
    }
}
