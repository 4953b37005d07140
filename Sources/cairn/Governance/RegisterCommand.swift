import ArgumentParser
import Client
import Foundation
import MerkleTrees
import Records
import Signatures

extension NetworkCommand {
    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Registers an amendment that enough governors have signed.",
            discussion: """
                Any member registers it, with its issuer key. Place, signatures and threshold are \
                checked before anything is sent. It counts from the node's next seal on; one that \
                is registered already is left alone.

                Example:
                  cairn network register 1.amendment --genesis net.genesis \\
                    --issuer https://id.gs1.org/417/9521107000003 --key issuer.pem \\
                    --node http://127.0.0.1:8080
                """)

        @Argument(help: "An amendment file, or several copies of it.") var files: [String]
        @OptionGroup var options: GovernanceOptions
        @Option(help: "The organisation that registers it.") var issuer: String
        @Option(help: "Its issuer key, PEM.") var key: String
        @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
        @Option(
            help: ArgumentHelp(
                "Write the signed submission here, for cairn submit, instead of sending it.",
                valueName: "file"))
        var submission: String?

        func run() async throws {
            let copies = try AmendmentCopies(reading: files)
            let node = try options.node()
            guard node != nil || submission != nil else {
                throw CommandFailure(
                    .badInput, "--node is missing, or --submission to write a file")
            }
            let governance = try await options.shown()
            let words = "amendment \(copies.file.amendment.seq), \(copies.file.digest.hex)"
            guard governance.state.head != copies.file.digest else {
                return Console.note("\(words), is registered already, by \(governance.basis)")
            }
            let statement = try signed(copies, governance)
            if let submission {
                try Files.write(statement.encoded(), to: submission)
                return Console.note("\(submission): registers \(words); send it with cairn submit")
            }
            guard let node else { return }
            try await send(statement, to: node)
            Console.note("\(words), is registered with \(node.url)")
        }

        /// The statement that registers the amendment, once it is known to hold.
        private func signed(
            _ copies: AmendmentCopies, _ governance: ShownGovernance
        ) throws -> Submission {
            let body: GovernanceBody
            do {
                // That it holds otherwise tells more than how many have signed.
                _ = try governance.state.states(through: copies.file)
                body = try copies.file.governanceBody()
                _ = try governance.state.applying(body)
            } catch {
                throw copies.failure(error, governance)
            }
            var words = ["--key", key, "--issuer", issuer, "--genesis", options.genesis]
            if let passphraseFile { words += ["--passphrase-file", passphraseFile] }
            let signer = try SigningOptions.parse(words).signer(in: governance)
            do {
                let part = try signer.part(
                    body.encoded(), type: PartContentType.governance, visibility: .open)
                let all = try signer.submissions(
                    [part], issuedAtSeconds: UInt64(Date().timeIntervalSince1970))
                guard let only = all.first, all.count == 1 else {
                    throw CommandFailure(.badInput, "\(copies.name): makes no single statement")
                }
                return only
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: copies.name)
            }
        }

        private func send(_ statement: Submission, to node: NodeOptions) async throws {
            let replies = try await node.call { client throws(ClientError) in
                try await client.submit(stream: [statement.encoded()])
            }
            switch replies.first?.outcome {
            case .registered(let id, let leafIndex): Console.line("\(leafIndex)\t\(id.hex)")
            case .refused(let refusal):
                throw CommandFailure(
                    SubmissionTally.isNodes(refusal) ? .unreachable : .badInput,
                    "\(node.url): \(refusal.sentence)")
            case nil:
                throw CommandFailure(
                    .unreachable,
                    "\(node.url): ended the connection; run the same command again")
            }
        }
    }
}
