package import Records
package import Signatures

extension GenesisDocument {
    /// The same document, one organisation with a further key.
    package func adding(_ key: OrganisationKey, at index: Int) -> GenesisDocument {
        var list = organisations
        let old = list[index]
        list[index] = Organisation(
            uri: old.uri, name: old.name, roles: old.roles, prefixes: old.prefixes,
            sites: old.sites, keys: old.keys + [key])
        return GenesisDocument(
            name: name, createdMilliseconds: createdMilliseconds, governors: governors,
            organisations: list, nodes: nodes, policy: policy)
    }
}

extension DemoNetwork {
    /// The usual network whose supplier has a reader key, with that key.
    package static func withReaderKey() throws -> (network: DemoNetwork, key: SigningKey) {
        let key = try Self.key("supplier reader")
        let listed = OrganisationKey(
            purpose: .reader, key: key.publicKey, fromMilliseconds: startMilliseconds)
        return (try DemoNetwork { $0.adding(listed, at: 0) }, key)
    }
}
