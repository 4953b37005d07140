import ArgumentParser
import Client
import EPCIS
import Foundation
import MerkleTrees
import Node
import Records
import Synchronization

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Sends signed submissions to a node.",
        discussion: """
            Sending a file twice does no harm: a statement registers once. What the node refused \
            is listed with the reason, and the rest stands.

            Example:
              cairn submit shipment.cairn --node http://127.0.0.1:8080 \\
                --receipts ./receipts

            With --key, --issuer and --genesis, what cairn sign takes is signed and sent at once:
              cairn submit shipment.json --node http://127.0.0.1:8080 --key supplier.pem \\
                --issuer https://id.gs1.org/417/9521101000009 --genesis net.genesis

            A statement is registered once the log has sealed it. With --wait cosigned it also \
            waits until a quorum of the network's nodes has cosigned each, checks that by the \
            genesis file, and keeps the final receipts:
              cairn submit shipment.cairn --node http://127.0.0.1:8080 \\
                --wait cosigned --genesis net.genesis --receipts ./receipts

            Exit codes: 0 all are registered (and final); 1 all are registered, and not all are \
            final in time; 2 some are refused; 3 the node cannot be reached, or ended in the middle.
            """)

    @Argument(help: "Files made by cairn sign; with --key what it takes.") var files: [String]
    @OptionGroup var node: NodeOptions
    @Option(help: "Sign documents and records with this issuer key.") var key: String?
    @Option(help: "As this organisation.") var issuer: String?
    @Option(help: "For the network of this genesis file.") var genesis: String?
    @Option(help: "Evidence that shows amendments after genesis.")
    var governance: String?
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?
    @Option(
        help: ArgumentHelp(
            "public, network, or organisation URIs separated by commas; with --key.",
            discussion: "Without it: network. The issuer may always see its own records."))
    var visibility: String?
    @Option(help: "A directory to keep the receipts in, each as it comes.") var receipts: String?
    @Option(
        help: ArgumentHelp(
            "sealed: until the log has signed; cosigned: until a quorum has; with --genesis.",
            valueName: "state"))
    var wait: AwaitedState = .sealed
    @Option(help: "For --wait cosigned: for how many seconds, at most 3600.")
    var waitSeconds = 60
    @Option(help: "table or json.") var format: OutputFormat = .table

    func run() async throws {
        let finality = try await finality()
        let signed = try key == nil ? read() : sign()
        let names = signed.flatMap(\.statementNames)
        guard !names.isEmpty else {
            throw CommandFailure(.badInput, "\(files.joined(separator: ", ")): nothing to send")
        }
        let folder = try receipts.map(ReceiptFolder.init(making:))
        let (results, receiptsFailure) = try await send(
            signed.flatMap(\.submissions), names, receipts: folder)
        var awaited = finality.map {
            FinalReceipts($0, patience: .seconds(waitSeconds), folder: folder)
        }
        let tally = tally(results, names)
        let waitFailure = tally.isComplete ? await wait(for: results, &awaited) : nil
        Console.endProgress()
        report(results, names, awaited?.cosigners ?? [:])
        guard tally.isComplete else { throw CommandFailure(.unreachable, tally.interruption) }
        if let receiptsFailure { throw receiptsFailure }
        if let waitFailure, tally.refused == 0 { throw waitFailure }
        guard tally.refused == 0 else {
            throw CommandFailure(
                .badInput, "\(tally.refused) of \(names.count) statements refused")
        }
    }

    /// By what receipts are known to be final, if they are waited for.
    private func finality() async throws -> Finality? {
        guard wait == .cosigned else { return nil }
        guard let genesis else {
            throw CommandFailure(
                .badInput, "--wait cosigned goes with --genesis: it says whose cosignatures count")
        }
        guard (1...3_600).contains(waitSeconds) else {
            throw CommandFailure(.badInput, "--wait-seconds \(waitSeconds): must be 1 to 3600")
        }
        return try await Finality(genesis: genesis, file: governance, node: node)
    }

    /// Waits until what was registered is final.
    ///
    /// - Returns: why not all of it is; nil if it is, or is not waited for.
    private func wait(
        for results: [SubmissionReply], _ awaited: inout FinalReceipts?
    ) async -> CommandFailure? {
        guard var receipts = awaited else { return nil }
        let ids = results.compactMap { reply -> (UInt64, Hash256)? in
            guard case .registered(let id, let leaf) = reply.outcome else { return nil }
            return (leaf, id)
        }.sorted { $0.0 < $1.0 }.map(\.1)
        let registered = "\(counted(ids.count, "statement")) registered, which stands"
        let again =
            "ask again for each at \(node.url)/entries/ID"
            + (key == nil ? ", or run the same command again: nothing is entered twice" : "")
        let interruption = Interruption {
            Console.endProgress()
            Console.error("interrupted while waiting for cosignatures; \(registered); \(again)")
        }
        defer {
            interruption.end()
            awaited = receipts
        }
        do {
            let isFinal = try await node.call { try await receipts.wait(for: ids, at: $0) }
            guard !isFinal else { return nil }
            return CommandFailure(
                .otherAnswer,
                "no quorum of \(receipts.finality.quorum) cosignatures within \(waitSeconds) s for "
                    + "\(ids.count - receipts.cosigners.count) of \(registered); cairn peers "
                    + "--node \(node.url) shows who is connected; \(again)")
        } catch let failure as CommandFailure {
            return CommandFailure(
                failure.code,
                "\(failure.message); \(registered), \(receipts.cosigners.count) of them final; "
                    + again)
        } catch {
            return CommandFailure(.unreachable, SystemWords.reason(error))
        }
    }

    /// Sends the statements, and keeps their receipts meanwhile.
    ///
    /// - Returns: the answers, and why not all receipts could be kept.
    private func send(
        _ submissions: [Submission], _ names: [String], receipts: ReceiptFolder?
    ) async throws -> (replies: [SubmissionReply], receipts: CommandFailure?) {
        let count = LockedTally(tally([], names))
        let interruption = Interruption {
            Console.endProgress()
            Console.error("interrupted; \(count.value.whatToDo)")
        }
        defer { interruption.end() }
        do {
            return try await node.call { client in
                let (ids, registered) = AsyncStream.makeStream(of: Hash256.self)
                let keeping = Task { try await receipts?.keep(ids, from: client) }
                let sent: Result<[SubmissionReply], ClientError>
                do throws(ClientError) {
                    let encoded = submissions.map { $0.encoded() }
                    var patience = Patience()
                    sent = .success(
                        try await patience.calling { () throws(ClientError) in
                            try await client.submit(
                                stream: encoded, progress: { Self.showProgress($0, names) },
                                onReply: { reply in
                                    count.add(reply)
                                    if case .registered(let id, _) = reply.outcome {
                                        registered.yield(id)
                                    }
                                })
                        })
                } catch {
                    sent = .failure(error)
                }
                registered.finish()
                let kept = await keeping.result
                return (try sent.get(), self.failure(of: kept))
            }
        } catch let failure as CommandFailure where failure.code == .unreachable {
            Console.endProgress()
            throw CommandFailure(
                .unreachable, "\(failure.message); \(tally([], names).whatToDo)")
        }
    }

    private static func showProgress(_ done: Int, _ names: [String]) {
        let next = done < names.count ? "; next \(names[done])" : ""
        Console.progress("\(done) of \(names.count) statements answered\(next)")
    }

    private func failure(of receipts: Result<Void?, any Error>) -> CommandFailure? {
        switch receipts {
        case .success: nil
        case .failure(let error as ClientError): CommandFailure(error, node: node.url)
        case .failure(let error as CommandFailure): error
        case .failure(let error): CommandFailure(.unreachable, SystemWords.reason(error))
        }
    }

    private func tally(_ results: [SubmissionReply], _ names: [String]) -> SubmissionTally {
        SubmissionTally(results, of: names.count, isSignedAnew: key != nil)
    }

    private func read() throws -> [SignedFile] {
        let isChecking = wait == .cosigned
        let given: [(name: String, value: String?)] = [
            ("--issuer", issuer), ("--genesis", isChecking ? nil : genesis),
            ("--governance", isChecking ? nil : governance),
            ("--visibility", visibility), ("--passphrase-file", passphraseFile),
        ]
        if let option = given.first(where: { $0.value != nil }) {
            throw CommandFailure(
                .badInput, "\(option.name) goes with --key: what is signed already stays as it is")
        }
        return try files.map(SignedFile.init(reading:))
    }

    private func sign() throws -> [SignedFile] {
        guard let key, let issuer, let genesis else {
            throw CommandFailure(.badInput, "--key goes with --issuer and --genesis")
        }
        var words = ["--key", key, "--issuer", issuer, "--genesis", genesis]
        if let governance { words += ["--governance", governance] }
        if let visibility { words += ["--visibility", visibility] }
        if let passphraseFile { words += ["--passphrase-file", passphraseFile] }
        let options = try SigningOptions.parse(words)
        return try DocumentSigning.submissions(files, options: options).files
    }

    private func report(
        _ results: [SubmissionReply], _ names: [String], _ cosigners: [Hash256: [String]]
    ) {
        switch format {
        case .table:
            var lines = ""
            for reply in results {
                switch reply.outcome {
                case .registered(let id, let leafIndex):
                    lines += "\(leafIndex)\t\(id.hex)\n"
                // Said once for all of them, with what to do.
                case .refused(let refusal) where SubmissionTally.isNodes(refusal): continue
                case .refused(let refusal):
                    Console.error("\(Self.name(of: reply, in: names)): \(refusal.sentence)")
                }
            }
            Console.output(lines)
        case .json:
            let json = JSONValue.array(results.map { Self.json($0, names, cosigners) })
            Console.output(json.serialized() + [0x0A])
        }
    }

    private static func name(of reply: SubmissionReply, in names: [String]) -> String {
        guard let index = Int(exactly: reply.ordinal), names.indices.contains(index) else {
            return "answer \(reply.ordinal)"
        }
        return names[index]
    }

    private static func json(
        _ reply: SubmissionReply, _ names: [String], _ cosigners: [Hash256: [String]]
    ) -> JSONValue {
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
            if let names = cosigners[id] {
                members.append(JSONMember("cosigners", .array(names.map { .string($0) })))
            }
        case .refused(let refusal):
            members += [
                JSONMember("code", .string(refusal.code)),
                JSONMember("field", .string(refusal.field)),
                JSONMember("detail", .string(refusal.reason)),
            ]
        }
        return .object(members)
    }
}

/// A tally that a signal's handler can read.
private final class LockedTally: Sendable {
    private let tally: Mutex<SubmissionTally>

    init(_ tally: SubmissionTally) { self.tally = Mutex(tally) }

    /// What has been counted so far.
    var value: SubmissionTally { tally.withLock { $0 } }

    /// Counts one more answer.
    func add(_ reply: SubmissionReply) { tally.withLock { $0.add(reply) } }
}
