import Records
import Verdicts

extension Route {
    /// Verdicts on claims (SPEC §17.7).
    static let verdictRows: [RouteRow] = [
        RouteRow("GET", "/verdicts", .reader) { _, query throws(Refusal) in
            let subject = try required("subject", &query)
            let request = try ClaimRequest(
                scheme: try required("claim", &query), share: try query.text("share"),
                model: try query.text("model"), validAt: try query.text("validAt"),
                knownAt: try query.text("knownAt"))
            return .verdict(subject: subject, request)
        },
        RouteRow("POST", "/verdicts", .reader) { _, _ in .verdicts },
        RouteRow("GET", "/claims", .reader) { _, query throws(Refusal) in
            .claims(subject: try required("subject", &query))
        },
    ]

    private static func required(
        _ name: String, _ query: inout QueryParameters
    ) throws(Refusal) -> String {
        guard let text = try query.text(name), !text.isEmpty else {
            throw Refusal(
                code: "request.parameter", field: name,
                reason: "\(name) is required, a percent-encoded URI")
        }
        return text
    }
}
