import EPCIS
import GS1

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

/// Decides who may say what, under one state of governance (SPEC §13).
///
/// Pure: the same code runs at admission, in mirrors and in offline audits.
package struct Authority: Sendable {
    let governance: GovernanceState
    let facts: any LedgerFacts

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

    /// Whether a thing or a site is a member's own, or its owner lets the member speak for it.
    package func speaks(_ issuer: String, for uri: String, atMilliseconds time: UInt64) -> Bool {
        guard uri != issuer else { return true }
        guard let thing = try? CanonicalIdentifier(uri) else { return false }
        let speaker = Speaker(
            issuer: issuer, organisation: governance.organisations[issuer],
            delegations: inForce(to: issuer, at: time))
        return standing(of: speaker, on: thing, rule: "report.thing").standing < .reported
            || report(thing, by: speaker).standing < .reported
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
        let created = Self.owned(event.flows.filter { $0.role == .create })
        for thing in created { judgement.lower(to: try create(thing, by: speaker)) }
        if let site = event.primarySite {
            judgement.lower(to: report(site, by: speaker))
        } else {
            for thing in Self.owned(event.flows.filter { $0.role != .create }) {
                judgement.lower(to: self.standing(of: speaker, on: thing, rule: "report.thing"))
            }
        }
        return judgement
    }

    /// One thing for each owner and each thing without: the others are judged alike.
    private static func owned(_ flows: [EventFlow]) -> [CanonicalIdentifier] {
        var seen: Set<String> = []
        return flows.map(\.subject).filter { seen.insert($0.ownershipDigits ?? $0.uri).inserted }
    }

    private func create(
        _ thing: CanonicalIdentifier, by speaker: Speaker
    ) throws(Refusal) -> Judgement {
        let judgement = standing(of: speaker, on: thing, rule: "create.prefix")
        guard judgement.standing == .reported, let digits = thing.ownershipDigits,
            let owner = governance.owner(ofPrefixCovering: digits)
        else { return judgement }
        throw Refusal(
            code: "authority.create-prefix", field: thing.uri,
            reason: "the company prefix is \(owner.uri)'s; it must delegate it to "
                + "\(speaker.issuer) first (rule create.prefix)")
    }

    /// How far a thing is a speaker's by its company prefix.
    private func standing(
        of speaker: Speaker, on thing: CanonicalIdentifier, rule: String
    ) -> Judgement {
        if let digits = thing.ownershipDigits {
            if speaker.owns(digits: digits) { return .own }
            if let delegation = speaker.delegations.first(where: { covers(digits, by: $0) }) {
                return Judgement(standing: .delegated, rule: rule, reason: delegation.id)
            }
        }
        let owner = thing.ownershipDigits.flatMap { governance.owner(ofPrefixCovering: $0) }
        return Judgement(
            standing: .reported, rule: rule,
            reason: owner.map { "\(thing.uri) is \($0.uri)'s" }
                ?? "no member's company prefix covers \(thing.uri)")
    }

    private func covers(_ digits: String, by delegation: Delegation) -> Bool {
        delegation.prefixes.contains { digits.hasPrefix($0) && mayGive(prefix: $0, delegation.by) }
    }

    func mayGive(prefix: String, _ giver: String) -> Bool {
        governance.organisations[giver]?.prefixes.contains { prefix.hasPrefix($0) } ?? false
    }

    private func report(_ site: CanonicalIdentifier, by speaker: Speaker) -> Judgement {
        if speaker.owns(site: site) { return .own }
        if let delegation = leave(of: speaker, for: site) {
            return Judgement(standing: .delegated, rule: "report.site", reason: delegation.id)
        }
        return Judgement(
            standing: .reported, rule: "report.site",
            reason: "\(site.uri) is not a site of \(speaker.issuer), and nobody delegated it")
    }

    /// The delegation by which a speaker may speak for what another owns.
    func leave(of speaker: Speaker, for place: CanonicalIdentifier) -> Delegation? {
        speaker.delegations.first { delegation in
            let named = delegation.sites.contains(place.uri)
            let covered = place.ownershipDigits.map { covers($0, by: delegation) } ?? false
            guard named || covered, let giver = governance.organisations[delegation.by] else {
                return false
            }
            return Speaker(issuer: giver.uri, organisation: giver).owns(site: place)
        }
    }
}

/// Who speaks, and with whose leave.
struct Speaker {
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

extension Record {
    /// Has a delegation name whoever is about to sign it in `about` (SPEC §13.1).
    package mutating func nameGiver(_ issuer: String) {
        guard kind == .delegation, !about.contains(issuer) else { return }
        about = (about + [issuer]).sorted(by: precedesBytewise)
    }
}

extension Delegation {
    /// Reads a delegation record, whose issuer is the one that delegates and is named in `about`:
    /// so it stands in its giver's own chain (SPEC §13).
    package init?(_ record: Record, to organisation: String, issuer: String) {
        guard record.kind == .delegation, record.to.contains(organisation),
            record.about.contains(issuer), let id = record.id, let from = record.fromMilliseconds
        else { return nil }
        self.init(
            id: id, by: issuer, to: organisation,
            prefixes: record.scope.filter { $0.name == "prefix" }.map(\.value),
            sites: record.scope.filter { $0.name == "site" }.map(\.value),
            fromMilliseconds: from, untilMilliseconds: record.untilMilliseconds)
    }
}
