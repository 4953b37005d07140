import ArgumentParser
import Client
import EPCIS
import Foundation
import MerkleTrees
import Records

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Sends signed submissions to a node.",
        discussion: """
            Sending a file twice does no harm: a statement registers once. What the node refused \
            is listed with the reason, and the rest stands.

            Example:
              cairn submit shipment.cairn --node http://127.0.0.1:8080 \\
                --receipts ./receipts

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
        let signed = try key == nil ? files.map(SignedFile.init(reading:)) : sign()
        let names = signed.flatMap(\.statementNames)
        guard !names.isEmpty else {
            throw CommandFailure(.badInput, "\(files.joined(separator: ", ")): nothing to send")
        }
        let results = try await send(signed.flatMap(\.submissions), names)
        Console.endProgress()
        report(results, names)
        let tally = tally(results, names)
        guard tally.isComplete else { throw CommandFailure(.unreachable, tally.interruption) }
        try await keepReceipts(results)
        guard tally.refused == 0 else {
            throw CommandFailure(
                .badInput, "\(tally.refused) of \(names.count) statements refused")
        }
    }

    private func send(
        _ submissions: [Submission], _ names: [String]
    ) async throws -> [SubmissionReply] {
        do {
            return try await node.call { client in
                try await client.submit(stream: submissions.map { $0.encoded() }) { done in
                    let next = done < names.count ? "; next \(names[done])" : ""
                    Console.progress("\(done) of \(names.count) statements answered\(next)")
                }
            }
        } catch let failure as CommandFailure where failure.code == .unreachable {
            Console.endProgress()
            throw CommandFailure(
                .unreachable, "\(failure.message); \(tally([], names).whatToDo)")
        }
    }

    private func tally(_ results: [SubmissionReply], _ names: [String]) -> SubmissionTally {
        SubmissionTally(results, of: names.count, isSignedAnew: key != nil)
    }

    private func sign() throws -> [SignedFile] {
        guard let key, let issuer, let genesis else {
            throw CommandFailure(.badInput, "--key goes with --issuer and --genesis")
        }
        var words = ["--key", key, "--issuer", issuer, "--genesis", genesis]
        words += ["--visibility", visibility]
        if let passphraseFile { words += ["--passphrase-file", passphraseFile] }
        let options = try SigningOptions.parse(words)
        return try DocumentSigning.submissions(files, options: options).files
    }

    private func report(_ results: [SubmissionReply], _ names: [String]) {
        switch format {
        case .table:
            for reply in results {
                switch reply.outcome {
                case .registered(let id, let leafIndex):
                    print("\(leafIndex)\t\(id.hex)")
                // Said once for all of them, with what to do.
                case .refused(let refusal) where SubmissionTally.isNodes(refusal): continue
                case .refused(let refusal):
                    Console.error("\(Self.name(of: reply, in: names)): \(refusal.sentence)")
                }
            }
        case .json:
            let json = JSONValue.array(results.map { Self.json($0, names) })
            Console.output(json.serialized() + [0x0A])
        }
    }

    private static func name(of reply: SubmissionReply, in names: [String]) -> String {
        guard let index = Int(exactly: reply.ordinal), names.indices.contains(index) else {
            return "answer \(reply.ordinal)"
        }
        return names[index]
    }

    private static func json(_ reply: SubmissionReply, _ names: [String]) -> JSONValue {
        var members = [
            JSONMember("ordinal", .number(JSONNumber(reply.ordinal))),
            JSONMember("statement", .string(name(of: reply, in: names))),
        ]
        switch reply.outcome {
        case .registered(let id, let leafIndex):
            members += [
                JSONMember("id", .string(id.hex)),
                JSONMember("leaf", .number(JSONNumber(leafIndex))),
            ]
        case .refused(let refusal):
            members += [
                JSONMember("code", .string(refusal.code)),
                JSONMember("field", .string(refusal.field)),
                JSONMember("detail", .string(refusal.reason)),
            ]
        }
        return .object(members)
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
