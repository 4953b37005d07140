import GS1

extension GovernanceState {
    /// The member that governs a place, an identifier or a party; nil if none does.
    package func owner(of uri: String) -> String? {
        if organisations[uri] != nil { return uri }
        if let owner = owner(ofSite: uri) { return owner.uri }
        guard let digits = try? CanonicalIdentifier(uri).ownershipDigits else { return nil }
        return owner(ofPrefixCovering: digits)?.uri
    }
}
