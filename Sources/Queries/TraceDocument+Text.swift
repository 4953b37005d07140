import GS1
import Lineage
import MerkleTrees
import Records

extension TraceDocument {
    /// A table for people: things indented by their distance from the start, their events below.
    package var table: String {
        var lines = ["\(trace.root)  (\(trace.direction.rawValue))"]
        for node in trace.nodes {
            let indent = String(repeating: "  ", count: node.depth)
            lines.append("\(indent)\(node.kind)  \(Self.short(node.uri))\(nearer(node))")
            for event in node.events {
                let mark = isStranger(event, to: node) ? "  (unrelated)" : ""
                lines.append("\(indent)    \(Self.line(event))\(mark)")
            }
        }
        let things = trace.nodes.count == 1 ? "thing" : "things"
        let steps = trace.edges.count == 1 ? "step" : "steps"
        lines.append("\(trace.nodes.count) \(things), \(trace.edges.count) \(steps)")
        if trace.isTruncated { lines.append("cut short by the limit: ask for more with --limit") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The things one step nearer to the start that this one is joined to.
    private func nearer(_ node: TraceNode) -> String {
        let depths = Dictionary(trace.nodes.map { ($0.uri, $0.depth) }) { first, _ in first }
        var words: [String] = []
        for edge in trace.edges where edge.from == node.uri || edge.to == node.uri {
            let isSource = edge.from == node.uri
            let other = isSource ? edge.to : edge.from
            guard let depth = depths[other], depth < node.depth else { continue }
            let word = "\(isSource ? "→" : "←") \(Self.short(other))"
            if !words.contains(word) { words.append(word) }
        }
        return words.map { "  " + $0 }.joined()
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
        var lines = ["digraph lineage {", "  rankdir=LR;", "  node [shape=box];"]
        for node in trace.nodes {
            lines.append("  \(Self.quoted(node.uri)) [label=\(Self.quoted(Self.short(node.uri)))];")
        }
        for edge in trace.edges {
            lines.append(
                "  \(Self.quoted(edge.from)) -> \(Self.quoted(edge.to)) "
                    + "[label=\(Self.quoted(edge.relation.rawValue))];")
        }
        lines.append("}")
        return lines.map { $0 + "\n" }.joined()
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
