/// One event taken out of a document, complete in itself.
package struct EPCISPart: Hashable, Sendable {
    /// The event's place in the document, from 0.
    package let index: Int
    /// The event as compact JSON, `@context` first.
    package let bytes: [UInt8]
}

/// Capture input: a document, a query result, an array of events or a bare event.
package enum EPCISDocument {
    /// Splits any capture input into self-contained events, in their order (SPEC §5).
    ///
    /// Each part is the event's own members as they were, without white space, after a `@context`
    /// that holds the document's entries followed by the event's own (`ContextEntries.merged`).
    /// The same bytes always give the same parts, and splitting a part gives that part again.
    /// The frame of the document is checked by GS1's schema, the events themselves are not: that
    /// is `EPCISEvent.read(_:by:)`. A header's master data belongs to no event and is left behind.
    package static func split(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(EPCISError) -> [EPCISPart] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw EPCISError(error)
        }
        if let elements = value.asArray { return try parts(elements, context: nil, path: "") }
        guard let typeValue = value["type"] else {
            throw value.asObject == nil
                ? .format("an object or an array of events", value)
                : EPCISError("epcis.missing", field: "type", "a document or event needs its type")
        }
        switch typeValue.asString {
        case "EPCISDocument":
            return try parts(
                try DocumentFrame.events(ofDocument: value), context: value["@context"],
                path: "epcisBody.eventList")
        case "EPCISQueryDocument":
            return try parts(
                try DocumentFrame.events(ofQueryDocument: value), context: value["@context"],
                path: "epcisBody.queryResults.resultsBody.eventList")
        case .some: return try parts([value], context: nil, path: nil)
        case nil: throw EPCISError.format("a string", typeValue).inside("type")
        }
    }

    /// Makes the parts of a list of events that stands at `path`; nil for a bare event.
    private static func parts(
        _ events: [JSONValue], context: JSONValue?, path: String?
    ) throws(EPCISError) -> [EPCISPart] {
        var parts: [EPCISPart] = []
        var bytesLeft = EPCISLimits.documentByteCount
        // Most events have no context of their own: the document's is written once for all.
        let context = DocumentContext(context)
        _ = try context.written.get()
        for (index, event) in events.enumerated() {
            do throws(EPCISError) {
                let bytes = try context.part(event)
                bytesLeft -= bytes.count
                guard bytesLeft >= 0 else { throw EPCISError.partsTooLarge }
                parts.append(EPCISPart(index: index, bytes: bytes))
            } catch {
                guard let path else { throw error }
                throw error.inside("[\(index)]").inside(path)
            }
        }
        return parts
    }
}
