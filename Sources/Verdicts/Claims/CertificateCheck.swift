import EPCIS
import GS1
import MerkleTrees
import Records

/// How well the certificates in evidence support one making, the best first.
enum Support: Int {
    /// A certificate that counts covers it.
    case valid
    /// Something was said for it that does not count in full, or no longer; the finding says what.
    case doubtful
    /// Nothing was said for it.
    case none
}

/// What certificates say for one occasion of a making, and the finding that tells it.
struct CertifiedOccasion {
    var support: Support
    var certificate: Certificate?
    var finding: VerdictFinding?
}

/// Group C (SPEC §24.5): whether a making is covered by a certificate that counts.
///
/// Of what those say whose certificates count (accredited certifiers, the network's checkers), the
/// best holds; what others say supports nothing beside it, so that a stranger's certificate neither
/// lowers a verdict nor covers up a revocation.
struct CertificateCheck {
    private let facts: ClaimFacts
    /// The certificates of the scheme that can be read, by who signed which part: who signs
    /// another's part makes it a certificate of its own.
    private var certificates: [Signed: Certificate] = [:]
    /// The accreditations for the scheme and all its criteria, by the certifier's URI.
    private var accreditations: [String: [(given: Accreditation, part: Hash256)]] = [:]
    /// The scheme's processes in which material enters the chain.
    private let growing: [SchemeProcess]

    init(_ facts: ClaimFacts) {
        self.facts = facts
        let scheme = facts.terms.scheme
        growing = scheme.processes.filter(\.grows)
        let anchors = Set(facts.evidence.governance.anchors)
        // Of others nobody asks what they revoked (SPEC §15.2).
        let ownership = facts.evidence.ownership
        var seen: Set<Signed> = []
        for known in facts.recordsAbout.values.joined() {
            switch known.record.kind {
            case .certificate, .transcribedCertificate:
                guard seen.insert(Signed(known)).inserted,
                    let read = try? Certificate.read(known.record, issuer: known.issuer),
                    read.scheme == facts.terms.claim.scheme
                else { continue }
                certificates[Signed(known)] = read
            case .accreditation:
                guard anchors.contains(known.issuer), seen.insert(Signed(known)).inserted,
                    let given = try? Accreditation.read(known.record, issuer: known.issuer),
                    given.schemes.contains(facts.terms.claim.scheme),
                    given.criteria.isSuperset(of: scheme.criteria)
                else { continue }
                for certifier in given.certifiers where ownership.isCertifying(certifier) {
                    accreditations[certifier, default: []].append((given, known.part))
                }
            default: continue
            }
        }
        accreditations = accreditations.mapValues { $0.sorted { $0.part < $1.part } }
    }

    private var scheme: SchemeTerms { facts.terms.scheme }

    private struct Signed: Hashable {
        var part: Hash256
        var issuer: String

        init(_ known: KnownRecord) { (part, issuer) = (known.part, known.issuer) }
    }

    /// What a certificate must cover.
    struct Need {
        var lot: String
        var product: String?
        var making: Making
        /// The part of the making that is asked about.
        var occasion: Occasion
    }

    /// One certificate held against a need; better ones first.
    private struct Verdict {
        var code: ClaimCode
        var certificate: Certificate
        var parts: [Hash256]
        /// What revoked or suspended it.
        var withdrawal: Withdrawal?

        /// Best first, so that taking one away never betters what is left.
        private static let order: [ClaimCode] = [
            .certificateValid, .certificateExpired, .certificateSuspended, .certificateRevoked,
            .certificateNonconforming, .certificateDeclared, .certificateUnconfirmed,
            .certificateGranularity, .certificateUnaccredited, .certificateOutOfScope,
        ]

        var rank: Int { Self.order.firstIndex(of: code) ?? Self.order.count }

        /// Whether it comes from somebody whose certificates count.
        var counts: Bool {
            switch code {
            case .certificateValid, .certificateSuspended, .certificateExpired,
                .certificateRevoked, .certificateNonconforming:
                true
            default: false
            }
        }
    }

    /// The support of an occasion, and what is to be told of it.
    func support(_ need: Need) -> CertifiedOccasion {
        let held = candidates(need).flatMap { verdicts($0, need) }
        let counting = held.filter(\.counts)
        let against = counting.filter { $0.code == .certificateNonconforming }
            .min { $0.parts[0] < $1.parts[0] }
        if let against {
            return certified(.doubtful, against, need)
        }
        let group = counting.isEmpty ? held : counting
        guard let best = group.min(by: { ($0.rank, $0.parts[0]) < ($1.rank, $1.parts[0]) }) else {
            return CertifiedOccasion(support: .none)
        }
        let support: Support =
            switch best.code {
            case .certificateValid: .valid
            case .certificateOutOfScope: .none
            default: .doubtful
            }
        return certified(support, best, need)
    }

    private func certified(_ support: Support, _ verdict: Verdict, _ need: Need)
        -> CertifiedOccasion
    {
        CertifiedOccasion(
            support: support, certificate: support == .none ? nil : verdict.certificate,
            finding: finding(verdict, need))
    }

    private func finding(_ verdict: Verdict, _ need: Need) -> VerdictFinding {
        let certificate = verdict.certificate
        var parameters = [
            "certificate": certificate.id, "issuer": certificate.issuer,
            "party": need.occasion.party,
            "from": certificate.fromDay,
        ]
        if let site = need.occasion.site { parameters["site"] = site }
        if let until = certificate.untilDay { parameters["until"] = until }
        for (name, value) in verdict.withdrawal?.parameters ?? [:] { parameters[name] = value }
        return VerdictFinding(
            verdict.code, need.lot, day: need.occasion.day, parameters,
            ask: verdict.code == .certificateValid ? nil : certificate.issuer,
            evidence: verdict.parts + need.making.parts)
    }

    // MARK: Candidates

    private func candidates(_ need: Need) -> [KnownRecord] {
        let uris = [need.lot, need.product, need.occasion.site, need.occasion.party]
        let named = need.making.events.flatMap { facts.events[$0].event.certificationInfo }
        var seen: Set<Signed> = []
        return (uris.compactMap(\.self) + named.map(\.uri))
            .flatMap { facts.records([.certificate, .transcribedCertificate], about: $0) }
            .filter { seen.insert(Signed($0)).inserted }
    }

    private func verdicts(_ known: KnownRecord, _ need: Need) -> [Verdict] {
        guard let certificate = certificates[Signed(known)] else { return [] }
        return certificate.assessments.compactMap { assessment in
            judge(certificate, assessment, known, need)
        }
    }

    /// The assessment against the need; nil where it is about other makers.
    private func judge(
        _ certificate: Certificate, _ assessment: CertificateCoverage, _ known: KnownRecord,
        _ need: Need
    ) -> Verdict? {
        let fit = fit(certificate, assessment, need)
        guard fit != .elsewhere else { return nil }
        let accreditation = accreditation(of: certificate, assessment)
        func verdict(_ code: ClaimCode, _ standing: Standing? = nil) -> Verdict {
            Verdict(
                code: code, certificate: certificate,
                parts: [known.part] + accreditation.parts + (standing?.parts ?? []),
                withdrawal: standing?.withdrawal)
        }
        guard fit == .whole else {
            return verdict(fit == .model ? .certificateGranularity : .certificateOutOfScope)
        }
        if accreditation.status == .none {
            return verdict(
                certificate.isTranscribed ? .certificateDeclared : .certificateUnaccredited)
        }
        if assessment.conformance == false { return verdict(.certificateNonconforming) }
        guard assessment.conformance == true else { return verdict(.certificateUnconfirmed) }
        let time = UInt64(clamping: need.occasion.timeMilliseconds)
        let own = standing(of: certificate.id, by: certificate.issuer, at: time)
        for status in [Status.revoked, .suspended] {
            guard let standing = [own, accreditation].first(where: { $0.status == status }) else {
                continue
            }
            return verdict(
                status == .revoked ? .certificateRevoked : .certificateSuspended, standing)
        }
        let holds =
            certificate.fromDay <= need.occasion.day
            && certificate.untilDay.map { need.occasion.day <= $0 } ?? true
        return verdict(holds ? .certificateValid : .certificateExpired)
    }

    // MARK: Scope

    private enum Fit { case whole, model, narrow, elsewhere }

    private func fit(
        _ certificate: Certificate, _ assessment: CertificateCoverage, _ need: Need
    ) -> Fit {
        let (making, occasion) = (need.making, need.occasion)
        guard certificate.party == nil || certificate.party == occasion.party else {
            return .elsewhere
        }
        var isNarrow = !assessment.criteria.isSuperset(of: scheme.criteria)
        var isModel = false
        for kind in scheme.covers {
            switch kind {
            case .party: isNarrow = isNarrow || certificate.party != occasion.party
            case .site:
                isNarrow = isNarrow || !(occasion.site.map(assessment.sites.contains) ?? false)
            case .product:
                isNarrow =
                    isNarrow
                    || !(need.product.map(assessment.products.contains) ?? false)
            case .batch where !assessment.batches.contains(need.lot):
                let namesModel = need.product.map(assessment.products.contains) ?? false
                isModel = isModel || namesModel
                isNarrow = isNarrow || !namesModel
            case .batch: break
            }
        }
        if making.isOrigin, !growing.isEmpty {
            // Else whoever holds a certificate for a later step makes goods from nothing.
            let possible = occasion.process.map { [$0] } ?? growing
            let named =
                certificate.processes.isEmpty && making.inputs.isEmpty
                ? possible : possible.filter { certificate.processes.contains($0.uri) }
            isNarrow = isNarrow || !named.contains(where: \.grows)
        } else if !certificate.processes.isEmpty {
            isNarrow = isNarrow || !(occasion.step.map(certificate.processes.contains) ?? false)
        }
        return isNarrow ? .narrow : isModel ? .model : .whole
    }

    // MARK: Who may certify, and what became of it

    private enum Status { case good, suspended, revoked, none }

    /// Whether something counts; if not, what took it back, and the parts that say so.
    private struct Standing {
        var status: Status
        var withdrawal: Withdrawal?
        var parts: [Hash256] = []
    }

    /// A revocation or suspension, of a certificate or of the accreditation behind it.
    private struct Withdrawal {
        /// The UTC day from which it has effect.
        var since: String?
        var by: String
        var reason: String?
        /// The accreditation, if that was revoked or suspended.
        var accreditation: String?

        var parameters: [String: String] {
            var parameters = ["by": by]
            if let since { parameters["since"] = since }
            if let reason { parameters["reason"] = reason }
            if let accreditation { parameters["accreditation"] = accreditation }
            return parameters
        }
    }

    /// Whether the issuer was accredited for the scheme and its criteria when it assessed, or is
    /// one whose transcriptions the scheme accepts; with the parts that say so.
    private func accreditation(
        of certificate: Certificate, _ assessment: CertificateCoverage
    ) -> Standing {
        if certificate.isTranscribed {
            return Standing(
                status: scheme.checkers.contains(certificate.issuer) ? .good : .none)
        }
        return accreditation(
            of: certificate.issuer, onDay: assessment.assessed ?? certificate.fromDay)
    }

    /// Whether a body may attest what happened in a month, `YYYY-MM`.
    func isAccredited(_ issuer: String, onMonth month: String) -> Bool {
        accreditation(of: issuer, onDay: month + "-01").status == .good
    }

    /// Whether a body was accredited for a month, `YYYY-MM`, be it that this was revoked since:
    /// what it said against a claim still stands, so that no revocation betters a verdict.
    func wasAccredited(_ issuer: String, onMonth month: String) -> Bool {
        accreditation(of: issuer, onDay: month + "-01").status != .none
    }

    /// Whether a body was accredited for the scheme at a time, be it that this was revoked since.
    func wasAccredited(_ issuer: String, atMilliseconds time: UInt64) -> Bool {
        accreditation(of: issuer, onDay: Self.day(time)).status != .none
    }

    private func accreditation(of certifier: String, onDay day: String) -> Standing {
        var worst = Standing(status: .none)
        for (given, part) in accreditations[certifier] ?? [] {
            guard given.fromDay <= day, given.untilDay.map({ day <= $0 }) ?? true else { continue }
            var found = standing(of: given.id, by: given.issuer) { from, until in
                Self.day(from) <= day && until.map { day <= Self.day($0) } ?? true
            }
            found.parts.insert(part, at: 0)
            found.withdrawal?.accreditation = given.id
            switch found.status {
            case .good: return found
            case .suspended where worst.status != .suspended: worst = found
            case .revoked where worst.status == .none: worst = found
            default: break
            }
        }
        return worst
    }

    private static func day(_ time: UInt64) -> String {
        CivilDate(milliseconds: Int64(clamping: time), offsetMinutes: 0).text
    }

    private func standing(of id: String, by issuer: String, at time: UInt64) -> Standing {
        standing(of: id, by: issuer) { from, until in
            from <= time && until.map { time < $0 } ?? true
        }
    }

    /// What its issuer has said since: of revocations the one that has effect first, else of
    /// suspensions.
    private func standing(
        of id: String, by issuer: String, whereHolds: (UInt64, UInt64?) -> Bool
    ) -> Standing {
        let held = facts.records([.revocation, .suspension], about: id).filter { known in
            known.issuer == issuer && known.record.target == .record(id)
                && known.record.fromMilliseconds.map {
                    whereHolds($0, known.record.untilMilliseconds)
                } ?? false
        }
        let revocations = held.filter { $0.record.kind == .revocation }
        let first = (revocations.isEmpty ? held : revocations).min {
            ($0.record.fromMilliseconds ?? 0, $0.part) < ($1.record.fromMilliseconds ?? 0, $1.part)
        }
        guard let first else { return Standing(status: .good) }
        return Standing(
            status: revocations.isEmpty ? .suspended : .revoked,
            withdrawal: Withdrawal(
                since: first.record.fromMilliseconds.map(Self.day), by: issuer,
                reason: first.record.reason),
            parts: [first.part])
    }
}
