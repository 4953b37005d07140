import GS1
package import MerkleTrees

extension GovernanceState {
    /// Whether governors ordered the erasure of a part: any member may have it erased.
    package func orders(erasureOf part: Hash256) -> Bool { facts.ordered.contains(part) }

    /// The parts whose erasure governors ordered, sorted.
    package var orderedErasures: [Hash256] { facts.ordered.sorted() }

    /// The member that governs a place, an identifier or a party; nil if none does.
    package func owner(of uri: String) -> String? {
        if organisations[uri] != nil { return uri }
        if let owner = owner(ofSite: uri) { return owner.uri }
        guard let digits = try? CanonicalIdentifier(uri).ownershipDigits else { return nil }
        return owner(ofPrefixCovering: digits)?.uri
    }
}
