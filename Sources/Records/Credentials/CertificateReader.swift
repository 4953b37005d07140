import EPCIS
import GS1
import MerkleTrees

/// Reads one record as a certificate.
struct CertificateReader {
    let record: Record
    let issuer: String
    private let reader = CredentialReader(code: Certificate.unreadable)

    init(record: Record, issuer: String) {
        self.record = record
        self.issuer = issuer
    }

    /// The pairs that say what a body `application/vc` would say.
    private static let assessing: Set<String> = [
        "assessed", "batch", "conformance", "criterion", "product", "site",
    ]
    private static let once: Set<String> = [
        "scheme", "party", "conformance", "assessed", "volume", "number",
    ]
    private static let repeated: Set<String> = ["criterion", "site", "product", "batch", "process"]
    /// The pairs that only a transcribed certificate has.
    private static let transcribing: Set<String> = [
        "certifier", "register", "checked-by", "checked-at", "digest",
    ]

    func certificate() throws(Refusal) -> Certificate {
        guard record.kind == .certificate || record.kind == .transcribedCertificate,
            let id = record.id
        else { throw reader.refusal("record.kind", "a certificate record is expected here") }
        let isTranscribed = record.kind == .transcribedCertificate
        let pairs = try CredentialPairs(
            record.scope, once: isTranscribed ? Self.once.union(Self.transcribing) : Self.once,
            repeated: Self.repeated, reader: reader)
        let days = try reader.days(of: record)
        var certificate = Certificate(
            id: try reader.identifier(id, "record.id"), isTranscribed: isTranscribed,
            issuer: try reader.identifier(issuer, "issuer"), fromDay: days.from,
            untilDay: days.until, assessments: [])
        certificate.scheme = try identifier(pairs, "scheme", nil)
        certificate.party = try identifier(pairs, "party", [.organisation])
        certificate.processes = Set(try pairs.identifiers("process"))
        certificate.volume = try volume(pairs)
        certificate.checker = try transcription(pairs)
        guard let body = record.body, body.contentType == Certificate.credentialContentType else {
            certificate.assessments = [try coverage(pairs)]
            return certificate
        }
        if let pair = pairs.first(of: Self.assessing) {
            throw reader.refusal(
                pair.field, "\(pair.name) is what the credential in the body says; leave the pair")
        }
        let credential = try ConformityCredential(body.bytes, reader: reader)
        try merge(credential, into: &certificate, certifier: pairs.single("certifier")?.text)
        return certificate
    }

    private func identifier(
        _ pairs: CredentialPairs, _ name: String, _ kinds: Set<SubjectKind>?
    ) throws(Refusal) -> String? {
        guard let pair = pairs.single(name) else { return nil }
        guard let kinds else { return try reader.identifier(pair.text, pair.field) }
        return try reader.identifier(pair.text, kinds, pair.field)
    }

    /// The one assessment that pairs alone make.
    private func coverage(_ pairs: CredentialPairs) throws(Refusal) -> CertificateCoverage {
        var coverage = CertificateCoverage(criteria: Set(try pairs.identifiers("criterion")))
        guard !coverage.criteria.isEmpty else {
            throw reader.refusal("record.scope", "criterion is required, once or more")
        }
        if let pair = pairs.single("conformance") {
            guard pair.text == "true" || pair.text == "false" else {
                throw reader.refusal(pair.field, "conformance is true or false")
            }
            coverage.conformance = pair.text == "true"
        }
        if let pair = pairs.single("assessed") {
            guard let date = CivilDate(pair.text) else {
                throw reader.refusal(pair.field, "assessed is a day, YYYY-MM-DD")
            }
            coverage.assessed = date.text
        }
        coverage.sites = Set(try pairs.identifiers("site", [.site]))
        coverage.products = Set(try pairs.identifiers("product", [.product]))
        coverage.batches = Set(
            try pairs.identifiers("batch", [.batch, .item, .logisticUnit, .asset]))
        return coverage
    }

    private func volume(_ pairs: CredentialPairs) throws(Refusal) -> Certificate.Volume? {
        guard let pair = pairs.single("volume") else { return nil }
        let words = pair.text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 2,
            words[0].allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let amount = ExactDecimal(String(decoding: words[0], as: UTF8.self)), !amount.isZero,
            let unit = UnitCode(String(decoding: words[1], as: UTF8.self))
        else {
            throw reader.refusal(
                pair.field, "volume is an amount above zero, a space and a unit, like 1200.5 KGM")
        }
        return Certificate.Volume(amount: amount, unit: unit.text)
    }

    /// Checks what is said of a copy; who checked it.
    private func transcription(_ pairs: CredentialPairs) throws(Refusal) -> String? {
        if let pair = pairs.single("checked-at") { _ = try reader.day(pair.text, pair.field) }
        if let pair = pairs.single("digest"), Hash256(hex: pair.text) == nil {
            throw reader.refusal(pair.field, "digest is a part digest, 64 hexadecimal digits")
        }
        guard let checker = pairs.single("checked-by")?.text else { return nil }
        return (try? CanonicalIdentifier(checker).uri) ?? checker
    }

    // MARK: The body

    private func merge(
        _ credential: ConformityCredential, into certificate: inout Certificate,
        certifier: String?
    ) throws(Refusal) {
        try require(credential.id == certificate.id, "id", "is not the record's id")
        try requireIssuer(credential.issuer, of: certificate, certifier: certifier)
        try require(
            credential.fromDay == certificate.fromDay, "validFrom",
            "is another day than the record's from, \(certificate.fromDay)")
        try require(
            credential.untilDay == certificate.untilDay, "validUntil",
            "is another day than the record's until, \(certificate.untilDay ?? "which it lacks")")
        certificate.scheme = try agreed(
            certificate.scheme, credential.scheme, "credentialSubject.referenceScheme")
        certificate.party = try agreed(
            certificate.party, credential.party, "credentialSubject.issuedToParty")
        certificate.assessments = credential.assessments
    }

    /// The credential's issuer signed the statement; of a copy it is the certifier that is named,
    /// where a URI names it.
    private func requireIssuer(
        _ issuer: String, of certificate: Certificate, certifier: String?
    ) throws(Refusal) {
        guard certificate.isTranscribed else {
            return try require(
                issuer == certificate.issuer, "issuer",
                "is not the statement's issuer, \(certificate.issuer)")
        }
        guard let named = certifier.flatMap({ try? CanonicalIdentifier($0).uri }) else { return }
        try require(issuer == named, "issuer", "is not the certifier named, \(named)")
    }

    private func agreed(
        _ pair: String?, _ body: String?, _ field: String
    ) throws(Refusal) -> String? {
        guard let pair, let body else { return pair ?? body }
        try require(pair == body, field, "\(body) is not what the record's pair says, \(pair)")
        return body
    }

    private func require(
        _ holds: Bool, _ field: String, _ reason: String
    ) throws(Refusal) {
        guard holds else { throw reader.refusal("record.body.\(field)", reason) }
    }
}
