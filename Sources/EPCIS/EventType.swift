/// The five event types of EPCIS 2.0 §7.4; event types that users define are refused.
package enum EventType: String, Hashable, Sendable, CaseIterable {
    /// Something happened to objects as such.
    case object = "ObjectEvent"
    /// Children were put into, taken from or seen in a parent.
    case aggregation = "AggregationEvent"
    /// Children were fitted to, removed from or seen on a parent that keeps its identity.
    case association = "AssociationEvent"
    /// Objects were tied to business transactions.
    case transaction = "TransactionEvent"
    /// Inputs were used up and outputs came of them.
    case transformation = "TransformationEvent"
}

extension EventType {
    /// Finds the type of an event's JSON.
    init(of value: JSONValue) throws(EPCISError) {
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
        self = type
    }

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

    /// The names of the standard's fields in events of all types.
    static let standardNames = allCases.reduce(into: Set<String>()) { $0.formUnion($1.fieldNames) }

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
