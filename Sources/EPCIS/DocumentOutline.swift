/// Where the events of a capture input stand, found without regard to what else is in it.
struct DocumentOutline {
    /// What kind of input it is.
    let form: DocumentForm
    /// The document's context; nothing for a list or a bare event.
    let context: JSONValue?
    /// The events.
    let events: [JSONValue]
    /// The steps to the list of events; nothing for a bare event.
    let listSteps: [JSONPath.Step]?
    /// Whether the list was a single event without a list around it.
    let isSingle: Bool

    /// The steps to one event.
    func base(_ index: Int) -> [JSONPath.Step] {
        guard let listSteps else { return [] }
        return isSingle ? listSteps : listSteps + [.index(index)]
    }

    /// Finds the events; refused is only what has none at any place that is known, or too many.
    ///
    /// Without `isLenient`, exactly where `EPCISDocument.split` finds them.
    init(_ value: JSONValue, isLenient: Bool) throws(EPCISError) {
        try self.init(finding: value, isLenient: isLenient)
        guard events.count <= LenientReading.eventLimit else {
            throw EPCISError(
                "epcis.too-large",
                "the document holds \(events.count) events, the limit is "
                    + "\(LenientReading.eventLimit)")
        }
    }

    private init(finding value: JSONValue, isLenient: Bool) throws(EPCISError) {
        if let elements = value.asArray {
            self.init(.list, context: nil, found: (elements, [], false))
            return
        }
        guard value.asObject != nil else {
            throw EPCISError.format("an object or an array of events", value)
        }
        let form = try Self.form(of: value, isLenient: isLenient)
        switch form {
        case .document, .queryDocument:
            let found = Self.events(of: value, form, isLenient: isLenient)
            guard let found else {
                throw EPCISError(
                    "epcis.missing", field: "epcisBody", "the document holds no list of events")
            }
            self.init(form, context: value["@context"], found: found)
        case .event, .list:
            self.init(.event, context: nil, found: ([value], nil, true))
        }
    }

    private init(
        _ form: DocumentForm, context: JSONValue?,
        found: (events: [JSONValue], steps: [JSONPath.Step]?, isSingle: Bool)
    ) {
        self.form = form
        self.context = context
        events = found.events
        listSteps = found.steps
        isSingle = found.isSingle
    }

    private static func form(
        of value: JSONValue, isLenient: Bool
    ) throws(EPCISError) -> DocumentForm {
        let names = isLenient ? ["type", "@type", "isA"] : ["type"]
        let type = names.lazy.compactMap { value[$0] }.first
        switch type?.asString {
        case "EPCISDocument": return .document
        case "EPCISQueryDocument": return .queryDocument
        case let name?:
            if isLenient, value["epcisBody"] != nil {
                return name.hasSuffix("EPCISQueryDocument") ? .queryDocument : .document
            }
            if isLenient, EventRepairer.eventType(name) == nil {
                throw EPCISError(
                    "epcis.event-type", field: "type",
                    "\"\(JSONPath.shown(name))\" is neither a document nor an event of EPCIS")
            }
            return .event
        case nil:
            if isLenient, value["epcisBody"] != nil { return .document }
            if let type { throw EPCISError.format("a string", type).inside("type") }
            throw EPCISError(
                "epcis.missing", field: "type", "a document or event needs its type")
        }
    }

    private static func events(
        of value: JSONValue, _ form: DocumentForm, isLenient: Bool
    ) -> (events: [JSONValue], steps: [JSONPath.Step]?, isSingle: Bool)? {
        let inDocument = ["epcisBody", "eventList"]
        let inResults = ["epcisBody", "queryResults", "resultsBody", "eventList"]
        var paths = [form == .document ? inDocument : inResults]
        if isLenient { paths = [inDocument, inResults, ["epcisBody", "event"], ["eventList"]] }
        for path in paths {
            var found: JSONValue? = value
            for name in path { found = found?[name] }
            guard let found else { continue }
            let steps = path.map(JSONPath.Step.name)
            if let events = found.asArray { return (events, steps, false) }
            if isLenient, found.asObject != nil { return ([found], steps, true) }
        }
        return nil
    }
}

/// The kinds of capture input.
package enum DocumentForm: String, Hashable, Sendable {
    /// An `EPCISDocument`.
    case document
    /// An `EPCISQueryDocument`.
    case queryDocument = "query-document"
    /// An array of events.
    case list
    /// One event.
    case event
}
