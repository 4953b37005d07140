import ArgumentParser
import Foundation
import Queries
import Records

extension NetworkCommand {
    struct Amend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an amendment for governors to sign.",
            discussion: """
                The changes are a JSON file; genesis/README.md explains it. What they do is shown \
                in words. The amendment follows the newest one that --node or --governance shows, \
                proven from the genesis file on; it counts once governors have signed it and it is \
                registered.

                Example:
                  cairn network amend --from changes.json --genesis net.genesis \\
                    --node http://127.0.0.1:8080 -o 1.amendment
                """)

        @Option(name: .customLong("from"), help: "The changes, JSON.") var changes: String
        @OptionGroup var options: GovernanceOptions
        @Option(name: .shortAndLong, help: "The amendment file to write.") var output: String

        func run() async throws {
            let described = try ChangesDescription(reading: changes)
            let governance = try await options.shownOnce()
            let now = UInt64(Date().timeIntervalSince1970) * 1_000
            do {
                let file = try AmendmentFile.make(
                    try described.changes(of: governance.state, nowMilliseconds: now),
                    after: governance.state)
                let summary = try AmendmentSummary(file, of: governance.state)
                try AmendmentCopies.write(file, to: output)
                Console.output(summary.table)
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: changes)
            }
            Console.note(
                "\(output): follows amendment \(governance.state.seq), by \(governance.basis)")
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an amendment in words, and signs it as a governor.",
            discussion: """
                Needs no node: --governance is evidence about the network, or any other. Copies \
                that governors signed in parallel are given together and become one. Without \
                --governor-key it only shows and merges. With it, it asks before it signs, unless \
                --yes is given.

                Example:
                  cairn network sign 1.amendment --genesis net.genesis \\
                    --governance now.evidence --governor-key governor.pem
                """)

        @Argument(help: "An amendment file, or several copies of it.") var files: [String]
        @OptionGroup var options: GovernanceOptions
        @Option(help: "A governor's key; may be given again.") var governorKey: [String] = []
        @Option(help: "A file that holds the passphrase of these keys.") var passphraseFile: String?
        @Flag(help: "Sign without asking.") var yes = false
        @Option(name: .shortAndLong, help: "The file to write; without it the first one given.")
        var output: String?

        func run() async throws {
            let copies = try AmendmentCopies(reading: files)
            let governance = try await options.shownOnce()
            let summary = try copies.summary(of: governance)
            let keys = try governorKey.map {
                try Files.signingKey($0, passphraseFile: passphraseFile)
            }
            var file = copies.file
            do {
                for key in keys { file = try file.signed(by: key, of: governance.state.governors) }
            } catch {
                throw CommandFailure(error, about: copies.name)
            }
            // How many have signed is told once these have, too.
            Console.output(keys.isEmpty ? summary.table : summary.text)
            if !keys.isEmpty { try confirm() }
            guard !keys.isEmpty || files.count > 1 || output != nil else { return }
            let path = output ?? copies.name
            try AmendmentCopies.write(file, to: path)
            Console.note("\(path): \(try AmendmentSummary(file, of: governance.state).count)")
        }

        /// Asks a person who has read what is shown.
        private func confirm() throws {
            if yes { return }
            guard isatty(STDIN_FILENO) == 1 else {
                throw CommandFailure(
                    .badInput, "nothing is signed: give --yes where nobody can be asked")
            }
            Console.note("Sign this amendment? Type yes:")
            guard readLine() == "yes" else { throw CommandFailure(.badInput, "nothing is signed") }
        }
    }
}
