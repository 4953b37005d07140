/// JSON-LD contexts that are known without the network: what prefixes they define.
///
/// EPCIS reads JSON-LD as JSON with prefixes: the meaning of GS1's own terms is fixed by the
/// standard, that of an extension by its prefix. So of a context only prefixes are kept. No
/// context is ever fetched; an address that is not in the library defines nothing and is told.
package struct ContextLibrary: Sendable {
    private var contexts: [String: [String: String]]

    /// The contexts that come with the program: GS1's for EPCIS, and openEPCIS's for textiles.
    package static let builtIn = ContextLibrary(contexts: BuiltInContexts.all)

    /// Adds a context file under its address, replacing a known one.
    ///
    /// Contexts that the file names are looked up in this library; nothing is fetched.
    package mutating func add(_ file: JSONValue, at address: String) {
        contexts[address] = prefixes(of: file["@context"]).table
    }

    /// The prefixes that a context defines, and the addresses in it that are not known.
    package func prefixes(of context: JSONValue?) -> Prefixes {
        var prefixes = Prefixes()
        for entry in EventContext.entries(context) {
            switch entry {
            case .string(let address):
                guard let known = contexts[address] else {
                    prefixes.unknownAddresses.append(address)
                    continue
                }
                prefixes.table.merge(known) { $1 }
            case .object(let members): prefixes.add(members)
            default: continue
            }
        }
        return prefixes
    }
}

/// Prefixes in force in an event.
package struct Prefixes: Sendable {
    /// Prefix to name space.
    fileprivate(set) var table: [String: String] = [:]
    /// Addresses of contexts nobody gave us.
    fileprivate(set) var unknownAddresses: [String] = []

    /// Takes the definitions of an object: `"ex": "https://…"` or `"ex": {"@id": "https://…"}`.
    fileprivate mutating func add(_ members: [JSONMember]) {
        for member in members where !member.name.hasPrefix("@") {
            guard let text = member.value.asString ?? member.value["@id"]?.asString,
                text.utf8.contains(UInt8(ascii: ":"))
            else { continue }
            table[member.name] = expanded(text) ?? text
        }
    }

    /// A compact URI with its prefix replaced; nothing if it has none that is defined.
    func expanded(_ text: String) -> String? {
        guard let (space, local) = resolved(text) else { return nil }
        return space + local
    }

    /// The name space and local name of a compact URI; nothing if its prefix is not defined.
    package func resolved(_ text: String) -> (space: String, local: String)? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let local = text[text.index(after: colon)...]
        // JSON-LD 1.1 §IRI compaction: what follows a prefix does not begin with two slashes.
        guard !local.hasPrefix("//"), let space = table[String(text[..<colon])] else { return nil }
        return (Self.current(space), String(local))
    }

    /// GS1's vocabulary moved from `gs1.org/voc` to `ref.gs1.org/voc` (CBV 2.0 §8.9).
    static func current(_ space: String) -> String {
        let former = [
            "https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/",
            "http://www.gs1.org/voc/",
        ]
        for prefix in former where space.hasPrefix(prefix) {
            return "https://ref.gs1.org/voc/" + space.dropFirst(prefix.count)
        }
        return space
    }
}

/// The prefixes of the contexts in the package.
private enum BuiltInContexts {
    static let all: [String: [String: String]] = {
        var table = Dictionary(uniqueKeysWithValues: epcisAddresses.map { ($0, epcis) })
        table[textileAddress] = textile
        table[coreAddress] = core
        return table
    }()

    private static let epcisAddresses = [
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    ]

    /// The prefixes of GS1's `epcis-context.jsonld`; its terms are the standard's own fields.
    private static let epcis = [
        "epcis": "https://ref.gs1.org/epcis/",
        "cbv": "https://ref.gs1.org/cbv/",
        "cbvmda": "urn:epcglobal:cbv:mda:",
        "gs1": "https://ref.gs1.org/voc/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "dcterms": "http://purl.org/dc/terms/",
    ]

    private static let textileAddress =
        "https://ref.openepcis.io/extensions/eu/textile/textile-context.jsonld"
    private static let textile = [
        "eutex": "https://ref.openepcis.io/extensions/eu/textile/",
        "gs1": "https://ref.gs1.org/voc/",
        "oec": "https://ref.openepcis.io/extensions/common/core/",
        "schema": "https://schema.org/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    ]

    private static let coreAddress =
        "https://ref.openepcis.io/extensions/common/core/dpp-core-context.jsonld"
    private static let core = [
        "gs1": "https://ref.gs1.org/voc/",
        "oec": "https://ref.openepcis.io/extensions/common/core/",
        "schema": "https://schema.org/",
    ]
}
