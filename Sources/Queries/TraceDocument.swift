package import EPCIS
import GS1
package import Lineage
import MerkleTrees
import Records

/// A trace as programs and people read it: JSON, a table, or a DOT graph.
package struct TraceDocument: Sendable {
    /// The trace.
    package var trace: Trace
    /// For each thing, the issuers whose word does not count about it (SPEC §13.2).
    package var strangers: [String: Set<String>]

    /// Wraps a trace.
    package init(_ trace: Trace, strangers: [String: Set<String>] = [:]) {
        self.trace = trace
        self.strangers = strangers
    }

    func isStranger(_ event: TraceEvent, to node: TraceNode) -> Bool {
        strangers[node.uri]?.contains(event.issuer) ?? false
    }

    // MARK: JSON

    /// The JSON that `GET /trace/{subject}` answers with.
    package var json: JSONValue {
        .object([
            JSONMember("root", .string(trace.root)),
            JSONMember("direction", .string(trace.direction.rawValue)),
            JSONMember("truncated", .bool(trace.isTruncated)),
            JSONMember("nodes", .array(trace.nodes.map(json))),
            JSONMember("edges", .array(trace.edges.map(Self.json))),
        ])
    }

    private func json(_ node: TraceNode) -> JSONValue {
        .object([
            JSONMember("uri", .string(node.uri)),
            JSONMember("kind", .string("\(node.kind)")),
            JSONMember("depth", .number(JSONNumber(node.depth))),
            JSONMember("events", .array(node.events.map { json($0, in: node) })),
        ])
    }

    private func json(_ event: TraceEvent, in node: TraceNode) -> JSONValue {
        var members = [
            JSONMember("digest", .string(event.digest.hex)),
            JSONMember("type", .string(event.type)),
            JSONMember("role", .string(event.role)),
            JSONMember("time", .string(Timestamp.text(milliseconds: event.timeMilliseconds))),
            JSONMember("issuer", .string(event.issuer)),
            JSONMember("standing", .string("\(event.standing)")),
        ]
        if isStranger(event, to: node) { members.append(JSONMember("unrelated", .bool(true))) }
        if let value = event.bizStep { members.append(JSONMember("bizStep", .string(value))) }
        if let value = event.site { members.append(JSONMember("site", .string(value))) }
        if let value = event.quantity { members.append(JSONMember("quantity", .string(value))) }
        if let value = event.unit { members.append(JSONMember("unit", .string(value))) }
        return .object(members)
    }

    private static func json(_ edge: TraceEdge) -> JSONValue {
        .object([
            JSONMember("from", .string(edge.from)), JSONMember("to", .string(edge.to)),
            JSONMember("relation", .string(edge.relation.rawValue)),
            JSONMember("digest", .string(edge.digest.hex)),
        ])
    }
}
