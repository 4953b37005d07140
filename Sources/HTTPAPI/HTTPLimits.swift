/// Bounds on what the HTTP interface takes from a caller (SPEC §17, §19).
///
/// Times are in seconds, sizes in bytes. Neither Hummingbird nor NIO has a deadline for a whole
/// request, and both take any number of connections unless told; so these are enforced here.
package struct HTTPLimits: Hashable, Sendable {
    /// Connections at a time; more wait in the kernel's backlog.
    package var connections = 1_536
    /// From the opening of a connection, or the end of the answer before, to a whole request head.
    package var headSeconds: Int64 = 30
    /// From a request head to the end of its answer, for all but streams.
    package var requestSeconds: Int64 = 120
    /// The window in which the body of a request other than a stream brings `bodyWindowBytes`,
    /// on average since its head; the first window is free.
    package var bodyWindowSeconds: Int64 = 10
    /// What such a body brings in each window at least.
    package var bodyWindowBytes = 64 << 10
    /// From the head of a stream of submissions to its end.
    package var streamSeconds: Int64 = 3_600
    /// The window in which a stream moves at least `streamWindowBytes`, read and written.
    package var streamWindowSeconds: Int64 = 30
    /// What a stream moves in each window at least, unless all of it was written and the node is
    /// at work on it.
    package var streamWindowBytes = 512
    /// How long a caller may leave an answer unread.
    package var writeStallSeconds: Int64 = 30
    /// How long a connection that is to be closed is still read, so that the answer arrives.
    package var lingerSeconds: Int64 = 2
    /// The longest single header field and the longest head.
    package var headBytes = 16 << 10
    /// Header fields in a head.
    package var headFields = 64
    /// Bytes of single submissions that are being received or wait, all together.
    package var submissionBytesTogether = 64 << 20
    /// Streams at a time; each may hold `streamBytes`.
    package var streams = 4
    /// Bytes of a stream that have been read and not been answered.
    package var streamBytes = 8 << 20
    /// Submissions of a stream that have been read and not been answered.
    package var streamSubmissions = 512
    /// Items of a stream that are no submission, after which it is read no further: each is
    /// answered at greater length than it has.
    package var streamMalformed = 64
    /// Evidence files being built or sent at a time; of these, for one organisation, all callers
    /// without a name being one.
    package var evidenceAnswers = 4
    package var evidenceAnswersOfCaller = 3
    /// Streams of verdicts at a time, one for each caller; single ones are among the evidence
    /// answers.
    package var verdictStreams = 2
    package var verdictStreamsOfCaller = 1
    /// Checkpoints being judged as a witness at a time.
    package var witnessRequests = 16
    /// Bytes of such requests that are being received, all together.
    package var witnessBytesTogether = 16 << 20
    /// Answers under `/epcis` being made at a time; each holds a page of at most 9 MiB.
    package var epcisAnswers = 16
    /// Of these, for one organisation; all callers without a name are one.
    package var epcisAnswersOfCaller = 4
    /// Lineages being walked at a time, one on a thread of the node's six; of these, for one
    /// organisation, all callers without a name being one.
    package var traces = 4
    package var tracesOfCaller = 3
    /// WebSockets at a time; each holds at most one document of about 1 MiB.
    package var sockets = 64
    /// Of these, for one organisation.
    package var socketsOfCaller = 8
    /// After how long without anything from its caller a WebSocket is sent a ping.
    package var socketPingSeconds: Int64 = 30
    /// How long a caller may leave a ping unanswered.
    package var socketPongSeconds: Int64 = 30
    /// How often it is asked whether the credential that a WebSocket was opened with still counts.
    package var socketCheckSeconds: Int64 = 10
    /// The longest frame that a caller may send on a WebSocket, on which it has nothing to say.
    package var socketFrameBytes = 1 << 10

    /// The limits of SPEC §19 and this node's own.
    package init() {}
}
