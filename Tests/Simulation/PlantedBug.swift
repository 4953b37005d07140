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
    /// A node goes on with the key that governance has taken from its log.
    case keepsOldKey
    /// A node cosigns what the former key of a log has signed after it was given up.
    case obeysOldKey
    /// A node cosigns the log of a node that the network has removed.
    case cosignsRemoved
    /// A node gives members' parts to the node of one that is suspended.
    case servesSuspended

    /// How many nodes found the network where it is looked for: of few, each meets more; of four
    /// one may lie.
    package var founders: Int? {
        switch self {
        case .hidesAlarms, .forgetsAlarms, .cosignsRemoved: 4
        default: 3
        }
    }

    /// What the governors decide where it is looked for; by the seed if nil.
    var decisions: [SimulatedGovernors.Decision]? {
        switch self {
        case .keepsOldKey, .obeysOldKey: [.logKey]
        case .cosignsRemoved: [.remove]
        case .servesSuspended: [.suspend]
        default: nil
        }
    }

    /// A seed that is known to show it.
    package var firstSeed: UInt64 {
        switch self {
        case .acknowledgesEarly, .keepsOldKey: 13
        case .signsThoughBehind: 10
        case .forgetsAlarms: 16
        case .hidesAlarms: 46
        case .obeysOldKey, .cosignsRemoved: 22
        default: 1
        }
    }
}
