/// One element of an event as the hash sees it, JSON and XML alike: a name, a text, children.
struct PrehashNode {
    /// The standard's name, or `{name space}local` of an extension.
    let name: String
    /// The text as written, white space at its ends cut off.
    let text: String
    let children: [PrehashNode]
    /// Whether the name is an extension's.
    var isExtension: Bool { name.utf8.first == UInt8(ascii: "{") }
}

/// Turns JSON into elements: names are expanded, an array becomes elements of one name.
struct PrehashTree {
    let prefixes: Prefixes
    /// Prefixes of names that no context defines.
    private(set) var undefinedPrefixes: Set<String> = []

    init(prefixes: Prefixes) {
        self.prefixes = prefixes
    }

    /// Names that the hash leaves out wherever they stand.
    private static let comments: Set<String> = ["rdfs:comment", "comment", "@context"]

    /// The elements that the members of an object are.
    mutating func children(of members: [JSONMember]) -> [PrehashNode] {
        var nodes: [PrehashNode] = []
        for member in members where !Self.comments.contains(member.name) {
            append(member.value, named: expanded(member.name), to: &nodes)
        }
        return nodes
    }

    private mutating func append(
        _ value: JSONValue, named name: String, to nodes: inout [PrehashNode]
    ) {
        switch value {
        case .array(let elements):
            for element in elements { append(element, named: name, to: &nodes) }
        case .object(let members):
            let text = value["#text"]?.asString ?? ""
            let children = children(of: members.filter { $0.name != "#text" })
            nodes.append(PrehashNode(name: name, text: Self.trimmed(text), children: children))
        case .null: return
        case .string(let text):
            nodes.append(PrehashNode(name: name, text: Self.trimmed(text), children: []))
        case .number(let number):
            nodes.append(PrehashNode(name: name, text: number.text, children: []))
        case .bool(let flag):
            nodes.append(PrehashNode(name: name, text: flag ? "true" : "false", children: []))
        }
    }

    /// `ex:colour` as `{https://…}colour`; names of the standard, and of no prefix, as they are.
    private mutating func expanded(_ name: String) -> String {
        if let (space, local) = prefixes.resolved(name) { return "{\(space)}\(local)" }
        if let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) {
            undefinedPrefixes.insert(String(name[..<colon]))
        }
        return name
    }

    private static func trimmed(_ text: String) -> String {
        var rest = Substring(text).unicodeScalars
        while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
