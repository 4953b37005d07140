import EPCIS
import GS1
import HTTPAPI
import Lineage
import MerkleTrees
import Queries
import Records
import Sequencing
import Storage

extension RunningNode {
    /// How many things a lineage lists unless its caller says otherwise.
    static let traceLimit = 10_000

    package func trace(
        _ request: TraceRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        let root = try Self.identifier(request.subject)
        let newest = published.newest
        guard await views.reaches(newest.size, within: viewsPatience) else {
            if case .failure(let error) = views.ending.result { throw refusal(for: error) }
            throw Refusal(
                code: "node.busy", field: "",
                reason: "the views are at entry \(views.reachedSize) of \(newest.size); "
                    + "try again in a moment")
        }
        let limit = request.limit ?? Self.traceLimit
        let source = LedgerEvents(views: viewed, ledger: ledger, reader: reader)
        do {
            return try await threads.run {
                var walk = LineageWalk(source: source, limit: limit)
                let trace = try walk.trace(root, request.direction)
                guard !Self.isEmpty(trace) else { throw Self.unknown(root) }
                let document = TraceDocument(trace)
                return switch request.form {
                case .json: document.json.serialized()
                case .table: Array(document.table.utf8)
                case .dot: Array(document.dot.utf8)
                }
            }
        } catch {
            throw refusal(for: error)
        }
    }
    /// Whether a lineage is nothing but the thing asked about.
    private static func isEmpty(_ trace: Trace) -> Bool {
        trace.edges.isEmpty && trace.nodes.allSatisfy(\.events.isEmpty)
    }

    private static func unknown(_ root: CanonicalIdentifier) -> Refusal {
        Refusal(
            code: "subject.unknown", field: "subject",
            reason: "no event about \(root.uri) that this caller may see")
    }
}
