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
        try checkLength(value.serialized().count)
    }

    fileprivate static func checkLength(_ count: Int) throws(EPCISError) {
        guard count <= EPCISLimits.contextByteCount else {
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
}

/// The entries of a document's context, read once for all of its events.
struct ContextEntries {
    /// The kept entries as text, with commas between.
    private var text: [UInt8] = []
    private var seen: Set<[UInt8]> = []
    private var definitions: [String: JSONValue] = [:]
    private var isRepeating = false
    private var isRedefining = false

    /// The entries of a document's context; none if the events stand in no document.
    init(_ context: JSONValue?) {
        for entry in EventContext.entries(context) { add(entry, behind: nil) }
    }

    /// The context of an event that leaves its document.
    ///
    /// Always an array, the document's entries first, then the event's own, each once. Of the
    /// document's only the text is gone over again.
    ///
    /// A later entry overrides an earlier one. So an entry can be left out as repeated only where
    /// no two entries define one term differently: without the last of `{ex: A}`, `{ex: B}`,
    /// `{ex: A}`, another meaning of `ex` would hold. Such an event is refused.
    func merged(with event: JSONValue?) throws(EPCISError) -> [UInt8] {
        var own = ContextEntries(nil)
        for entry in EventContext.entries(event) { own.add(entry, behind: self) }
        let repeats = isRepeating || own.isRepeating
        guard !repeats || !(isRedefining || own.isRedefining) else {
            throw EPCISError(
                "epcis.context",
                "the event repeats an entry of the document's context and redefines a term of it: "
                    + "the two contexts cannot become one; use another prefix")
        }
        let comma: [UInt8] = text.isEmpty || own.text.isEmpty ? [] : [UInt8(ascii: ",")]
        let merged = [UInt8(ascii: "[")] + text + comma + own.text + [UInt8(ascii: "]")]
        try EventContext.checkLength(merged.count)
        return merged
    }

    /// Adds an entry, unless it or `outer` has it already.
    private mutating func add(_ entry: JSONValue, behind outer: ContextEntries?) {
        for member in entry.asObject ?? [] {
            let earlier =
                definitions.updateValue(member.value, forKey: member.name)
                ?? outer?.definitions[member.name]
            if let earlier, earlier != member.value { isRedefining = true }
        }
        let bytes = entry.serialized()
        guard !(outer?.seen.contains(bytes) ?? false), seen.insert(bytes).inserted else {
            isRepeating = true
            return
        }
        if !text.isEmpty { text.append(UInt8(ascii: ",")) }
        text += bytes
    }
}
