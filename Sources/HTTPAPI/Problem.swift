import DeterministicCBOR
import EPCIS
package import Records

/// A refusal as an HTTP answer: status, headers' values and bodies (RFC 9457, RFC 9290).
package struct Problem: Hashable, Sendable {
    /// Media type of the JSON form.
    package static let jsonType = "application/problem+json"
    /// Media type of the CBOR form.
    package static let cborType = "application/concise-problem-details+cbor"

    /// What is told.
    package var refusal: Refusal

    /// Wraps a refusal.
    package init(_ refusal: Refusal) {
        self.refusal = refusal
    }

    /// The HTTP status that goes with the code (SPEC §20).
    package var status: Int {
        let code = refusal.code
        if let exact = Self.exact[code] { return exact }
        let family = code.prefix { $0 != "." }
        if family == "node" { return 503 }
        if family == "authority" { return 403 }
        return 400
    }

    /// Statuses of codes that differ from those of their family.
    private static let exact: [String: Int] = [
        "submission.too-large": 413, "request.too-large": 413, "request.method": 405,
        "request.path": 404, "request.media-type": 415, "request.host": 421,
        "request.deadline": 408, "request.upgrade-version": 426, "request.head-too-large": 431,
        "entry.unknown": 404,
        "part.unknown": 404, "subject.unknown": 404, "alarm.unknown": 404,
        "part.withheld": 403,
        "statement.issuer-unknown": 403,
        "statement.issuer-suspended": 403, "statement.key-unknown": 403,
        "statement.key-purpose": 403, "statement.key-not-yet-valid": 403,
        "statement.key-revoked": 403, "statement.signature": 403, "evidence.too-large": 422,
        "event.unknown": 404, "event.id-taken": 409, "capture.unknown": 404,
        "capture.organisation": 403, "capture.no-key": 501, "capture.too-large": 413,
        "capture.too-many": 413,
        "witness.signature": 403, "witness.log": 404, "witness.proof": 422, "witness.none": 404,
        "query.exists": 409, "query.unknown": 404,
        "subscription.unknown": 404, "subscription.dead-letter": 404, "subscription.limit": 403,
        "query.too-large": 413, "query.too-complex": 413, "request.not-acceptable": 406,
        "request.unsupported": 501, "node.failed": 500, "storage.full": 507, "storage.reserve": 507,
        "quota.links": 429, "retention.duty": 403,
        "access.required": 401, "access.token": 401, "access.expired": 401,
        "access.organisation": 403, "access.role": 403, "access.origin": 403, "entry.withheld": 403,
    ]

    /// Titles of codes that differ from those of their status.
    private static let titles = [
        "subscription.limit": "The organisation has as many as it may have",
        "capture.organisation": "The node does not capture for this caller",
        "witness.signature": "No trusted key of the log signed the checkpoint",
        "witness.proof": "The checkpoint does not go on from the last",
        "access.origin": "A page of another site asks",
        "access.role": "The caller's role does not permit this",
        "access.organisation": "The caller is not of an organisation that may do this",
    ]

    /// Seconds after which it makes sense to try again, for statuses that say so.
    package var retryAfterSeconds: Int? {
        switch status {
        case 429: 3_600
        case 503: 2
        case 507: 60
        default: nil
        }
    }

    /// One sentence for the kind of problem.
    package var title: String {
        if let exact = Self.titles[refusal.code] { return exact }
        return switch status {
        case 401: "The caller must say who it is"
        case 403: "The record is not the issuer's to make, or not the caller's to read"
        case 404: "There is nothing by that name"
        case 405: "The path does not take this method"
        case 406: "The answer cannot be given in the form asked for"
        case 408: "The request took too long"
        case 409: "There is one by that name"
        case 413: "The request is too large"
        case 415: "The media type is not understood here"
        case 421: "The request is meant for another host"
        case 422: "The question is too large to answer"
        case 426: "The version of the protocol is not spoken here"
        case 429: "The issuer has registered too much about what is not its own"
        case 431: "The head of the request is too large"
        case 500: "The node failed"
        case 501: "The node does not do this"
        case 503: "The node cannot take this now"
        case 507: "The node has no space for this now"
        default: "The request is malformed"
        }
    }

    /// RFC 9457 problem details.
    package var json: [UInt8] { json(type: "urn:cairn:error:\(refusal.code)") }

    /// RFC 9457 problem details of another type.
    func json(type: String) -> [UInt8] { JSONValue.object(members(type: type)).serialized() }

    /// The members of RFC 9457 problem details of a type.
    func members(type: String) -> [JSONMember] {
        [
            JSONMember("type", .string(type)),
            JSONMember("title", .string(title)),
            JSONMember("status", .number(JSONNumber(status))),
            JSONMember("code", .string(refusal.code)),
            JSONMember("field", .string(refusal.field)),
            JSONMember("detail", .string(refusal.reason)),
        ]
    }

    /// RFC 9290 concise problem details.
    package var cbor: [UInt8] {
        CBORValue.map([
            CBORPair(-1, .text(title)), CBORPair(-2, .text(refusal.reason)),
            CBORPair("code", .text(refusal.code)), CBORPair("field", .text(refusal.field)),
        ]).encoded()
    }
}
