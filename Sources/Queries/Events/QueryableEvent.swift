package import EPCIS

/// Where an event stands in the log: the total order of events that never changes.
package struct EventPosition: Hashable, Comparable, Sendable {
    /// The index of the statement's leaf in the log.
    package let leafIndex: UInt64
    /// The number of the part in its statement.
    package let part: UInt32

    /// Names a place.
    package init(leafIndex: UInt64, part: UInt32) {
        self.leafIndex = leafIndex
        self.part = part
    }

    package static func < (left: EventPosition, right: EventPosition) -> Bool {
        (left.leafIndex, left.part) < (right.leafIndex, right.part)
    }
}

/// An event of the log in the form that queries are asked of.
package struct QueryableEvent: Sendable {
    /// Where it stands.
    package let position: EventPosition
    /// When the node registered it, milliseconds since the Unix epoch.
    package let recordTimeMilliseconds: Int64
    /// The event as it was signed.
    package let json: JSONValue
    /// What SPEC §8.1 reads of it.
    package let event: EPCISEvent
    /// The rest of the standard's fields.
    package let details: EventDetails
    let prefixes: Prefixes

    /// Reads an event's JSON by SPEC §8.1; what that cannot read is no event of a query's answer.
    ///
    /// What the addresses in the event's `@context` define, `contexts` tells.
    package init(
        _ json: JSONValue, recordTimeMilliseconds: Int64, position: EventPosition,
        contexts: ContextLibrary = .builtIn
    ) throws(EPCISError) {
        self.json = json
        self.recordTimeMilliseconds = recordTimeMilliseconds
        self.position = position
        event = try EPCISEvent.read(json, by: .rules)
        details = EventDetails(json)
        prefixes = contexts.prefixes(of: json["@context"])
    }

    /// A member's name with its prefix replaced, if the event defines it.
    func fullName(_ name: String) -> String {
        guard let (space, local) = prefixes.resolved(name) else { return name }
        return space + local
    }
}
