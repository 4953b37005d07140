/// A bug that is put into a simulated node or its disk, to see that the simulation finds it.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// The disk says that a commit is durable, and a crash takes it back.
    case losesLastCommit
    /// The disk changes an entry that it wrote.
    case diskRots
    /// Alarms do not outlive a restart.
    case forgetsAlarms
    /// A record is acknowledged before it is durable.
    case acknowledgesEarly
    /// Alarms are not told.
    case hidesAlarms
    /// A node signs before its peers have told how far its log goes.
    case signsBeforeItMay
    /// A node goes on although peers know more of its log than it does.
    case signsThoughBehind
    /// Parts are given to whoever asks.
    case servesPartsToAll
    /// A node cosigns what others tell, before it has it.
    case cosignsUnseen
    /// A node does not hear what peers hold.
    case isDeaf
    /// A node does not answer for entries.
    case neverAnswers
    /// A node keeps cosignatures to itself: they reach nobody.
    case stripsCosignatures

    /// How many nodes found the network where it is looked for: of few, each meets more; of four
    /// one may lie.
    package var founders: Int? {
        switch self {
        case .hidesAlarms: nil
        case .forgetsAlarms: 4
        default: 3
        }
    }

    /// A seed that is known to show it; nil for one that shows so rarely that it must be searched
    /// for among many.
    package var firstSeed: UInt64? {
        switch self {
        case .hidesAlarms: nil
        case .acknowledgesEarly: 2
        case .forgetsAlarms: 6
        default: 1
        }
    }
}
