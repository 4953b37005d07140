import DeterministicCBOR
package import Signatures

/// A key of an organisation, with what it is for and from when (SPEC §9.1).
package struct OrganisationKey: Hashable, Sendable {
    /// What it is for: `issuer` or `reader`, in practice.
    package let purpose: KeyPurpose
    /// The public key.
    package let key: VerificationKey
    /// The time of registration from which statements signed with it count, in milliseconds.
    package let fromMilliseconds: UInt64

    /// A key for a purpose from a time on.
    package init(purpose: KeyPurpose, key: VerificationKey, fromMilliseconds: UInt64) {
        self.purpose = purpose
        self.key = key
        self.fromMilliseconds = fromMilliseconds
    }

    var cbor: CBORValue {
        .array([.text(purpose.rawValue), keyCBOR(key), .unsigned(fromMilliseconds)])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let items = try shape.tuple(value, 3, field)
        guard let name = items[0].asText, let purpose = KeyPurpose(rawValue: name) else {
            let known = KeyPurpose.allCases.map(\.rawValue).joined(separator: ", ")
            throw shape.refusal("\(field).purpose", "a key's purpose is one of \(known)")
        }
        self.purpose = purpose
        key = try shape.key(items[1], "\(field).key")
        fromMilliseconds = try shape.time(items[2], "\(field).from")
    }

    /// Ascending in the bytes of the encodings.
    static func precedes(_ left: OrganisationKey, _ right: OrganisationKey) -> Bool {
        left.cbor.encoded().lexicographicallyPrecedes(right.cbor.encoded())
    }
}

/// A member of the network (SPEC §9.1).
package struct Organisation: Hashable, Sendable {
    /// Its name in records: a canonical URI, normally that of its GS1 party GLN.
    package let uri: String
    /// Its name for people.
    package let name: String
    /// What it does in the trade, sorted and unique.
    package let roles: [OrganisationRole]
    /// The GS1 company prefixes it owns, sorted and unique, 4 to 12 digits each.
    package let prefixes: [String]
    /// The canonical URIs of its sites, sorted and unique.
    package let sites: [String]
    /// Its keys, sorted by the bytes of their encodings.
    package let keys: [OrganisationKey]

    /// An organisation; lists are sorted here.
    package init(
        uri: String, name: String, roles: [OrganisationRole] = [], prefixes: [String] = [],
        sites: [String] = [], keys: [OrganisationKey] = []
    ) {
        self.uri = uri
        self.name = name
        self.roles = roles.sorted { precedesBytewise($0.rawValue, $1.rawValue) }
        self.prefixes = prefixes.sorted(by: precedesBytewise)
        self.sites = sites.sorted(by: precedesBytewise)
        self.keys = keys.sorted(by: OrganisationKey.precedes)
    }

    var cbor: CBORValue {
        numberedMap([
            .text(uri), .text(name), .array(roles.map { .text($0.rawValue) }),
            .array(prefixes.map { .text($0) }), .array(sites.map { .text($0) }),
            .array(keys.map(\.cbor)),
        ])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let members = try shape.map(value, keys: 0..<6, field)
        uri = try shape.canonicalURI(members[0], "\(field).uri")
        name = try shape.text(members[1], 1...Limits.nameBytes, "\(field).name")
        roles = try Self.roles(members[2], shape, "\(field).roles")
        prefixes = try shape.prefixes(members[3], "\(field).prefixes")
        sites = try shape.canonicalURIs(members[4], "\(field).sites")
        let keyCount = 0...Limits.governanceListItems
        var keys: [OrganisationKey] = []
        for (index, item) in try shape.list(members[5], keyCount, "\(field).keys").enumerated() {
            keys.append(
                try OrganisationKey(cbor: item, shape: shape, field: "\(field).keys[\(index)]"))
        }
        try shape.requireAscending(keys, "\(field).keys", by: OrganisationKey.precedes)
        self.keys = keys
    }

    /// The same organisation with other keys.
    func with(keys: [OrganisationKey]) -> Organisation {
        Organisation(
            uri: uri, name: name, roles: roles, prefixes: prefixes, sites: sites, keys: keys)
    }

    private static func roles(_ value: CBORValue, _ shape: ShapeReader, _ field: String)
        throws(Refusal) -> [OrganisationRole]
    {
        var roles: [OrganisationRole] = []
        let count = 0...OrganisationRole.allCases.count
        for item in try shape.list(value, count, field) {
            guard let name = item.asText, let role = OrganisationRole(rawValue: name) else {
                let known = OrganisationRole.allCases.map(\.rawValue).joined(separator: ", ")
                throw shape.refusal(field, "a role is one of \(known)")
            }
            roles.append(role)
        }
        try shape.requireAscending(roles, field) { precedesBytewise($0.rawValue, $1.rawValue) }
        return roles
    }
}
