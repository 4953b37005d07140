import GS1

/// How much of an event's JSON is checked before it counts as one.
package enum EventStrictness: Hashable, Sendable {
    /// What SPEC §8.1 reads and nothing more: what rows, standing and answers depend on. So any
    /// two programs read the same events, whatever else they know of EPCIS.
    case rules
    /// All that GS1's JSON schema and the standard's text ask for, and then what `rules` asks for.
    /// For who signs or admits an event; never for who audits one.
    case schema
}

/// Reads one event by SPEC §8.1: the members that decide, then what its type needs of them.
struct EventReader {
    private let type: EventType
    private let object: ObjectReader

    /// Finds the event's type.
    init(_ value: JSONValue) throws(EPCISError) {
        type = try EventType(of: value)
        object = try ObjectReader(open: value)
    }

    /// Reads the whole event; members that §8.1 does not name may hold anything.
    func readEvent() throws(EPCISError) -> EPCISEvent {
        try object.require("@context") { (_) throws(EPCISError) in }
        try checkObjectCount()
        let event = EPCISEvent(
            type: type,
            action: try action(),
            eventID: object["eventID"]?.asString,
            declaresError: object["errorDeclaration"] != nil,
            eventTimeMilliseconds: try object.require("eventTime", Scalars.time).milliseconds,
            eventTimeZoneOffset: try object.require("eventTimeZoneOffset", EventFields.zoneOffset),
            bizStep: try object.read("bizStep", EventFields.businessStep),
            disposition: object["disposition"]?.asString.map(Vocabulary.disposition.canonical),
            readPoint: try object.read("readPoint", EventFields.place),
            bizLocation: try object.read("bizLocation", EventFields.place),
            parentID: try own("parentID", EventFields.identifier),
            epcList: try list("epcList", EventFields.identifier),
            quantityList: try list("quantityList", EventFields.quantityElement),
            childEPCs: try list("childEPCs", EventFields.identifier),
            childQuantityList: try list("childQuantityList", EventFields.quantityElement),
            inputEPCList: try list("inputEPCList", EventFields.identifier),
            inputQuantityList: try list("inputQuantityList", EventFields.quantityElement),
            outputEPCList: try list("outputEPCList", EventFields.identifier),
            outputQuantityList: try list("outputQuantityList", EventFields.quantityElement),
            transformationID: try own("transformationID", EventFields.identifier),
            sources: try object.readList("sourceList", EventFields.source),
            destinations: try object.readList("destinationList", EventFields.destination),
            certificationInfo: try object.read(
                "certificationInfo", EventFields.certificationInfo) ?? [])
        try checkWhole(event)
        return event
    }

    /// The action, which every type but the transformation must have.
    private func action() throws(EPCISError) -> EventAction? {
        guard type == .transformation else {
            return try object.require("action", EventFields.action)
        }
        guard object["action"] == nil else {
            throw EPCISError(
                "epcis.unexpected", field: "action", "a TransformationEvent has no action")
        }
        return nil
    }

    /// Reads a member that only some types have; in the others it is passed over.
    private func own<T>(
        _ name: String, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> T? {
        guard type.fieldNames.contains(name) else { return nil }
        return try object.read(name, body)
    }

    /// Reads a list that only some types have; in the others it is passed over.
    private func list<T>(
        _ name: String, _ body: (JSONValue) throws(EPCISError) -> T
    ) throws(EPCISError) -> [T] {
        guard type.fieldNames.contains(name) else { return [] }
        return try object.readList(name, body)
    }

    /// Whether a list that is not read further has an element.
    private func isFilled(_ name: String) throws(EPCISError) -> Bool {
        try !object.readList(name) { (_) throws(EPCISError) in }.isEmpty
    }

    /// Refuses an event of too many objects before any is read.
    private func checkObjectCount() throws(EPCISError) {
        let lists = EventType.objectLists.filter(type.fieldNames.contains)
        let count = lists.reduce(0) { $0 + (object[$1]?.asArray?.count ?? 0) }
        guard count <= EPCISLimits.objectCount else {
            throw EPCISError(
                "epcis.too-large",
                "the event names \(count) objects, the limit is \(EPCISLimits.objectCount)")
        }
    }
}

// MARK: - What a type needs (EPCIS 2.0 §7.4)

extension EventReader {
    private func checkWhole(_ event: EPCISEvent) throws(EPCISError) {
        let needs = EventNeeds(
            type: type, action: event.action, hasObjects: event.hasObjects,
            hasParent: event.parentID != nil,
            hasChildren: !event.childEPCs.isEmpty || !event.childQuantityList.isEmpty,
            hasInputs: !event.inputEPCList.isEmpty || !event.inputQuantityList.isEmpty,
            hasOutputs: !event.outputEPCList.isEmpty || !event.outputQuantityList.isEmpty,
            hasProcess: event.transformationID != nil,
            isSensed: type == .object
                ? try isFilled("sensorElementList") && event.readPoint != nil : false,
            hasTransactions: type == .transaction ? try isFilled("bizTransactionList") : false)
        if let fault = needs.faults.first { throw fault }
    }
}
