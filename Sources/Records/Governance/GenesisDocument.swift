import DeterministicCBOR
package import MerkleTrees

/// The document that founds a network; its hash is the network's id (SPEC §9.1).
package struct GenesisDocument: Hashable, Sendable {
    /// The name of the network.
    package let name: String
    /// When it was made, in milliseconds since the epoch.
    package let createdMilliseconds: UInt64
    /// The version of the row rules in force from the start.
    package let rulesVersion: UInt64
    /// Who signs governance.
    package let governors: Governors
    /// The founding members, by URI.
    package let organisations: [Organisation]
    /// The nodes, by origin.
    package let nodes: [LogNode]
    /// The delegations, by id.
    package let delegations: [Delegation]
    /// The claim schemes, by id.
    package let schemes: [Scheme]
    /// The accreditation anchors: organisations whose accreditations are accepted.
    package let anchors: [String]
    /// What the network asks of logs and statements.
    package let policy: Policy

    static let version = "cairn-genesis-1"

    /// A genesis document; lists are sorted here.
    package init(
        name: String, createdMilliseconds: UInt64, rulesVersion: UInt64 = 1, governors: Governors,
        organisations: [Organisation], nodes: [LogNode] = [], delegations: [Delegation] = [],
        schemes: [Scheme] = [], anchors: [String] = [], policy: Policy
    ) {
        self.name = name
        self.createdMilliseconds = createdMilliseconds
        self.rulesVersion = rulesVersion
        self.governors = governors
        self.organisations = organisations.sorted { precedesBytewise($0.uri, $1.uri) }
        self.nodes = nodes.sorted { precedesBytewise($0.origin, $1.origin) }
        self.delegations = delegations.sorted { precedesBytewise($0.id, $1.id) }
        self.schemes = schemes.sorted { precedesBytewise($0.id, $1.id) }
        self.anchors = anchors.sorted(by: precedesBytewise)
        self.policy = policy
    }

    /// The document as CBOR.
    package func encoded() -> [UInt8] {
        numberedMap([
            .text(Self.version), .text(name), .unsigned(createdMilliseconds),
            .unsigned(rulesVersion), governors.listCBOR, .unsigned(governors.threshold),
            .array(organisations.map(\.cbor)), .array(nodes.map(\.cbor)),
            .array(delegations.map(\.cbor)), .array(schemes.map(\.cbor)),
            .array(anchors.map { .text($0) }), policy.cbor,
        ]).encoded()
    }

    /// The id of the network that a genesis document founds.
    package static func networkID(of document: [UInt8]) -> Hash256 {
        Hash256.sha256(Domain.network, document)
    }

    /// Reads a document, or refuses it with `cbor.*`, `key.*` or `governance.format`.
    ///
    /// Whether its members hold together (prefixes, keys, quorum) is checked by
    /// ``GovernanceState/init(genesis:)``.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> GenesisDocument {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(bytes, limit: Limits.governanceBodyBytes, "genesis")
        return try GenesisDocument(cbor: value, shape: shape)
    }

    init(cbor value: CBORValue, shape: ShapeReader) throws(Refusal) {
        let members = try shape.map(value, keys: 0..<12, "genesis")
        guard members[0] == .text(Self.version) else {
            throw shape.refusal("genesis", "a genesis document begins with \(Self.version)")
        }
        name = try shape.text(members[1], 1...Limits.nameBytes, "genesis.name")
        createdMilliseconds = try shape.time(members[2], "genesis.created")
        rulesVersion = try shape.unsigned(members[3], "genesis.rulesVersion")
        governors = try Governors(
            list: members[4], threshold: members[5], shape: shape, field: "genesis.governors")
        organisations = try shape.items(
            members[6], 1...Limits.organisations, "genesis.organisations", by: \.uri,
            Organisation.init)
        nodes = try shape.items(
            members[7], 0...Limits.nodes, "genesis.nodes", by: \.origin, LogNode.init)
        let listed = 0...Limits.governanceListItems
        delegations = try shape.items(
            members[8], listed, "genesis.delegations", by: \.id, Delegation.init)
        schemes = try shape.items(members[9], listed, "genesis.schemes", by: \.id, Scheme.init)
        anchors = try shape.canonicalURIs(members[10], "genesis.anchors")
        policy = try Policy(cbor: members[11], shape: shape, field: "genesis.policy")
    }
}

extension ShapeReader {
    /// A list of things sorted by a name that stands once.
    func items<Item>(
        _ value: CBORValue, _ count: ClosedRange<Int>, _ field: String,
        by name: (Item) -> String,
        _ read: (CBORValue, ShapeReader, String) throws(Refusal) -> Item
    ) throws(Refusal) -> [Item] {
        var items: [Item] = []
        for (index, item) in try list(value, count, field).enumerated() {
            items.append(try read(item, self, "\(field)[\(index)]"))
        }
        try requireAscending(items, field) { precedesBytewise(name($0), name($1)) }
        return items
    }
}
