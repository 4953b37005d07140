import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

extension VerifiedEvidence {
    /// Judges a claim about the subject of this evidence (SPEC §24).
    ///
    /// A pure function: node, command line and offline audit call it on the same file and get the
    /// same verdict.
    ///
    /// - Throws: `Refusal` `claim.*` for a claim that the network's schemes do not let be made;
    ///   `EvidenceRejection` as ``EvidenceVerifier/verify(_:)`` for more subjects than the limit.
    package func judge(_ claim: Claim, at times: ClaimTimes) throws -> Verdict {
        let known = try known(atMilliseconds: times.knownAtMilliseconds)
        let terms = try ClaimTerms(claim, at: times, under: known.governance)
        return ClaimJudge(known, terms).verdict()
    }
}

/// Puts the checks of a claim together.
struct ClaimJudge {
    private let facts: ClaimFacts
    private let graph: TradeGraph
    private let certificates: CertificateCheck
    private let allocations: Allocations
    private let movements: Movements<ClaimFacts>
    private let answer: Answer
    private var supports: [Int: [String: Support]] = [:]
    /// Of origins for which nothing is said: told as missing only if nothing qualifies.
    private var bare: [CertificateCheck.Need] = []
    /// The certificates on which makings rest.
    private var resting: [Allocations.Resting] = []
    private var findings: [VerdictFinding] = []
    private var shares: [String: ShareBounds] = [:]

    private var terms: ClaimTerms { facts.terms }
    private var evidence: VerifiedEvidence { facts.evidence }
    private var subject: String { evidence.question.uri }

    init(_ evidence: VerifiedEvidence, _ terms: ClaimTerms) {
        facts = ClaimFacts(evidence, terms)
        graph = TradeGraph(of: evidence.question.uri, facts)
        certificates = CertificateCheck(facts)
        allocations = Allocations(facts)
        movements = Movements(facts)
        answer = evidence.judge()
    }

    /// The verdict.
    func verdict() -> Verdict {
        var judge = self
        return judge.judged()
    }

    private mutating func judged() -> Verdict {
        guard answer.outcome != .notApplicable else { return verdict(.notApplicable, share: nil) }
        if !terms.allowsModel {
            findings.append(
                VerdictFinding(
                    .claimModelRefused, subject, ["model": terms.model?.name ?? ""]))
        }
        certify()
        let attested = AttestedBalances(facts, graph)
        let share = material(attested)
        traceOrigins()
        let custody = CustodyCheck(facts, graph, movements)
        let status = StatusCheck(facts: facts, certificates: certificates)
        for lot in graph.lots.values {
            findings += custody.findings(of: lot) + status.findings(of: lot.uri)
        }
        checkGathering()
        checkLogs()
        takeRecords(attested)
        return verdict(outcome(share), share: share?.low)
    }

    // MARK: Certificates

    /// Holds the makings within the scheme's reach against the certificates.
    private mutating func certify() {
        for lot in graph.lots.values where needsCertificate(lot) {
            for number in lot.makings {
                let making = graph.makings[number]
                guard terms.scheme.reach != .origins || making.isOrigin else { continue }
                let product = (try? CanonicalIdentifier(lot.uri))?.product
                for occasion in making.occasions {
                    certify(
                        CertificateCheck.Need(
                            lot: lot.uri, product: product, making: making, occasion: occasion),
                        number)
                }
            }
        }
        findings += allocations.findings(of: resting, graph)
    }

    /// Holds an occasion of a making against the certificates.
    private mutating func certify(_ need: CertificateCheck.Need, _ number: Int) {
        let certified = certificates.support(need)
        // Of several occasions the worst.
        let before = supports[number]?[need.lot] ?? .valid
        supports[number, default: [:]][need.lot] = [before, certified.support]
            .max { $0.rawValue < $1.rawValue }
        if let finding = certified.finding { findings.append(finding) }
        if certified.support == .none {
            let isOrigin = need.making.isOrigin && !terms.scheme.models.isEmpty
            if isOrigin { bare.append(need) } else { findings.append(missing(need)) }
        }
        if terms.scheme.needsPlots, need.making.isOrigin { checkPlot(need) }
        guard let certificate = certified.certificate else { return }
        resting.append(
            Allocations.Resting(
                certificate: certificate, lot: need.lot, making: number, day: need.occasion.day))
    }

    private func needsCertificate(_ lot: Lot) -> Bool {
        if terms.scheme.reach == .subject { return lot.uri == subject }
        // An item's material is its batch's, a container's what it holds.
        return !graph.isOfContents(lot)
    }

    private func missing(_ need: CertificateCheck.Need) -> VerdictFinding {
        let (party, site) = (need.occasion.party, need.occasion.site ?? "")
        return VerdictFinding(
            .certificateMissing, need.lot, day: need.occasion.day,
            ["party": party, "site": site, "scheme": terms.claim.scheme], ask: party,
            evidence: need.making.parts)
    }

    private mutating func checkPlot(_ need: CertificateCheck.Need) {
        let occasion = need.occasion
        let located = occasion.site.map {
            facts.masterData(about: $0, atMilliseconds: occasion.timeMilliseconds)
        }?.first { $0.0.coordinates != nil || $0.0.geometry != nil }
        guard located == nil else { return }
        findings.append(
            VerdictFinding(
                .originPlotMissing, need.lot, day: occasion.day, ["site": occasion.site ?? ""],
                ask: occasion.party, evidence: need.making.parts))
    }

    // MARK: Material

    /// The share that the records support; nil for a scheme without models.
    private mutating func material(_ attested: AttestedBalances) -> ShareBounds? {
        let check = MaterialCheck(
            facts, graph, supports: supports, attested: attested,
            allocations: allocations, movements: movements)
        guard !terms.scheme.models.isEmpty else {
            // That a thing is made of itself is no matter of amounts.
            findings += check.findings.filter { $0.code == ClaimCode.custodyCycle.rawValue }
            return nil
        }
        findings += check.findings
        shares = check.shares
        let share = check.shares[subject] ?? .unknown
        for lot in graph.lots.values {
            for number in lot.makings where graph.makings[number].isOrigin {
                let making = graph.makings[number]
                guard share.high > .zero, supports[number]?[lot.uri] == Support.none else {
                    continue
                }
                findings.append(
                    VerdictFinding(
                        .materialUnqualified, lot.uri, day: making.day, ["party": making.party],
                        evidence: making.parts))
            }
        }
        if share.high == .zero { findings += bare.map(missing) }
        if terms.model == .identityPreserved { checkIdentity(check) }
        if share.high > .zero, share.high < terms.share {
            findings.append(
                VerdictFinding(
                    .materialShare, subject,
                    ["share": share.high.description, "claimed": terms.share.description]))
        }
        return share
    }

    /// Under identity preservation everything comes from one origin.
    private mutating func checkIdentity(_ check: MaterialCheck) {
        let origins = graph.lots.values.filter { lot in
            lot.makings.contains { graph.makings[$0].isOrigin }
                && (check.shares[lot.uri]?.high ?? .zero) > .zero && lot.contents.isEmpty
                && !lot.isEmptied
        }
        guard origins.count > 1 else { return }
        findings.append(
            VerdictFinding(
                .materialModel, subject,
                ["model": CustodyModel.identityPreserved.name, "origins": "\(origins.count)"]))
    }

    /// Things of which nobody tells how they came to be.
    private mutating func traceOrigins() {
        for lot in graph.lots.values where graph.isUntold(lot) {
            let events = Subject(facet: .events, uri: lot.uri)
            guard evidence.asked[events.key(in: evidence.network)] != nil,
                facts.hidden[lot.uri] == nil
            else { continue }
            findings.append(
                VerdictFinding(.custodyOriginUnknown, lot.uri, ask: facts.owner(of: lot.uri)))
        }
    }

    // MARK: Ledger and records

    /// What is said of a lot, of who made it or where, or of a credential was not asked, since what
    /// leads there had fallen.
    private mutating func checkGathering() {
        guard !evidence.unasked.isEmpty else { return }
        let kinds: Set<RecordKind> = [.certificate, .transcribedCertificate, .accreditation]
        let credentials = facts.recordsAbout.values.joined().lazy.map(\.record)
            .filter { kinds.contains($0.kind) }.compactMap(\.id)
        let makers = Set(graph.lots.values.flatMap(\.makings)).flatMap { number in
            let making = graph.makings[number]
            return making.events.flatMap { facts.events[$0].event.certificationInfo.map(\.uri) }
                + making.occasions.flatMap { [$0.party, $0.site].compactMap(\.self) }
        }
        let named = Set(graph.lots.keys).union(credentials).union(makers)
        let missed = evidence.unasked.filter { $0.facet == .account || named.contains($0.uri) }
        findings += Set(missed.map(\.uri)).map { VerdictFinding(.ledgerNotGathered, $0) }
    }

    private mutating func checkLogs() {
        for alarm in evidence.bearingAlarms {
            findings.append(
                VerdictFinding(
                    .ledgerAlarm, subject,
                    ["origin": alarm.alarm.origin ?? "", "kind": alarm.alarm.kindName]))
        }
        for origin in answer.notConsulted {
            findings.append(
                VerdictFinding(
                    .ledgerNotConsulted, subject, ["origin": origin],
                    ask: evidence.governance.nodes[origin]?.organisation))
        }
        guard let freshness = terms.scheme.freshnessSeconds else { return }
        for log in evidence.logs {
            let age = terms.times.knownAtMilliseconds.subtractingReportingOverflow(
                log.seal.sealedAtMilliseconds)
            guard !age.overflow, age.partialValue / 1_000 > freshness else { continue }
            findings.append(
                VerdictFinding(
                    .ledgerStale, subject, ["origin": log.origin],
                    ask: evidence.governance.nodes[log.origin]?.organisation))
        }
    }

    /// What is wrong with the records themselves (SPEC §16); stubs that a balance vouches for lower
    /// nothing.
    private mutating func takeRecords(_ attested: AttestedBalances) {
        var told: Set<VerdictFinding> = []
        let things = thingsOfParts
        for finding in answer.findings {
            let log = evidence.logs.first { $0.origin == finding.origin }
            let issuer = log?.entries[finding.leafIndex]?.statement.statement.issuer ?? ""
            let isStub = finding.code == .partWithheld || finding.code == .partErased
            if isStub, let balance = attested.parts[finding.part] {
                told.insert(
                    VerdictFinding(
                        .materialAttested, things[finding.part] ?? subject, ["issuer": issuer],
                        evidence: [balance]))
            } else {
                told.insert(
                    VerdictFinding(
                        finding, subject: things[finding.part] ?? subject, issuer: issuer))
            }
        }
        findings += told
    }

    /// The thing in whose chain each part stands: one of the graph, if there is one.
    private var thingsOfParts: [Hash256: String] {
        var things: [Hash256: String] = [:]
        for log in evidence.logs {
            for (subject, links) in log.chains {
                for link in links {
                    let known = things[link.part] ?? subject.uri
                    things[link.part] = closer(known, subject.uri)
                }
            }
        }
        return things
    }

    private func closer(_ left: String, _ right: String) -> String {
        let isNear = (graph.lots[left] != nil, graph.lots[right] != nil)
        return isNear.0 == isNear.1 ? min(left, right) : isNear.0 ? left : right
    }

    // MARK: Outcome

    private func outcome(_ share: ShareBounds?) -> Outcome {
        let lowered = Set(findings.compactMap(\.lowersTo))
        if let worst = Outcome.allCases.first(where: lowered.contains) { return worst }
        // Records that nobody vouches for stay declared (SPEC §16).
        if answer.outcome == .declared { return .declared }
        guard let share else { return .verified }
        guard share.low >= terms.share else { return .incomplete }
        return share.low == .one ? .verified : .verifiedPartial
    }

    private func verdict(_ outcome: Outcome, share: Ratio?) -> Verdict {
        let sorted = VerdictFinding.sorted(findings)
        let steps = sorted.flatMap { finding in
            finding.asked.map {
                FrontierStep(ask: $0, about: finding.subject, code: finding.code)
            }
        }
        var paths: [String: [String]] = [:]
        for finding in sorted where graph.lots[finding.subject] != nil {
            paths[finding.subject] = graph.path(of: finding.subject)
        }
        return Verdict(
            network: evidence.network, subject: subject, claim: terms.claim,
            claimedShare: terms.share.description, model: terms.model, times: terms.times,
            policy: terms.scheme.digest, outcome: outcome, share: share, coverage: coverage,
            findings: sorted, paths: paths, frontier: Set(steps).sorted(), basis: answer.basis,
            notConsulted: answer.notConsulted, alarms: answer.alarms, lots: lots,
            names: names(in: sorted))
    }

    /// The graph for people: what each thing was made of, by whom and when.
    private var lots: [VerdictLot] {
        var known: [[Int]: [String]] = [:]
        return graph.lots.values.map { lot in
            let makings = lot.makings.map { graph.makings[$0] }
            let first = makings.min { $0.timeMilliseconds < $1.timeMilliseconds }
            return VerdictLot(
                uri: lot.uri, upstream: upstream(of: lot, &known),
                party: first?.party, day: first?.day, share: shares[lot.uri]?.low)
        }
    }

    /// What a lot is of; lots of the same makings share it.
    private func upstream(of lot: Lot, _ known: inout [[Int]: [String]]) -> [String] {
        if lot.contents.isEmpty, let found = known[lot.makings] { return found }
        let makings = lot.makings.map { graph.makings[$0] }.filter { !$0.isOrigin }
        let inputs = makings.flatMap { $0.inputs.map(\.uri) }
        let found = Array(OrderedSet(inputs + lot.contents))
        if lot.contents.isEmpty { known[lot.makings] = found }
        return found
    }

    private func names(in findings: [VerdictFinding]) -> [String: String] {
        let makers = graph.makings.map(\.party)
        let spoken = findings.flatMap { Array($0.parameters.values) + [$0.ask].compactMap(\.self) }
        let known = Set(makers + spoken).compactMap { uri in
            evidence.governance.organisations[uri].map { (uri, $0.name) }
        }
        return Dictionary(known) { first, _ in first }
    }

    private var coverage: Coverage {
        var coverage = Coverage(lots: graph.lots.count, traced: 0, opened: 0, parts: 0)
        var opened: Set<Hash256> = []
        var hidden: Set<Hash256> = []
        for lot in graph.lots.values {
            if !lot.makings.isEmpty || !lot.contents.isEmpty { coverage.traced += 1 }
            opened.formUnion((facts.eventsAbout[lot.uri] ?? []).map { facts.events[$0].part })
            hidden.formUnion((facts.hidden[lot.uri] ?? []).map(\.part))
        }
        coverage.opened = opened.count
        coverage.parts = opened.count + hidden.count
        return coverage
    }
}
