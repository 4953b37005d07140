package import DeterministicCBOR
package import MerkleTrees
import Signatures

/// A network's governance after genesis and some amendments: who is a member, with which keys,
/// prefixes and rights (SPEC §9).
///
/// An immutable value behind one reference, cheap to copy and safe to share. It holds keys ready
/// to verify and looks everything up in dictionaries, because each statement passes through
/// ``verify(_:registeredAtMilliseconds:library:)``.
package struct GovernanceState: Sendable {
    private final class Storage: Sendable {
        let facts: GovernanceFacts
        init(_ facts: GovernanceFacts) { self.facts = facts }
    }

    private let storage: Storage

    var facts: GovernanceFacts { storage.facts }

    init(_ facts: GovernanceFacts) { storage = Storage(facts) }

    /// The network's id.
    package var network: Hash256 { storage.facts.network }
    /// The network's name for people.
    package var name: String { storage.facts.name }
    /// The number of the newest amendment; 0 after genesis alone.
    package var seq: UInt64 { storage.facts.seq }
    /// The digest of the newest body: what a seal names as governance head.
    package var head: Hash256 { storage.facts.head }
    /// The version of the row rules in force.
    package var rulesVersion: UInt64 { storage.facts.rulesVersion }
    /// Who signs the next amendment.
    package var governors: Governors { storage.facts.governors }
    /// What the network asks of logs and statements.
    package var policy: Policy { storage.facts.policy }
    /// The members, by URI, suspended ones too.
    package var organisations: [String: Organisation] { storage.facts.organisations }
    /// The nodes, by origin.
    package var nodes: [String: LogNode] { storage.facts.nodes }
    /// The delegations, by id, ended ones too.
    package var delegations: [String: Delegation] { storage.facts.delegations }
    /// The claim schemes' terms, by id.
    package var schemes: [String: CBORValue] { storage.facts.schemes }
    /// The accreditation anchors.
    package var anchors: [String] { storage.facts.anchors }
    /// The genesis statement: the same bytes at index 0 of every log.
    package var genesisStatement: [UInt8] { storage.facts.genesisStatement }

    /// The member whose GS1 company prefix begins these ownership digits.
    package func owner(ofPrefixCovering digits: String) -> Organisation? {
        storage.facts.prefixes.owner(covering: digits).flatMap { storage.facts.organisations[$0] }
    }

    /// The members that list a site, by URI.
    package func owners(ofSite uri: String) -> [Organisation] {
        (storage.facts.siteOwners[uri] ?? []).compactMap { storage.facts.organisations[$0] }
    }

    /// The member that lists a site; of several, the first by URI.
    package func owner(ofSite uri: String) -> Organisation? { owners(ofSite: uri).first }

    /// Governance's delegations to a member, whether in force or not.
    package func delegations(to organisation: String) -> [Delegation] {
        (storage.facts.delegationsTo[organisation] ?? []).compactMap {
            storage.facts.delegations[$0]
        }
    }

    /// A key that governance ever listed.
    package func key(_ thumbprint: Hash256) -> RegisteredKey? { storage.facts.keys[thumbprint] }

    /// When a member's statements count.
    package func suspensions(of organisation: String) -> SuspensionHistory {
        storage.facts.suspensions[organisation] ?? SuspensionHistory()
    }

    /// The keys of a log and where they changed.
    package func logKeys(origin: String) -> LogKeyHistory? { storage.facts.logKeys[origin] }

    /// Whether a log was of the network, and is no more.
    package func hasRemoved(log origin: String) -> Bool {
        storage.facts.removedOrigins.contains(origin)
    }

    /// How many nodes cosign.
    package var cosignerCount: Int {
        storage.facts.nodes.values.count { $0.cosignerKey != nil }
    }
}

extension GovernanceState: Hashable {
    /// Whether two states are of one network at one head, which fixes everything else.
    package static func == (left: GovernanceState, right: GovernanceState) -> Bool {
        left.storage === right.storage
            || (left.network == right.network && left.head == right.head)
    }

    /// Feeds the head to a hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(head) }
}
