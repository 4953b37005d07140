import EPCIS
import Records

/// A refusal under `/epcis`: a problem whose type is one of GS1's exceptions (SPEC §17.5).
struct EPCISProblem {
    private let problem: Problem

    /// Names the exception that goes with a refusal.
    init(_ refusal: Refusal) {
        problem = Problem(refusal)
    }

    /// The exception's name in GS1's OpenAPI document.
    var exception: String {
        if let exact = Self.exact[problem.refusal.code] { return exact }
        if problem.status >= 500 { return "ImplementationException" }
        return Self.byStatus[problem.status] ?? "ValidationException"
    }

    /// Codes whose exception does not follow from the HTTP status.
    private static let exact = [
        "query.parameter": "QueryParameterException", "query.token": "QueryParameterException",
        "query.too-large": "QueryTooLargeException", "request.too-large": "QueryTooLargeException",
        "query.too-complex": "QueryTooComplexException",
        "query.unknown": "NoSuchNameException",
        "subscription.controls": "SubscriptionControlsException",
    ]

    private static let byStatus = [
        401: "SecurityException", 403: "SecurityException", 404: "NoSuchResourceException",
        406: "NotAcceptableException", 409: "ResourceAlreadyExistsException",
        413: "CaptureLimitExceededException", 414: "URITooLongException",
        415: "UnsupportedMediaTypeException",
    ]

    /// The members of RFC 9457 problem details with GS1's type.
    var members: [JSONMember] { problem.members(type: "epcisException:\(exception)") }

    /// The answer: RFC 9457 problem details with GS1's type.
    var answer: Answer {
        var answer = Answer(problem).replacing(
            problem.json(type: "epcisException:\(exception)"), type: Problem.jsonType)
        GS1Headers.add(GS1Headers.common, to: &answer)
        if problem.refusal.code.hasPrefix("capture.too-") {
            GS1Headers.add(GS1Headers.capture, to: &answer)
        }
        return answer
    }
}
