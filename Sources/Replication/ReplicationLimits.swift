/// Limits of the peer protocol (SPEC §25.2).
///
/// Each bounds memory or time that a peer could take; each is checked before anything is taken.
package enum ReplicationLimits {
    /// The version of the protocol that this code speaks.
    package static let version: UInt64 = 1
    /// The most bytes of one message.
    package static let messageBytes = 1 << 20
    /// The most bytes of one answer, over all its messages.
    package static let answerBytes = 12 << 20
    /// The most bytes of an answer in one message, so that the message stays below its limit.
    package static let answerPieceBytes = messageBytes - 1_024
    /// The most entries of one package, which lie in one range of as many, aligned.
    package static let packageEntries: UInt64 = 1_024
    /// How many bytes of entries a package may hold before it ends, unless it holds one only.
    package static let packageBytes = 4 << 20
    /// The most parts asked for at once.
    package static let partsAsked = 64
    /// The most questions of one peer that wait for their answers.
    package static let questionsWaiting = 8
    /// The most logs told of in one message.
    package static let logs = 64
    /// The most bytes of a checkpoint's note, with 64 lines.
    package static let noteBytes = 1 << 16
    /// The most alarms told of in one message, and kept for one log.
    package static let alarmsTold = 256
    package static let alarmsOfOneLog = 16
    /// How many alarms that are not kept are remembered, so that they are not asked for again.
    package static let alarmsPassedBy = 4_096
    /// The most entries that are looked through for two that contradict each other.
    package static let contradictionEntries: UInt64 = 200_000
    /// How many bytes of parts an answer may hold before it ends.
    package static let partsBytes = 10 << 20
    /// How long a peer may leave a question unanswered.
    package static let answerMilliseconds: UInt64 = 30_000
    /// How long one peer alone is waited for before another is asked for the same entries.
    package static let patienceMilliseconds: UInt64 = 2_000
    /// How long a peer may take to say who it is.
    package static let helloMilliseconds: UInt64 = 10_000
    /// How long nothing may come before the peer is asked whether it is there.
    package static let idleMilliseconds: UInt64 = 20_000
    /// How often heads are told at most.
    package static let headsMilliseconds: UInt64 = 50
    /// How long parts that a peer did not give are not asked of it again.
    package static let partsMilliseconds: UInt64 = 600_000
}
