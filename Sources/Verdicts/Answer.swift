package import MerkleTrees

/// How the records about a subject stand, or a claim, worst first but for the last (SPEC §16,
/// §24.6).
package enum Outcome: String, CaseIterable, Hashable, Sendable {
    case invalid, contradicted, revoked, suspended, expired, incomplete, withheld, stale, declared
    case verifiedPartial = "verified-partial"
    case verified
    case notApplicable = "not-applicable"
}

/// What a check found (SPEC §16).
package enum FindingCode: String, CaseIterable, Hashable, Sendable {
    case authorityRefused = "authority.refused"
    case contentInvalid = "content.invalid"
    case eventContradicted = "event.contradicted"
    case eventDeclaredWrong = "event.declared-wrong"
    case issuerSuspended = "issuer.suspended"
    case issuerUnrelated = "issuer.unrelated"
    case keyRevoked = "key.revoked"
    case partErased = "part.erased"
    case partWithheld = "part.withheld"
    case rowsMissing = "rows.missing"
    case rowsUnexpected = "rows.unexpected"
    case standingReported = "standing.reported"

    /// The outcome it lowers an answer to, where it bears on the answer; nil if it never does.
    package var lowersTo: Outcome? {
        switch self {
        case .authorityRefused, .contentInvalid, .issuerSuspended, .keyRevoked, .rowsMissing,
            .rowsUnexpected:
            .invalid
        case .eventContradicted: .contradicted
        case .eventDeclaredWrong, .issuerUnrelated: nil
        case .partWithheld, .partErased: .withheld
        case .standingReported: .declared
        }
    }
}

/// One finding, and the leaf and part it rests on.
package struct Finding: Hashable, Comparable, Sendable {
    /// What was found.
    package var code: FindingCode
    /// The log.
    package var origin: String
    /// The entry.
    package var leafIndex: UInt64
    /// The part.
    package var part: Hash256
    /// For the person who must act.
    package var detail: String
    /// Of a standing, the rule of SPEC §13.1 that makes it so.
    package var rule: String?
    /// Whether it lowers the outcome of this answer.
    package var lowers: Bool

    /// Sorted by code, origin, leaf, digest.
    package static func < (left: Finding, right: Finding) -> Bool {
        if left.code != right.code { return left.code.rawValue < right.code.rawValue }
        if left.origin != right.origin {
            return left.origin.utf8.lexicographicallyPrecedes(right.origin.utf8)
        }
        return (left.leafIndex, left.part) < (right.leafIndex, right.part)
    }
}

/// What an answer rests on in one log.
package struct Basis: Hashable, Sendable {
    /// The log.
    package var origin: String
    /// Its checkpoint's size.
    package var size: UInt64
    /// Its checkpoint's root.
    package var root: Hash256
    /// When its last seal was made, milliseconds.
    package var sealedAtMilliseconds: UInt64
    /// The number of its newest governance body.
    package var governanceSequence: UInt64
    /// Cosigners' signatures on the checkpoint.
    package var cosignatures: Int
    /// Whether there are fewer of them than the quorum, or the network asks for none.
    package var isUnwitnessed: Bool
}

/// How the records stand: outcome, findings, and what it rests on.
package struct Answer: Hashable, Sendable {
    /// The canonical URI asked about.
    package var uri: String
    /// The outcome.
    package var outcome: Outcome
    /// Findings, sorted.
    package var findings: [Finding]
    /// The logs consulted.
    package var basis: [Basis]
    /// Logs the network has and the evidence does not hold.
    package var notConsulted: [String]
    /// How many events about the subject itself.
    package var events: Int
    /// How many parts in all are open, and how many not.
    package var opened: Int
    /// Parts withheld or erased.
    package var stubs: Int
    /// Alarms against the network's logs or governance.
    package var alarms: [ProvenAlarm]
}
