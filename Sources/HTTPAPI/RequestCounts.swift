import Synchronization

/// How many requests each route has answered with which status.
///
/// Bounded: routes are those of the table, statuses those of SPEC §20.
final class RequestCounts: Sendable {
    private struct Label: Hashable {
        var route: String
        var status: Int
    }

    private let counts = Mutex<[Label: Int]>([:])

    /// Counts one answer; `route` is a row's method and pattern, or `none`.
    func count(_ route: String, _ status: Int) {
        counts.withLock { $0[Label(route: route, status: status), default: 0] += 1 }
    }

    /// The counts with some gauges, each with what it says, in the Prometheus text format.
    func text(_ gauges: [(name: String, help: String, value: Int)]) -> String {
        let counts = counts.withLock { $0 }
        var lines = gauges.flatMap { gauge in
            [
                "# HELP \(gauge.name) \(gauge.help)", "# TYPE \(gauge.name) gauge",
                "\(gauge.name) \(gauge.value)",
            ]
        }
        lines.append("# HELP cairn_http_requests_total Requests answered, by route and status.")
        lines.append("# TYPE cairn_http_requests_total counter")
        for (label, count) in counts.sorted(by: { Self.precedes($0.key, $1.key) }) {
            lines.append(
                #"cairn_http_requests_total{route="\#(label.route)",status="\#(label.status)"} "#
                    + String(count))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func precedes(_ left: Label, _ right: Label) -> Bool {
        left.route == right.route ? left.status < right.status : left.route < right.route
    }
}
