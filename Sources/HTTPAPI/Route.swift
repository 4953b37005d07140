package import MerkleTrees
package import Records
import Signatures
package import Verdicts

/// What a request asks for: method and target, read strictly and without I/O (SPEC §17).
package enum Route: Hashable, Sendable {
    /// `POST /entries`
    case submit
    /// `GET /entries/{id}`
    case receipt(Hash256)
    /// `GET /.well-known/scitt-keys`
    case keySet
    /// `GET /.well-known/scitt-keys/{kid}`
    case key(Hash256)
    /// `GET /log/checkpoint`
    case checkpoint
    /// `GET /log/tile/…`, the path below `/log/`
    case tile(String)
    /// `GET /log/manifest/<leaf index>`
    case manifest(UInt64)
    /// `GET /log/part/<digest hex>`
    case part(Hash256)
    /// `GET /log/consistency/<old>/<new>`
    case consistency(UInt64, UInt64)
    /// `GET /evidence/{subject}`
    case evidence(subject: String, upstream: Bool, onlyFor: String? = nil)
    /// `GET /verdicts`
    case verdict(subject: String, ClaimRequest)
    /// `POST /verdicts`
    case verdicts
    /// `GET /claims`
    case claims(subject: String)
    /// `GET /trace/{subject}`
    case trace(TraceRequest)
    /// `GET /organisations`
    case organisations
    /// `GET /peers`
    case peers
    /// `GET /alarms/{digest}`
    case alarm(Hash256)
    /// `POST /add-checkpoint`
    case addCheckpoint
    /// `GET /witness/<SHA-256 of the origin>/checkpoint`
    case witnessed(Hash256)
    /// `GET /healthz` and `/readyz`
    case health(readiness: Bool)
    /// `GET /metrics`
    case metrics
    /// `GET /openapi.json`
    case document
    /// What stands under `/epcis`
    case epcis(EPCISRoute)

    /// Reads method and target of a request.
    ///
    /// `HEAD` is read as `GET`.
    ///
    /// - Throws: `request.path`, `request.method` (with the allowed methods as field) or
    ///   `request.parameter`.
    package init(method: String, target: String) throws(Refusal) {
        self = try Self.resolve(method: method, target: target).route
    }

    /// The row of the table that a request falls under, and what it asks for.
    ///
    /// - Throws: as ``init(method:target:)``.
    package static func resolve(
        method: String, target: String
    ) throws(Refusal) -> (row: RouteRow, route: Route) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves.first ?? ""
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        var allowed: [String] = []
        for row in table {
            guard let values = row.values(in: segments) else { continue }
            guard row.allowed.contains(method) else {
                for name in row.allowed where !allowed.contains(name) { allowed.append(name) }
                continue
            }
            let text = halves.count > 1 && !row.takesRawQuery ? String(halves[1]) : ""
            var query = try QueryParameters(text)
            let route = try row.read(RouteValues(path: values), &query)
            try query.finish()
            return (row, route)
        }
        // OPTIONS alone is asked of whatever there is under /epcis, and there is nothing here.
        guard allowed.contains(where: { $0 != "OPTIONS" }) else {
            throw Refusal(
                code: "request.path", field: "path", reason: "nothing is served at \(path)")
        }
        let list = allowed.joined(separator: ", ")
        throw Refusal(
            code: "request.method", field: list,
            reason: "\(path) is asked with \(list), not \(method)")
    }
}
