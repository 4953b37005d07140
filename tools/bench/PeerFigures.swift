import CDispatch
import Foundation
import HTTPAPI
import Node
import Records
import Signatures
import Storage
import Synchronization

/// What peers cost, over real connections on this machine with real ledgers: a mirror that catches
/// up, receipts with a quorum under half of what the nodes can do, and nodes that rest.
struct PeerFigures {
    private let options: Options
    private let parent: String

    init(_ options: Options, in parent: String) throws {
        self.options = options
        self.parent = parent
    }

    /// Measures all and prints the figures.
    func run() async throws {
        for size in options.entries { print(try await catchingUp(size)) }
        print(try await threeNodes())
    }

    private func plan(_ name: String, nodes: Int, port: Int) throws -> PeerPlan {
        let plan = try PeerPlan(
            issuers: options.issuers, nodes: nodes, directory: "\(parent)/\(name)",
            port: options.port + port)
        try FileManager.default.createDirectory(
            atPath: plan.directory, withIntermediateDirectories: true)
        try plan.initialise()
        return plan
    }

    // MARK: Catching up

    /// A new mirror in this process; the log's own node is another process.
    private func catchingUp(_ size: Int) async throws -> String {
        let plan = try plan("sync-\(size)", nodes: 2, port: 0)
        let keeper = try PeerProcess(plan, number: 0, options: options, entries: size)
        try keeper.ready()
        let heard = PeerListening.Heard()
        let mirror = try plan.node(1, alone: true, hearing: PeerListening(heard))
        let (start, cpu) = (Machine.seconds(), Machine.cpuSeconds())
        let keeperCPU = keeper.cpuSeconds
        try await mirror.start()
        var memory: [Double] = []
        while heard.mirrored.last?.size ?? 0 < size, Machine.seconds() - start < 7_200 {
            memory.append(Machine.memoryMiB().now)
            try await Task.sleep(for: .milliseconds(200))
        }
        guard let last = heard.mirrored.last else { throw BenchError("no mirror came to an end") }
        var own = Rate(
            count: last.size, seconds: last.seconds - start,
            cpuSeconds: Machine.cpuSeconds() - cpu)
        let keeping = keeper.cpuSeconds - keeperCPU
        try await mirror.stop()
        keeper.stop()
        let raw = try verification(of: plan)
        own.count = raw.count
        let both = own.cpuSeconds + keeping
        let tenths = (0..<10).map { memory.isEmpty ? 0 : memory[memory.count * $0 / 10] }
        return Text.columns([
            ["a new mirror, entries", Text.number(size)],
            ["entries a second", Text.number(own.perSecond)],
            ["limit: their signatures on \(Machine.cores) cores", Text.number(raw.perSecond)],
            ["  ratio", Text.ratio(own.perSecond, raw.perSecond)],
            ["entries a CPU second of the mirror", Text.number(own.perCPUSecond)],
            ["  ratio", Text.ratio(own.perCPUSecond, raw.perCPUSecond)],
            ["entries a CPU second of both", Text.number(Double(own.count) / both)],
            ["  ratio", Text.ratio(Double(own.count) / both, raw.perCPUSecond)],
            [
                "resident MiB at each tenth",
                tenths.map { Text.decimal($0, 0) }.joined(separator: " "),
            ],
        ]).joined(separator: "\n")
    }

    /// The signatures of all statements of the mirror, on all cores.
    private func verification(of plan: PeerPlan) throws -> Rate {
        let directory = Replicas.directory(
            ofMirror: BenchNetwork.origin(0), node: plan.path(1))
        let ledger = try Ledger.inspect(directory: directory, kind: .mirror)
        defer { try? ledger.close() }
        let governance = try plan.network.file.verified()
        let size = try ledger.read { try $0.size() }
        var rate = Rate(count: 0, seconds: 0, cpuSeconds: 0)
        for start in stride(from: 0, to: size, by: 20_000) {
            let entries = try ledger.read { try $0.entries(start..<min(start + 20_000, size)) }
            let statements = entries.compactMap { bytes -> UnverifiedStatement? in
                guard case .statement(_, let bytes) = try? LogEntry.decode(bytes) else {
                    return nil
                }
                return try? UnverifiedStatement.decode(bytes)
            }
            rate = rate + Self.verification(of: statements, under: governance)
        }
        return rate
    }

    private static func verification(
        of statements: [UnverifiedStatement], under governance: GovernanceState
    ) -> Rate {
        let valid = Atomic<Int>(0)
        let (start, cpu) = (Machine.seconds(), Machine.cpuSeconds())
        let cores = Machine.cores
        DispatchQueue.concurrentPerform(iterations: cores) { core in
            var count = 0
            for number in stride(from: core, to: statements.count, by: cores) {
                let statement = statements[number]
                guard let key = governance.key(statement.keyThumbprint)?.key,
                    key.isValidSignature(statement.cose.signature, for: statement.signedBytes)
                else { continue }
                count += 1
            }
            valid.add(count, ordering: .relaxed)
        }
        return Rate(
            count: valid.load(ordering: .relaxed), seconds: Machine.seconds() - start,
            cpuSeconds: Machine.cpuSeconds() - cpu)
    }

    // MARK: Three nodes

    private func threeNodes() async throws -> String {
        let plan = try plan("three", nodes: 3, port: 10)
        let heard = PeerListening.Heard()
        let first = try plan.node(0, alone: true, hearing: PeerListening(heard))
        try await first.start()
        let others = try (1...2).map {
            try PeerProcess(plan, number: $0, options: options, entries: 0)
        }
        for other in others { try other.ready() }
        guard let service = first.service else { throw BenchError("the node does not serve") }
        try await Task.sleep(for: .seconds(2))
        let receipts = ReceiptLoad(network: plan.network, service: service, heard: heard)
        let most = try await receipts.greatestRate(options.roundStatements * 2)
        Progress.say("\(Int(most)) a second, cosigned")
        var lines = [["three nodes, receipts with a quorum: at most a second", Text.number(most)]]
        for share in [0.5, 0.25] {
            let times = try await receipts.latencies(
                rate: most * share, seconds: options.idleSeconds / 4)
            lines += [
                ["at \(share) of it, p50 ms", Text.milliseconds(times, 0.5)],
                ["  p99 ms", Text.milliseconds(times, 0.99)],
            ]
        }
        Progress.say("three nodes rest")
        try await Task.sleep(for: .seconds(5))
        func cpu() -> Double { others.reduce(Machine.cpuSeconds()) { $0 + $1.cpuSeconds } }
        let (bytes, used, start) = (try Self.bytesSent(plan), cpu(), Machine.seconds())
        try await Task.sleep(for: .seconds(options.idleSeconds))
        let seconds = Machine.seconds() - start
        let sent = Double(try Self.bytesSent(plan) - bytes)
        lines += [
            [
                "at rest, CPU seconds a minute, all three",
                Text.decimal((cpu() - used) / seconds * 60, 2),
            ],
            ["  bytes a second between them", Text.decimal(sent / seconds, 1)],
        ]
        try await first.stop()
        for other in others { other.stop() }
        return Text.columns(lines).joined(separator: "\n")
    }

    /// What the nodes have sent over the connections that stand, headers not counted.
    private static func bytesSent(_ plan: PeerPlan) throws -> Int {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["ss", "-tniH", "state", "established"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let ports = (0..<plan.nodes).map { ":\(plan.port + $0) " }
        var isOurs = false
        var sum = 0
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            guard line.contains("bytes_sent:") else {
                isOurs = ports.contains { (line + " ").contains($0) }
                continue
            }
            guard isOurs, let range = line.range(of: "bytes_sent:") else { continue }
            sum += Int(line[range.upperBound...].prefix { $0.isNumber }) ?? 0
        }
        return sum
    }
}

/// Submissions to one node, and when a quorum had cosigned each.
private final class ReceiptLoad: Sendable {
    private let network: BenchNetwork
    private let service: any NodeService
    private let heard: PeerListening.Heard
    private let next = Atomic<Int>(0)

    init(network: BenchNetwork, service: any NodeService, heard: PeerListening.Heard) {
        self.network = network
        self.service = service
        self.heard = heard
    }

    private func submissions(_ count: Int) async throws -> [[UInt8]] {
        let first = next.add(count, ordering: .relaxed).oldValue
        return try await network.submissions(first..<first + count)
    }

    /// The clock when a quorum had cosigned a size, for each of some sizes, ascending.
    private func cosigned(_ sizes: [Int]) async throws -> [Double] {
        let deadline = Machine.seconds() + 120
        while heard.quorum.last?.size ?? 0 < sizes.last ?? 0, Machine.seconds() < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        var times: [Double] = []
        var rest = heard.quorum[...]
        for size in sizes {
            rest = rest.drop { $0.size < size }
            guard let first = rest.first else { throw BenchError("no quorum has cosigned \(size)") }
            times.append(first.seconds)
        }
        return times
    }

    /// So many statements as fast as they go, until a quorum has cosigned the last: a second.
    func greatestRate(_ count: Int) async throws -> Double {
        let submissions = try await submissions(count)
        let start = Machine.seconds()
        let run = ChunkRun(submissions, marks: [])
        try await run.submit(to: service, inFlight: 2_048)
        let size = Int(await service.health().size)
        return Double(count) / ((try await cosigned([size]))[0] - start)
    }

    /// Submits at a pace, whatever the answers; gives the seconds from each submission until a
    /// quorum had cosigned it.
    func latencies(rate: Double, seconds: Double) async throws -> [Double] {
        let submissions = try await submissions(max(10, Int(rate * seconds)))
        let service = service
        let start = Machine.seconds() + 0.1
        var taken: [(size: Int, seconds: Double)] = []
        try await withThrowingTaskGroup(of: (size: Int, seconds: Double).self) { group in
            for (number, submission) in submissions.enumerated() {
                let due = start + Double(number) / rate
                let wait = due - Machine.seconds()
                if wait > 0.001 { try await Task.sleep(for: .seconds(wait)) }
                group.addTask {
                    let registration = try await service.submit(submission, patiently: true)
                    return (Int(registration.leafIndex) + 1, due)
                }
            }
            for try await one in group { taken.append(one) }
        }
        taken.sort { $0.size < $1.size }
        let times = try await cosigned(taken.map(\.size))
        return zip(taken, times).map { $1 - $0.seconds }
    }
}
