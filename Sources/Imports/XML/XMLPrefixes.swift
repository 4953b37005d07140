import EPCIS

/// Which prefix stands for which namespace in one event's JSON, and the context that says so.
///
/// A prefix stays as it was written. Another is chosen only where it cannot stay: where there is
/// none, where the event uses it for two namespaces, or where GS1's context gives it a meaning.
struct XMLPrefixes {
    /// The context that every event in JSON begins with.
    static let contextAddress = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

    /// Prefixes that GS1's context defines.
    private static let known: [String: String] = [
        "epcis": "https://ref.gs1.org/epcis/", "cbv": "https://ref.gs1.org/cbv/",
        "cbvmda": "urn:epcglobal:cbv:mda:", "gs1": "https://gs1.org/voc/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#", "dcterms": "http://purl.org/dc/terms/",
    ]

    /// The namespace of the Core Business Vocabulary's master data, as XML writes it; GS1's
    /// context has a colon after it and needs no entry.
    private static let masterData: Set<String> = [
        "urn:epcglobal:cbv:mda", "urn:epcglobal:cbv:mda:",
    ]

    /// Where a value stands beside attributes of its element.
    static let structuredValue = XMLName(
        namespace: "http://www.w3.org/1999/02/22-rdf-syntax-ns#", local: "value", prefix: "rdf")

    private var prefixes: [String: String] = [:]
    private var entries: [JSONMember] = []

    /// The name of an extension's member in JSON: `prefix:local`.
    mutating func memberName(_ name: XMLName) -> String {
        "\(prefix(of: name.namespace, wish: name.prefix)):\(name.local)"
    }

    /// Notes that a text may be a compact URI whose prefix was declared in the document.
    mutating func note(value: String, scope: [String: String]) {
        guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let rest = value.utf8[value.utf8.index(after: colon)...]
        guard !rest.starts(with: "//".utf8), let prefix = String(value.utf8[..<colon]),
            let namespace = scope[prefix], Self.known[prefix] == nil,
            !XMLNamespace.epcis.contains(namespace)
        else { return }
        _ = self.prefix(of: namespace, wish: prefix)
    }

    private mutating func prefix(of namespace: String, wish: String) -> String {
        if let known = prefixes[namespace] { return known }
        if Self.masterData.contains(namespace) { return "cbvmda" }
        var prefix = wish.isEmpty ? "ns1" : wish
        var number = 1
        while !isFree(prefix, for: namespace) {
            number += 1
            prefix = "\(wish.isEmpty ? "ns" : wish)\(number)"
        }
        prefixes[namespace] = prefix
        if Self.known[prefix] != namespace {
            entries.append(JSONMember(prefix, .string(namespace)))
        }
        return prefix
    }

    private func isFree(_ prefix: String, for namespace: String) -> Bool {
        if let known = Self.known[prefix] { return known == namespace }
        return !entries.contains { $0.name == prefix }
    }

    /// The event's context.
    var context: JSONValue {
        let address = JSONValue.string(Self.contextAddress)
        return .array(entries.isEmpty ? [address] : [address, .object(entries)])
    }
}
