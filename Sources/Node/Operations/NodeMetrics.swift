import Synchronization

/// Counts what a node does and writes metrics in the Prometheus text format 0.0.4.
///
/// The number of label values is bounded, so that no caller can make it grow.
final class NodeMetrics: Sendable {
    /// The most sets of label values for one metric; further ones are counted as `other`.
    static let seriesLimit = 512
    /// Upper bounds of the buckets for durations, in seconds.
    static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct Durations {
        var buckets = [UInt64](repeating: 0, count: NodeMetrics.bounds.count + 1)
        var sum = 0.0
    }

    private struct State {
        var counts: [Metric: [[String]: UInt64]] = [:]
        var durations: [Metric: Durations] = [:]
    }

    private let state = Mutex(State())

    /// Counts an event, or so many, under its label values.
    func count(_ metric: Metric, _ labels: String..., by amount: UInt64 = 1) {
        precondition(labels.count == metric.labels.count, "a value for each label")
        state.withLock { state in
            var series = state.counts[metric] ?? [:]
            let isBounded = series[labels] != nil || series.count < Self.seriesLimit
            series[isBounded ? labels : labels.map { _ in "other" }, default: 0] += amount
            state.counts[metric] = series
        }
    }

    /// Takes note of how long something took.
    func observe(_ metric: Metric, _ duration: Duration) {
        let (whole, attoseconds) = duration.components
        let seconds = max(0, Double(whole) + Double(attoseconds) / 1e18)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.durations[metric, default: Durations()].buckets[bucket] += 1
            state.durations[metric, default: Durations()].sum += seconds
        }
    }

    /// Everything in the Prometheus text format; a gauge without a value has no sample.
    ///
    /// - Parameters:
    ///   - gauges: the values of those without a label.
    ///   - labelled: those of the others, by the value of their one label.
    /// - Returns: the text.
    func text(
        gauges: [Metric: Double], labelled: [Metric: [String: Double]] = [:]
    ) -> [UInt8] {
        let state = state.withLock { $0 }
        var text = ""
        for metric in Metric.allCases {
            text += "# HELP \(metric.rawValue) \(metric.help)\n"
            text += "# TYPE \(metric.rawValue) \(metric.kind.rawValue)\n"
            switch metric.kind {
            case .gauge:
                if let value = gauges[metric] { text += "\(metric.rawValue) \(Self.text(value))\n" }
                let rows = (labelled[metric] ?? [:]).sorted { $0.key < $1.key }
                for (label, value) in rows.prefix(Self.seriesLimit) {
                    text += metric.rawValue + Self.labels(metric.labels, [label])
                    text += " \(Self.text(value))\n"
                }
            case .histogram:
                text += Self.text(metric, state.durations[metric] ?? Durations())
            case .counter:
                let none: [[String]: UInt64] = metric.labels.isEmpty ? [[]: 0] : [:]
                let series = state.counts[metric] ?? none
                let rows = series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                for (labels, count) in rows {
                    text += metric.rawValue + Self.labels(metric.labels, labels) + " \(count)\n"
                }
            }
        }
        return Array(text.utf8)
    }

    private static func text(_ metric: Metric, _ durations: Durations) -> String {
        var text = ""
        var count: UInt64 = 0
        for (bound, bucket) in zip(bounds.map(Self.text) + ["+Inf"], durations.buckets) {
            count += bucket
            text += "\(metric.rawValue)_bucket{le=\"\(bound)\"} \(count)\n"
        }
        text += "\(metric.rawValue)_sum \(Self.text(durations.sum))\n"
        return text + "\(metric.rawValue)_count \(count)\n"
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let pairs = zip(names, values).map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func text(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value.rounded() == value, value.magnitude < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }
}
