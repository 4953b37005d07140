package import MerkleTrees
package import Records

/// Whom to ask next, about what, and why.
package struct FrontierStep: Hashable, Comparable, Sendable {
    /// The organisation to ask.
    package var ask: String
    /// The thing.
    package var about: String
    /// The code of the finding that it would mend.
    package var code: String

    /// By organisation, thing, code.
    package static func < (left: FrontierStep, right: FrontierStep) -> Bool {
        (left.ask, left.about, left.code) < (right.ask, right.about, right.code)
    }
}

/// How much of what a verdict needs was there.
package struct Coverage: Hashable, Sendable {
    /// The things upstream, that asked about included.
    package var lots: Int
    /// Those whose making is told.
    package var traced: Int
    /// The parts about them that are open.
    package var opened: Int
    /// The parts about them, hidden ones included.
    package var parts: Int
}

/// One thing upstream of a subject, for who draws the tree.
package struct VerdictLot: Hashable, Sendable {
    /// The thing, canonical.
    package var uri: String
    /// What it was made of or holds, canonical, each once.
    package var upstream: [String]
    /// Who made it, of several makings who made it first; nil where nobody tells of a making.
    package var party: String?
    /// The UTC day of that making.
    package var day: String?
    /// What the records support of it at least; nil where the claim is not about an amount.
    package var share: Ratio?
}

/// The outcome of judging a claim about a subject over evidence (SPEC §24.6).
///
/// All members but ``basis``, ``notConsulted``, ``alarms``, ``lots`` and ``names`` are the
/// *judgement*: the same for the same facts, whatever node gathered them, in whatever order.
package struct Verdict: Hashable, Sendable {
    /// The network's id.
    package var network: Hash256
    /// The canonical URI asked about.
    package var subject: String
    /// The claim.
    package var claim: Claim
    /// The share that was claimed, once the scheme's minimum is put for none.
    package var claimedShare: String
    /// The model it was judged under.
    package var model: CustodyModel?
    /// The times it was judged at.
    package var times: ClaimTimes
    /// The digest of the scheme's terms.
    package var policy: Hash256
    /// The outcome.
    package var outcome: Outcome
    /// The share that the records support; nil where the claim is not about an amount.
    package var share: Ratio?
    /// How much was there to judge.
    package var coverage: Coverage
    /// Findings, worst first.
    package var findings: [VerdictFinding]
    /// The way from what was asked to each thing that a finding is about, that asked first.
    package var paths: [String: [String]]
    /// Whom to ask next.
    package var frontier: [FrontierStep]
    /// The logs consulted.
    package var basis: [Basis]
    /// Logs the network has and the evidence does not hold.
    package var notConsulted: [String]
    /// Alarms in the evidence.
    package var alarms: [ProvenAlarm]
    /// The things looked at, from the subject upstream, each after one that led to it.
    package var lots: [VerdictLot]
    /// The names of organisations that the verdict speaks of, by URI.
    package var names: [String: String]
}
