import EPCIS
import Records
import Verdicts

/// What a buyer reads of a delivery: how many batches hold, then each that does not, with the worst
/// that was found and whom to ask.
///
/// As JSON it is one document, written as it comes about; of the table the lines that do not hold
/// are kept, up to a bound.
struct DeliveryReport {
    private let file: String
    private let claim: Claim
    private let format: OutputFormat
    private let catalog: MessageCatalog
    private var counts: [Outcome: Int] = [:]
    private var unreadable = 0
    private var lots = 0
    private var open: [OpenLine] = []
    private var times: ClaimTimes?
    /// The logs that the verdicts rest on, each as it was last.
    private var logs: [String: Basis] = [:]

    /// Lines that are told one by one in a table.
    private static let openLimit = 2_000

    private struct OpenLine {
        var line: UInt64
        var lot: String
        var outcome: String
        var sentence: String
        var asks: [String]
    }

    /// Whom to ask about one batch; the verdict alone names all.
    private static let asksLimit = 5

    init(
        file: String, _ claim: Claim, _ format: OutputFormat, _ language: MessageLanguage
    ) {
        self.file = file
        self.claim = claim
        self.format = format
        catalog = MessageCatalog.of(language)
    }

    /// 0 only if every line was read and every batch is verified.
    var exit: CommandExit {
        guard unreadable == 0 else { return .badInput }
        return lots > 0 && counts[.verified] == lots ? .verified : .otherAnswer
    }

    /// Whether no line was told.
    var isEmpty: Bool { lots == 0 }

    /// Begins the document.
    func begin() {
        if format == .json { Console.output("{\"lots\":[") }
    }

    /// Takes the next line.
    mutating func add(_ row: LotRow, _ fate: DeliveryCheck.Fate) {
        if format == .json { write(row, fate) }
        lots += 1
        switch fate {
        case .unreadable(let refusal):
            unreadable += 1
            let told = Refusal(
                code: refusal.code, field: refusal.field,
                reason: catalog.reason(refusal.code, else: refusal.reason))
            Console.endProgress()
            Console.error("\(file): line \(row.line): \(told.sentence)")
            guard format == .table else { return }
            keep(
                OpenLine(
                    line: row.line, lot: Self.text(of: row),
                    outcome: catalog.text(.labels, "unreadable"), sentence: told.sentence,
                    asks: []))
        case .judged(let verdict):
            counts[verdict.outcome, default: 0] += 1
            times = verdict.times
            for basis in verdict.basis where basis.size > logs[basis.origin]?.size ?? 0 {
                logs[basis.origin] = basis
            }
            guard verdict.outcome != .verified, format == .table else { return }
            keep(line(row, verdict))
        }
    }

    private mutating func keep(_ line: OpenLine) {
        if open.count < Self.openLimit { open.append(line) }
    }

    private static func text(of row: LotRow) -> String {
        (try? row.lot.get()) ?? "?"
    }

    private func line(_ row: LotRow, _ verdict: Verdict) -> OpenLine {
        let worst = verdict.findings.first { $0.lowersTo != nil }
        let parameters = worst?.parameters.mapValues { verdict.names[$0] ?? $0 } ?? [:]
        var sentence = worst.map {
            "\(catalog.text(.findings, $0.code, parameters)) (\($0.code)"
                + ($0.subject == verdict.subject ? ")" : ", \($0.subject))")
        }
        if sentence == nil, let share = verdict.share {
            sentence = catalog.text(.labels, "share", ["share": "\(share)"])
        }
        var asks: [String] = []
        for open in verdict.frontier where asks.count < Self.asksLimit {
            let ask = catalog.text(
                .labels, "ask",
                [
                    "organisation": verdict.names[open.ask] ?? open.ask,
                    "things": open.about,
                ])
            if !asks.contains(ask) { asks.append(ask) }
        }
        return OpenLine(
            line: row.line, lot: verdict.subject,
            outcome: catalog.text(.outcomes, verdict.outcome.rawValue), sentence: sentence ?? "",
            asks: asks)
    }

    /// Ends the document, or prints the table, also where the list was not judged to its end.
    func end(isComplete: Bool) {
        switch format {
        case .json: Console.output("],\"summary\":\(Self.text(summary(isComplete)))}\n")
        case .table: Console.output(table)
        }
    }

    // MARK: JSON

    private func write(_ row: LotRow, _ fate: DeliveryCheck.Fate) {
        var members = [JSONMember("line", .number(JSONNumber(row.line)))]
        if case .success(let lot) = row.lot { members.append(JSONMember("lot", .string(lot))) }
        switch fate {
        case .judged(let verdict): members.append(JSONMember("verdict", verdict.json))
        case .unreadable(let refusal):
            members.append(
                JSONMember(
                    "error",
                    .object([
                        JSONMember("code", .string(refusal.code)),
                        JSONMember("reason", .string(refusal.reason)),
                    ])))
        }
        Console.output((lots == 0 ? "" : ",") + Self.text(.object(members)))
    }

    private static func text(_ json: JSONValue) -> String {
        String(decoding: json.serialized(), as: UTF8.self)
    }

    private func summary(_ isComplete: Bool) -> JSONValue {
        let outcomes = Outcome.allCases.compactMap { outcome in
            counts[outcome].map { JSONMember(outcome.rawValue, .number(JSONNumber($0))) }
        }
        return .object([
            JSONMember("claim", .string(claim.scheme)),
            JSONMember("lots", .number(JSONNumber(lots))),
            JSONMember("outcomes", .object(outcomes)),
            JSONMember("unreadable", .number(JSONNumber(unreadable))),
            JSONMember("complete", .bool(isComplete)),
        ])
    }

    // MARK: Table

    private var table: String {
        var lines = TextLines()
        lines.add(title: catalog.text(.labels, "title-claim"), claim.scheme)
        if let times {
            lines.add(title: catalog.text(.labels, "title-times"), catalog.line(times))
        }
        for (_, basis) in logs.sorted(by: { $0.key < $1.key }) {
            lines.add(title: catalog.text(.labels, "title-log"), catalog.line(basis))
        }
        for outcome in Outcome.allCases.reversed() {
            guard let count = counts[outcome] else { continue }
            row(count, Console.coloured(catalog.text(.outcomes, outcome.rawValue), outcome), &lines)
        }
        if unreadable > 0 { row(unreadable, catalog.text(.labels, "unreadable"), &lines) }
        for one in open {
            lines.addGap()
            lines.add("\(one.lot): \(one.outcome)", first: "\(one.line): ", rest: "  ")
            if !one.sentence.isEmpty { lines.add(one.sentence, first: "  ", rest: "  ") }
            for ask in one.asks { lines.add(ask, first: "  ", rest: "  ") }
        }
        let left = lots - (counts[.verified] ?? 0) - open.count
        if left > 0 { lines.add(catalog.text(.labels, "more", ["count": "\(left)"])) }
        return lines.text
    }

    private func row(_ count: Int, _ words: String, _ lines: inout TextLines) {
        let told = catalog.text(.labels, "batches", ["count": "\(count)", "all": "\(lots)"])
        lines.add(line: "\(words): \(told)")
    }
}
