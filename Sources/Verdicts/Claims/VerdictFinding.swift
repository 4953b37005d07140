package import MerkleTrees
import Records

/// What a check of a claim finds (SPEC §24.5).
package enum ClaimCode: String, CaseIterable, Hashable, Sendable {
    case certificateDeclared = "certificate.declared"
    case certificateExpired = "certificate.expired"
    case certificateGranularity = "certificate.granularity"
    case certificateMissing = "certificate.missing"
    case certificateNonconforming = "certificate.nonconforming"
    case certificateOutOfScope = "certificate.out-of-scope"
    case certificateRevoked = "certificate.revoked"
    case certificateSuspended = "certificate.suspended"
    case certificateUnaccredited = "certificate.unaccredited"
    case certificateUnconfirmed = "certificate.unconfirmed"
    case certificateValid = "certificate.valid"
    case claimModelRefused = "claim.model-refused"
    case custodyAggregation = "custody.aggregation"
    case custodyCycle = "custody.cycle"
    case custodyEarly = "custody.early"
    case custodyGap = "custody.gap"
    case custodyOrder = "custody.order"
    case custodyOriginUnknown = "custody.origin-unknown"
    case custodyQuantity = "custody.quantity"
    case custodyShortage = "custody.shortage"
    case custodyUnreceived = "custody.unreceived"
    case custodyUnshipped = "custody.unshipped"
    case ledgerAlarm = "ledger.alarm"
    case ledgerNotConsulted = "ledger.not-consulted"
    case ledgerNotGathered = "ledger.not-gathered"
    case ledgerStale = "ledger.stale"
    case materialAllocationWithheld = "material.allocation-withheld"
    case materialAttested = "material.attested"
    case materialBalanceDisagrees = "material.balance-disagrees"
    case materialConverted = "material.converted"
    case materialCredit = "material.credit"
    case materialCreditExceeded = "material.credit-exceeded"
    case materialElement = "material.element"
    case materialExceeded = "material.exceeded"
    case materialModel = "material.model"
    case materialNotAssessable = "material.not-assessable"
    case materialOverdrawn = "material.overdrawn"
    case materialShare = "material.share"
    case materialUnallocated = "material.unallocated"
    case materialUnqualified = "material.unqualified"
    case materialVolumeExceeded = "material.volume-exceeded"
    case originPlotMissing = "origin.plot-missing"
    case statusDisputed = "status.disputed"
    case statusRecalled = "status.recalled"

    /// The outcome it lowers a verdict to; nil for what is only told.
    package var lowersTo: Outcome? {
        switch self {
        case .certificateNonconforming, .claimModelRefused, .custodyAggregation, .custodyCycle,
            .custodyQuantity, .ledgerAlarm, .materialBalanceDisagrees, .materialCreditExceeded,
            .materialElement, .materialExceeded, .materialModel, .materialOverdrawn,
            .materialShare, .materialVolumeExceeded, .statusDisputed:
            .contradicted
        case .certificateRevoked, .statusRecalled: .revoked
        case .certificateSuspended: .suspended
        case .certificateExpired: .expired
        case .certificateMissing, .custodyEarly, .custodyGap, .custodyOrder, .custodyOriginUnknown,
            .custodyUnreceived, .custodyUnshipped, .ledgerNotGathered, .materialNotAssessable,
            .materialUnallocated, .originPlotMissing:
            .incomplete
        case .ledgerNotConsulted, .ledgerStale: .stale
        case .materialAllocationWithheld: .withheld
        case .certificateDeclared, .certificateGranularity, .certificateUnaccredited,
            .certificateUnconfirmed:
            .declared
        case .certificateOutOfScope, .certificateValid,
            .custodyShortage, .materialAttested, .materialConverted, .materialCredit,
            .materialUnqualified:
            nil
        }
    }
}

/// One finding of a verdict: what, about which thing, on which day, resting on which parts.
///
/// It names no log and no leaf, so that it is the same wherever the records were gathered.
package struct VerdictFinding: Hashable, Sendable {
    /// A ``ClaimCode`` or a ``FindingCode``.
    package var code: String
    /// The outcome it lowers the verdict to; nil if it does not.
    package var lowersTo: Outcome?
    /// The thing it is about, canonical.
    package var subject: String
    /// The UTC day of the event concerned, `YYYY-MM-DD`.
    package var day: String?
    /// What a text about it needs, by name.
    package var parameters: [String: String]
    /// Who can mend it; nil if nobody can.
    package var ask: String?
    /// The parts it rests on, sorted.
    package var evidence: [Hash256]

    init(
        _ code: ClaimCode, _ subject: String, day: String? = nil,
        _ parameters: [String: String] = [:], ask: String? = nil, evidence: [Hash256] = []
    ) {
        assert(code.parameters.isSuperset(of: parameters.keys), "\(code) has other parameters")
        self.code = code.rawValue
        lowersTo = code.lowersTo
        self.subject = subject
        self.day = day
        self.parameters = parameters
        self.ask = ask
        self.evidence = Set(evidence).sorted()
    }

    init(_ finding: Finding, subject: String, issuer: String) {
        code = finding.code.rawValue
        lowersTo = finding.lowers ? finding.code.lowersTo : nil
        self.subject = subject
        day = nil
        parameters = ["issuer": issuer]
        if let rule = finding.rule { parameters["rule"] = rule }
        ask = lowersTo == nil ? nil : issuer
        evidence = [finding.part]
    }
}

extension VerdictFinding {
    /// Whom to ask next (SPEC §24.6): who can mend it, and of what was contradicted or does not
    /// hold any more all that it names, since nobody of them alone can.
    var asked: [String] {
        switch lowersTo {
        case nil: []
        case .contradicted, .revoked, .suspended, .expired:
            [ask].compactMap(\.self)
                + ["by", "party", "receiver", "sender"].compactMap { parameters[$0] }
        default: [ask].compactMap(\.self)
        }
    }
}

extension VerdictFinding: Comparable {
    /// By outcome, worst first, then code, subject, day, evidence and parameters.
    package static func < (left: VerdictFinding, right: VerdictFinding) -> Bool {
        precedes(left.order, right.order)
    }

    /// Findings in their order, each once.
    static func sorted(_ findings: [VerdictFinding]) -> [VerdictFinding] {
        // What orders them is made once for each, not for each two.
        let keyed = Set(findings).map { ($0.order, $0) }
        return keyed.sorted { precedes($0.0, $1.0) }.map(\.1)
    }

    private static func precedes(_ left: [String], _ right: [String]) -> Bool {
        for (left, right) in zip(left, right) where !TextBytes.areSame(left, right) {
            return TextBytes.precedes(left, right)
        }
        return left.count < right.count
    }

    private var order: [String] {
        let rank = Outcome.allCases.firstIndex { $0 == lowersTo } ?? Outcome.allCases.count
        let padded = String(100 + rank)
        return [padded, code, subject, day ?? ""] + evidence.map(\.hex)
            + parameters.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    }
}
