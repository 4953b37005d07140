import Foundation

/// What was measured at one size of the log.
struct SizeFigures: Codable {
    /// Statements in the log, seals not counted.
    var entries: Int
    /// All ingest up to here.
    var ingest: Rate
    /// Resident memory after it.
    var memoryMiB: Double
    /// The greatest resident memory so far, with the chunk of submissions in hand.
    var peakMemoryMiB = 0.0
    /// Ingest up to each tenth of this size that was reached since the size before.
    var curve: [Rate] = []
    /// The last tenth alone.
    var lastTenth: Rate?
    /// What the views needed to catch up after each chunk, beside what they did during ingest.
    var views = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    /// Statements in a group, on average, since the size before.
    var groupMean = 0.0
    /// Statements in the largest.
    var largestGroup = 0
    /// Medians of five rounds at this size: in process; over HTTP, in four streams; over HTTP, one
    /// in each request of 64 clients; in process, a hundred events in each, counted as events.
    var inProcess = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    var streamed = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    var requests = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    var manifests = Rate(count: 0, seconds: 0, cpuSeconds: 0)
    /// Processor seconds of proofs and of their bare rows.
    var presence = Proofs.Figure()
    var absence = Proofs.Figure()
    var completeness = Proofs.Figure()
    /// Each of the single appends.
    var singleSeconds: [Double] = []
    /// Median times and last size of one batch's evidence, scope upstream.
    var evidenceBuildSeconds = 0.0
    var evidenceVerifySeconds = 0.0
    var evidenceBytes = 0
    /// The database with its WAL.
    var ledgerBytes = 0
    var viewsBytes = 0
    /// From opening to ready.
    var startSeconds = 0.0
    /// `cairn check`, in entries; nil where it was not asked for.
    var check: Rate?
}

/// The figures of one size with the limits measured around them.
struct SizeReport: Codable {
    var figures: SizeFigures
    /// Raw Ed25519 verification on all cores, before and after.
    var verification: Rate
    /// One append of 4 KiB with fdatasync, median.
    var rawAppendSeconds: Double
    /// The load average of the last minute at the end.
    var load: Double
}

/// Everything that one run measured.
struct Report: Codable {
    var cores: Int
    var issuers: Int
    var eventBytes = 0
    var submissionBytes = 0
    var sizes: [SizeReport] = []

    init(cores: Int, issuers: Int) {
        self.cores = cores
        self.issuers = issuers
    }

    /// For programs.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    // MARK: For people

    /// A table with a column for each size, then the growth curve.
    var table: String {
        let head = [
            "\(cores) cores, \(issuers) issuers, one ObjectEvent of \(eventBytes) bytes each, "
                + "\(submissionBytes) bytes as signed and submitted", "",
        ]
        let columns = ["statements in the log"] + sizes.map { Text.number($0.figures.entries) }
        let rows = Self.rows.map { name, value in [name] + sizes.map(value) }
        return (head + Text.columns([columns] + rows) + growth).joined(separator: "\n")
    }

    private typealias Line = (name: String, value: @Sendable (SizeReport) -> String)

    private static var rows: [Line] { ingestRows + wayRows + memoryRows + singleRows + proofRows }

    private static let wayRows: [Line] =
        way("in process, a second", { $0.inProcess })
        + way("HTTP, 4 streams, a second", { $0.streamed })
        + way("HTTP, 64 clients, a second", { $0.requests })
        + way("events in hundreds, a second", { $0.manifests })

    private static func way(
        _ name: String, _ rate: @escaping @Sendable (SizeFigures) -> Rate
    ) -> [Line] {
        [
            (name, { Text.number(rate($0.figures).perSecond) }),
            (
                "  ratio",
                { Text.ratio(rate($0.figures).perSecond, $0.verification.perSecond) }
            ),
            (
                "  ratio of CPU seconds",
                {
                    Text.ratio(
                        rate($0.figures).perCPUSecond, $0.verification.perCPUSecond)
                }
            ),
        ]
    }

    private static let proofRows: [Line] =
        proof("presence, CPU µs", { $0.presence }) + proof("absence, CPU µs", { $0.absence })
        + proof("completeness of 100, CPU µs", { $0.completeness })

    private static func proof(
        _ name: String, _ figure: @escaping @Sendable (SizeFigures) -> Proofs.Figure
    ) -> [Line] {
        [
            (name, { Text.decimal(figure($0.figures).seconds * 1e6, 1) }),
            (
                "  limit: its rows read",
                {
                    Text.decimal(figure($0.figures).rowSeconds * 1e6, 1)
                }
            ),
        ]
    }

    private static let ingestRows: [Line] = [
        ("durable ingest, a second", { Text.number($0.figures.ingest.perSecond) }),
        ("  last tenth, a second", { Text.number($0.figures.lastTenth?.perSecond) }),
        ("  limit: Ed25519 verification", { Text.number($0.verification.perSecond) }),
        ("  ratio", { Text.ratio($0.figures.ingest.perSecond, $0.verification.perSecond) }),
        ("durable ingest, a CPU second", { Text.number($0.figures.ingest.perCPUSecond) }),
        ("  last tenth, a CPU second", { Text.number($0.figures.lastTenth?.perCPUSecond) }),
        ("  limit: Ed25519 verification", { Text.number($0.verification.perCPUSecond) }),
        ("  ratio", { Text.ratio($0.figures.ingest.perCPUSecond, $0.verification.perCPUSecond) }),
        ("CPU seconds of ingest", { Text.decimal($0.figures.ingest.cpuSeconds, 1) }),
        ("until lineage shows it, a second", { Text.number($0.figures.shown.perSecond) }),
        ("until lineage shows it, a CPU second", { Text.number($0.figures.shown.perCPUSecond) }),
        ("statements in a group, mean", { Text.number($0.figures.groupMean) }),
        ("  largest", { Text.number($0.figures.largestGroup) }),
        ("load average at the end", { Text.decimal($0.load, 1) }),
    ]

    private static let memoryRows: [Line] = [
        ("resident memory, MiB", { Text.number($0.figures.memoryMiB) }),
        ("  greatest so far, MiB", { Text.number($0.figures.peakMemoryMiB) }),
        ("ledger with its WAL, MiB", { Text.number(Double($0.figures.ledgerBytes) / 1_048_576) }),
        ("  bytes a statement", { Text.number($0.figures.ledgerBytes / $0.figures.entries) }),
        ("views with their WAL, MiB", { Text.number(Double($0.figures.viewsBytes) / 1_048_576) }),
    ]

    private static let singleRows: [Line] = [
        ("one durable append, p50 ms", { Text.milliseconds($0.figures.singleSeconds, 0.5) }),
        ("  p99 ms", { Text.milliseconds($0.figures.singleSeconds, 0.99) }),
        ("  limit: 4 KiB + fdatasync, p50 ms", { Text.decimal($0.rawAppendSeconds * 1e3, 2) }),
        ("  ratio", { Text.ratio($0.figures.singleSeconds.percentile(0.5), $0.rawAppendSeconds) }),
        ("start to ready, s", { Text.decimal($0.figures.startSeconds, 2) }),
        ("evidence built, ms", { Text.decimal($0.figures.evidenceBuildSeconds * 1e3, 1) }),
        ("  verified, ms", { Text.decimal($0.figures.evidenceVerifySeconds * 1e3, 1) }),
        ("  bytes", { Text.number($0.figures.evidenceBytes) }),
        ("cairn check, s", { Text.decimal($0.figures.check?.seconds, 1) }),
        ("  entries a second", { Text.number($0.figures.check?.perSecond) }),
        (
            "  ratio",
            { Text.ratio($0.figures.check?.perSecond ?? 0, $0.verification.perSecond) }
        ),
    ]

    /// One line for each tenth of each size: the rate of that stretch alone.
    private var growth: [String] {
        var lines = ["", "growth: statements in the log, and the rate of the stretch before"]
        var rows = [["statements", "a second", "a CPU second"]]
        var last = Rate(count: 0, seconds: 0, cpuSeconds: 0)
        for size in sizes {
            for point in size.figures.curve {
                let stretch = point - last
                rows.append([
                    Text.number(point.count), Text.number(stretch.perSecond),
                    Text.number(stretch.perCPUSecond),
                ])
                last = point
            }
            last = size.figures.ingest
        }
        lines += Text.columns(rows)
        return lines
    }
}

extension SizeFigures {
    /// Ingest with the wait for the views.
    fileprivate var shown: Rate { ingest + views }
}

/// Figures as people read them.
enum Text {
    /// A whole number with commas; a dash for none.
    static func number(_ value: Double?) -> String {
        value.map { number(Int($0.rounded())) } ?? "–"
    }

    /// A whole number with commas.
    static func number(_ value: Int) -> String {
        var text = ""
        for (place, digit) in String(value).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3), digit.isNumber { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// So many decimal places; a dash for none.
    static func decimal(_ value: Double?, _ places: Int) -> String {
        value.map { String(format: "%.\(places)f", $0) } ?? "–"
    }

    /// A percentile of seconds, in milliseconds.
    static func milliseconds(_ seconds: [Double], _ share: Double) -> String {
        decimal(seconds.percentile(share) * 1e3, 2)
    }

    /// One figure over its limit.
    static func ratio(_ value: Double, _ limit: Double) -> String {
        decimal(limit > 0 ? value / limit : nil, 2)
    }

    /// Rows in columns, the first to the left, the others to the right.
    static func columns(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].count : nil }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + space : space + text
            }.joined(separator: "  ")
        }
    }
}
