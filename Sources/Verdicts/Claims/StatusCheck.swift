import GS1
import MerkleTrees
import Records

/// Group S (SPEC §24.5): whether it is recalled or disputed by somebody whose word counts.
struct StatusCheck {
    let facts: ClaimFacts
    let certificates: CertificateCheck

    /// The findings about one thing, recalls of its product included.
    func findings(of uri: String) -> [VerdictFinding] {
        let product = (try? CanonicalIdentifier(uri))?.product
        return [uri, product].compactMap(\.self).flatMap { subject in
            facts.records([.recall, .dispute], about: subject).filter {
                $0.record.about.contains(subject) && mayLower($0.issuer, subject, for: uri)
                    && isOpen($0)
            }
        }.map { known in
            VerdictFinding(
                known.record.kind == .recall ? .statusRecalled : .statusDisputed, uri,
                ["issuer": known.issuer, "reason": known.record.reason ?? ""], ask: known.issuer,
                evidence: [known.part])
        }
    }

    /// Whose word counts about the thing or its product, and whoever is accredited to certify it.
    private func mayLower(_ issuer: String, _ subject: String, for uri: String) -> Bool {
        [subject, uri].contains {
            facts.evidence.isRelated(issuer, to: Subject(facet: .assertions, uri: $0))
        }
            || certificates.wasAccredited(
                issuer, atMilliseconds: facts.terms.times.validAtMilliseconds)
    }

    private func isOpen(_ known: KnownRecord) -> Bool {
        guard facts.holds(known.record) else { return false }
        guard let id = known.record.id else { return true }
        return !facts.resolved.contains(.init(id: id, issuer: known.issuer))
    }
}
