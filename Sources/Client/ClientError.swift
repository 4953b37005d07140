import Records

/// The problem details of a refused request (RFC 9457).
package struct NodeProblem: Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status.
    package var status: Int
    /// A stable code of SPEC §20.
    package var code: String
    /// Where in the request; empty for the whole.
    package var field: String
    /// What is wrong and what to do.
    package var detail: String
    /// When to try again, if the node says so.
    package var retryAfterSeconds: Int?

    /// Makes a problem.
    package init(
        status: Int, code: String, field: String, detail: String, retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.field = field
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Code, field and detail on one line.
    package var description: String {
        "\(Refusal(code: code, field: field, reason: detail)) (HTTP \(status))"
    }
}

/// Why a call of a node brought no answer.
package enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given as a node's address is none.
    case address(reason: String)
    /// Nobody answered, or the connection broke: try again later or elsewhere.
    case unreachable(reason: String)
    /// The node refused, with a code of SPEC §20.
    case problem(NodeProblem)
    /// What answered does not speak this interface, or its answer is past a limit.
    case malformed(reason: String)

    /// What happened, in a sentence.
    package var description: String {
        switch self {
        case .address(let reason), .unreachable(let reason), .malformed(let reason): reason
        case .problem(let problem): "the node refused: \(problem)"
        }
    }
}
