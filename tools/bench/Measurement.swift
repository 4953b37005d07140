import Foundation
import HTTPAPI
import Lineage
import Logging
import Node
import Records
import Signatures
import Storage
import Synchronization
import Verdicts

/// Grows one node's log through its sizes and measures at each.
///
/// Submissions are signed ahead in chunks, outside the clock; then they go the way of every
/// submission: admission on all cores, sequencer, group commit, one fdatasync a group. At the end
/// of a chunk the views are waited for, under a clock of their own.
struct Measurement {
    /// How many submissions are signed ahead.
    static let chunk = 20_000
    /// How many single appends are timed at each size.
    ///
    /// They have batches of their own and stand in the log beside the statements that count.
    static let singles = 200

    let options: Options
    let network: BenchNetwork
    let directory: String
    private let groups = GroupSizes()
    private var next = 0
    private var nextSingle = 1_000_000_000
    private var hasChain = false
    private var ingest = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    private var views = Rate(count: 0, seconds: 0, cpuSeconds: 0)

    init(_ options: Options, in parent: String) throws {
        self.options = options
        network = try BenchNetwork(issuers: options.issuers)
        directory = parent + "/node"
        try NodeRuntime.initialise(
            directory: directory, genesis: network.file.encoded(), origin: BenchNetwork.origin,
            logKeyPEM: try KeyFile.write(network.logKey), passphrase: nil)
    }

    /// Everything, for all sizes.
    mutating func run(appendingIn parent: String) async throws -> Report {
        var report = Report(cores: Machine.cores, issuers: options.issuers)
        report.eventBytes = network.event(0).count
        report.submissionBytes = try network.submission(0).count
        for size in options.entries {
            let first = try Machine.verifications(forSeconds: 1)
            let appends = try Machine.durableAppends(200, in: parent)
            let figures = try await figures(at: size)
            let limit = first + (try Machine.verifications(forSeconds: 1))
            report.sizes.append(
                SizeReport(
                    figures: figures, verification: limit,
                    rawAppendSeconds: appends.percentile(0.5), load: Machine.load()))
            Progress.say("\(size) entries: \(Int(figures.ingest.perSecond)) a second")
        }
        return report
    }

    private mutating func figures(at size: Int) async throws -> SizeFigures {
        let runtime = try runtime()
        try await runtime.start()
        guard let service = runtime.service else { throw BenchError("the node does not serve") }
        _ = groups.summary
        let curve = try await grow(service, to: size)
        let memory = Machine.memoryMiB()
        var figures = SizeFigures(entries: size, ingest: ingest, memoryMiB: memory.now)
        figures.peakMemoryMiB = memory.peak
        figures.curve = curve
        figures.lastTenth = Self.lastTenth(curve, of: size)
        figures.views = views
        (figures.groupMean, figures.largestGroup) = groups.summary
        if size <= options.checkLimit { figures.check = try check() }
        figures.singleSeconds = try await singles(service)
        try await rounds(&figures, runtime, service)
        let (build, verify, bytes) = try await evidence(service, number: size / 2)
        (figures.evidenceBuildSeconds, figures.evidenceVerifySeconds) = (build, verify)
        figures.evidenceBytes = bytes
        try await runtime.stop()
        figures.ledgerBytes = fileBytes("ledger.sqlite")
        figures.viewsBytes = fileBytes("views.sqlite")
        figures.startSeconds = try await start()
        (figures.presence, figures.absence, figures.completeness) = try Proofs(
            directory: directory, network: network, entries: size
        ).measure()
        return figures
    }

    private func runtime() throws -> NodeRuntime {
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "bench") { [groups] _ in SealListener(groups: groups) }
        return try NodeRuntime(directory: directory, settings: settings)
    }

    // MARK: Ingest

    /// Brings the log to a size; gives a point of the curve for each tenth of it.
    private mutating func grow(_ service: any NodeService, to size: Int) async throws -> [Rate] {
        var curve: [Rate] = []
        while next < size {
            let end = min(next + Self.chunk, size)
            let submissions = try await network.submissions(next..<end)
            let tenths = (1...10).map { size * $0 / 10 - next }.filter { 1...end - next ~= $0 }
            let run = ChunkRun(submissions, marks: tenths)
            let start = run.start
            try await run.submit(to: service, inFlight: options.inFlight)
            let (done, whole) = (ingest, run.now - start)
            curve += run.points.map { done + ($0 - start) }
            ingest = done + whole
            let before = run.now
            try await service.waitForViews(of: network)
            views = views + (run.now - before)
            next = end
            Progress.say("\(next) of \(size) entries: \(Int(ingest.perSecond)) a second")
        }
        return curve
    }

    private static func lastTenth(_ curve: [Rate], of size: Int) -> Rate? {
        guard let last = curve.last, let before = curve.dropLast().last,
            last.count == size, before.count == size * 9 / 10
        else { return nil }
        return last - before
    }

    // MARK: The other ways in

    /// How often each way is measured; the median counts.
    private static let rounds = 5

    /// Some statements by each way in turn: in process, streamed, alone, a hundred events in each.
    ///
    /// They stand in the log beside the statements that count.
    private mutating func rounds(
        _ figures: inout SizeFigures, _ runtime: NodeRuntime, _ service: any NodeService
    ) async throws {
        let count = options.roundStatements
        let port = runtime.address.port
        var rates: [[Rate]] = [[], [], [], []]
        for round in 1...Self.rounds {
            Progress.say("round \(round) of \(Self.rounds) of each way in")
            let inProcess = ChunkRun(try await others(count), marks: [])
            try await inProcess.submit(to: service, inFlight: options.inFlight)
            rates[0].append(inProcess.now - inProcess.start)
            let streamed = try await others(count)
            rates[1].append(try HTTPLoad.stream(streamed, connections: 4, port: port))
            let single = try await others(count)
            rates[2].append(try HTTPLoad.single(single, clients: 64, port: port))
            let manifests = ChunkRun(try await manifests(count / 25), marks: [])
            try await manifests.submit(to: service, inFlight: 64)
            var events = manifests.now - manifests.start
            events.count *= 100
            rates[3].append(events)
            try await service.waitForViews(of: network)
        }
        if !hasChain {
            for link in 0..<100 {
                _ = try await service.submit(network.link(link), patiently: true)
            }
            hasChain = true
        }
        (figures.inProcess, figures.streamed) = (rates[0].median, rates[1].median)
        (figures.requests, figures.manifests) = (rates[2].median, rates[3].median)
    }

    private mutating func others(_ count: Int) async throws -> [[UInt8]] {
        defer { nextSingle += count }
        return try await network.submissions(nextSingle..<nextSingle + count)
    }

    private mutating func manifests(_ count: Int) async throws -> [[UInt8]] {
        let first = nextSingle
        nextSingle += count * 100 * network.issuers.count
        return try await network.submissions(0..<count) { [network] number in
            let issuers = network.issuers.count
            return try network.manifest(of: first + number * 100 * issuers + number % issuers)
        }
    }

    // MARK: Single things

    private mutating func singles(_ service: any NodeService) async throws -> [Double] {
        let submissions = try await others(Self.singles)
        var times: [Double] = []
        for submission in submissions {
            let start = Machine.seconds()
            _ = try await service.submit(submission, patiently: false)
            times.append(Machine.seconds() - start)
        }
        return times
    }

    /// Builds and verifies the evidence of one batch; median of nine.
    private func evidence(
        _ service: any NodeService, number: Int
    ) async throws -> (build: Double, verify: Double, bytes: Int) {
        let verifier = try EvidenceVerifier(genesis: network.file)
        var builds: [Double] = []
        var verifications: [Double] = []
        var bytes = 0
        for offset in 0..<9 {
            let batch = network.batch(number + offset)
            let start = Machine.seconds()
            let file = try await service.evidence(
                about: batch, upstream: true, for: .nodeOperator, onlyFor: nil)
            let built = Machine.seconds()
            _ = try verifier.verify(file)
            verifications.append(Machine.seconds() - built)
            builds.append(built - start)
            bytes = file.count
        }
        return (builds.percentile(0.5), verifications.percentile(0.5), bytes)
    }

    /// From opening the directory to listening; median of three.
    private func start() async throws -> Double {
        var times: [Double] = []
        for _ in 0..<3 {
            let runtime = try runtime()
            let start = Machine.seconds()
            try await runtime.start()
            times.append(Machine.seconds() - start)
            try await runtime.stop()
        }
        return times.percentile(0.5)
    }

    /// The whole ledger recomputed, every entry of it.
    private func check() throws -> Rate {
        let (start, cpu) = (Machine.seconds(), Machine.cpuSeconds())
        let report = try NodeRuntime.check(directory: directory) { _, _ in }
        if let first = report.findings.first {
            throw BenchError("the ledger is not sound: \(first)")
        }
        return Rate(
            count: Int(report.size), seconds: Machine.seconds() - start,
            cpuSeconds: Machine.cpuSeconds() - cpu)
    }

    private func fileBytes(_ name: String) -> Int {
        [name, name + "-wal"].reduce(0) { sum, file in
            let path = directory + "/" + file
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }
}

/// One chunk of submissions on its way into a node.
final class ChunkRun: Sendable {
    private let submissions: [[UInt8]]
    private let marks: Set<Int>
    private let taken = Atomic<Int>(0)
    private let registered = Atomic<Int>(0)
    private let reached = Mutex<[Rate]>([])
    /// The clocks when the chunk was made.
    let start: Rate

    init(_ submissions: [[UInt8]], marks: [Int]) {
        self.submissions = submissions
        self.marks = Set(marks)
        start = Rate(count: 0, seconds: Machine.seconds(), cpuSeconds: Machine.cpuSeconds())
    }

    /// The clocks when so many were durable, for each mark.
    var points: [Rate] { reached.withLock { $0.sorted { $0.count < $1.count } } }

    /// The clocks now.
    var now: Rate {
        Rate(
            count: registered.load(ordering: .relaxed), seconds: Machine.seconds(),
            cpuSeconds: Machine.cpuSeconds())
    }

    /// Submits all, so many at a time; returns when all are durable.
    func submit(to service: any NodeService, inFlight: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(inFlight, submissions.count) {
                group.addTask { try await self.work(service) }
            }
            try await group.waitForAll()
        }
    }

    private func work(_ service: any NodeService) async throws {
        while true {
            let number = taken.add(1, ordering: .relaxed).oldValue
            guard number < submissions.count else { return }
            let registration = try await service.submit(submissions[number], patiently: true)
            guard registration.isNew else { throw BenchError("a batch was there before") }
            let count = registered.add(1, ordering: .relaxed).newValue
            if marks.contains(count) {
                var point = now
                point.count = count
                reached.withLock { $0.append(point) }
            }
        }
    }
}

/// How many statements each group held, as the writer logs it.
final class GroupSizes: Sendable {
    private let sizes = Mutex<[Int]>([])

    /// One more group.
    func add(_ statements: Int) { sizes.withLock { $0.append(statements) } }

    /// The mean and the greatest size since this was last asked.
    var summary: (mean: Double, largest: Int) {
        sizes.withLock { sizes in
            defer { sizes = [] }
            return (Double(sizes.reduce(0, +)) / Double(max(1, sizes.count)), sizes.max() ?? 0)
        }
    }
}

/// Hears the writer seal groups; prints errors and nothing else.
struct SealListener: LogHandler {
    let groups: GroupSizes
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(groups: GroupSizes) { self.groups = groups }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let count = event.metadata?["statements"].flatMap({ Int("\($0)") }) {
            groups.add(count)
        }
        if event.level >= .error { Progress.say("\(event.message) \(event.metadata ?? [:])") }
    }
}
