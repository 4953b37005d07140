package import GS1

/// How a claim may pass along a chain of custody (ISO 22095), strictest first (SPEC §24.1).
package enum CustodyModel: UInt64, CaseIterable, Comparable, Sendable {
    /// Material of one origin is kept apart.
    case identityPreserved = 0
    /// Claimed material is kept apart from other.
    case segregated
    /// Claimed and other material are mixed in known shares.
    case controlledBlending
    /// The claim is kept as a balance; the material may be mixed freely.
    case massBalance

    /// The name in descriptions and answers: `mass-balance`.
    package var name: String {
        switch self {
        case .identityPreserved: "identity-preserved"
        case .segregated: "segregated"
        case .controlledBlending: "controlled-blending"
        case .massBalance: "mass-balance"
        }
    }

    /// The model of a name; nil for any other text.
    package init?(name: String) {
        guard let model = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = model
    }

    package static func < (left: CustodyModel, right: CustodyModel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Which steps upstream of a subject a scheme asks certificates for (SPEC §24.1).
package enum SchemeReach: UInt64, CaseIterable, Sendable {
    /// The making of the subject alone.
    case subject = 0
    /// All making steps upstream.
    case all
    /// Origins alone.
    case origins

    /// The name in descriptions and answers.
    package var name: String {
        switch self {
        case .subject: "subject"
        case .all: "all"
        case .origins: "origins"
        }
    }

    /// The reach of a name; nil for any other text.
    package init?(name: String) {
        guard let reach = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = reach
    }
}

/// What a certificate must name to cover a step (SPEC §24.1).
package enum CoverKind: String, CaseIterable, Sendable {
    /// The batch or item made.
    case batch
    /// The party that made it.
    case party
    /// The product made.
    case product
    /// The site where it was made.
    case site
}

/// What a scheme says of one process: the business step of a making event (SPEC §24.1).
package struct SchemeProcess: Hashable, Sendable {
    /// The process, a canonical URI such as that of a CBV business step.
    package var uri: String
    /// Whether material comes into being here, rather than being conserved.
    package var grows: Bool
    /// The most output for one of input, zero or more.
    package var yield: ExactDecimal

    /// Makes a process of a scheme.
    package init(uri: String, grows: Bool, yield: ExactDecimal) {
        self.uri = uri
        self.grows = grows
        self.yield = yield
    }
}
