import GS1
import Lineage
import MerkleTrees
import Records

extension TraceDocument {
    /// Steps from the start beyond which lines are not indented further.
    static let indentLimit = 24

    /// A table for people: things indented by their distance from the start, their events below.
    package var table: String {
        var text = "\(trace.root)  (\(trace.direction.rawValue))\n"
        let nearer = nearer
        for node in trace.nodes {
            let indent = String(repeating: "  ", count: min(node.depth, Self.indentLimit))
            let depth = node.depth > Self.indentLimit ? "[\(node.depth)]  " : ""
            let neighbours = (nearer[node.uri] ?? []).map { "  " + $0 }.joined()
            text += "\(indent)\(depth)\(node.kind)  \(Self.short(node.uri))\(neighbours)\n"
            for event in node.events {
                let mark = isStranger(event, to: node) ? "  (unrelated)" : ""
                text += "\(indent)    \(Self.line(event))\(Self.marks(event))\(mark)\n"
            }
        }
        let things = trace.nodes.count == 1 ? "thing" : "things"
        let steps = trace.edges.count == 1 ? "step" : "steps"
        text += "\(trace.nodes.count) \(things), \(trace.edges.count) \(steps)\n"
        if trace.isTruncated { text += "cut short by the limit: ask for more with --limit\n" }
        return text
    }

    /// For each thing, the things one step nearer to the start that it is joined to.
    private var nearer: [String: [String]] {
        let depths = Dictionary(trace.nodes.map { ($0.uri, $0.depth) }) { first, _ in first }
        var words: [String: [String]] = [:]
        var said: Set<[String]> = []
        for edge in trace.edges {
            guard let from = depths[edge.from], let to = depths[edge.to], from != to,
                said.insert([edge.from, edge.to]).inserted
            else { continue }
            if from > to {
                words[edge.from, default: []].append("→ \(Self.short(edge.to))")
            } else {
                words[edge.to, default: []].append("← \(Self.short(edge.from))")
            }
        }
        return words
    }

    /// What error declarations say of an event.
    private static func marks(_ event: TraceEvent) -> String {
        var marks = event.transactions.prefix(1).map { "  for \(short($0))" }
        guard let correction = event.correction else { return marks.joined() }
        if correction.isDeclaration { marks.append("  (declares an error)") }
        if !correction.declaredBy.isEmpty {
            let ids = correction.correctedBy.joined(separator: ", ")
            marks.append(ids.isEmpty ? "  (declared wrong)" : "  (corrected by \(ids))")
        }
        if !correction.corrects.isEmpty {
            marks.append("  (corrects \(correction.corrects.joined(separator: ", ")))")
        }
        return marks.joined()
    }

    private static func line(_ event: TraceEvent) -> String {
        var words = [String(Timestamp.text(milliseconds: event.timeMilliseconds).prefix(16))]
        words.append(event.role)
        words.append(event.bizStep.map(bareWord) ?? event.type)
        if let quantity = event.quantity {
            words.append(event.unit.map { "\(quantity) \($0)" } ?? quantity)
        }
        if let site = event.site { words.append("at \(short(site))") }
        words.append("by \(short(event.issuer))")
        if event.standing != .own { words.append("(\(event.standing))") }
        return words.joined(separator: "  ")
    }

    /// A graph for Graphviz: `dot -Tsvg`.
    package var dot: String {
        var text = "digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n"
        for node in trace.nodes {
            text += "  \(Self.quoted(node.uri)) [label=\(Self.quoted(Self.short(node.uri)))];\n"
        }
        for edge in trace.edges {
            text +=
                "  \(Self.quoted(edge.from)) -> \(Self.quoted(edge.to)) "
                + "[label=\(Self.quoted(edge.relation.rawValue))];\n"
        }
        return text + "}\n"
    }

    private static func quoted(_ text: String) -> String {
        var escaped = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped.append("\\") }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped + "\""
    }

    private static func short(_ uri: String) -> String {
        let stem = "https://id.gs1.org/"
        return uri.hasPrefix(stem) ? String(uri.dropFirst(stem.count - 1)) : uri
    }

    /// The bare word of a step of GS1's list; another's own step stays as it is.
    private static func bareWord(_ step: String) -> String {
        let stem = "https://ref.gs1.org/cbv/BizStep-"
        return step.hasPrefix(stem) ? String(step.dropFirst(stem.count)) : step
    }
}
