import Foundation

/// What to measure, from the command line.
struct Options {
    /// What can be measured, by the first argument.
    enum Subject: String {
        /// A node's ways in, proofs and start: no argument.
        case node
        /// Queries by batch and lineages, beside SQL.
        case lineage
        /// Verdicts, beside the signatures they need.
        case verdict
        /// Mirrors, receipts with a quorum, and what peers cost at rest.
        case sync
        /// One node of a network, for the others.
        case peer
    }

    /// The sizes of the log to measure at, ascending.
    var entries = [10_000, 100_000]
    /// How many organisations sign.
    var issuers = 20
    /// Where the node's directory is made; nil for a fresh one that is removed.
    var directory: String?
    /// Whether to print JSON instead of a table.
    var printsJSON = false
    /// How many submissions are in hand at a time: four streams of 512 (SPEC §19).
    var inFlight = 2_048
    /// How many statements each of five rounds of each way in has.
    var roundStatements = 5_000
    /// The largest size at which the whole ledger is checked.
    var checkLimit = 100_000
    /// What is measured.
    var subject = Subject.node
    /// Which node of how many a process is, and the port of the first.
    var node = 0
    var nodes = 2
    var port = 27_400
    /// How long nodes are watched at rest, and four times as long as they are under load.
    var idleSeconds = 60.0
    /// Whether only the help was asked for.
    var wantsHelp = false

    static let help = """
        tools/bench/run: measures a node on this machine beside the machine's own limits.

          --entries N,N,…     sizes of the log to measure at (10000,100000)
          --issuers N         organisations that sign, 1 to 1000 (20)
          --directory DIR     where to keep the ledger; it stays there afterwards (a fresh one
                              beside the build, removed at the end)
          --in-flight N       submissions in hand at a time, 1 to 4096 (2048)
          --rounds N          statements in each of the five rounds of each way in (5000)
          --check-limit N     the largest size at which `cairn check` is timed (100000)
          lineage             first: measure queries by batch and lineages, beside SQL
          verdict             first: measure verdicts over 1,000 and 100,000 events (--entries),
                              beside the signatures they need
          sync                first: measure a mirror that catches up with 100,000 entries
                              (--entries), receipts with a quorum, and three idle nodes
          --port N            the first of the ports of nodes that are peers (27400)
          --idle SECONDS      how long nodes are watched at rest (60)
          --format json       print JSON instead of a table
        """

    /// Reads the arguments.
    ///
    /// - Throws: a ``BenchError`` that says which argument is wrong.
    init(_ arguments: some Sequence<String>) throws(BenchError) {
        var rest = Array(arguments)[...]
        if let subject = rest.first.flatMap(Subject.init(rawValue:)) {
            self.subject = subject
            rest.removeFirst()
            switch subject {
            case .verdict: entries = [1_000, 100_000]
            case .sync: entries = [100_000]
            case .peer: entries = []
            case .node, .lineage: break
            }
        }
        while let name = rest.popFirst() {
            if name == "--help" || name == "-h" {
                wantsHelp = true
                return
            }
            guard let value = rest.popFirst() else { throw BenchError("\(name) needs a value") }
            try set(name, to: value)
        }
    }

    private mutating func set(_ name: String, to value: String) throws(BenchError) {
        switch name {
        case "--entries":
            entries = []
            for text in value.split(separator: ",") {
                entries.append(try Self.number(name, String(text), 100...100_000_000))
            }
            guard !entries.isEmpty, entries == entries.sorted(), Set(entries).count == entries.count
            else { throw BenchError("\(name) \(value): sizes ascend, each once") }
        case "--issuers": issuers = try Self.number(name, value, 1...1_000)
        case "--directory": directory = value
        case "--in-flight": inFlight = try Self.number(name, value, 1...4_096)
        case "--rounds": roundStatements = try Self.number(name, value, 100...1_000_000)
        case "--check-limit": checkLimit = try Self.number(name, value, 0...100_000_000)
        case "--node": node = try Self.number(name, value, 0...15)
        case "--nodes": nodes = try Self.number(name, value, 1...16)
        case "--port": port = try Self.number(name, value, 1_024...65_000)
        case "--idle": idleSeconds = Double(try Self.number(name, value, 4...3_600))
        case "--format":
            guard value == "json" || value == "table" else {
                throw BenchError("--format \(value): must be table or json")
            }
            printsJSON = value == "json"
        default: throw BenchError("\(name) is unknown; see --help")
        }
    }

    private static func number(
        _ name: String, _ text: String, _ range: ClosedRange<Int>
    ) throws(BenchError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw BenchError(
                "\(name) \(text): must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// Why nothing could be measured.
struct BenchError: Error, CustomStringConvertible {
    /// What is wrong.
    let description: String

    init(_ description: String) { self.description = description }
}
