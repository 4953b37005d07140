import EPCIS
import GS1
package import MerkleTrees

/// How far a part is its issuer's own to say; the worse is the greater (SPEC §13).
package enum Standing: UInt8, Comparable, Hashable, Sendable {
    /// Under the issuer's own company prefixes, at its own sites.
    case own
    /// Another's, under a delegation in force.
    case delegated
    /// Another's, without a delegation: it supports at most *declared*.
    case reported

    /// Orders by how little the part weighs.
    package static func < (left: Standing, right: Standing) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What was decided about a part, and the rule that made it so.
package struct Judgement: Hashable, Sendable {
    /// The worst standing of all rules asked.
    package var standing: Standing
    /// The rule that lowered it, such as `report.site`; nil for `own`.
    package var rule: String?
    /// What a person should know about it.
    package var reason: String?

    /// Nothing lowered it.
    package static let own = Judgement(standing: .own)

    /// Makes a judgement.
    package init(standing: Standing, rule: String? = nil, reason: String? = nil) {
        self.standing = standing
        self.rule = rule
        self.reason = reason
    }

    mutating func lower(to other: Judgement) {
        if other.standing > standing { self = other }
    }
}

/// What the ledger so far says, as far as deciding who may say what needs it.
///
/// A node answers from its log, an auditor from the evidence at hand. Answers must be those
/// before the statement that is being judged.
package protocol LedgerFacts: Sendable {
    /// Who issued records with this URI; empty if none is known.
    func recordIssuers(_ id: String) -> [String]
    /// Who signed a statement that covers this part.
    func partIssuers(_ digest: Hash256) -> [String]
    /// Delegations to an organisation that stand as records and are not revoked.
    func delegations(to organisation: String) -> [Delegation]
}

/// Decides who may say what, under one state of governance (SPEC §13).
///
/// Pure: the same code runs at admission, in mirrors and in offline audits.
package struct Authority: Sendable {
    private let governance: GovernanceState
    private let facts: any LedgerFacts

    /// Rules for what is registered under this governance, with the facts known before it.
    package init(governance: GovernanceState, facts: any LedgerFacts) {
        self.governance = governance
        self.facts = facts
    }

    /// The standing of a content that `issuer` registered at a time.
    ///
    /// - Throws: `authority.*` when it is not the issuer's to say at all.
    package func judge(
        _ content: Content, issuer: String, atMilliseconds time: UInt64
    ) throws(Refusal) -> Judgement {
        let speaker = Speaker(
            issuer: issuer, organisation: governance.organisations[issuer],
            delegations: inForce(to: issuer, at: time))
        switch content {
        case .event(let event): return try judge(event, by: speaker)
        case .record(let record): return try judge(record, by: speaker)
        case .governance, .attachment: return .own
        }
    }

    private func inForce(to issuer: String, at time: UInt64) -> [Delegation] {
        let recorded = facts.delegations(to: issuer)
        let all = governance.delegations(to: issuer) + recorded
        return all.filter { delegation in
            guard delegation.fromMilliseconds <= time else { return false }
            return delegation.untilMilliseconds.map { time < $0 } ?? true
        }
    }

    // MARK: Events

    private func judge(_ event: EPCISEvent, by speaker: Speaker) throws(Refusal) -> Judgement {
        var judgement = Judgement.own
        var judged: Set<String> = []
        for flow in event.flows where flow.role == .create {
            guard let digits = flow.subject.ownershipDigits, judged.insert(digits).inserted
            else { continue }
            judgement.lower(to: try create(flow.subject.uri, digits: digits, by: speaker))
        }
        if let site = event.primarySite {
            judgement.lower(to: report(site, by: speaker))
        }
        return judgement
    }

    private func create(
        _ uri: String, digits: String, by speaker: Speaker
    ) throws(Refusal) -> Judgement {
        if speaker.owns(digits: digits) { return .own }
        if let delegation = speaker.delegations.first(where: { covers(digits, by: $0) }) {
            return Judgement(standing: .delegated, rule: "create.prefix", reason: delegation.id)
        }
        guard let owner = governance.owner(ofPrefixCovering: digits) else {
            return Judgement(
                standing: .reported, rule: "create.prefix",
                reason: "no member's company prefix covers \(uri)")
        }
        throw Refusal(
            code: "authority.create-prefix", field: uri,
            reason: "the company prefix is \(owner.uri)'s; it must delegate it to "
                + "\(speaker.issuer) first (rule create.prefix)")
    }

    private func covers(_ digits: String, by delegation: Delegation) -> Bool {
        delegation.prefixes.contains { digits.hasPrefix($0) && mayGive(prefix: $0, delegation.by) }
    }

    private func mayGive(prefix: String, _ giver: String) -> Bool {
        governance.organisations[giver]?.prefixes.contains { prefix.hasPrefix($0) } ?? false
    }

    private func report(_ site: CanonicalIdentifier, by speaker: Speaker) -> Judgement {
        if speaker.owns(site: site) { return .own }
        for delegation in speaker.delegations {
            let named = delegation.sites.contains(site.uri)
            let covered = site.ownershipDigits.map { covers($0, by: delegation) } ?? false
            guard named || covered, let giver = governance.organisations[delegation.by],
                Speaker(issuer: giver.uri, organisation: giver).owns(site: site)
            else { continue }
            return Judgement(standing: .delegated, rule: "report.site", reason: delegation.id)
        }
        return Judgement(
            standing: .reported, rule: "report.site",
            reason: "\(site.uri) is not a site of \(speaker.issuer), and nobody delegated it")
    }

    // MARK: Records

    private func judge(_ record: Record, by speaker: Speaker) throws(Refusal) -> Judgement {
        switch record.kind {
        case .masterData: return try assert(record.about, by: speaker)
        case .delegation:
            try checkScope(record.scope, by: speaker)
            return .own
        case .erasure:
            guard case .part(let digest) = record.target,
                facts.partIssuers(digest).contains(speaker.issuer)
            else {
                throw Refusal(
                    code: "authority.erase-own", field: "record.target",
                    reason: "only whoever signed a part may have it erased (rule erase.own)")
            }
            return .own
        case .revocation, .suspension:
            guard case .record(let id) = record.target else { return .own }
            let owners = facts.recordIssuers(id)
            guard let owner = owners.first, !owners.contains(speaker.issuer) else { return .own }
            throw Refusal(
                code: "authority.status-own", field: "record.target",
                reason: "\(id) was issued by \(owner); only it can revoke it (rule status.own)")
        default: return .own
        }
    }

    private func assert(_ about: [String], by speaker: Speaker) throws(Refusal) -> Judgement {
        var judgement = Judgement.own
        for uri in about where uri != speaker.issuer {
            guard let subject = try? CanonicalIdentifier(uri) else { continue }
            judgement.lower(to: try assert(subject, by: speaker))
        }
        return judgement
    }

    private func assert(
        _ subject: CanonicalIdentifier, by speaker: Speaker
    ) throws(Refusal) -> Judgement {
        let digits = subject.ownershipDigits
        if speaker.owns(site: subject) { return .own }
        for delegation in speaker.delegations {
            let giver = governance.organisations[delegation.by]
            let named =
                delegation.sites.contains(subject.uri)
                && (giver.map { Speaker(issuer: $0.uri, organisation: $0).owns(site: subject) }
                    ?? false)
            guard named || (digits.map { covers($0, by: delegation) } ?? false) else { continue }
            return Judgement(standing: .delegated, rule: "assert.own", reason: delegation.id)
        }
        let owner =
            governance.owner(ofSite: subject.uri)
            ?? governance.organisations[subject.uri]
            ?? digits.flatMap { governance.owner(ofPrefixCovering: $0) }
        guard let owner else {
            return Judgement(
                standing: .reported, rule: "assert.own",
                reason: "no member owns \(subject.uri)")
        }
        throw Refusal(
            code: "authority.assert-own", field: subject.uri,
            reason: "is \(owner.uri)'s; it must say this itself or delegate it (rule assert.own)")
    }

    private func checkScope(_ scope: [ScopeItem], by speaker: Speaker) throws(Refusal) {
        for (index, item) in scope.enumerated() {
            let own: Bool
            switch item.name {
            case "prefix": own = mayGive(prefix: item.value, speaker.issuer)
            case "site": own = (try? CanonicalIdentifier(item.value)).map(speaker.owns) ?? false
            default: own = true
            }
            guard own else {
                throw Refusal(
                    code: "authority.assert-own", field: "record.scope[\(index)]",
                    reason: "\(item.name) \(item.value) is not \(speaker.issuer)'s to delegate "
                        + "(rule assert.body)")
            }
        }
    }
}

/// Who speaks, and with whose leave.
private struct Speaker {
    var issuer: String
    var organisation: Organisation?
    var delegations: [Delegation] = []

    func owns(digits: String) -> Bool {
        organisation?.prefixes.contains { digits.hasPrefix($0) } ?? false
    }

    func owns(site: CanonicalIdentifier) -> Bool {
        if organisation?.sites.contains(site.uri) ?? false { return true }
        return site.ownershipDigits.map(owns(digits:)) ?? false
    }
}

extension Delegation {
    /// Reads a delegation record, whose issuer is the one that delegates (SPEC §13).
    package init?(_ record: Record, to organisation: String, issuer: String) {
        guard record.kind == .delegation, record.to.contains(organisation), let id = record.id,
            let from = record.fromMilliseconds
        else { return nil }
        self.init(
            id: id, by: issuer, to: organisation,
            prefixes: record.scope.filter { $0.name == "prefix" }.map(\.value),
            sites: record.scope.filter { $0.name == "site" }.map(\.value),
            fromMilliseconds: from, untilMilliseconds: record.untilMilliseconds)
    }
}
