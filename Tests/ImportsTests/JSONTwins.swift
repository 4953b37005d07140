import EPCIS

/// Compares an event read from XML with the same event written in JSON.
enum JSONTwins {
    /// Prefixes that a context defines.
    static func prefixes(_ context: JSONValue?) -> [String: String] {
        let entries = context?.asArray ?? context.map { [$0] } ?? []
        var result = ["cbvmda": "urn:epcglobal:cbv:mda", "gs1": "https://gs1.org/voc/"]
        for member in entries.compactMap(\.asObject).joined() {
            result[member.name] = member.value.asString
        }
        return result
    }

    /// A value whose member names are whole URIs, whose members are sorted, whose numbers are
    /// without useless zeros and whose times are milliseconds; the context is gone.
    static func canonical(_ value: JSONValue, _ prefixes: [String: String]) -> String {
        switch value {
        case .object(let members):
            let texts = members.filter { $0.name != "@context" }
                .map { expanded($0.name, prefixes) + "=" + canonical($0.value, prefixes) }
            return "{" + texts.sorted().joined(separator: ",\n") + "}"
        case .array(let values) where values.count == 1:
            return canonical(values[0], prefixes)
        case .array(let values):
            return "[" + values.map { canonical($0, prefixes) }.joined(separator: ",\n") + "]"
        case .number(let number):
            var text = number.text
            if text.contains(".") {
                while text.hasSuffix("0") { text.removeLast() }
                if text.hasSuffix(".") { text.removeLast() }
            }
            return text
        case .string(let text):
            if let time = try? ZonedTime(text) { return "t\(time.milliseconds)" }
            return "\"\(bareWord(text))\""
        case .bool(let flag): return "\(flag)"
        case .null: return "null"
        }
    }

    /// Some JSON documents spell out what the standard's own words are.
    private static func bareWord(_ text: String) -> String {
        for spelling in ["https://ref.gs1.org/cbv/BizStep-", "cbv:Comp-", "gs1:"]
        where text.hasPrefix(spelling) {
            return String(text.dropFirst(spelling.count))
        }
        return text
    }

    private static func expanded(_ name: String, _ prefixes: [String: String]) -> String {
        guard let colon = name.firstIndex(of: ":"),
            let namespace = prefixes[String(name[..<colon])]
        else { return name }
        return "{\(namespace)}" + name[name.index(after: colon)...]
    }
}
