import Queries
import Verdicts

/// A recall for people: a table, or a graph.
struct RecallTable {
    private let reach: RecallReach
    private let short: ShortNames

    init(_ reach: RecallReach) {
        self.reach = reach
        short = ShortNames(Set(reach.things.map(\.uri)))
    }

    // MARK: Table

    var text: String {
        var lines = ["recall of  \(reach.subject)"]
        guard !reach.isUnknown else {
            return (lines + ["nothing is known of it"] + doubts).map { $0 + "\n" }.joined()
        }
        for thing in reach.things where thing.role == .affected { lines += self.lines(thing) }
        // Whoever looks for the goods looks for what holds them.
        for thing in reach.things where thing.role == .carrier || !thing.isPlain {
            guard thing.role != .affected else { continue }
            lines += ["\(head(thing))  (\(thing.role.rawValue))"] + doubts(thing)
        }
        lines += summary
        return lines.map { TextLines.printable($0) + "\n" }.joined()
    }

    private func lines(_ thing: RecalledThing) -> [String] {
        var lines = [head(thing)]
        for recall in thing.recalls {
            let from = day(Int64(clamping: recall.fromMilliseconds))
            lines.append(
                "    recalled since \(from) by \(name(recall.issuer)): \(recall.reason)"
                    + mark(recall.isUnrelated))
        }
        for holding in thing.holdings {
            let amount = holding.amount.map { "  \(Self.words($0))" } ?? ""
            let since = String(
                Timestamp.text(milliseconds: holding.sinceMilliseconds).prefix(16))
            let word = holding.state == .held ? "until" : "since"
            lines.append(
                "    \(Self.padded(holding.state.rawValue))\(name(holding.organisation))\(amount)  "
                    + "\(word) \(since)" + mark(holding.isUnrelated))
        }
        return lines + doubts(thing)
    }

    private func head(_ thing: RecalledThing) -> String {
        let amount = thing.amount.map { "  \(Self.words($0))" } ?? ""
        let via =
            thing.via.isEmpty ? "" : "  ← " + thing.via.map { short[$0] }.joined(separator: ", ")
        return "\(thing.depth)  \(thing.kind)  \(short[thing.uri])\(amount)\(via)"
    }

    private func doubts(_ thing: RecalledThing) -> [String] {
        let hidden = thing.hidden.sorted { $0.key < $1.key }.map { issuer, count in
            "    \(Self.padded("unknown"))\(counted(count, "part")) withheld or erased: "
                + "ask \(name(issuer))"
        }
        let retold = thing.retold.sorted { $0.key < $1.key }.map { issuer, count in
            "    \(Self.padded("doubtful"))\(counted(count, "part")) of events that are told in "
                + "several ways, and counted once: ask \(name(issuer))"
        }
        return hidden + retold
    }

    private var summary: [String] {
        let affected = reach.things.filter { $0.role == .affected }
        let now = affected.flatMap(\.holdings).filter { $0.state != .held }
        let holders = Set(now.map(\.organisation))
        let lines = [
            "\(counted(affected.count, "thing")) affected; with "
                + "\(counted(holders.count, "organisation")) now: "
                + holders.map(name).sorted().joined(separator: ", "),
            "as the records stood at "
                + Timestamp.text(milliseconds: Int64(clamping: reach.asOfMilliseconds)),
        ]
        return lines + doubts
    }

    /// Why there may be more than is listed.
    private var doubts: [String] {
        var lines: [String] = []
        let asked = Set(reach.things.flatMap(\.hidden.keys))
        if !asked.isEmpty {
            lines.append(
                "not whole: parts are withheld or erased; ask "
                    + asked.map(name).sorted().joined(separator: ", "))
        }
        let retelling = Set(reach.things.flatMap(\.retold.keys))
        if !retelling.isEmpty {
            lines.append(
                "doubtful: events are told in several ways that contradict each other; ask "
                    + retelling.map(name).sorted().joined(separator: ", "))
        }
        if reach.isTruncated { lines.append("not whole: cut short; ask for more with --limit") }
        for origin in reach.notConsulted { lines.append("not whole: \(origin) was not asked") }
        return lines + reach.alarms.flatMap(\.lines)
    }

    private func name(_ organisation: String) -> String {
        reach.names[organisation] ?? organisation
    }

    private func mark(_ isUnrelated: Bool) -> String { isUnrelated ? "  (unrelated)" : "" }

    private func day(_ milliseconds: Int64) -> String {
        String(Timestamp.text(milliseconds: milliseconds).prefix(10))
    }

    private static func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(1, 17 - word.count))
    }

    private static func words(_ amount: RecalledAmount) -> String {
        amount.unit.map { "\(amount.value) \($0)" } ?? "\(amount.value)"
    }

    // MARK: Graph

    /// A graph for Graphviz: `dot -Tsvg`.
    var dot: String {
        var text = "digraph recall {\n  rankdir=LR;\n  node [shape=box];\n"
        for thing in reach.things {
            let holders = Set(
                thing.holdings.filter { $0.state != .held }.map { name($0.organisation) })
            let label = ([short[thing.uri]] + holders.sorted()).joined(separator: "\n")
            text += "  \(Self.quoted(thing.uri)) [label=\(Self.quoted(label))];\n"
        }
        for thing in reach.things {
            for via in thing.via {
                text += "  \(Self.quoted(via)) -> \(Self.quoted(thing.uri));\n"
            }
        }
        return text + "}\n"
    }

    private static func quoted(_ text: String) -> String {
        var escaped = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\"", "\\": escaped += "\\\(scalar)"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped + "\""
    }
}

extension RecalledThing {
    /// Whether nothing about it is hidden or told in several ways.
    fileprivate var isPlain: Bool { hidden.isEmpty && retold.isEmpty }
}
