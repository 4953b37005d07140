import Lineage
import MerkleTrees
import Records
import Signatures

extension Route {
    /// Every route there is, with who may ask (SPEC §17); of two rows that fit a path, the first
    /// counts.
    package static let table: [RouteRow] =
        entryRows + logRows + epcisRows + verdictRows + [
            RouteRow("GET", "/evidence/{subject…}", .reader) { values, query throws(Refusal) in
                let scope = try query.choice("scope", of: ["upstream", "subject"])
                let other = try query.text("for")
                return .evidence(
                    subject: try values.subject(), upstream: scope != "subject", onlyFor: other)
            },
            RouteRow("GET", "/trace/{subject…}", .open) { values, query throws(Refusal) in
                try trace(values, &query)
            },
            RouteRow("GET", "/organisations", .open) { _, _ in .organisations },
            RouteRow("GET", "/peers", .open) { _, _ in .peers },
            RouteRow("GET", "/alarms/{digest}", .open) { values, _ throws(Refusal) in
                .alarm(try values.hash("digest"))
            },
            RouteRow("POST", "/add-checkpoint", .open) { _, _ in .addCheckpoint },
            RouteRow("GET", "/witness/{originHash}/checkpoint", .open) {
                values, _ throws(Refusal) in
                .witnessed(try values.hash("originHash"))
            },
            RouteRow("GET", "/openapi.json", .open) { _, _ in .document },
            RouteRow("GET", "/healthz", .open) { _, _ in .health(readiness: false) },
            RouteRow("GET", "/readyz", .open) { _, _ in .health(readiness: true) },
            RouteRow("GET", "/metrics", .nodeOperator) { _, _ in .metrics },
        ]

    private static let entryRows: [RouteRow] = [
        RouteRow("POST", "/entries", .submitter) { _, _ in .submit },
        RouteRow("GET", "/entries/{id}", .reader) { values, _ throws(Refusal) in
            .receipt(try values.hash("id"))
        },
        RouteRow("GET", "/.well-known/scitt-keys", .open) { _, _ in .keySet },
        RouteRow("GET", "/.well-known/scitt-keys/{kid}", .open) { values, _ throws(Refusal) in
            try key(values)
        },
    ]

    private static let logRows: [RouteRow] = [
        RouteRow("GET", "/log/checkpoint", .open) { _, _ in .checkpoint },
        RouteRow("GET", "/log/tile/entries/{bundle…}", .reader) { values, _ in
            .tile("tile/entries/\(values.path[0])")
        },
        RouteRow("GET", "/log/tile/{level}/{tile…}", .open) { values, _ in
            .tile("tile/\(values.path[0])/\(values.path[1])")
        },
        RouteRow("GET", "/log/manifest/{leaf index}", .reader) { values, _ throws(Refusal) in
            .manifest(try values.number(0, "leaf index"))
        },
        RouteRow("GET", "/log/part/{digest}", .open) { values, _ throws(Refusal) in
            .part(try values.hash("digest"))
        },
        RouteRow("GET", "/log/consistency/{old}/{new}", .open) { values, _ throws(Refusal) in
            .consistency(try values.number(0, "old"), try values.number(1, "new"))
        },
    ]

    private static func key(_ values: RouteValues) throws(Refusal) -> Route {
        guard let bytes = Base64.url.decode(values.path[0]), let thumbprint = Hash256(bytes) else {
            throw Refusal(
                code: "request.parameter", field: "kid",
                reason: "a key is asked for by its thumbprint in base64url, without padding")
        }
        return .key(thumbprint)
    }

    private static func trace(
        _ values: RouteValues, _ query: inout QueryParameters
    ) throws(Refusal) -> Route {
        let directions = TraceDirection.allCases.map(\.rawValue)
        let name = try query.choice("direction", of: directions) ?? TraceDirection.up.rawValue
        let limit = try query.number("limit", in: 1...50_000)
        let depth = try query.number("depth", in: 1...50_000)
        let times = try (query.time("from") ?? Int64.min, query.time("until") ?? Int64.max)
        return .trace(
            TraceRequest(
                subject: try values.subject(), direction: TraceDirection(rawValue: name) ?? .up,
                limit: limit, depth: depth, times: times.0..<max(times.0, times.1)))
    }
}
