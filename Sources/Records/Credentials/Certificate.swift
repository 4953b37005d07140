package import GS1

/// What one assessment of a certificate says (SPEC §24.2).
package struct CertificateCoverage: Hashable, Sendable {
    /// The criteria assessed, canonical URIs; at least one.
    package var criteria: Set<String>
    /// Whether they were found to hold; nil where the certificate does not say, which is no yes.
    package var conformance: Bool?
    /// The day of the assessment, `YYYY-MM-DD`.
    package var assessed: String?
    /// The sites it is about, canonical URIs.
    package var sites: Set<String> = []
    /// The products it is about, canonical URIs.
    package var products: Set<String> = []
    /// The batches and items it is about, canonical URIs.
    package var batches: Set<String> = []

    /// An assessment of criteria that says no more yet.
    package init(criteria: Set<String>, conformance: Bool? = nil, assessed: String? = nil) {
        self.criteria = criteria
        self.conformance = conformance
        self.assessed = assessed
    }
}

/// What a `certificate` or `transcribed-certificate` record says, its body and its pairs read
/// together (SPEC §24.2).
package struct Certificate: Hashable, Sendable {
    /// An amount of material that a certificate covers.
    package struct Volume: Hashable, Sendable {
        /// How much, above zero.
        package var amount: ExactDecimal
        /// A UN Rec 20 code.
        package var unit: String

        /// Makes an amount.
        package init(amount: ExactDecimal, unit: String) {
            self.amount = amount
            self.unit = unit
        }
    }

    /// The record's id, a canonical URI.
    package var id: String
    /// Whether someone copied it, rather than its certifier signing it.
    package var isTranscribed: Bool
    /// The issuer of the statement, a canonical URI.
    package var issuer: String
    /// Who checked a transcribed certificate against a register: canonical where it is a URI.
    package var checker: String?
    /// The scheme it names.
    package var scheme: String?
    /// To whom it is issued.
    package var party: String?
    /// The first day it holds, `YYYY-MM-DD`, UTC.
    package var fromDay: String
    /// The last day it holds, `YYYY-MM-DD`, UTC.
    package var untilDay: String?
    /// The processes it covers, canonical URIs; empty where it names none.
    package var processes: Set<String> = []
    /// The amount of material it covers.
    package var volume: Volume?
    /// Its assessments, each of which stands alone; at least one.
    package var assessments: [CertificateCoverage]

    /// Makes a certificate.
    package init(
        id: String, isTranscribed: Bool, issuer: String, fromDay: String, untilDay: String?,
        assessments: [CertificateCoverage]
    ) {
        self.id = id
        self.isTranscribed = isTranscribed
        self.issuer = issuer
        self.fromDay = fromDay
        self.untilDay = untilDay
        self.assessments = assessments
    }

    /// The content type of a body that is a verifiable credential.
    package static let credentialContentType = "application/vc"
    /// The type that a credential must have.
    package static let credentialType = "DigitalConformityCredential"
    /// The stable code of a certificate that counts for nothing.
    package static let unreadable = "certificate.unreadable"

    /// Reads the certificate in a record, strictly; `issuer` is that of its statement.
    ///
    /// - Throws: `certificate.unreadable`, its field naming the place, such as `record.scope[3]`.
    package static func read(_ record: Record, issuer: String) throws(Refusal) -> Certificate {
        try CertificateReader(record: record, issuer: issuer).certificate()
    }
}

/// What an `accreditation` record says: who may certify what, and when (SPEC §24.2).
package struct Accreditation: Hashable, Sendable {
    /// The record's id.
    package var id: String
    /// The issuer of the statement; it counts only if that is an accreditation anchor.
    package var issuer: String
    /// Who may certify, canonical URIs.
    package var certifiers: [String]
    /// Under which schemes, canonical URIs.
    package var schemes: Set<String>
    /// Which criteria, canonical URIs.
    package var criteria: Set<String>
    /// The first day it holds, `YYYY-MM-DD`, UTC.
    package var fromDay: String
    /// The last day it holds, `YYYY-MM-DD`, UTC.
    package var untilDay: String?

    /// Reads the accreditation in a record, strictly; `issuer` is that of its statement.
    ///
    /// - Throws: `accreditation.unreadable`, its field naming the place.
    package static func read(_ record: Record, issuer: String) throws(Refusal) -> Accreditation {
        let reader = CredentialReader(code: "accreditation.unreadable")
        guard record.kind == .accreditation, let id = record.id else {
            throw reader.refusal("record.kind", "an accreditation record is expected here")
        }
        let pairs = try CredentialPairs(
            record.scope, once: [], repeated: ["scheme", "criterion"], reader: reader)
        let days = try reader.days(of: record)
        let schemes = Set(try pairs.identifiers("scheme"))
        let criteria = Set(try pairs.identifiers("criterion"))
        for (name, found) in [("scheme", schemes), ("criterion", criteria)] where found.isEmpty {
            throw reader.refusal("record.scope", "\(name) is required, once or more")
        }
        return Accreditation(
            id: id, issuer: try reader.identifier(issuer, "issuer"), certifiers: record.about,
            schemes: schemes, criteria: criteria, fromDay: days.from, untilDay: days.until)
    }
}
