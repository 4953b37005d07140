extension Route {
    /// What requests that are none of the routes are counted under.
    static let unknownPattern = "other"

    /// The form of the path, the same for every request of a kind: for counting (SPEC §18).
    package var pattern: String {
        switch self {
        case .submit: "/entries"
        case .receipt: "/entries/{id}"
        case .keySet: "/.well-known/scitt-keys"
        case .key: "/.well-known/scitt-keys/{kid}"
        case .checkpoint: "/log/checkpoint"
        case .tile: "/log/tile"
        case .manifest: "/log/manifest"
        case .part: "/log/part"
        case .consistency: "/log/consistency"
        case .evidence: "/evidence/{subject}"
        case .trace: "/trace/{subject}"
        case .organisations: "/organisations"
        case .health(let readiness): readiness ? "/readyz" : "/healthz"
        case .metrics: "/metrics"
        }
    }
}
