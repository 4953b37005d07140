import ArgumentParser
import Foundation
import MerkleTrees
import Records
import Verdicts

struct NarrowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "narrow",
        abstract: "Closes parts of an evidence file, to give it on, offline.",
        discussion: """
            The file is rechecked, and a new one written that proves as much and shows less: of \
            the parts, with --for, only those that this member may read by what they say \
            themselves (public, for the network, listed, issuer, trading partner; grants do not \
            count), and none that --without names. The others are there as digests.

            Example:
              cairn narrow towel.evidence --for https://id.gs1.org/417/9521107000003 \\
                --genesis net.genesis -o given.evidence
            """)

    @Argument(help: "An evidence file.") var file: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Keep what this member may read.", valueName: "organisation"))
    var receiver: String?
    @Option(help: ArgumentHelp("Close this part; may be repeated.", valueName: "digest"))
    var without: [String] = []
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(name: .shortAndLong, help: "The evidence file to write.") var output: String

    func run() async throws {
        var closed: Set<Hash256> = []
        for digest in without {
            guard let hash = Hash256(hex: digest) else {
                throw CommandFailure(
                    .badInput, "--without \(digest): must be a part's digest, 64 hex digits")
            }
            closed.insert(hash)
        }
        guard receiver != nil || !closed.isEmpty else {
            throw CommandFailure(.badInput, "say --for whom, or --without which parts")
        }
        guard Self.place(file) != Self.place(output) else {
            throw CommandFailure(
                .badInput, "\(output): is the file that is narrowed; choose another name")
        }
        let verifier = try EvidenceVerifier(genesis: try Files.genesis(genesis))
        let bytes = try Files.read(file, as: .evidence)
        let narrowed: Evidence
        var unmet = closed
        do {
            if let receiver,
                try verifier.verify(bytes).governance.organisations[receiver] == nil
            {
                throw CommandFailure(
                    .badInput, "--for \(receiver): is no member of the network that the file knows")
            }
            narrowed = try verifier.narrow(bytes) { disclosed in
                unmet.remove(disclosed.part.digest)
                guard !closed.contains(disclosed.part.digest) else { return false }
                return receiver.map(disclosed.isOpen(to:)) ?? true
            }
        } catch let rejection as EvidenceRejection {
            throw CommandFailure(
                .badInput,
                "\(file): rejected at step \(rejection.step.rawValue): \(rejection.reason)")
        }
        guard unmet.isEmpty else {
            let digests = unmet.map(\.hex).sorted().joined(separator: ", ")
            throw CommandFailure(
                .badInput,
                "--without \(digests): no open part of \(file) has this digest; "
                    + "nothing was written")
        }
        try Files.write(narrowed.encoded(), to: output)
        Console.note(
            "\(output): \(counted(narrowed.parts.count, "part")) open, "
                + "\(narrowed.stubs.count) withheld or erased")
    }

    /// Where a file is, however its name is spelt.
    private static func place(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path()
    }
}
