extension ClaimCode {
    /// The parameters that findings of this code may have; those of a place or an end of validity
    /// that nobody said are left out or empty (SPEC §24.6).
    package var parameters: Set<String> {
        switch self {
        case .certificateDeclared, .certificateExpired, .certificateGranularity,
            .certificateNonconforming, .certificateOutOfScope, .certificateUnaccredited,
            .certificateUnconfirmed, .certificateValid:
            ["certificate", "issuer", "party", "site", "from", "until"]
        case .certificateRevoked, .certificateSuspended:
            [
                "certificate", "issuer", "party", "site", "from", "until", "since", "by", "reason",
                "accreditation",
            ]
        case .certificateMissing: ["party", "site", "scheme"]
        case .claimModelRefused: ["model"]
        case .originPlotMissing: ["site"]
        case .statusDisputed, .statusRecalled: ["issuer", "reason"]
        case .ledgerAlarm: ["origin", "kind"]
        case .ledgerNotConsulted, .ledgerStale: ["origin"]
        case .ledgerNotGathered: []
        default: chainParameters
        }
    }

    /// Those of custody and material.
    private var chainParameters: Set<String> {
        switch self {
        case .custodyAggregation: ["container", "other"]
        case .custodyEarly: ["holder", "since"]
        case .custodyGap: ["holder"]
        case .custodyOrder, .custodyUnreceived, .custodyUnshipped: ["sender", "receiver"]
        case .custodyQuantity, .custodyShortage: ["sender", "receiver", "shipped", "received"]
        case .materialAllocationWithheld: ["account", "issuer"]
        case .materialAttested: ["issuer"]
        case .materialBalanceDisagrees: ["site", "month", "attested", "opened", "unit"]
        case .materialConverted: ["unit"]
        case .materialCredit: ["account", "amount"]
        case .materialCreditExceeded: ["account", "drawn", "earned"]
        case .materialElement: ["element", "input", "output"]
        case .materialExceeded: ["input", "output", "yield", "unit"]
        case .materialModel: ["model", "origins"]
        case .materialNotAssessable: ["certificate", "account", "unit", "party", "element"]
        case .materialOverdrawn: ["holder", "drawn", "had", "unit"]
        case .materialShare: ["share", "claimed"]
        case .materialUnallocated: ["certificate", "allocated", "made", "unit"]
        case .materialUnqualified: ["party"]
        case .materialVolumeExceeded: ["certificate", "allocated", "volume", "unit"]
        default: []
        }
    }
}

extension FindingCode {
    /// The parameters that findings of this code have in a verdict.
    package var parameters: Set<String> {
        self == .standingReported ? ["issuer", "rule"] : ["issuer"]
    }
}
