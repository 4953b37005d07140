import EPCIS
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

    /// The JSON that `GET /trace/{subject}` answers with, written thing by thing: beside the text
    /// itself it takes the memory of one thing.
    package var json: [UInt8] {
        var bytes = Array("{\"root\":".utf8) + JSONValue.string(trace.root).serialized()
        bytes += Array(",\"direction\":\"\(trace.direction.rawValue)\"".utf8)
        bytes += Array(",\"truncated\":\(trace.isTruncated),\"nodes\":[".utf8)
        for (number, node) in trace.nodes.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += json(node).serialized()
        }
        bytes += Array("],\"edges\":[".utf8)
        for (number, edge) in trace.edges.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += Self.json(edge).serialized()
        }
        return bytes + Array("]}".utf8)
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
        if let value = event.eventID { members.append(JSONMember("eventID", .string(value))) }
        members += Self.list("transactions", event.transactions)
        if let correction = event.correction { members += Self.members(correction) }
        return .object(members)
    }

    private static func members(_ correction: EventCorrection) -> [JSONMember] {
        var members: [JSONMember] = []
        if correction.isDeclaration { members.append(JSONMember("declaration", .bool(true))) }
        members += list("declaredBy", correction.declaredBy.map(\.hex))
        members += list("reasons", correction.reasons)
        members += list("correctedBy", correction.correctedBy)
        members += list("corrects", correction.corrects)
        return members
    }

    /// A member, if there is anything in it.
    private static func list(_ name: String, _ texts: [String]) -> [JSONMember] {
        texts.isEmpty ? [] : [JSONMember(name, .array(texts.map { .string($0) }))]
    }

    private static func json(_ edge: TraceEdge) -> JSONValue {
        .object([
            JSONMember("from", .string(edge.from)), JSONMember("to", .string(edge.to)),
            JSONMember("relation", .string(edge.relation.rawValue)),
            JSONMember("digest", .string(edge.digest.hex)),
        ])
    }
}
