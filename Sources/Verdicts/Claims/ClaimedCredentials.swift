package import EPCIS
import MerkleTrees
import Records

extension VerifiedEvidence {
    /// What certificates claim about the subject of this evidence, and by whom, as JSON
    /// (SPEC §17.7): told, not judged.
    package var claims: JSONValue {
        let credentials = ClaimedCredentials(self)
        let answer = judge()
        let schemes = governance.schemes.sorted { $0.key < $1.key }.map { id, terms in
            (try? SchemeTerms.read(terms))?.json(id: id)
                ?? .object([JSONMember("id", .string(id))])
        }
        return .object([
            JSONMember("network", .string(network.hex)),
            JSONMember("subject", .string(question.uri)),
            JSONMember("claims", .array(credentials.certificates)),
            JSONMember("schemes", .array(schemes)),
            JSONMember("basis", Basis.json(answer.basis, answer.notConsulted)),
        ])
    }
}

/// The certificates in evidence and what stands behind each.
struct ClaimedCredentials {
    private struct Spoken: Hashable {
        var part: Hash256
        var issuer: String
    }

    private let evidence: VerifiedEvidence
    private var records: [(record: Record, issuer: String, part: Hash256)] = []

    init(_ evidence: VerifiedEvidence) {
        self.evidence = evidence
        var seen: Set<Spoken> = []
        for log in evidence.logs {
            for (subject, links) in log.chains where subject.facet == .assertions {
                for link in links {
                    guard let entry = log.entries[link.leafIndex],
                        !evidence.hasFallen(entry),
                        case .record(let record) = evidence.parts[link.part]?.readable
                    else { continue }
                    let issuer = entry.issuer
                    guard seen.insert(Spoken(part: link.part, issuer: issuer)).inserted else {
                        continue
                    }
                    records.append((record, issuer, link.part))
                }
            }
        }
        records.sort { ($0.part, $0.issuer) < ($1.part, $1.issuer) }
    }

    /// The certificates, by digest.
    var certificates: [JSONValue] {
        records.compactMap { record, issuer, part in
            guard record.kind == .certificate || record.kind == .transcribedCertificate else {
                return nil
            }
            guard let certificate = try? Certificate.read(record, issuer: issuer) else {
                return .object([
                    JSONMember("id", .string(record.id ?? "")),
                    JSONMember("issuer", organisation(issuer)),
                    JSONMember("unreadable", .bool(true)),
                    JSONMember("part", .string(part.hex)),
                ])
            }
            return told(certificate, record, part)
        }
    }

    private func told(
        _ certificate: Certificate, _ record: Record, _ part: Hash256
    ) -> JSONValue {
        var members = [
            JSONMember("id", .string(certificate.id)),
            JSONMember("issuer", organisation(certificate.issuer)),
            JSONMember("transcribed", .bool(certificate.isTranscribed)),
        ]
        if let scheme = certificate.scheme { members.append(JSONMember("scheme", .string(scheme))) }
        if let party = certificate.party {
            members.append(JSONMember("party", organisation(party)))
        }
        members.append(JSONMember("about", Self.strings(record.about)))
        members.append(JSONMember("from", .string(certificate.fromDay)))
        if let until = certificate.untilDay { members.append(JSONMember("until", .string(until))) }
        members.append(JSONMember("assessments", .array(certificate.assessments.map(Self.told))))
        let status = status(of: certificate.id, by: certificate.issuer)
        members.append(JSONMember("status", .string(status)))
        members.append(JSONMember("accreditations", .array(accreditations(of: certificate))))
        members.append(JSONMember("part", .string(part.hex)))
        return .object(members)
    }

    private static func told(_ assessment: CertificateCoverage) -> JSONValue {
        var members = [JSONMember("criteria", strings(assessment.criteria.sorted()))]
        if let conformance = assessment.conformance {
            members.append(JSONMember("conformance", .bool(conformance)))
        }
        if let assessed = assessment.assessed {
            members.append(JSONMember("assessed", .string(assessed)))
        }
        members.append(JSONMember("sites", strings(assessment.sites.sorted())))
        members.append(JSONMember("products", strings(assessment.products.sorted())))
        members.append(JSONMember("batches", strings(assessment.batches.sorted())))
        return .object(members)
    }

    /// What anchors say of the certifier under the certificate's scheme.
    private func accreditations(of certificate: Certificate) -> [JSONValue] {
        records.compactMap { record, issuer, part in
            guard evidence.governance.anchors.contains(issuer),
                let given = try? Accreditation.read(record, issuer: issuer),
                given.certifiers.contains(certificate.issuer),
                certificate.scheme.map(given.schemes.contains) ?? true
            else { return nil }
            var members = [
                JSONMember("id", .string(given.id)), JSONMember("issuer", organisation(issuer)),
                JSONMember("criteria", Self.strings(given.criteria.sorted())),
                JSONMember("from", .string(given.fromDay)),
            ]
            if let until = given.untilDay { members.append(JSONMember("until", .string(until))) }
            members.append(JSONMember("status", .string(status(of: given.id, by: issuer))))
            members.append(JSONMember("part", .string(part.hex)))
            return .object(members)
        }
    }

    /// Whether its issuer ever revoked or suspended it; when that holds a verdict tells.
    private func status(of id: String, by issuer: String) -> String {
        let kinds = records.filter { $0.issuer == issuer && $0.record.target == .record(id) }
            .map(\.record.kind)
        return kinds.contains(.revocation)
            ? "revoked" : kinds.contains(.suspension) ? "suspended" : "current"
    }

    private func organisation(_ uri: String) -> JSONValue {
        let name = evidence.governance.organisations[uri]?.name
        return .object(
            [JSONMember("uri", .string(uri))]
                + (name.map { [JSONMember("name", .string($0))] } ?? []))
    }

    private static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map(JSONValue.string))
    }
}
