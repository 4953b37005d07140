import EPCIS
import Foundation
import GRDBSQLite
import GS1
import HTTPAPI
import Lineage
import Logging
import MerkleTrees
import Node
import Queries
import Records
import Signatures
import Storage

/// A query by batch and a lineage, each beside SQL that gives the same rows.
///
/// SQL reads tables made for it alone (``PlainTables``); it judges no visibility, leaves no
/// repetition out and keeps no edges. The walk reads the stories that the views keep.
struct Lineages {
    /// A query and what it is compared with: medians, processor seconds.
    struct Figure {
        var rows = 0
        var seconds = 0.0
        var sqlSeconds = 0.0
    }

    private static let rounds = 101
    private let network: BenchNetwork
    private let options: Options
    private let directory: String

    /// What SQL a query by batch is compared with.
    private static let batchSQL = """
        SELECT flow.role, flow.quantity, flow.uom, event.digest, event.type, event.time,
            event.biz_step, event.site, event.issuer, event.standing
        FROM flow JOIN event ON event.number = flow.event
        WHERE flow.subject = ?1 ORDER BY flow.time, flow.event
        """

    init(_ options: Options, in parent: String) throws {
        self.options = options
        network = try BenchNetwork(issuers: options.issuers)
        directory = parent + "/node"
        try NodeRuntime.initialise(
            directory: directory, genesis: network.file.encoded(), origin: BenchNetwork.origin,
            logKeyPEM: try KeyFile.write(network.logKey), passphrase: nil)
    }

    /// Grows the log through the sizes and prints the figures of each.
    func run() async throws {
        var next = 0
        var lines = ["events, batch query µs, of SQL, lineage of 1,000 events ms, of SQL"]
        for (number, size) in options.entries.enumerated() {
            if number == 0 { try await add(try small()) }
            if size == options.entries.last { try await add(try large()) }
            while next < size {
                let end = min(next + 40_000, size)
                try await add(try fillers(next..<end))
                next = end
                Progress.say("\(next) of \(size) events")
            }
            lines.append(try measure(size))
            Progress.say(lines[lines.count - 1])
        }
        lines.append(try largest())
        print(lines.joined(separator: "\n"))
        print("\nEXPLAIN QUERY PLAN of tools/bench/lineage.sql:")
        let sql = try PlainTables(of: directory)
        for row in try sql.rows("EXPLAIN QUERY PLAN " + Self.lineageSQL(), root("small")) {
            if case .text(let step) = row[3] { print("  " + step) }
        }
    }

    private static func lineageSQL() throws -> String {
        let place = URL(filePath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: place.appending(path: "lineage.sql"), encoding: .utf8)
    }

    // MARK: What the log holds

    /// So many statements of a hundred events, signed on all cores and taken by a node.
    private func add(_ submissions: [[UInt8]]) async throws {
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "bench") { _ in SealListener(groups: GroupSizes()) }
        let runtime = try NodeRuntime(directory: directory, settings: settings)
        try await runtime.start()
        guard let service = runtime.service else { throw BenchError("the node does not serve") }
        try await ChunkRun(submissions, marks: []).submit(to: service, inFlight: 64)
        try await service.waitForViews(of: network)
        try await runtime.stop()
    }

    /// Events that have nothing to do with the lineages.
    private func fillers(_ numbers: Range<Int>) throws -> [[UInt8]] {
        let block = 100 * network.issuers.count
        let starts = stride(from: numbers.lowerBound, to: numbers.upperBound, by: block)
        return try starts.flatMap { start in
            try (0..<network.issuers.count).map { try network.manifest(of: start + $0) }
        }
    }

    private func root(_ name: String) -> String { thing(name, 1) }

    private func thing(_ name: String, _ number: Int) -> String {
        "\(network.issuers[0].product)/10/\(name)-\(number)"
    }

    /// A tree: `made` batches each of two others, and each seen so many times.
    private func tree(_ name: String, made: Int, seen: Int) throws -> [[UInt8]] {
        var events: [[UInt8]] = []
        for number in 1...made {
            events.append(
                network.transformation(
                    [thing(name, 2 * number), thing(name, 2 * number + 1)],
                    thing(name, number), number))
        }
        for round in 0..<seen {
            for number in 1...2 * made + 1 {
                events.append(
                    network.event(
                        (round * 2 * made + number) * network.issuers.count,
                        batch: thing(name, number), action: "OBSERVE"))
            }
        }
        return try stride(from: 0, to: events.count, by: 100).map { start in
            try network.signed(Array(events[start..<min(start + 100, events.count)]), 0)
        }
    }

    /// A thousand events, and a batch with a hundred.
    private func small() throws -> [[UInt8]] {
        let chain = (0..<100).map {
            network.event(
                (5_000_000 + $0) * network.issuers.count, batch: network.chainBatch,
                action: "OBSERVE")
        }
        return try tree("small", made: 333, seen: 1) + [network.signed(chain, 0)]
    }

    /// A hundred thousand events about forty thousand batches.
    private func large() throws -> [[UInt8]] { try tree("large", made: 20_000, seen: 2) }

    // MARK: Measuring

    private func measure(_ size: Int) throws -> String {
        let sql = try PlainTables(of: directory)
        let batch = try compare(sql, Self.batchSQL, network.chainBatch) { events in
            try events.events(about: network.chainBatch, limit: 10_000)
        } cells: { events in
            events.flatMap { event in
                event.story.things.filter { $0.uri == network.chainBatch }.map { event.cells($0) }
            }
        }
        let start = root("small")
        let lineage = try compare(sql, try Self.lineageSQL(), start) { events in
            try traced(start, events)
        } cells: { (trace: Trace) -> [[PlainTables.Cell]] in
            trace.nodes.flatMap { node in node.events.map { [.text(node.uri)] + $0.cells } }
        }
        return [
            "\(size)", Self.text(batch.seconds * 1e6, 0),
            Self.text(batch.seconds / batch.sqlSeconds, 2), Self.text(lineage.seconds * 1e3, 2),
            Self.text(lineage.seconds / lineage.sqlSeconds, 2),
            "(\(batch.rows) and \(lineage.rows) rows)",
        ].joined(separator: "  ")
    }

    private func traced(_ start: String, _ events: StoredEvents) throws -> Trace {
        var walk = LineageWalk(source: events, bounds: TraceBounds(things: 50_000))
        let trace = try walk.trace(CanonicalIdentifier(start), .up)
        guard !trace.isTruncated else { throw BenchError("the lineage was cut short") }
        return trace
    }

    private func compare<Answer>(
        _ rows: PlainTables, _ sql: String, _ key: String,
        _ query: (StoredEvents) throws -> Answer, cells: (Answer) -> [[PlainTables.Cell]]
    ) throws -> Figure {
        let (ledger, views) = try opened()
        defer {
            try? views.close()
            try? ledger.close()
        }
        var figure = Figure()
        var times: ([Double], [Double]) = ([], [])
        for round in 0..<Self.rounds {
            var start = Machine.cpuSeconds()
            let answer = try views.reading(as: .nodeOperator, ledger, basis: Self.basis, query)
            times.0.append(Machine.cpuSeconds() - start)
            start = Machine.cpuSeconds()
            let found = try rows.rows(sql, key)
            times.1.append(Machine.cpuSeconds() - start)
            guard round == 0 else { continue }
            figure.rows = found.count
            guard Set(found) == Set(cells(answer)), found.count == cells(answer).count else {
                throw BenchError("SQL and the query give other rows: \(sql)")
            }
        }
        (figure.seconds, figure.sqlSeconds) = (times.0.percentile(0.5), times.1.percentile(0.5))
        return figure
    }

    /// What the operator may see nothing decides.
    private static func basis(_ store: LedgerStore) throws -> ReadingBasis {
        throw BenchError("nobody but the operator reads here")
    }

    /// The lineage of a hundred thousand events, once, with its JSON and the memory it took.
    private func largest() throws -> String {
        let (ledger, views) = try opened()
        defer {
            try? views.close()
            try? ledger.close()
        }
        let before = Machine.memoryMiB()
        let start = Machine.cpuSeconds()
        let trace = try views.reading(as: .nodeOperator, ledger, basis: Self.basis) { events in
            var walk = LineageWalk(source: events, bounds: TraceBounds(things: 50_000))
            return try walk.trace(CanonicalIdentifier(root("large")), .up)
        }
        let walked = Machine.cpuSeconds() - start
        let json = TraceDocument(trace).json
        let written = Machine.cpuSeconds() - start - walked
        let after = Machine.memoryMiB()
        let digests = Set(trace.nodes.flatMap(\.events).map(\.digest)).count
        return "\(digests) events about \(trace.nodes.count) things: \(Self.text(walked, 2)) s, "
            + "as JSON \(Self.text(written, 2)) s more and \(json.count >> 20) MiB; resident "
            + "\(Self.text(before.now, 0)) MiB before, \(Self.text(after.now, 0)) after, greatest "
            + "\(Self.text(after.peak, 0)) (of \(Self.text(before.peak, 0)) in ingest)"
    }

    private func opened() throws -> (Ledger, Views) {
        let ledger = try Ledger.inspect(directory: directory)
        return (ledger, try Views(directory: directory, identity: ledger.identity))
    }

    private static func text(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}

extension BenchNetwork {
    /// A TransformationEvent of the first issuer.
    func transformation(_ inputs: [String], _ output: String, _ number: Int) -> [UInt8] {
        let issuer = issuers[0]
        let list = inputs.map { #"{"epcClass":"\#($0)","quantity":2.5,"uom":"KGM"}"# }
        let day = String(101 + number % 28).dropFirst()
        return Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "type":"TransformationEvent","eventTime":"2026-07-\(day)T08:15:00.000+01:00",\
            "eventTimeZoneOffset":"+01:00","bizStep":"commissioning",\
            "bizLocation":{"id":"\(issuer.site)"},\
            "inputQuantityList":[\(list.joined(separator: ","))],\
            "outputQuantityList":[{"epcClass":"\(output)","quantity":5,"uom":"KGM"}]}
            """.utf8)
    }
}

extension RecordedEvent {
    fileprivate func cells(_ thing: EventStory.Thing) -> [PlainTables.Cell] {
        TraceEvent(
            digest: digest, type: story.type.rawValue, role: thing.role.rawValue,
            timeMilliseconds: story.timeMilliseconds, bizStep: story.bizStep, site: story.site,
            issuer: issuer, standing: standing, quantity: thing.quantity, unit: thing.unit
        ).cells
    }
}

extension TraceEvent {
    fileprivate var cells: [PlainTables.Cell] {
        [
            .text(role), .init(quantity), .init(unit), .bytes(digest.bytes), .text(type),
            .integer(timeMilliseconds), .init(bizStep), .init(site), .text(issuer),
            .integer(Int64(standing.rawValue)),
        ]
    }
}
