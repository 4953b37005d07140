package import MerkleTrees

/// Which edition of the Core Business Vocabulary an event hash is made by.
package enum EventHashVersion: String, Hashable, Sendable, CaseIterable {
    /// CBV 2.0, ratified.
    case cbv20 = "CBV2.0"
    /// CBV 2.1, the draft of 2026 without its provisional rule 25 (`masterDataAvailableFor`).
    case cbv21 = "CBV2.1"
}

/// The event hash ID of CBV 2.0 §8.9: a name for an event that any partner can compute.
///
/// It says which event is meant, not that nothing was changed: it omits `recordTime`, `eventID`,
/// `errorDeclaration` and `certificationInfo`, and events that differ in leading zeros of an
/// extension, or in the lot of a serialised item, have one hash. What the ledger proves is the
/// part digest (SPEC §5). Show the two apart.
package struct EventHash: Hashable, Sendable {
    /// The edition that the hash is made by.
    package let version: EventHashVersion
    /// The text that is hashed.
    package let prehash: String
    /// SHA-256 of the text.
    package let digest: Hash256
    /// Prefixes and addresses of contexts that nobody defined, sorted, each once.
    ///
    /// Where there are any, a reader who knows them gets another hash.
    package let undefined: [String]

    /// `ni:///sha-256;<64 hex digits>?ver=CBV2.0`.
    package var value: String { "ni:///sha-256;\(digest.hex)?ver=\(version.rawValue)" }

    /// Computes the hash of one self-contained event: a JSON object with its `@context`.
    ///
    /// Refused is only what is no event: another JSON value, or one without a text as `type`.
    package init(
        event: JSONValue, version: EventHashVersion = .cbv20,
        contexts: ContextLibrary = .builtIn
    ) throws(EPCISError) {
        let object = try ObjectReader(open: event)
        let type = try object.require("type", Scalars.string)
        let prefixes = contexts.prefixes(of: object["@context"])
        var tree = PrehashTree(prefixes: prefixes)
        let children = tree.children(of: object.members)
        self.version = version
        let writer = PrehashWriter(version: version, values: PrehashValues(prefixes: prefixes))
        prehash = "eventType=\(type)" + writer.text(ofEvent: children)
        digest = .sha256(Array(prehash.utf8))
        // A context nobody knows matters only where a prefix is left without meaning.
        undefined =
            tree.undefinedPrefixes.isEmpty
            ? [] : (tree.undefinedPrefixes.union(prefixes.unknownAddresses)).sorted()
    }
}
