/// A name with its namespace (Namespaces in XML 1.0 §5).
struct XMLName: Hashable {
    /// The namespace's URI; empty for none.
    var namespace: String
    /// The name within it.
    var local: String
    /// The prefix it was written with; empty for none.
    var prefix: String
}

/// One attribute that is no namespace declaration.
struct XMLAttribute {
    let name: XMLName
    let value: String
}

/// One element with what it holds; comments and processing instructions are gone.
///
/// Elements nest no deeper than `XMLLimits.depth`, so walking one recursively is safe.
struct XMLElement {
    let name: XMLName
    let attributes: [XMLAttribute]
    /// The elements inside, in their order.
    var children: [XMLElement] = []
    /// All text directly inside, in its order.
    var text = ""
    /// Prefixes declared on this element itself.
    let declared: [String: String]
    /// The line of its start tag, from 1.
    let line: Int

    /// The text without white space around it.
    var trimmedText: String { XMLText.trimmed(text) }

    /// Whether it belongs to EPCIS: the standard's elements have no namespace, and some programs
    /// write one of EPCIS's all the same.
    var isStandard: Bool {
        name.namespace.isEmpty || XMLNamespace.epcis.contains(name.namespace)
    }

    /// The first standard element of a name inside.
    func child(_ local: String) -> XMLElement? {
        children.first { $0.isStandard && $0.name.local == local }
    }

    /// The value of an attribute without namespace.
    func attribute(_ local: String) -> String? {
        attributes.first { $0.name.namespace.isEmpty && $0.name.local == local }?.value
    }
}

/// The prefixes declared around the place that is being read, and their namespaces.
///
/// Entering an element costs what it declares, not what is declared around it.
struct XMLScope {
    private var namespaces: [String: String]

    init(_ namespaces: [String: String]) {
        self.namespaces = namespaces
    }

    /// What a prefix stands for here; the empty one is the default namespace.
    subscript(prefix: String) -> String? { namespaces[prefix] }

    /// How many prefixes are declared here.
    var count: Int { namespaces.count }

    /// Enters an element; `leave` takes what is returned, and all is as before.
    mutating func enter(_ declared: [String: String]) -> [String: String?] {
        var outer: [String: String?] = [:]
        for (prefix, uri) in declared {
            outer.updateValue(namespaces[prefix], forKey: prefix)
            // An empty one takes the default namespace back (Namespaces in XML 1.0 §6.2).
            namespaces[prefix] = uri.isEmpty ? nil : uri
        }
        return outer
    }

    /// Leaves the element that was entered last.
    mutating func leave(_ outer: [String: String?]) {
        for (prefix, uri) in outer { namespaces[prefix] = uri }
    }
}

/// Namespaces that mean something to the reader.
enum XMLNamespace {
    /// Those of EPCIS, editions 1.0 to 2.0.
    static let epcis: Set<String> = [
        "urn:epcglobal:epcis:xsd:1", "urn:epcglobal:epcis:xsd:2",
        "urn:epcglobal:epcis-query:xsd:1", "urn:epcglobal:epcis-query:xsd:2",
        "urn:epcglobal:epcis-masterdata:xsd:1", "urn:epcglobal:epcis-masterdata:xsd:2",
    ]
    /// Hints for schema processors: `xsi:type`, `xsi:schemaLocation`.
    static let schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
    /// What the prefix `xml` is bound to.
    static let xml = "http://www.w3.org/XML/1998/namespace"
}

/// White space of XML 1.0 §2.3.
enum XMLText {
    /// Whether a byte is white space.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// A text without white space around it.
    static func trimmed(_ text: String) -> String {
        var bytes = text.utf8[...]
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes.count == text.utf8.count ? text : String(Substring(bytes))
    }
}
