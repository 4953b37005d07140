import EPCIS
import GS1

/// JSON with places for a row's fields: `"https://id.gs1.org/01/{gtin}/10/{lot}"`.
///
/// `{name}` is the column's field, `{name?}` leaves its member out where the field is empty,
/// `{name.offset}` and `{name.date}` are a time's distance from UTC and its day, `{row}` is the
/// row's identity in hexadecimal, `{row.uuid}` the same as UUID, `{{` and `}}` are braces. A field
/// that is empty without `?` leaves out the nearest element of an array, or else the outermost
/// member, that it stands in. Where the text around begins with a scheme, fields are
/// percent-encoded.
struct RowTemplate: Sendable {
    indirect enum Node: Sendable {
        case literal(JSONValue)
        case text([Segment], isURI: Bool)
        case array([Node])
        case object([(name: String, node: Node)])
    }

    enum Segment: Hashable, Sendable {
        case literal(String)
        case field(name: String, facet: Facet, mayVanish: Bool)
    }

    enum Facet: String, Hashable, Sendable {
        case value, offset, date, uuid
    }

    /// The outermost members.
    let members: [(name: String, node: Node)]

    /// Reads a template whose fields are columns of these names.
    init(
        _ value: JSONValue, at path: String, columns: [String: ColumnRule]
    ) throws(ImportRefusal) {
        let json = try MappingJSON(value, at: path, names: nil)
        var members: [(String, Node)] = []
        for member in json.members {
            let place = json.place(Shown.text(member.name))
            members.append((member.name, try Self.node(member.value, place, columns)))
        }
        self.members = members
    }

    private static func node(
        _ value: JSONValue, _ path: String, _ columns: [String: ColumnRule]
    ) throws(ImportRefusal) -> Node {
        switch value {
        case .string(let text):
            let segments = try segments(text, path, columns)
            let isLiteral = segments.allSatisfy { if case .literal = $0 { true } else { false } }
            guard !isLiteral else {
                let parts = segments.map { if case .literal(let text) = $0 { text } else { "" } }
                return .literal(.string(parts.joined()))
            }
            guard case .literal(let head)? = segments.first else {
                return .text(segments, isURI: false)
            }
            return .text(segments, isURI: URISyntax.isURI(head + "x"))
        case .array(let elements):
            var nodes: [Node] = []
            for (index, element) in elements.enumerated() {
                nodes.append(try node(element, "\(path)[\(index)]", columns))
            }
            return .array(nodes)
        case .object(let members):
            var nodes: [(String, Node)] = []
            for member in members {
                let place = "\(path).\(Shown.text(member.name))"
                nodes.append((member.name, try node(member.value, place, columns)))
            }
            return .object(nodes)
        default: return .literal(value)
        }
    }

    private static func segments(
        _ text: String, _ path: String, _ columns: [String: ColumnRule]
    ) throws(ImportRefusal) -> [Segment] {
        var segments: [Segment] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "{" || character == "}" else {
                literal.append(character)
                continue
            }
            if rest.first == character {
                rest.removeFirst()
                literal.append(character)
                continue
            }
            guard character == "{", let end = rest.firstIndex(of: "}") else {
                throw MappingJSON.refusal(path, "a brace stands alone: write {{ or }} for one")
            }
            if !literal.isEmpty { segments.append(.literal(literal)) }
            literal = ""
            segments.append(try field(String(rest[..<end]), path, columns))
            rest = rest[rest.index(after: end)...]
        }
        if !literal.isEmpty || segments.isEmpty { segments.append(.literal(literal)) }
        return segments
    }

    private static func field(
        _ text: String, _ path: String, _ columns: [String: ColumnRule]
    ) throws(ImportRefusal) -> Segment {
        let mayVanish = text.hasSuffix("?")
        let parts = (mayVanish ? String(text.dropLast()) : text).split(
            separator: ".", omittingEmptySubsequences: false
        ).map(String.init)
        if parts == ["row", "uuid"] { return .field(name: "row", facet: .uuid, mayVanish: false) }
        if parts == ["row"] { return .field(name: "row", facet: .value, mayVanish: false) }
        guard let name = parts.first, parts.count <= 2, let rule = columns[name] else {
            throw MappingJSON.refusal(
                path,
                "{\(Shown.text(text))} names no column; there are "
                    + (columns.keys.sorted() + ["row"]).joined(separator: ", "))
        }
        let facet = parts.count == 2 ? Facet(rawValue: parts[1]) : .value
        guard let facet, facet == .value || rule.kind == .time && facet != .uuid else {
            throw MappingJSON.refusal(
                path, "{\(Shown.text(text))}: .offset and .date go with columns of type time")
        }
        return .field(name: name, facet: facet, mayVanish: mayVanish)
    }
}

extension RowTemplate {
    /// A field that is empty: what to leave out.
    private struct Vanishing: Error {
        let isMemberOnly: Bool
    }

    /// The object that a row makes of the template.
    func render(_ cells: [String: Cell], row: String) -> [JSONMember] {
        let rendering = Rendering(cells: cells, row: row)
        return members.compactMap { member in
            (try? rendering.value(member.node)).map { JSONMember(member.name, $0) }
        }
    }

    /// The columns whose fields stand in an outermost member.
    func columns(inMember name: String) -> [String] {
        guard let node = members.first(where: { $0.name == name })?.node else { return [] }
        return Self.columns(node)
    }

    private static func columns(_ node: Node) -> [String] {
        switch node {
        case .literal: []
        case .text(let segments, _):
            segments.compactMap { if case .field(let name, _, _) = $0 { name } else { nil } }
        case .array(let nodes): nodes.flatMap(columns)
        case .object(let members): members.flatMap { columns($0.node) }
        }
    }

    /// The columns whose fields are lots or serials in a GS1 key's path, such as a lot behind
    /// `/10/`, each with its application identifier.
    func qualifiers(inMember name: String) -> [(column: String, code: String)] {
        guard let node = members.first(where: { $0.name == name })?.node else { return [] }
        return Self.qualifiers(node)
    }

    private static func qualifiers(_ node: Node) -> [(column: String, code: String)] {
        switch node {
        case .literal: return []
        case .array(let nodes): return nodes.flatMap(qualifiers)
        case .object(let members): return members.flatMap { qualifiers($0.node) }
        case .text(let segments, _):
            var found: [(column: String, code: String)] = []
            for (before, segment) in zip(segments, segments.dropFirst()) {
                guard case .literal(let text) = before, text.hasSuffix("/"),
                    case .field(let name, .value, _) = segment
                else { continue }
                let code = text.split(separator: "/").last.map(String.init) ?? ""
                if ["10", "21", "22", "235"].contains(code) { found.append((name, code)) }
            }
            return found
        }
    }

    private struct Rendering {
        let cells: [String: Cell]
        let row: String

        func value(_ node: Node) throws(Vanishing) -> JSONValue {
            switch node {
            case .literal(let value): return value
            case .text(let segments, let isURI): return try text(segments, isURI)
            case .array(let nodes):
                let values = nodes.compactMap { try? value($0) }
                guard !values.isEmpty || nodes.isEmpty else {
                    throw Vanishing(isMemberOnly: true)
                }
                return .array(values)
            case .object(let members):
                var values: [JSONMember] = []
                for member in members {
                    do throws(Vanishing) {
                        values.append(JSONMember(member.name, try value(member.node)))
                    } catch {
                        guard error.isMemberOnly else { throw error }
                    }
                }
                guard !values.isEmpty else { throw Vanishing(isMemberOnly: true) }
                return .object(values)
            }
        }

        private func text(_ segments: [Segment], _ isURI: Bool) throws(Vanishing) -> JSONValue {
            var result = ""
            for segment in segments {
                guard case .field(let name, let facet, let mayVanish) = segment else {
                    if case .literal(let text) = segment { result += text }
                    continue
                }
                let cell = name == "row" ? rowCell(facet) : cells[name] ?? .absent
                guard let text = cell.text(facet) else {
                    throw Vanishing(isMemberOnly: mayVanish)
                }
                if segments.count == 1, let whole = cell.json(facet) { return whole }
                result += isURI ? PercentEncoding.text(text.utf8) : text
            }
            return .string(result)
        }

        private func rowCell(_ facet: Facet) -> Cell {
            .text(facet == .uuid ? RowMaker.uuid(row) : row)
        }
    }
}

/// What a field was read as.
enum Cell: Hashable, Sendable {
    case absent
    case text(String)
    case number(JSONNumber)
    case time(milliseconds: Int64, offsetMinutes: Int)
    case json(JSONValue)

    /// The text that stands in a template's text; nil if there is none.
    func text(_ facet: RowTemplate.Facet) -> String? {
        switch self {
        case .absent: return nil
        case .text(let text): return text
        case .number(let number): return number.text
        case .json(let value): return String(decoding: value.serialized(), as: UTF8.self)
        case .time(let milliseconds, let offset):
            switch facet {
            case .offset: return LocalZone.offsetText(offset)
            case .value, .date, .uuid:
                let shifted = milliseconds + Int64(offset) * 60_000
                let local = ZonedTime.text(milliseconds: shifted)
                return facet == .date
                    ? String(local.prefix(10))
                    : String(local.dropLast()) + LocalZone.offsetText(offset)
            }
        }
    }

    /// The value that stands alone where a template has nothing but the field; nil for texts.
    func json(_ facet: RowTemplate.Facet) -> JSONValue? {
        switch self {
        case .number(let number): .number(number)
        case .json(let value): value
        default: nil
        }
    }
}
