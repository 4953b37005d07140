/// What a report says of an event so that a person finds it, however broken it is.
package struct EventDescription: Hashable, Sendable {
    /// `type`, if it is a text, cut to 80 bytes.
    package let type: String?
    /// `eventID`, if it is a text, cut to 80 bytes.
    package let eventID: String?

    init(_ event: JSONValue) {
        type = event["type"]?.asString.map(JSONPath.shown)
        eventID = event["eventID"]?.asString.map(JSONPath.shown)
    }
}

/// What came of one event.
package struct EventReport: Hashable, Sendable {
    /// What came of an event.
    package enum Verdict: String, Hashable, Sendable, CaseIterable {
        /// It is valid as it stands.
        case valid
        /// It is valid after repairs.
        case repaired
        /// It is not valid, and no repair of the list makes it so.
        case quarantined
    }

    /// The event's place in the document, from 0.
    package let index: Int
    /// What can be said of it at a glance.
    package let description: EventDescription
    /// Its repairs; none in a strict report.
    package let repairs: [Repair]
    /// What is wrong with it.
    package let breaches: [Breach]

    /// What came of it.
    package var verdict: Verdict {
        if !breaches.isEmpty { return .quarantined }
        return repairs.isEmpty ? .valid : .repaired
    }
}

/// What a document is by GS1's schema, event by event and field by field.
///
/// A value for people (`lines`) and for programs (`json`); strict and lenient reading give it.
package struct DocumentReport: Hashable, Sendable {
    /// Whether nothing was repaired.
    package let isStrict: Bool
    /// What kind of input it is; nothing for a text that is none.
    package let form: DocumentForm?
    /// Repairs of the document as a whole.
    package let repairs: [Repair]
    /// Breaches of the document around its events.
    package let breaches: [Breach]
    /// The events in order.
    package let events: [EventReport]

    /// Whether nothing breaks the schema and nothing was repaired.
    package var isValid: Bool {
        form != nil && repairs.isEmpty && breaches.isEmpty
            && events.allSatisfy { $0.verdict == .valid }
    }

    /// How many events have a verdict.
    package func count(_ verdict: EventReport.Verdict) -> Int {
        events.count { $0.verdict == verdict }
    }
}

extension DocumentReport {
    /// All breaches of a document, by the rules of admission.
    ///
    /// See ``StrictReading``, which also has the events.
    package static func strict(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) -> DocumentReport {
        StrictReading(bytes, limits: limits).report
    }
}

extension DocumentOutline {
    /// What breaks the schema around the events.
    func frameBreaches(_ value: JSONValue) -> [Breach] {
        Self.frameBreaches(value, form)
    }

    /// What breaks the schema around the events of a document of a kind.
    static func frameBreaches(_ value: JSONValue, _ form: DocumentForm) -> [Breach] {
        var collector = BreachCollector(base: [], limit: EventBreaches.limit)
        switch form {
        case .document: collector.collect(value, Shape.document)
        case .queryDocument: collector.collect(value, Shape.queryDocument)
        case .list, .event: break
        }
        return collector.breaches
    }

    /// The kind of a document by its type alone.
    static func documentForm(_ value: JSONValue) -> DocumentForm? {
        switch value["type"]?.asString {
        case "EPCISDocument": .document
        case "EPCISQueryDocument": .queryDocument
        default: nil
        }
    }
}
