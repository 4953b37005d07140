package import Lineage
package import MerkleTrees
package import Records
import Signatures

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
    case evidence(subject: String, upstream: Bool)
    /// `GET /trace/{subject}`
    case trace(subject: String, direction: TraceDirection, limit: Int?)
    /// `GET /organisations`
    case organisations
    /// `GET /healthz` and `/readyz`
    case health(readiness: Bool)
    /// `GET /metrics`
    case metrics

    /// Reads method and target of a request.
    ///
    /// `HEAD` is read as `GET`.
    ///
    /// - Throws: `request.path`, `request.method` (with the allowed method as field) or
    ///   `request.parameter`.
    package init(method: String, target: String) throws(Refusal) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves.first.map(String.init) ?? ""
        let query = try QueryParameters(halves.count > 1 ? String(halves[1]) : "")
        self = try Self.read(path: path, query: query)
        let allowed = self == .submit ? "POST" : "GET"
        guard method == allowed || (method == "HEAD" && allowed == "GET") else {
            throw Refusal(
                code: "request.method", field: allowed,
                reason: "\(path) is asked with \(allowed), not \(method)")
        }
    }

    private static func read(path: String, query: QueryParameters) throws(Refusal) -> Route {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let rest = Array(segments.dropFirst())
        var query = query
        let route: Route
        switch segments.first {
        case "entries" where rest.isEmpty: route = .submit
        case "entries" where rest.count == 1: route = .receipt(try hash(rest[0], "id"))
        case ".well-known": route = try wellKnown(rest, path: path)
        case "log": route = try log(rest, path: path)
        case "evidence":
            let subject = try subject(rest)
            let scope = try query.choice("scope", of: ["upstream", "subject"]) ?? "upstream"
            route = .evidence(subject: subject, upstream: scope == "upstream")
        case "trace": route = try trace(rest, query: &query)
        case "organisations" where rest.isEmpty: route = .organisations
        case "healthz" where rest.isEmpty: route = .health(readiness: false)
        case "readyz" where rest.isEmpty: route = .health(readiness: true)
        case "metrics" where rest.isEmpty: route = .metrics
        default: throw unknown(path)
        }
        try query.finish()
        return route
    }

    private static func wellKnown(
        _ rest: [Substring], path: String
    ) throws(Refusal) -> Route {
        guard rest.first == "scitt-keys", rest.count <= 2 else { throw unknown(path) }
        guard rest.count == 2 else { return .keySet }
        guard let bytes = Base64.url.decode(rest[1]), let thumbprint = Hash256(bytes) else {
            throw Refusal(
                code: "request.parameter", field: "kid",
                reason: "a key is asked for by its thumbprint in base64url, without padding")
        }
        return .key(thumbprint)
    }

    private static func log(_ rest: [Substring], path: String) throws(Refusal) -> Route {
        switch (rest.first, rest.count) {
        case ("checkpoint", 1): return .checkpoint
        case ("tile", 3...10): return .tile(rest.joined(separator: "/"))
        case ("manifest", 2): return .manifest(try number(rest[1], "leaf index"))
        case ("part", 2): return .part(try hash(rest[1], "digest"))
        case ("consistency", 3):
            return .consistency(try number(rest[1], "old"), try number(rest[2], "new"))
        default: throw unknown(path)
        }
    }

    private static func trace(
        _ rest: [Substring], query: inout QueryParameters
    ) throws(Refusal) -> Route {
        let subject = try subject(rest)
        let directions = TraceDirection.allCases.map(\.rawValue)
        let name = try query.choice("direction", of: directions) ?? TraceDirection.up.rawValue
        let limit = try query.number("limit", in: 1...50_000)
        return .trace(
            subject: subject, direction: TraceDirection(rawValue: name) ?? .up, limit: limit)
    }

    /// The subject: all that is left of the path, so that a caller who did not encode the
    /// slashes of a URI is understood too.
    private static func subject(_ rest: [Substring]) throws(Refusal) -> String {
        let joined = rest.joined(separator: "/")
        guard !joined.isEmpty, let subject = PercentCoding.decode(joined[...]) else {
            throw Refusal(
                code: "request.parameter", field: "subject",
                reason: "the path ends with a percent-encoded URI, such as "
                    + "/trace/https%3A%2F%2Fid.gs1.org%2F01%2F09521234543213%2F10%2FLOT1")
        }
        return subject
    }

    private static func hash(_ text: Substring, _ field: String) throws(Refusal) -> Hash256 {
        guard let hash = Hash256(hex: text), hash.hex == text else {
            throw Refusal(
                code: "request.parameter", field: field,
                reason: "\(field) is 64 lower-case hexadecimal digits")
        }
        return hash
    }

    private static func number(_ text: Substring, _ field: String) throws(Refusal) -> UInt64 {
        guard let number = UInt64(text), String(number) == text else {
            throw Refusal(
                code: "request.parameter", field: field, reason: "\(field) is a decimal number")
        }
        return number
    }

    private static func unknown(_ path: String) -> Refusal {
        Refusal(code: "request.path", field: "path", reason: "nothing is served at \(path)")
    }
}
