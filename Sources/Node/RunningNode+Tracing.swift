import EPCIS
import GS1
import HTTPAPI
import Lineage
import MerkleTrees
import Queries
import Records
import Sequencing
import Storage
import Verdicts

extension RunningNode {
    /// How many things a lineage lists unless its caller says otherwise.
    static let traceLimit = 10_000

    package func trace(
        _ request: TraceRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        let root = try Self.identifier(request.subject)
        _ = try await viewedSize()
        let limit = request.limit ?? Self.traceLimit
        do {
            return try await threads.run { [self] in
                let bounds = TraceBounds(
                    things: limit, depth: request.depth, times: request.times)
                let trace = try viewed.reading(as: reader, ledger, basis: readingBasis) { events in
                    var walk = LineageWalk(source: events, bounds: bounds)
                    return try walk.trace(root, request.direction)
                }
                guard !Self.isEmpty(trace) else { throw Self.unknown(root) }
                let document = TraceDocument(
                    trace, strangers: try strangers(in: trace, for: reader))
                return switch request.form {
                case .json: document.json
                case .table: Array(document.table.utf8)
                case .dot: Array(document.dot.utf8)
                }
            }
        } catch {
            throw refusal(for: error)
        }
    }

    /// The size of the log, once the views have reached it.
    func viewedSize() async throws(Refusal) -> UInt64 {
        let size = published.newest.size
        guard await views.reaches(size, within: viewsPatience) else {
            if case .failure(let error) = views.ending.result { throw refusal(for: error) }
            throw Refusal(
                code: "node.busy", field: "",
                reason: "the views are at entry \(views.reachedSize) of \(size); "
                    + "try again in a moment")
        }
        return size
    }

    /// Which issuers of a lineage's events are strangers to their things, as far as an answer about
    /// the lineage's start tells; none where such an answer cannot be given now.
    private func strangers(in trace: Trace, for reader: Reader) throws -> [String: Set<String>] {
        let question = EvidenceQuestion(uri: trace.root, scope: .upstream)
        let known = try ledger.read { store -> Strangers? in
            guard
                let source = try LedgerEvidence(
                    store, origin: origin, history: governance.history(of: store),
                    published: published, rights: [rights(of: reader, in: store)],
                    until: .now + Self.strangersPatience)
            else { return nil }
            var builder = EvidenceBuilder(network: network, source: source, reader: reader)
            return try? builder.strangers(to: question)
        }
        guard let known else { return [:] }
        var strangers: [String: Set<String>] = [:]
        for node in trace.nodes {
            for event in node.events where known.contain(event.issuer, to: node.uri) {
                strangers[node.uri, default: []].insert(event.issuer)
            }
        }
        return strangers
    }

    /// How long a lineage waits to learn whose word counts.
    private static let strangersPatience = Duration.seconds(5)

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
