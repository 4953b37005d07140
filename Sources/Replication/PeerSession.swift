import MerkleTrees

/// What is known of one connection.
struct PeerSession {
    /// A question that waits for its answer.
    struct Waiting {
        var question: PeerQuestion
        var askedAtMilliseconds: UInt64
        var bytes: [UInt8] = []
    }

    /// The node that the TLS key belongs to.
    let origin: String
    /// When the connection was made, then when something last came.
    var heardAtMilliseconds: UInt64
    let connectedAtMilliseconds: UInt64
    /// Whether it has said who it is.
    var isGreeted = false
    /// Whether it has told its heads.
    var hasToldHeads = false
    /// The newest checkpoint it told of each log.
    var heads: [String: CosignedNote] = [:]
    /// What it told of each log, as it came: it is not read twice, and again under new governance.
    var told: [String: [UInt8]] = [:]
    /// Logs of which it told a checkpoint that no known key has signed.
    var unread: Set<String> = []
    /// Alarms it told of that are not known here.
    var unknownAlarms: Set<Hash256> = []
    /// What it was asked.
    var waiting: [UInt64: Waiting] = [:]
    /// The number of the next question.
    var nextQuestion: UInt64 = 0
    /// Whether it was told what changed since.
    var isTold = false
    /// Whether it was ever told heads.
    var hasBeenTold = false
    /// When it was told heads last.
    var toldAtMilliseconds: UInt64 = 0
    /// Whether a ping waits for its pong.
    var isPinged = false
    /// Up to which part of each log it was asked, and until when it is not asked from the start.
    var partsAsked: [String: (after: Int64, isThrough: Bool, atMilliseconds: UInt64)] = [:]

    init(origin: String, nowMilliseconds: UInt64) {
        self.origin = origin
        heardAtMilliseconds = nowMilliseconds
        connectedAtMilliseconds = nowMilliseconds
    }

    /// Notes a question and gives its message.
    mutating func ask(_ question: PeerQuestion, nowMilliseconds: UInt64) -> PeerMessage {
        let number = nextQuestion
        nextQuestion += 1
        waiting[number] = Waiting(question: question, askedAtMilliseconds: nowMilliseconds)
        return .ask(number, question)
    }

    /// Takes a piece of an answer.
    ///
    /// - Returns: the question and its whole answer, once the last piece is there.
    mutating func take(
        _ number: UInt64, isLast: Bool, _ bytes: [UInt8]
    ) throws(PeerViolation) -> (PeerQuestion, [UInt8])? {
        guard var waiting = waiting[number] else {
            throw PeerViolation("peer.message", "it answers question \(number), which is not open")
        }
        guard waiting.bytes.count + bytes.count <= ReplicationLimits.answerBytes else {
            throw PeerViolation(
                "peer.message", "its answer exceeds \(ReplicationLimits.answerBytes) bytes")
        }
        guard isLast || !bytes.isEmpty else {
            throw PeerViolation("peer.message", "a piece of its answer is empty")
        }
        waiting.bytes += bytes
        guard isLast else {
            self.waiting[number] = waiting
            return nil
        }
        self.waiting[number] = nil
        return (waiting.question, waiting.bytes)
    }
}
