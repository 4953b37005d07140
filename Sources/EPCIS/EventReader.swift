import GS1

/// Reads one event: the fields that its type knows, then what the type demands of them together.
struct EventReader {
    private let type: EventType
    private let object: StrictObject

    /// Finds the event's type and checks its member names.
    init(_ value: JSONValue) throws(EPCISError) {
        guard case .object = value else { throw .format("an event object", value) }
        guard let typeValue = value["type"] else {
            throw EPCISError("epcis.missing", field: "type", "an event needs its type")
        }
        guard let text = typeValue.asString else {
            throw EPCISError.format("a string", typeValue).inside("type")
        }
        guard let type = EventType(rawValue: text) else {
            throw EPCISError(
                "epcis.event-type", field: "type",
                "\"\(JSONPath.shown(text))\" is none of the five event types of EPCIS 2.0")
        }
        self.type = type
        object = try StrictObject(value, names: type.fieldNames, extensible: true)
    }

    /// Reads and checks the whole event.
    func readEvent() throws(EPCISError) -> EPCISEvent {
        try object.require("@context", EventContext.check)
        try checkObjectCount()
        let event = EPCISEvent(
            type: type,
            action: try action(),
            eventID: try object.read("eventID", Scalars.uri),
            eventTimeMilliseconds: try object.require("eventTime", Scalars.time).milliseconds,
            eventTimeZoneOffset: try object.require("eventTimeZoneOffset", EventFields.zoneOffset),
            recordTimeMilliseconds: try object.read("recordTime", Scalars.time)?.milliseconds,
            bizStep: try object.read("bizStep", Vocabulary.businessStep.read),
            disposition: try object.read("disposition", Vocabulary.disposition.read),
            persistentDisposition: try object.read(
                "persistentDisposition", EventFields.persistentDisposition),
            readPoint: try object.read("readPoint", EventFields.place),
            bizLocation: try object.read("bizLocation", EventFields.place),
            parentID: try object.read("parentID", EventFields.identifier),
            epcList: try identifiers("epcList", unique: type == .object),
            quantityList: try quantities("quantityList"),
            childEPCs: try identifiers("childEPCs", unique: false),
            childQuantityList: try quantities("childQuantityList"),
            inputEPCList: try identifiers("inputEPCList", unique: true),
            inputQuantityList: try quantities("inputQuantityList"),
            outputEPCList: try identifiers("outputEPCList", unique: true),
            outputQuantityList: try quantities("outputQuantityList"),
            transformationID: try object.read("transformationID", EventFields.identifier),
            bizTransactions: try object.readList(
                "bizTransactionList", EventFields.businessTransaction),
            sources: try object.readList("sourceList", EventFields.source),
            destinations: try object.readList("destinationList", EventFields.destination),
            certificationInfo: try object.read(
                "certificationInfo", EventFields.certificationInfo) ?? [],
            errorDeclaration: try object.read("errorDeclaration", EventFields.errorDeclaration),
            sensorElements: try object.readList("sensorElementList", SensorFields.element),
            ilmd: try object.read("ilmd", EventFields.masterData),
            extensions: object.extensions)
        try event.checkWhole()
        return event
    }

    /// The action, which every type but the transformation must have.
    private func action() throws(EPCISError) -> EventAction? {
        guard type != .transformation else { return nil }
        return try object.require("action", EventFields.action)
    }

    /// A list of objects.
    private func identifiers(
        _ name: String, unique: Bool
    ) throws(EPCISError) -> [CanonicalIdentifier] {
        try object.readList(name, unique: unique, EventFields.identifier)
    }

    /// A list of amounts.
    private func quantities(_ name: String) throws(EPCISError) -> [QuantityElement] {
        try object.readList(name, EventFields.quantityElement)
    }

    /// Refuses an event of too many objects before any is read.
    private func checkObjectCount() throws(EPCISError) {
        let count = EventType.objectLists.reduce(0) { $0 + (object[$1]?.asArray?.count ?? 0) }
        guard count <= EPCISLimits.objectCount else {
            throw EPCISError(
                "epcis.too-large",
                "the event names \(count) objects, the limit is \(EPCISLimits.objectCount)")
        }
    }
}

extension EventType {
    /// The lists that name objects, of all event types.
    static let objectLists = [
        "epcList", "quantityList", "childEPCs", "childQuantityList", "inputEPCList",
        "inputQuantityList", "outputEPCList", "outputQuantityList",
    ]

    private static let common: Set<String> = [
        "@context", "type", "eventTime", "recordTime", "eventTimeZoneOffset", "eventID",
        "certificationInfo", "errorDeclaration", "bizStep", "disposition", "readPoint",
        "bizLocation", "bizTransactionList", "sourceList", "destinationList", "sensorElementList",
    ]

    private static let objectNames = common.union([
        "action", "epcList", "quantityList", "persistentDisposition", "ilmd",
    ])

    private static let aggregationNames = common.union([
        "action", "parentID", "childEPCs", "childQuantityList",
    ])

    private static let transactionNames = common.union([
        "action", "parentID", "epcList", "quantityList",
    ])

    private static let transformationNames = common.union([
        "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList",
        "transformationID", "persistentDisposition", "ilmd",
    ])

    /// The names of the standard's fields in an event of this type.
    var fieldNames: Set<String> {
        switch self {
        case .object: Self.objectNames
        case .aggregation, .association: Self.aggregationNames
        case .transaction: Self.transactionNames
        case .transformation: Self.transformationNames
        }
    }
}
