import ArgumentParser
import Client
import DeterministicCBOR
import EPCIS
import Foundation
import MerkleTrees
import Records

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Sends signed submissions to a node.",
        discussion: """
            Sending a file twice does no harm: a statement registers once. What the node refused is
            listed with the reason, and the rest stands.

            Example:
              cairn submit shipment.cairn --node http://127.0.0.1:8080 --receipts ./receipts

            With --key, --issuer and --genesis, EPCIS documents are signed and sent in one step:
              cairn submit shipment.json --node http://127.0.0.1:8080 --key supplier.pem \\
                --issuer https://id.gs1.org/417/9521101000009 --genesis net.genesis
            """)

    @Argument(help: "Files made by cairn sign; EPCIS documents with --key.") var files: [String]
    @OptionGroup var node: NodeOptions
    @Option(help: "Sign EPCIS documents with this issuer key.") var key: String?
    @Option(help: "As this organisation.") var issuer: String?
    @Option(help: "For the network of this genesis file.") var genesis: String?
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(help: "public, network, or organisation URIs separated by commas.")
    var visibility = "network"
    @Option(help: "A directory to keep the receipts in.") var receipts: String?
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let submissions = try key == nil ? read() : sign()
        guard !submissions.isEmpty else {
            throw CommandFailure(.badInput, "\(files.joined(separator: ", ")): nothing to send")
        }
        let results = try await node.call { client in
            try await client.submit(stream: submissions.map { $0.encoded() }) { done in
                Console.progress("\(done) of \(submissions.count) statements answered")
            }
        }
        Console.endProgress()
        report(results)
        try await keepReceipts(results)
        let refused = results.count { if case .refused = $0.outcome { true } else { false } }
        let answered = results.count
        guard answered == submissions.count else {
            throw CommandFailure(
                .unreachable,
                "the node answered \(answered) of \(submissions.count) statements; "
                    + "send the file again, what is registered stays so")
        }
        guard refused == 0 else {
            throw CommandFailure(.badInput, "\(refused) of \(answered) statements refused")
        }
    }

    private func sign() throws -> [Submission] {
        guard let key, let issuer, let genesis else {
            throw CommandFailure(.badInput, "--key goes with --issuer and --genesis")
        }
        var words = ["--key", key, "--issuer", issuer, "--genesis", genesis]
        words += ["--visibility", visibility]
        if let passphraseFile { words += ["--passphrase-file", passphraseFile] }
        let options = try SigningOptions.parse(words)
        return try DocumentSigning.submissions(files, options: options).submissions
    }

    private func read() throws -> [Submission] {
        var submissions: [Submission] = []
        for file in files {
            let bytes = try Files.read(file)
            var rest = bytes[...]
            do {
                while !rest.isEmpty {
                    let (value, end) = try CBORValue.decodePrefix(rest)
                    submissions.append(try Submission.decode(value.encoded()))
                    rest = rest[end...]
                }
            } catch let error as CBORError {
                let isJSON = bytes.first == 0x7B || bytes.first == 0x5B
                throw CommandFailure(
                    .badInput,
                    isJSON
                        ? "\(file): is JSON; give --key, --issuer and --genesis to sign it"
                        : "\(file): \(error.reason) at byte \(error.offset) (\(error.code))")
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: file)
            }
        }
        return submissions
    }

    private func report(_ results: [SubmissionReply]) {
        switch format {
        case .table:
            for reply in results {
                switch reply.outcome {
                case .registered(let id, let leafIndex):
                    print("\(leafIndex)\t\(id.hex)")
                case .refused(let refusal):
                    Console.error(
                        "statement \(reply.ordinal): \(refusal.field): \(refusal.reason) "
                            + "(\(refusal.code))")
                }
            }
        case .json:
            let json = JSONValue.array(results.map(Self.json))
            Console.output(json.serialized() + [0x0A])
        }
    }

    private static func json(_ reply: SubmissionReply) -> JSONValue {
        let ordinal = JSONMember("ordinal", .number(JSONNumber(reply.ordinal)))
        switch reply.outcome {
        case .registered(let id, let leafIndex):
            return .object([
                ordinal, JSONMember("id", .string(id.hex)),
                JSONMember("leaf", .number(JSONNumber(leafIndex))),
            ])
        case .refused(let refusal):
            return .object([
                ordinal, JSONMember("code", .string(refusal.code)),
                JSONMember("field", .string(refusal.field)),
                JSONMember("detail", .string(refusal.reason)),
            ])
        }
    }

    private func keepReceipts(_ results: [SubmissionReply]) async throws {
        guard let receipts else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: receipts, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .unreachable, "\(receipts): cannot be made: \(error.localizedDescription)")
        }
        for reply in results {
            guard case .registered(let id, _) = reply.outcome else { continue }
            let receipt = try await node.call { try await $0.receipt(of: id) }
            try Files.write(receipt, to: "\(receipts)/\(id.hex).tlog-proof")
        }
    }
}
