import Queries
import Records
import Verdicts

/// A verdict for people: the outcome, what it rests on, the tree of lots with what was found about
/// each, and whom to ask.
struct VerdictTable {
    private let verdict: Verdict
    private let catalog: MessageCatalog
    private let short: ShortNames
    private let lots: [String: VerdictLot]
    private let findings: [String: [VerdictFinding]]
    private var lines = TextLines()

    /// More things are not drawn, and no deeper.
    private static let lotsLimit = 300
    private static let depthLimit = 8

    init(_ verdict: Verdict, in language: MessageLanguage) {
        self.verdict = verdict
        catalog = MessageCatalog.of(language)
        lots = Dictionary(verdict.lots.map { ($0.uri, $0) }) { first, _ in first }
        findings = Dictionary(grouping: verdict.findings, by: \.subject)
        var uris = Set(verdict.lots.map(\.uri)).union(findings.keys)
        for finding in verdict.findings {
            uris.formUnion(finding.parameters.values.filter(Self.isURI))
        }
        uris.formUnion(verdict.frontier.flatMap { [$0.ask, $0.about] })
        uris.formUnion(verdict.lots.compactMap(\.party))
        short = ShortNames(uris)
    }

    /// The table.
    var text: String {
        var table = self
        table.write()
        return table.lines.text
    }

    private mutating func write() {
        let outcome = catalog.text(.outcomes, verdict.outcome.rawValue)
        let name = verdict.outcome.rawValue
        let told = outcome == name ? name : "\(name) – \(outcome)"
        lines.add(line: Console.coloured(told, verdict.outcome))
        writeClaim()
        writeBasis()
        guard verdict.outcome != .notApplicable else { return }
        lines.addGap()
        writeTree()
        writeFrontier()
    }

    private func label(_ name: String, _ parameters: [String: String] = [:]) -> String {
        catalog.text(.labels, name, parameters)
    }

    private mutating func row(_ title: String, _ text: String) {
        lines.add(title: label("title-" + title), text)
    }

    // MARK: Head

    private mutating func writeClaim() {
        row("subject", verdict.subject)
        row(
            "claim",
            label(
                "claim",
                [
                    "scheme": verdict.claim.scheme, "share": verdict.claimedShare,
                    "model": verdict.model?.name ?? "",
                ]))
        if let share = verdict.share { row("share", label("share", ["share": "\(share)"])) }
    }

    private mutating func writeBasis() {
        let coverage = verdict.coverage
        row(
            "records",
            label(
                "coverage",
                [
                    "traced": "\(coverage.traced)", "lots": "\(coverage.lots)",
                    "opened": "\(coverage.opened)", "parts": "\(coverage.parts)",
                ]))
        row("times", catalog.line(verdict.times))
        for basis in verdict.basis { row("log", catalog.line(basis)) }
        for origin in verdict.notConsulted {
            row("log", label("not-consulted", ["origin": origin]))
        }
    }

    // MARK: Tree

    /// One thing to be drawn, and where.
    private struct Branch {
        var uri: String
        var lead: String
        var isLast: Bool
        var depth: Int
    }

    private mutating func writeTree() {
        lines.add(label("chain", ["subject": short[verdict.subject]]))
        var drawn: Set<String> = []
        var stack = [Branch(uri: verdict.subject, lead: "", isLast: true, depth: 0)]
        while let branch = stack.popLast() {
            let arm = branch.depth == 0 ? "" : branch.isLast ? "└─ " : "├─ "
            guard !drawn.contains(branch.uri) else {
                lines.add(
                    "\(short[branch.uri]) \(label("seen"))", first: branch.lead + arm,
                    rest: branch.lead)
                continue
            }
            guard drawn.count < Self.lotsLimit else { break }
            drawn.insert(branch.uri)
            let upstream = lots[branch.uri]?.upstream ?? []
            let space = branch.depth == 0 ? "" : branch.isLast ? "   " : "│  "
            let isDeep = branch.depth >= Self.depthLimit
            let lead = isDeep ? branch.lead : branch.lead + space
            writeLot(branch.uri, first: branch.lead + arm, rest: branch.lead + space)
            write(
                findings[branch.uri] ?? [],
                lead: branch.lead + space + (upstream.isEmpty ? "   " : "│  "))
            for (number, uri) in upstream.enumerated().reversed() {
                stack.append(
                    Branch(
                        uri: uri, lead: lead, isLast: number == upstream.count - 1,
                        depth: branch.depth + 1))
            }
        }
        if lots.count > drawn.count {
            lines.add(label("more", ["count": "\(lots.count - drawn.count)"]))
        }
        writeRest(drawn)
    }

    private mutating func writeLot(_ uri: String, first: String, rest: String) {
        var words = [short[uri]]
        if let party = lots[uri]?.party { words.append(organisation(party)) }
        if let day = lots[uri]?.day { words.append(day) }
        if let share = lots[uri]?.share {
            words.append(label("title-share") + " " + label("share", ["share": "\(share)"]))
        }
        lines.add(words.joined(separator: "  · "), first: first, rest: rest + "  ")
    }

    private mutating func write(_ findings: [VerdictFinding], lead: String) {
        for finding in findings {
            let mark = finding.lowersTo == nil ? "  " : "! "
            let lowered = finding.lowersTo.map { " → \($0.rawValue)" } ?? ""
            let day = finding.day.map { " \($0)" } ?? ""
            lines.add(
                "\(sentence(finding)) (\(finding.code)\(day)\(lowered))", first: lead + mark,
                rest: lead + "  ")
        }
    }

    /// Findings about what is in no branch that was drawn.
    private mutating func writeRest(_ drawn: Set<String>) {
        let others = verdict.findings.filter { !drawn.contains($0.subject) }
        guard !others.isEmpty else { return }
        lines.addGap()
        lines.add(label("elsewhere"))
        var seen: [String] = []
        for finding in others where !seen.contains(finding.subject) { seen.append(finding.subject) }
        for subject in seen.prefix(Self.lotsLimit) {
            lines.add(short[subject], first: "  ", rest: "    ")
            write(findings[subject] ?? [], lead: "    ")
        }
        if seen.count > Self.lotsLimit {
            lines.add(label("more", ["count": "\(seen.count - Self.lotsLimit)"]))
        }
    }

    // MARK: Words

    private func sentence(_ finding: VerdictFinding) -> String {
        catalog.text(.findings, finding.code, finding.parameters.mapValues(word))
    }

    /// A parameter as people read it: organisations by name, URIs short, `H87` as it stands.
    private func word(_ text: String) -> String {
        verdict.names[text] != nil ? organisation(text) : Self.isURI(text) ? short[text] : text
    }

    private func organisation(_ uri: String) -> String {
        guard let name = verdict.names[uri] else { return short[uri] }
        // Two of one name are told apart.
        let isAlone = verdict.names.values.count { $0 == name } == 1
        return isAlone ? name : "\(name) (\(short[uri]))"
    }

    private static func isURI(_ text: String) -> Bool {
        text.hasPrefix("https:") || text.hasPrefix("http:") || text.hasPrefix("urn:")
    }

    // MARK: Frontier

    private mutating func writeFrontier() {
        guard !verdict.frontier.isEmpty else { return }
        lines.addGap()
        lines.add(label("whom"))
        for (ask, steps) in Dictionary(grouping: verdict.frontier, by: \.ask)
            .sorted(by: { $0.key < $1.key })
        {
            let things = Dictionary(grouping: steps, by: \.about).sorted { $0.key < $1.key }
                .prefix(Self.lotsLimit).map { about, steps in
                    "\(short[about]) (\(Set(steps.map(\.code)).sorted().joined(separator: ", ")))"
                }
            lines.add(
                label(
                    "ask",
                    [
                        "organisation": organisation(ask), "things": things.joined(separator: "; "),
                    ]), first: "  ", rest: "    ")
        }
    }
}
