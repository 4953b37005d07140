import Foundation
import Logging
import Node
import Records
import Signatures
import Synchronization

/// Where the nodes of a measured network are, and with what they begin.
struct PeerPlan: Sendable {
    let network: BenchNetwork
    let nodes: Int
    let directory: String
    /// The port of the first node's listener; the others follow.
    let port: Int

    /// The network of so many nodes whose directories lie in one.
    init(issuers: Int, nodes: Int, directory: String, port: Int) throws {
        network = try BenchNetwork(issuers: issuers, nodes: nodes)
        self.nodes = nodes
        self.directory = directory
        self.port = port
    }

    /// The directory of a node.
    func path(_ number: Int) -> String { "\(directory)/\(number)" }

    /// Makes the directories of all nodes.
    func initialise() throws {
        for number in 0..<nodes {
            try NodeRuntime.initialise(
                directory: path(number), genesis: network.file.encoded(),
                origin: BenchNetwork.origin(number),
                logKeyPEM: try KeyFile.write(try BenchNetwork.logKey(number)), passphrase: nil)
        }
    }

    /// A node that calls those before it.
    func node(_ number: Int, alone: Bool, hearing listener: PeerListening) throws -> NodeRuntime {
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "bench") { _ in listener }
        settings.goesOnAlone = alone
        settings.peers = PeerSettings(
            listen: "127.0.0.1:\(port + number)",
            tlsKey: try BenchNetwork.nodeKey("tls", number),
            cosignerKey: try BenchNetwork.nodeKey("cosigner", number),
            addresses: Dictionary(
                uniqueKeysWithValues: (0..<number).map {
                    (BenchNetwork.origin($0), "127.0.0.1:\(port + $0)")
                }))
        return try NodeRuntime(directory: path(number), settings: settings)
    }
}

/// Hears what a node logs of its peers; prints errors and nothing else.
struct PeerListening: LogHandler {
    /// What was heard, with the seconds of the clock.
    final class Heard: Sendable {
        private let quorums = Mutex<[(size: Int, seconds: Double)]>([])
        private let mirrors = Mutex<[(size: Int, seconds: Double)]>([])

        /// The sizes at which a quorum was known.
        var quorum: [(size: Int, seconds: Double)] { quorums.withLock { $0 } }
        /// The sizes that a mirror reached.
        var mirrored: [(size: Int, seconds: Double)] { mirrors.withLock { $0 } }

        func hear(_ code: String, _ size: Int) {
            let entry = (size, Machine.seconds())
            if code == "log.quorum" { quorums.withLock { $0.append(entry) } }
            if code == "log.mirrored" { mirrors.withLock { $0.append(entry) } }
        }
    }

    let heard: Heard
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(_ heard: Heard) { self.heard = heard }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if event.level >= .warning { Progress.say("\(event.message) \(event.metadata ?? [:])") }
        guard let size = event.metadata?["size"].flatMap({ Int("\($0)") }) else { return }
        heard.hear("\(event.metadata?["code"] ?? "")", size)
    }
}

/// One node in a process of its own: it grows its log if told to, says so, and serves until its
/// standard input ends.
struct PeerProgram {
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run() async throws {
        guard let directory = options.directory else { throw BenchError("--directory is missing") }
        let plan = try PeerPlan(
            issuers: options.issuers, nodes: options.nodes, directory: directory,
            port: options.port)
        let runtime = try plan.node(
            options.node, alone: true, hearing: PeerListening(PeerListening.Heard()))
        try await runtime.start()
        let size = options.entries.first ?? 0
        if options.node == 0, let service = runtime.service {
            for start in stride(from: 0, to: size, by: Measurement.chunk) {
                let end = min(start + Measurement.chunk, size)
                let submissions = try await plan.network.submissions(start..<end)
                try await ChunkRun(submissions, marks: []).submit(
                    to: service, inFlight: options.inFlight)
                Progress.say("\(end) of \(size) entries are registered")
            }
            try await service.waitForViews(of: plan.network)
        }
        print("ready")
        fflush(nil)
        await withCheckedContinuation { continuation in
            Thread {
                while readLine() != nil {}
                continuation.resume()
            }.start()
        }
        try await runtime.stop()
    }
}

/// One such process, as the one that measures sees it.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// Starts it; ``ready()`` says when it serves.
    init(_ plan: PeerPlan, number: Int, options: Options, entries: Int) throws {
        let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        process.executableURL = own
        process.arguments =
            [
                "peer", "--directory", plan.directory, "--node", "\(number)", "--nodes",
                "\(plan.nodes)", "--port", "\(plan.port)", "--issuers", "\(options.issuers)",
                "--in-flight", "\(options.inFlight)",
            ] + (entries > 0 ? ["--entries", "\(entries)"] : [])
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Returns once it has said that it is ready.
    func ready() throws {
        var text = ""
        while !text.contains("ready") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw BenchError("a node ended before it was ready") }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    /// Processor seconds that it has used.
    var cpuSeconds: Double {
        let path = "/proc/\(process.processIdentifier)/stat"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Lets it stop in order.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
