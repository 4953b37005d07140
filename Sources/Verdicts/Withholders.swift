import Records

/// Whose closed records lower an answer though nothing was in their hands (SPEC §16): a certifier's
/// may be a certificate that says no, and whoever issued a record may have taken it back.
struct Withholders {
    /// The accreditation anchors, and whom one of them has ever accredited.
    private var certifiers: Set<String>
    /// Who issued a record of a URI.
    private var issuers: [String: Set<String>] = [:]

    /// Those that evidence knows.
    init(_ evidence: VerifiedEvidence) {
        let anchors = Set(evidence.governance.anchors)
        certifiers = anchors
        for log in evidence.logs {
            for link in log.chains.values.joined() {
                guard let entry = log.entries[link.leafIndex], !evidence.hasFallen(entry),
                    case .record(let record) = evidence.parts[link.part]?.readable
                else { continue }
                if record.kind == .accreditation, anchors.contains(entry.issuer) {
                    certifiers.formUnion(record.about)
                }
                if let id = record.id { issuers[id, default: []].insert(entry.issuer) }
            }
        }
    }

    /// Whether a closed record of an issuer in the assertions about a URI lowers an answer.
    func contain(_ issuer: String, _ uri: String) -> Bool {
        certifiers.contains(issuer) || issuers[uri]?.contains(issuer) ?? false
    }
}
