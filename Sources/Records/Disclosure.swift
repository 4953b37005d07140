import EPCIS
import GS1
package import MerkleTrees

/// Who may read a part, beside those whom its visibility lists (SPEC §5.1).
///
/// The one place where that is decided. What follows from the part itself is its ``audience``;
/// what grants add depends on the time, and on what else the log holds (``Grant``).
package enum Disclosure {
    /// The visibility of a part with all whom it opens itself to: its issuer, and the trading
    /// partners that an event names.
    ///
    /// A partner is the organisation that owns a party or a location at either end of a transfer,
    /// in the governance under which the part was registered.
    ///
    /// - Parameters:
    ///   - visibility: what the signer chose.
    ///   - content: the part's content; nil if it cannot be read.
    ///   - issuer: who signed the first statement that covers the part.
    ///   - governance: the state in force for that statement.
    /// - Returns: whom no grant is needed for.
    package static func audience(
        of visibility: Visibility, content: Content?, issuer: String, governance: GovernanceState
    ) -> Visibility {
        guard case .organisations(let listed) = visibility else { return visibility }
        guard case .event(let event)? = content else { return .only(listed + [issuer]) }
        let named = event.parties + event.transferLocations
        return .only(listed + [issuer] + named.flatMap { governance.ownerURIs(of: $0) })
    }
}

extension GovernanceState {
    /// The members that own an identifier in this state: the one it names, else those that list it
    /// as a site, else the one whose company prefix covers it.
    func ownerURIs(of identifier: CanonicalIdentifier) -> [String] {
        if organisations[identifier.uri] != nil { return [identifier.uri] }
        let listing = owners(ofSite: identifier.uri).map(\.uri)
        guard listing.isEmpty, let digits = identifier.ownershipDigits else { return listing }
        return owner(ofPrefixCovering: digits).map { [$0.uri] } ?? []
    }
}

/// A grant: by it an issuer opens its parts about some things to further organisations (SPEC §5.1).
package struct Grant: Hashable, Sendable {
    /// What a scope says of a grant that opens what lies upstream too.
    package static let upstreamScope = ScopeItem("direction", "upstream")

    /// Whose parts it opens.
    package let issuer: String
    /// The record's URI, under which it can be revoked.
    package let id: String?
    /// The things whose parts it opens.
    package let about: [String]
    /// Whom it opens them to.
    package let to: [String]
    /// Whether parts about what lies upstream of these things are opened too.
    package let reachesUpstream: Bool
    private let fromMilliseconds: UInt64?
    private let untilMilliseconds: UInt64?

    /// Reads a grant record that an organisation signed; nil for records of other kinds.
    ///
    /// A scope that this edition does not know opens nothing: it may restrict.
    package init?(_ record: Record, issuer: String) {
        guard record.kind == .grant, record.scope.allSatisfy({ $0 == Self.upstreamScope }) else {
            return nil
        }
        self.issuer = issuer
        id = record.id
        about = record.about
        to = record.to
        reachesUpstream = !record.scope.isEmpty
        fromMilliseconds = record.fromMilliseconds
        untilMilliseconds = record.untilMilliseconds
    }

    /// Whether it lets an organisation read at a time, if it has not been revoked.
    package func holds(for organisation: String, atMilliseconds time: UInt64) -> Bool {
        guard to.contains(where: { $0.utf8.elementsEqual(organisation.utf8) }) else { return false }
        guard fromMilliseconds ?? 0 <= time else { return false }
        return untilMilliseconds.map { time < $0 } ?? true
    }

    /// The keys under which a part stands that it opens, without what lies upstream.
    package static func keys(of things: some Sequence<String>, in network: Hash256) -> Set<Hash256>
    {
        Set(
            things.flatMap { uri in
                [Facet.events, .assertions].map {
                    Subject(facet: $0, uri: uri).key(in: network)
                }
            })
    }
}
