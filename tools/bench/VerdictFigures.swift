import EPCIS
import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Node
import Records
import Signatures
import Storage
import Verdicts

/// Verdicts over so many events, one event in each statement, beside the bare verification of the
/// same signatures in the same run.
///
/// The subject is the root of a tree of batches, each made of two others; what is left over watches
/// them. Nothing is remembered between rounds: each asks for another share.
struct VerdictFigures {
    /// Medians of one size, in processor seconds of one core unless said otherwise.
    struct Figures {
        var events = 0
        var signatures = 0
        var bytes = 0
        /// The node's answer: gathered, checked again, judged, written as JSON.
        var node = 0.0
        /// The same on the clock.
        var nodeSeconds = 0.0
        /// A file to its verdict, with one library and with both.
        var file = 0.0
        var fileByBoth = 0.0
        var judging = 0.0
        /// The signatures alone, by one library and by both.
        var raw = 0.0
        var rawByBoth = 0.0
        /// The greatest resident memory of the node's answer and of a file's, over what was
        /// resident before, in MiB.
        var nodeMiB = 0.0
        var fileMiB = 0.0
        var outcome = ""
    }

    /// Batches of one question: each asks two chains, and 20,000 is the most.
    private static let mostMade = 4_900

    private let options: Options
    private let network: BenchNetwork
    private let directory: String

    init(_ options: Options, in parent: String) throws {
        self.options = options
        network = try BenchNetwork(issuers: options.issuers)
        directory = parent + "/node"
        try NodeRuntime.initialise(
            directory: directory, genesis: network.file.encoded(), origin: BenchNetwork.origin,
            logKeyPEM: try KeyFile.write(network.logKey), passphrase: nil)
    }

    /// Registers the trees, measures each, and prints the figures.
    func run() async throws {
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "bench") { _ in SealListener(groups: GroupSizes()) }
        settings.evidencePatience = .seconds(3_600)
        let runtime = try NodeRuntime(directory: directory, settings: settings)
        try await runtime.start()
        guard let service = runtime.service else { throw BenchError("the node does not serve") }
        var all: [Figures] = []
        for size in options.entries {
            try await ChunkRun(try await tree(size), marks: []).submit(
                to: service, inFlight: options.inFlight)
            Progress.say("\(size) events are registered")
            all.append(try await figures(size, service))
            Progress.say(Self.line(all[all.count - 1]))
        }
        try await runtime.stop()
        print(Self.table(all))
    }

    // MARK: The events

    private func thing(_ size: Int, _ number: Int) -> String {
        "\(network.issuers[0].product)/10/V\(size)-\(number)"
    }

    private func tree(_ size: Int) async throws -> [[UInt8]] {
        let made = max(1, min(size / 3, Self.mostMade))
        let things = 2 * made + 1
        let network = network
        let issuers = network.issuers.count
        return try await network.submissions(0..<max(size, things)) { number in
            let event: [UInt8]
            switch number {
            case ..<made:
                event = network.transformation(
                    [thing(size, 2 * number + 2), thing(size, 2 * number + 3)],
                    thing(size, number + 1), number)
            case ..<things:
                event = network.event(
                    number * issuers, batch: thing(size, number + 1), action: "ADD")
            default:
                event = network.event(
                    number * issuers, batch: thing(size, number % things + 1), action: "OBSERVE")
            }
            return try network.signed([event], 0)
        }
    }

    // MARK: Measuring

    private func figures(_ size: Int, _ service: any NodeService) async throws -> Figures {
        let subject = thing(size, 1)
        var figures = Figures()
        let file = try await service.evidence(
            about: subject, upstream: true, for: .nodeOperator, onlyFor: nil)
        figures.bytes = file.count
        let one = try EvidenceVerifier(genesis: network.file, library: .swiftCrypto)
        let both = try EvidenceVerifier(genesis: network.file)
        let statements = try Self.statements(of: file)
        figures.signatures = statements.count
        let governance = try network.file.verified()
        var times: [String: [Double]] = [:]
        let rounds = size > 20_000 ? 1 : 9
        for round in 0..<rounds {
            let request = try ClaimRequest(
                scheme: BenchNetwork.scheme, share: "0.\(900 + round)")
            let clock = Machine.seconds()
            let node = try await Self.measured {
                let json = try await service.verdict(about: subject, request, for: .nodeOperator)
                figures.outcome = Self.outcome(json)
            }
            times["clock", default: []].append(Machine.seconds() - clock)
            times["node", default: []].append(node.seconds)
            figures.nodeMiB = max(figures.nodeMiB, node.grownMiB)
            for (name, verifier) in [("file", one), ("both", both)] {
                var verified: VerifiedEvidence?
                let check = try await Self.measured { verified = try verifier.verify(file) }
                figures.fileMiB = max(figures.fileMiB, check.grownMiB)
                let judging = try await Self.measured {
                    guard let verified else { return }
                    figures.events = verified.parts.count - 1
                    _ = try verified.judge(
                        request.claim, at: request.times(nowMilliseconds: 1_900_000_000_000)
                    ).json.serialized()
                }
                times["judging", default: []].append(judging.seconds)
                times[name, default: []].append(check.seconds + judging.seconds)
            }
            for (name, isSecond) in [("raw", false), ("rawBoth", true)] {
                let raw = try await Self.measured {
                    try Self.verify(statements, under: governance, alsoByOpenSSL: isSecond)
                }
                times[name, default: []].append(raw.seconds)
            }
        }
        func median(_ name: String) -> Double { (times[name] ?? []).percentile(0.5) }
        (figures.node, figures.nodeSeconds) = (median("node"), median("clock"))
        (figures.file, figures.fileByBoth) = (median("file"), median("both"))
        (figures.raw, figures.rawByBoth) = (median("raw"), median("rawBoth"))
        figures.judging = median("judging")
        return figures
    }

    private static func measured(
        _ body: () async throws -> Void
    ) async throws -> (seconds: Double, grownMiB: Double) {
        Machine.forgetPeak()
        let (before, start) = (Machine.memoryMiB().now, Machine.cpuSeconds())
        try await body()
        return (Machine.cpuSeconds() - start, Machine.memoryMiB().peak - before)
    }

    /// The statements whose signatures a file rests on.
    private static func statements(of file: [UInt8]) throws -> [UnverifiedStatement] {
        try Evidence.decode(file).logs.flatMap(\.entries).map { entry in
            guard case .statement(_, let bytes) = try LogEntry.decode(entry.bytes) else {
                throw BenchError("an entry of the evidence is a seal")
            }
            return try UnverifiedStatement.decode(bytes)
        }
    }

    private static func verify(
        _ statements: [UnverifiedStatement], under governance: GovernanceState,
        alsoByOpenSSL: Bool
    ) throws {
        for statement in statements {
            let (signature, message) = (statement.cose.signature, statement.signedBytes)
            guard let key = governance.key(statement.keyThumbprint)?.key,
                key.isValidSignature(signature, for: message),
                !alsoByOpenSSL || key.isValidSignatureByOpenSSL(signature, for: message)
            else { throw BenchError("a signature does not hold") }
        }
    }

    private static func outcome(_ json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        guard let range = text.range(of: #""outcome":""#) else { return "?" }
        return String(text[range.upperBound...].prefix { $0 != "\"" })
    }

    // MARK: Printing

    private static func line(_ figures: Figures) -> String {
        "\(figures.events) events: node \(Text.ratio(figures.node, figures.raw)), "
            + "file \(Text.ratio(figures.file, figures.raw)), "
            + "with both libraries \(Text.ratio(figures.fileByBoth, figures.rawByBoth))"
    }

    private static func table(_ all: [Figures]) -> String {
        func row(_ name: String, _ value: (Figures) -> String) -> [String] {
            [name] + all.map(value)
        }
        func milliseconds(_ seconds: Double) -> String { Text.decimal(seconds * 1e3, 1) }
        return Text.columns([
            row("events, one in each statement") { Text.number($0.events) },
            row("signatures") { Text.number($0.signatures) },
            row("evidence, bytes an event") { Text.number($0.bytes / max(1, $0.events)) },
            row("limit: signatures by swift-crypto, CPU ms") { milliseconds($0.raw) },
            row("verdict of a file, CPU ms") { milliseconds($0.file) },
            row("  ratio") { Text.ratio($0.file, $0.raw) },
            row("  judging alone, CPU ms") { milliseconds($0.judging) },
            row("limit: by both libraries, CPU ms") { milliseconds($0.rawByBoth) },
            row("verdict of a file, both, CPU ms") { milliseconds($0.fileByBoth) },
            row("  ratio") { Text.ratio($0.fileByBoth, $0.rawByBoth) },
            row("verdict of a node, CPU ms") { milliseconds($0.node) },
            row("  ratio") { Text.ratio($0.node, $0.raw) },
            row("  on the clock, ms") { milliseconds($0.nodeSeconds) },
            row("greatest memory of a file's, MiB") { Text.decimal($0.fileMiB, 0) },
            row("  bytes an event") {
                Text.number($0.fileMiB * 1_048_576 / Double(max(1, $0.events)))
            },
            row("greatest memory of a node's, MiB") { Text.decimal($0.nodeMiB, 0) },
            row("  bytes an event") {
                Text.number($0.nodeMiB * 1_048_576 / Double(max(1, $0.events)))
            },
            row("outcome") { $0.outcome },
        ]).joined(separator: "\n")
    }
}
