import ArgumentParser
import Client
import GS1
import MerkleTrees
import Records

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Has a node remove a part's bytes for good.",
        discussion: """
            Whoever signed a part first may have it erased, and any member when governors have \
            ordered it, by an amendment (cairn network amend) with \
            {"erase": {"part": DIGEST, "reason": TEXT}}. What a duty of retention keeps is erased \
            by such an order only. The node registers that it was, why and by whom, and removes \
            the bytes from its files; the statement, its signature and all proofs stay valid, and \
            audits say part.erased. Governance, delegations, revocations, suspensions, recalls, \
            erasures and resolutions cannot be erased.

            What the node cannot reach still holds the part: backups made before (its log lists \
            them), evidence files given out, files beside the inputs of cairn import.

            The digest is what audits, traces and queries name: part, cairn:part.

            Example:
              cairn erase 5f0c… --reason "names a person" --key farm.pem \\
                --issuer https://id.gs1.org/417/9521101000009 --genesis net.genesis \\
                --node http://127.0.0.1:8080
            """)

    @Argument(help: "The part's digest, 64 hex digits.") var digest: String
    @Option(help: "Why; everybody in the network may read it.") var reason: String
    @Option(help: "A thing that an attachment mentions; may be repeated.") var about: [String] = []
    @OptionGroup var signing: SigningOptions
    @OptionGroup var node: NodeOptions

    func run() async throws {
        guard let wanted = Hash256(hex: digest) else {
            throw CommandFailure(.badInput, "\(digest): must be a part's digest, 64 hex digits")
        }
        let bytes = try await node.call {
            try await $0.get("/log/part/\(wanted.hex)", accept: "application/cbor")
        }
        guard Part.digest(of: bytes) == wanted else {
            throw CommandFailure(.badInput, "\(node.url): sent another part")
        }
        var record = Record(kind: .erasure)
        record.target = .part(wanted)
        record.keys = try keys(bytes)
        record.reason = reason
        _ = try await RecordSigning.register(record, signing: signing, node: node)
        Console.note(
            "\(wanted.hex): erased. The node removes it from its files at once, or as soon as an "
                + "answer being made needs it no more. Backups made before still hold it; the "
                + "node's log lists those it knows (part.erased). So may evidence that was given "
                + "out, and files beside the inputs of cairn import.")
    }

    /// The subject keys of a part's rows, which the erasure repeats so that whoever asks about one
    /// of these subjects learns of it.
    private func keys(_ bytes: [UInt8]) throws -> [Hash256] {
        let network = try signing.network().state.network
        do throws(Refusal) {
            let content = try Content.read(try Part.decode(bytes))
            if let rows = RowRules.rows(of: content, in: network) {
                return Set(rows.map(\.key)).sorted()
            }
        } catch {
            throw CommandFailure(error, about: digest)
        }
        guard !about.isEmpty else {
            throw CommandFailure(
                .badInput, "\(digest): is an attachment; name with --about the things it mentions")
        }
        let things = try about.map { try SubjectArgument($0).identifier.uri }
        return Set(
            things.map { Subject(facet: .assertions, uri: $0).key(in: network) }
        ).sorted()
    }
}
