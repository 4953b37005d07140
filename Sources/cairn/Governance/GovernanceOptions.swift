import ArgumentParser
import Client
import Foundation
import MerkleTrees
import Queries
import Records
import Verdicts

/// Governance as some evidence shows it, proven from the genesis file on.
struct ShownGovernance {
    /// The state after the newest amendment shown.
    let state: GovernanceState
    /// The amendments from the first on.
    let history: [GovernanceStep]
    /// As of when that is, for messages.
    let basis: String

    /// The governance of a genesis file alone.
    init(genesis path: String) throws {
        do {
            state = try Files.genesis(path).verified()
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: path)
        }
        history = []
        basis = "the genesis file"
    }

    /// What evidence shows of a network's governance: any evidence file shows all of it.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - source: what messages call it.
    ///   - path: the path of the genesis file.
    /// - Throws: what does not hold, or why a file cannot be read.
    init(evidence bytes: [UInt8], from source: String, genesis path: String) throws {
        let genesis = try Files.genesis(path)
        do {
            let evidence = try EvidenceVerifier(genesis: genesis).verify(bytes)
            state = evidence.governance
            history = try Self.history(of: evidence, from: try genesis.verified())
            let newest = evidence.logs.map(\.seal.sealedAtMilliseconds).max() ?? 0
            basis =
                "\(source), as sealed at "
                + Timestamp.text(milliseconds: Int64(clamping: newest))
        } catch let rejection as EvidenceRejection {
            throw CommandFailure(
                .badInput,
                "\(source): rejected at step \(rejection.step.rawValue): \(rejection.reason) "
                    + "(\(rejection.code))")
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: path)
        }
    }

    /// The same from a file, or of the genesis file alone without one.
    init(file: String?, genesis path: String) throws {
        guard let file else {
            try self.init(genesis: path)
            return
        }
        try self.init(
            evidence: try Files.read(file, as: .evidence), from: file, genesis: path)
    }

    /// The amendments in the log that shows most of them.
    private static func history(
        of evidence: VerifiedEvidence, from genesis: GovernanceState
    ) throws -> [GovernanceStep] {
        let subject = Subject.network(evidence.network)
        guard let log = evidence.logs.max(by: { $0.governance.seq < $1.governance.seq }),
            let links = log.chains[subject]
        else { return [] }
        var steps: [GovernanceStep] = []
        var state = genesis
        for link in links.dropFirst() {
            guard let part = evidence.parts[link.part]?.part,
                let entry = log.entries[link.leafIndex]
            else { break }
            let body = try GovernanceBody.decode(governancePart: part)
            steps.append(
                try GovernanceStep(
                    try AmendmentFile(body), of: state,
                    registeredAtMilliseconds: entry.statement.registeredAtMilliseconds))
            state = try state.applying(body)
        }
        return steps
    }
}

/// From where a command knows the governance that an amendment changes.
struct GovernanceOptions: ParsableArguments {
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(
        help: ArgumentHelp(
            "Evidence that shows the amendments so far, from cairn export.", valueName: "file"))
    var governance: String?
    @Option(
        name: .customLong("node"),
        help: ArgumentHelp("A node that shows the amendments so far.", valueName: "url"))
    var nodeURL: String?
    @Option(
        help: ArgumentHelp(
            "A file that holds a token of this node; else CAIRN_TOKEN is read.", valueName: "file"))
    var tokenFile: String?
    @Option(
        help: ArgumentHelp(
            "PEM certificates of the authorities to believe instead of the system's.",
            valueName: "file"))
    var caFile: String?

    /// The node, if one is named.
    func node() throws -> NodeOptions? {
        guard let nodeURL else {
            guard tokenFile == nil, caFile == nil else {
                throw CommandFailure(.badInput, "--token-file and --ca-file go with --node")
            }
            return nil
        }
        var words = ["--node", nodeURL]
        if let tokenFile { words += ["--token-file", tokenFile] }
        if let caFile { words += ["--ca-file", caFile] }
        return try NodeOptions.parse(words)
    }

    /// The governance so far: of the file, else of the node, else of the genesis file alone.
    func shown() async throws -> ShownGovernance {
        let node = try node()
        if let governance { return try ShownGovernance(file: governance, genesis: genesis) }
        let founded = try ShownGovernance(genesis: genesis)
        guard let node else {
            Console.note(
                "note: without --governance or --node this takes the network as it was founded, "
                    + "with no amendment")
            return founded
        }
        let subject = Subject.networkURI(founded.state.network)
        let bytes = try await node.call { try await $0.evidence(about: subject, scope: .subject) }
        return try ShownGovernance(evidence: bytes, from: node.url, genesis: genesis)
    }

    /// The governance so far, for a command that calls no node but to see it.
    func shownOnce() async throws -> ShownGovernance {
        guard governance == nil || nodeURL == nil else {
            throw CommandFailure(.badInput, "--governance and --node: give one of them")
        }
        return try await shown()
    }
}
