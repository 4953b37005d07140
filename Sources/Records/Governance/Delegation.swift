import DeterministicCBOR

/// Leave that one organisation gives another to speak for its prefixes or sites (SPEC §9.1, §13).
package struct Delegation: Hashable, Sendable {
    /// The URI of the delegation itself.
    package let id: String
    /// The organisation that gives leave.
    package let by: String
    /// The organisation that gets it.
    package let to: String
    /// The GS1 company prefixes it covers.
    package let prefixes: [String]
    /// The sites it covers.
    package let sites: [String]
    /// From when it holds, in milliseconds since the epoch.
    package let fromMilliseconds: UInt64
    /// When it ends, exclusive; nil without end.
    package let untilMilliseconds: UInt64?

    /// A delegation; lists are sorted here.
    package init(
        id: String, by: String, to: String, prefixes: [String], sites: [String],
        fromMilliseconds: UInt64, untilMilliseconds: UInt64?
    ) {
        self.id = id
        self.by = by
        self.to = to
        self.prefixes = prefixes.sorted(by: precedesBytewise)
        self.sites = sites.sorted(by: precedesBytewise)
        self.fromMilliseconds = fromMilliseconds
        self.untilMilliseconds = untilMilliseconds
    }

    /// The same delegation, ended at a time unless it ended before.
    package func ending(atMilliseconds end: UInt64) -> Delegation {
        Delegation(
            id: id, by: by, to: to, prefixes: prefixes, sites: sites,
            fromMilliseconds: fromMilliseconds,
            untilMilliseconds: min(end, untilMilliseconds ?? end))
    }

    var cbor: CBORValue {
        numberedMap([
            .text(id), .text(by), .text(to), .array(prefixes.map { .text($0) }),
            .array(sites.map { .text($0) }), .unsigned(fromMilliseconds),
            untilMilliseconds.map { .unsigned($0) } ?? .null,
        ])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let members = try shape.map(value, keys: 0..<7, field)
        id = try shape.canonicalURI(members[0], "\(field).id")
        by = try shape.canonicalURI(members[1], "\(field).by")
        to = try shape.canonicalURI(members[2], "\(field).to")
        prefixes = try shape.prefixes(members[3], "\(field).prefixes")
        sites = try shape.canonicalURIs(members[4], "\(field).sites")
        fromMilliseconds = try shape.time(members[5], "\(field).from")
        untilMilliseconds =
            members[6].isNull ? nil : try shape.time(members[6], "\(field).until")
    }
}
