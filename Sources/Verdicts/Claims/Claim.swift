package import GS1
package import Records

/// What is said of a subject and is to be judged (SPEC §24.3).
package struct Claim: Hashable, Sendable {
    /// The scheme's id.
    package var scheme: String
    /// How much of it is claimed to hold to the scheme; nil: the scheme's minimum.
    package var share: ExactDecimal?
    /// The chain-of-custody model it is claimed under; nil: the scheme's first,
    /// identity preserved last.
    package var model: CustodyModel?

    /// Makes a claim.
    package init(scheme: String, share: ExactDecimal? = nil, model: CustodyModel? = nil) {
        self.scheme = scheme
        self.share = share
        self.model = model
    }
}

/// The two times of a verdict, milliseconds since the epoch.
package struct ClaimTimes: Hashable, Sendable {
    /// What happened later does not count.
    package var validAtMilliseconds: UInt64
    /// What was registered later was not known.
    package var knownAtMilliseconds: UInt64

    /// Both times.
    package init(validAtMilliseconds: UInt64, knownAtMilliseconds: UInt64) {
        self.validAtMilliseconds = validAtMilliseconds
        self.knownAtMilliseconds = knownAtMilliseconds
    }
}

/// A claim against the terms of its scheme: all that is left to the judge's choice is decided.
struct ClaimTerms {
    let claim: Claim
    let scheme: SchemeTerms
    /// The share claimed.
    let share: Ratio
    /// The model claimed; nil if the scheme has none.
    let model: CustodyModel?
    let times: ClaimTimes

    /// - Throws: `claim.scheme`, `claim.share`.
    init(
        _ claim: Claim, at times: ClaimTimes, under governance: GovernanceState
    ) throws(Refusal) {
        guard let terms = governance.schemes[claim.scheme] else {
            let known = governance.schemes.keys.sorted()
            throw Refusal(
                code: "claim.scheme", field: "claim",
                reason: known.isEmpty
                    ? "the network has no claim schemes; an amendment can bring one in"
                    : "the network does not know it; it has \(known.joined(separator: ", "))")
        }
        do {
            scheme = try SchemeTerms.read(terms)
        } catch {
            throw Refusal(
                code: "claim.scheme", field: error.field,
                reason: "the scheme's terms cannot be read: \(error.reason)")
        }
        let wanted = claim.share ?? scheme.minimumShare
        guard wanted >= scheme.minimumShare, wanted <= ExactDecimal(1), let share = Ratio(wanted)
        else {
            throw Refusal(
                code: "claim.share", field: "share",
                reason: "the scheme lets from \(scheme.minimumShare) to 1 be claimed")
        }
        guard claim.model == nil || !scheme.models.isEmpty else {
            throw Refusal(
                code: "claim.model", field: "model",
                reason: "the scheme has no chain-of-custody model; leave it out")
        }
        self.claim = claim
        self.share = share
        self.times = times
        // Origins are told apart only where that is claimed.
        let common = scheme.models.filter { $0 != .identityPreserved }.min()
        model = claim.model ?? common ?? scheme.models.min()
    }

    /// Whether the scheme lets the claim be made under its model.
    var allowsModel: Bool { model.map(scheme.models.contains) ?? true }
}
