import EPCIS
import Foundation
import GRDBSQLite
import GS1
import HTTPAPI
import Lineage
import Logging
import Node
import Queries
import Records
import Signatures
import Storage

/// A query by batch and a lineage, each beside SQL over the same tables that gives the same rows.
///
/// The recursive query (`lineage.sql`) has an index of its own, made for it and dropped again:
/// flows by event. The walk has none; it reads the stories that the views keep.
struct Lineages {
    /// A query and what it is compared with: medians, processor seconds.
    struct Figure {
        var rows = 0
        var seconds = 0.0
        var sqlSeconds = 0.0
    }

    private static let rounds = 41
    private let network: BenchNetwork
    private let options: Options
    private let directory: String

    /// What SQL a query by batch is compared with.
    private static let batchSQL = """
        SELECT flow.role, flow.quantity, flow.uom, event.digest, event.type, event.time,
            event.biz_step, event.site, event.issuer, event.standing, event.event_id
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
        let sql = try SQLRows(path: directory + "/views.sqlite", index: true)
        for row in try sql.rows("EXPLAIN QUERY PLAN " + Self.lineageSQL(), root("small")) {
            print("  " + row[3])
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
        let request = TraceRequest(subject: network.batch(0), direction: .up, limit: 1)
        var isBehind = true
        while isBehind {
            do throws(Refusal) {
                _ = try await service.trace(request, for: .nodeOperator)
                isBehind = false
            } catch {
                guard error.code == "node.busy" || error.code == "subject.unknown" else {
                    throw error
                }
                isBehind = error.code == "node.busy"
            }
        }
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
        let batch = try compare(Self.batchSQL, network.chainBatch) { events in
            try events.events(about: network.chainBatch, limit: 10_000).flatMap { event in
                event.story.things.filter { $0.uri == network.chainBatch }
            }.count
        }
        let start = root("small")
        let lineage = try compare(try Self.lineageSQL(), start) { events in
            try lines(of: start, events).count
        }
        return [
            "\(size)", Self.text(batch.seconds * 1e6, 0),
            Self.text(batch.seconds / batch.sqlSeconds, 2), Self.text(lineage.seconds * 1e3, 2),
            Self.text(lineage.seconds / lineage.sqlSeconds, 2),
            "(\(batch.rows) and \(lineage.rows) rows)",
        ].joined(separator: "  ")
    }

    private func lines(of start: String, _ events: StoredEvents) throws -> [TraceEvent] {
        var walk = LineageWalk(source: events, bounds: TraceBounds(things: 50_000))
        let trace = try walk.trace(CanonicalIdentifier(start), .up)
        guard !trace.isTruncated else { throw BenchError("the lineage was cut short") }
        return trace.nodes.flatMap(\.events)
    }

    private func compare(
        _ sql: String, _ key: String, _ query: (StoredEvents) throws -> Int
    ) throws -> Figure {
        let (ledger, views) = try opened()
        defer {
            try? views.close()
            try? ledger.close()
        }
        let rows = try SQLRows(path: directory + "/views.sqlite", index: true)
        defer { rows.dropIndex() }
        var figure = Figure()
        var times: ([Double], [Double]) = ([], [])
        for round in 0..<Self.rounds {
            for step in 0..<2 {
                let start = Machine.cpuSeconds()
                if (round + step).isMultiple(of: 2) {
                    figure.rows = try views.reading(
                        as: .nodeOperator, ledger, basis: Self.basis, query)
                    times.0.append(Machine.cpuSeconds() - start)
                } else {
                    let found = try rows.rows(sql, key).count
                    times.1.append(Machine.cpuSeconds() - start)
                    guard round == 0 || found == figure.rows else {
                        throw BenchError("\(found) rows by SQL, \(figure.rows) by the query")
                    }
                }
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

/// Rows by SQLite's own calls, every column as text.
///
/// Safe: the handle lives as long as the value, and every column is copied out.
@safe final class SQLRows {
    private var database: OpaquePointer? = nil
    private let path: String
    private let hasIndex: Bool

    /// Opens a database; with an index for queries from an event to its flows.
    init(path: String, index: Bool) throws {
        self.path = path
        hasIndex = index
        guard unsafe sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK
        else { throw BenchError("\(path) cannot be opened") }
        unsafe sqlite3_busy_timeout(database, 5_000)
        guard index else { return }
        try execute("CREATE INDEX IF NOT EXISTS bench_flow ON flow(event, place, subject)")
    }

    deinit { unsafe sqlite3_close(database) }

    /// Removes the index again.
    func dropIndex() { try? execute("DROP INDEX IF EXISTS bench_flow") }

    private func execute(_ sql: String) throws {
        guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw BenchError("\(path): \(unsafe String(cString: sqlite3_errmsg(database)))")
        }
    }

    /// All rows of a query with one parameter.
    func rows(_ sql: String, _ key: String) throws -> [[String]] {
        var statement: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else {
            throw BenchError("\(sql) cannot be prepared")
        }
        defer { unsafe sqlite3_finalize(statement) }
        let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        unsafe sqlite3_bind_text(statement, 1, key, -1, copied)
        var rows: [[String]] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            rows.append(
                unsafe (0..<sqlite3_column_count(statement)).map { column in
                    guard let start = unsafe sqlite3_column_blob(statement, column) else {
                        return ""
                    }
                    let count = unsafe Int(sqlite3_column_bytes(statement, column))
                    return unsafe String(
                        decoding: UnsafeRawBufferPointer(start: start, count: count),
                        as: UTF8.self)
                })
        }
        return rows
    }
}
