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
    /// that holds the document's entries followed by the event's own (`EventContext.merged`).
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
        var shared: [UInt8]?
        if let context {
            shared = try EventContext.merged(document: context, event: nil).serialized()
        }
        for (index, event) in events.enumerated() {
            do throws(EPCISError) {
                let bytes = try part(event, context: context, shared: shared)
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

    /// One event with the contexts merged.
    static func part(
        _ event: JSONValue, context: JSONValue?, shared: [UInt8]?
    ) throws(EPCISError) -> [UInt8] {
        guard let members = event.asObject else { throw .format("an event object", event) }
        var bytes = Array(#"{"@context":"#.utf8)
        if let own = event["@context"] {
            bytes += try mergedContext(document: context, own: own)
        } else if let shared {
            bytes += shared
        } else {
            throw EPCISError(
                "epcis.missing", field: "@context", "an event outside a document needs a context")
        }
        for member in members where member.name != "@context" {
            bytes.append(UInt8(ascii: ","))
            member.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        guard bytes.count <= EPCISLimits.eventByteCount else {
            throw EPCISError(
                "epcis.too-large",
                "the event is longer than \(EPCISLimits.eventByteCount) bytes")
        }
        return bytes
    }

    /// The text of a document's context with an event's own; an error's field begins with its name.
    private static func mergedContext(
        document: JSONValue?, own: JSONValue
    ) throws(EPCISError) -> [UInt8] {
        do throws(EPCISError) {
            try EventContext.check(own)
            return try EventContext.merged(document: document, event: own).serialized()
        } catch {
            throw error.inside("@context")
        }
    }
}
