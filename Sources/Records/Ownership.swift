import DeterministicCBOR
import GS1

/// Who owns which identifiers, and who may speak for whom, in any state that a network's
/// governance has had (SPEC §13.2).
///
/// It only grows: a prefix that went from one member to another, in a merger or a sale, leaves both
/// its owners, because the records of the first still stand.
package struct Ownership: Sendable {
    private var organisations: Set<String> = []
    private var sites: [String: Set<String>] = [:]
    private var prefixes: [String: Set<String>] = [:]
    private var gifts: [String: Set<Delegation>] = [:]
    private var certifying: Set<String> = []
    private var checkers: Set<String> = []
    private var terms: [String: CBORValue] = [:]
    /// Who has been an accreditation anchor.
    package private(set) var anchors: Set<String> = []

    /// What the states given say together.
    package init(_ states: some Sequence<GovernanceState>) {
        for state in states { add(state) }
    }

    /// Takes in a further state.
    package mutating func add(_ state: GovernanceState) {
        for organisation in state.organisations.values {
            organisations.insert(organisation.uri)
            for site in organisation.sites { sites[site, default: []].insert(organisation.uri) }
            for prefix in organisation.prefixes {
                prefixes[prefix, default: []].insert(organisation.uri)
            }
            let roles = organisation.roles
            if roles.contains(.certifier) || roles.contains(.accreditor) {
                certifying.insert(organisation.uri)
            }
        }
        anchors.formUnion(state.anchors)
        for (id, read) in state.schemes where terms[id] != read {
            terms[id] = read
            if let scheme = try? SchemeTerms.read(read) { checkers.formUnion(scheme.checkers) }
        }
        for delegation in state.delegations.values {
            gifts[delegation.by, default: []].insert(delegation)
        }
    }

    /// The members that have owned an identifier: the member it names, else those that listed it
    /// as a site, and those with a company prefix that covers it.
    package func owners(of uri: String) -> Set<String> {
        if organisations.contains(uri) { return [uri] }
        var owners = sites[uri] ?? []
        guard let digits = try? CanonicalIdentifier(uri).ownershipDigits else { return owners }
        for length in Limits.companyPrefixDigits where length <= digits.utf8.count {
            owners.formUnion(prefixes[String(digits.prefix(length))] ?? [])
        }
        return owners
    }

    /// The delegations of governance that a member has given, ended ones too.
    package func gifts(of organisation: String) -> Set<Delegation> {
        gifts[organisation] ?? []
    }

    /// Whether a member has been a certifier or an accreditor: it may be accredited.
    package func isCertifying(_ organisation: String) -> Bool {
        certifying.contains(organisation)
    }

    /// Whether governance itself has named who may say something of others' things: an
    /// accreditation anchor, or a checker of a scheme.
    package func isNamed(_ organisation: String) -> Bool {
        anchors.contains(organisation) || checkers.contains(organisation)
    }
}

extension Delegation {
    /// Whether it may let somebody speak about a thing: one of its prefixes covers the thing, or
    /// it names a site, at which anything may be (SPEC §13.2).
    package func concerns(_ uri: String) -> Bool {
        if !sites.isEmpty { return true }
        guard let digits = try? CanonicalIdentifier(uri).ownershipDigits else { return false }
        return prefixes.contains { digits.hasPrefix($0) }
    }
}
