package import GS1
package import MerkleTrees

/// What became of a thing: everything made of it, packed from it or holding it, and in whose hands
/// that is, as the records prove it (SPEC §26).
package struct RecallReach: Sendable {
    /// Where the walk began.
    package var subject: String
    /// The network.
    package var network: Hash256
    /// The things met, by their distance, the subject first.
    package var things: [RecalledThing]
    /// Whether more things were there than were to be met.
    package var isTruncated: Bool
    /// When the oldest of the logs' last seals was made, milliseconds: later records are not known.
    package var asOfMilliseconds: UInt64
    /// Logs of the network that were not consulted.
    package var notConsulted: [String]
    /// The alarms about logs that were consulted, or the governors: what those say may be a lie.
    package var alarms: [ProvenAlarm]
    /// The names of the organisations in it.
    package var names: [String: String]

    /// Whether nothing is hidden, cut off, missing, disowned or told in several ways.
    package var isWhole: Bool {
        !isTruncated && notConsulted.isEmpty && alarms.isEmpty
            && things.allSatisfy { $0.hidden.isEmpty && $0.retold.isEmpty }
    }
    /// Whether the records say nothing of the subject.
    package var isUnknown: Bool { things.first.map { $0.isUnknown } ?? true }
}

/// What a thing is to the walk.
package enum RecalledRole: String, Hashable, Sendable {
    /// Made of what is recalled, unpacked from it, or that itself.
    case affected
    /// It held an affected thing, and what else it holds is not affected.
    case carrier
    /// A process (`transformationID`) that used an affected thing up.
    case process
}

/// One thing that a recall reaches.
package struct RecalledThing: Sendable {
    /// Its canonical URI.
    package var uri: String
    /// What it is.
    package var kind: SubjectKind
    /// What it is to the recall.
    package var role: RecalledRole
    /// Steps from the subject.
    package var depth: Int
    /// The things one step nearer that it was met through, sorted.
    package var via: [String]
    /// How much was made; nil where that is not said throughout.
    package var amount: RecalledAmount?
    /// The recalls that name it.
    package var recalls: [NamedRecall]
    /// In whose hands it is or was.
    package var holdings: [Holding]
    /// Whose parts about it may not be seen, and how many: whom to ask.
    package var hidden: [String: Int]
    /// Who tells events about it in several ways, and in how many parts: whom to ask.
    package var retold: [String: Int]
    /// Whether no chain is about it.
    package var isUnknown: Bool
}

/// An amount with its unit.
package struct RecalledAmount: Hashable, Sendable {
    /// How much.
    package var value: ExactDecimal
    /// UN Rec 20; nil for pieces.
    package var unit: String?
}

/// A recall that stands in the chain of a thing.
package struct NamedRecall: Hashable, Sendable {
    /// Who recalls.
    package var issuer: String
    /// Whether the issuer's word counts about the thing (SPEC §13.2).
    package var isUnrelated: Bool
    /// Since when, milliseconds.
    package var fromMilliseconds: UInt64
    /// Until when; nil for good.
    package var untilMilliseconds: UInt64?
    /// Why.
    package var reason: String
    /// The part that says so.
    package var part: Hash256
}

/// What an organisation has to do with a thing.
package enum HoldingState: String, Hashable, Sendable {
    /// It made or received the thing, and records say that some of it is left.
    case holds
    /// It made or received some and gave some away or used it up; what is left is not said.
    case mayHold = "may-hold"
    /// It was sent the thing and does not say that it received it.
    case onTheWay = "on-the-way"
    /// It sent the thing to somebody the records do not name.
    case sentToUnnamed = "sent-to-unnamed"
    /// It had the thing and has it no more.
    case held
}

/// One organisation's hold on one thing.
package struct Holding: Hashable, Sendable {
    /// The organisation.
    package var organisation: String
    /// What it has to do with the thing.
    package var state: HoldingState
    /// How much of it, where that follows from the records; of `held` nil.
    package var amount: RecalledAmount?
    /// Since when it is so, milliseconds: the time of the event that made it so.
    package var sinceMilliseconds: Int64
    /// Whether only organisations say so whose word does not count about the thing.
    package var isUnrelated: Bool
    /// The parts that say so, sorted.
    package var parts: [Hash256]
}
