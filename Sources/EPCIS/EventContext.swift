/// The JSON-LD context of a document or an event: where prefixes and terms get their meaning.
enum EventContext {
    /// Checks a context by GS1's schema: a URI, an object, or an array of these without repetition.
    static func check(_ value: JSONValue) throws(EPCISError) {
        if case .array = value {
            _ = try Scalars.list(value, unique: true, entry)
        } else {
            try entry(value)
        }
        try checkLength(value)
    }

    /// Refuses a context past the limit.
    private static func checkLength(_ value: JSONValue) throws(EPCISError) {
        guard value.serialized().count <= EPCISLimits.contextByteCount else {
            throw EPCISError(
                "epcis.too-large",
                "the context is longer than \(EPCISLimits.contextByteCount) bytes")
        }
    }

    /// One entry: the address of a context, or prefixes and terms on the spot.
    static func entry(_ value: JSONValue) throws(EPCISError) {
        if case .object = value { return }
        _ = try Scalars.uri(value)
    }

    /// The entries of a context, outermost first.
    static func entries(_ context: JSONValue?) -> [JSONValue] {
        guard let context else { return [] }
        return context.asArray ?? [context]
    }

    /// The context of an event that leaves its document: always an array, the document's entries
    /// first, then the event's own, each once.
    ///
    /// A later entry overrides an earlier one. So an entry can be left out as repeated only where
    /// no two entries define one term differently: without the last of `{ex: A}`, `{ex: B}`,
    /// `{ex: A}`, another meaning of `ex` would hold. Such an event is refused.
    static func merged(document: JSONValue?, event: JSONValue?) throws(EPCISError) -> JSONValue {
        let all = entries(document) + entries(event)
        var seen: Set<[UInt8]> = []
        let kept = all.filter { seen.insert($0.serialized()).inserted }
        guard kept.count == all.count || !redefinesTerm(all) else {
            throw EPCISError(
                "epcis.context",
                "the event repeats an entry of the document's context and redefines a term of it: "
                    + "the two contexts cannot become one; use another prefix")
        }
        let merged = JSONValue.array(kept)
        try checkLength(merged)
        return merged
    }

    /// Whether two entries give one term different definitions.
    private static func redefinesTerm(_ entries: [JSONValue]) -> Bool {
        var definitions: [String: JSONValue] = [:]
        for member in entries.compactMap(\.asObject).joined() {
            if let earlier = definitions.updateValue(member.value, forKey: member.name),
                earlier != member.value
            {
                return true
            }
        }
        return false
    }
}
