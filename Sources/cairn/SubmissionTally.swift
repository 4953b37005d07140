import Client
import Records

/// What became of the statements of one call, counted.
struct SubmissionTally {
    /// How many were sent, or were to be.
    let count: Int
    /// Whether the same command signs anew, so that what was registered is another statement then.
    let isSignedAnew: Bool
    /// How many are registered, durably.
    private(set) var acknowledged = 0
    /// How many the node will not take however often they are sent.
    private(set) var refused = 0
    /// Why the node itself did not go on, if it said so.
    private var nodesReason: String?

    /// Counts the answers to so many statements.
    init(_ results: [SubmissionReply], of count: Int, isSignedAnew: Bool) {
        self.count = count
        self.isSignedAnew = isSignedAnew
        for reply in results { add(reply) }
    }

    /// Counts one more answer.
    mutating func add(_ reply: SubmissionReply) {
        switch reply.outcome {
        case .registered: acknowledged += 1
        case .refused(let refusal) where Self.isNodes(refusal):
            nodesReason = nodesReason ?? refusal.sentence
        case .refused: refused += 1
        }
    }

    /// Whether a refusal is the node's own trouble, not the statement's.
    static func isNodes(_ refusal: Refusal) -> Bool { refusal.code.hasPrefix("node.") }

    /// Whether every statement was decided.
    var isComplete: Bool { acknowledged + refused >= count }

    /// Why not every statement was decided, how far the node came, and what to do.
    var interruption: String {
        "\(nodesReason ?? "the node ended the connection in the middle"); \(whatToDo)"
    }

    /// How far the node came, and what to do.
    var whatToDo: String {
        let refusals = refused == 0 ? "" : " and \(refused) refused"
        let again =
            isSignedAnew
            ? "an event that is signed twice counts once" : "nothing is entered twice"
        return "\(acknowledged) of \(count) statements are acknowledged\(refusals); run the same "
            + "command again, \(again)"
    }
}
