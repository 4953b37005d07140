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

    /// Most namespaces that one event may use.
    private let limit: Int
    private var prefixes: [String: String] = [:]
    private var taken: Set<String> = []
    /// For each prefix that was wished for, the last number that was tried after it.
    private var numbers: [String: Int] = [:]
    private var entries: [JSONMember] = []

    init(limits: XMLLimits) {
        limit = limits.namespaceCount
    }

    /// The name of an extension's member in JSON: `prefix:local`.
    ///
    /// - Throws: `xml.too-large` with the line, past `XMLLimits.namespaceCount`.
    mutating func memberName(
        _ name: XMLName, at element: XMLElement
    ) throws(ImportRefusal) -> String {
        "\(try prefix(of: name.namespace, wish: name.prefix, at: element)):\(name.local)"
    }

    /// Notes that a text may be a compact URI whose prefix was declared in the document.
    ///
    /// - Throws: `xml.too-large` with the line, past `XMLLimits.namespaceCount`.
    mutating func note(
        value: String, scope: XMLScope, at element: XMLElement
    ) throws(ImportRefusal) {
        guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let rest = value.utf8[value.utf8.index(after: colon)...]
        guard !rest.starts(with: "//".utf8), let prefix = String(value.utf8[..<colon]),
            let namespace = scope[prefix], Self.known[prefix] == nil,
            !XMLNamespace.epcis.contains(namespace)
        else { return }
        _ = try self.prefix(of: namespace, wish: prefix, at: element)
    }

    private mutating func prefix(
        of namespace: String, wish: String, at element: XMLElement
    ) throws(ImportRefusal) -> String {
        if let known = prefixes[namespace] { return known }
        if Self.masterData.contains(namespace) { return "cbvmda" }
        guard entries.count < limit else {
            throw ImportRefusal(
                "xml.too-large", field: XMLEventReader.place(element),
                "one event uses more than \(limit) namespaces")
        }
        let prefix = freePrefix(wish, for: namespace)
        prefixes[namespace] = prefix
        if Self.known[prefix] != namespace {
            taken.insert(prefix)
            entries.append(JSONMember(prefix, .string(namespace)))
        }
        return prefix
    }

    /// The wish itself, or with the first number after it that is free.
    ///
    /// What is taken stays so; each search goes on where the last one for this wish ended.
    private mutating func freePrefix(_ wish: String, for namespace: String) -> String {
        if !wish.isEmpty, isFree(wish, for: namespace) { return wish }
        let stem = wish.isEmpty ? "ns" : wish
        var number = numbers[wish] ?? (wish.isEmpty ? 0 : 1)
        repeat { number += 1 } while !isFree("\(stem)\(number)", for: namespace)
        numbers[wish] = number
        return "\(stem)\(number)"
    }

    private func isFree(_ prefix: String, for namespace: String) -> Bool {
        if let known = Self.known[prefix] { return known == namespace }
        return !taken.contains(prefix)
    }

    /// The event's context.
    var context: JSONValue {
        let address = JSONValue.string(Self.contextAddress)
        return .array(entries.isEmpty ? [address] : [address, .object(entries)])
    }
}
