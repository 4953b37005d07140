extension Shape {
    /// An event of a type, complete in itself.
    static func event(_ type: EventType) -> ObjectShape {
        switch type {
        case .object: objectEvent
        case .aggregation: aggregationEvent
        case .association: associationEvent
        case .transaction: transactionEvent
        case .transformation: transformationEvent
        }
    }

    private static let objectEvent = event(.object, required: ["action"])
    private static let aggregationEvent = event(.aggregation, required: ["action"])
    private static let associationEvent = event(.association, required: ["action"])
    private static let transactionEvent = event(.transaction, required: ["action"])
    private static let transformationEvent = event(.transformation, required: [])

    private static func event(_ type: EventType, required: [String]) -> ObjectShape {
        var members = fields.filter { type.fieldNames.contains($0.key) }
        if type == .object {
            members["epcList"] = .list(.leaf(.identifier), unique: true)
        }
        return ObjectShape(
            members, required: ["@context", "type", "eventTime", "eventTimeZoneOffset"] + required)
    }

    /// The fields of all event types (EPCIS 2.0 §7.3, §7.4).
    private static let fields: [String: Shape] = [
        "@context": .leaf(.context), "type": .leaf(.eventType),
        "eventTime": .leaf(.time), "recordTime": .leaf(.time),
        "eventTimeZoneOffset": .leaf(.offset), "eventID": .leaf(.uri),
        "certificationInfo": .oneOrList(.leaf(.identifier)),
        "errorDeclaration": .object(errorDeclaration),
        "action": .leaf(.action), "bizStep": .leaf(.word(.businessStep)),
        "disposition": .leaf(.word(.disposition)),
        "persistentDisposition": .object(persistentDisposition),
        "readPoint": .object(place), "bizLocation": .object(place),
        "bizTransactionList": .list(.object(transaction)),
        "sourceList": .list(.object(transferEnd("source"))),
        "destinationList": .list(.object(transferEnd("destination"))),
        "sensorElementList": .list(.object(sensorElement)),
        "ilmd": .object(ObjectShape([:])),
        "parentID": .leaf(.identifier), "transformationID": .leaf(.identifier),
        "epcList": .list(.leaf(.identifier)), "childEPCs": .list(.leaf(.identifier)),
        "inputEPCList": .list(.leaf(.identifier), unique: true),
        "outputEPCList": .list(.leaf(.identifier), unique: true),
        "quantityList": quantities, "childQuantityList": quantities,
        "inputQuantityList": quantities, "outputQuantityList": quantities,
    ]

    private static let place = ObjectShape(
        ["id": .leaf(.identifier)], required: ["id"], isPlace: true)

    private static let quantities: Shape = .list(
        .object(
            ObjectShape(
                [
                    "epcClass": .leaf(.identifier), "quantity": .leaf(.quantity),
                    "uom": .leaf(.unit),
                ], required: ["epcClass"], others: .refused)))

    private static let transaction = ObjectShape(
        ["type": .leaf(.word(.transactionType)), "bizTransaction": .leaf(.identifier)],
        required: ["bizTransaction"], others: .refused)

    private static func transferEnd(_ name: String) -> ObjectShape {
        ObjectShape(
            ["type": .leaf(.word(.sourceDestinationType)), name: .leaf(.identifier)],
            required: ["type", name], others: .refused)
    }

    private static let errorDeclaration = ObjectShape(
        [
            "declarationTime": .leaf(.time), "reason": .leaf(.word(.errorReason)),
            "correctiveEventIDs": .list(.leaf(.uri)),
        ], required: ["declarationTime"])

    private static let persistentDisposition = ObjectShape(
        [
            "set": .list(.leaf(.word(.disposition)), unique: true, filled: true),
            "unset": .list(.leaf(.word(.disposition)), unique: true, filled: true),
        ], others: .refused)

    private static let sensorElement = ObjectShape(
        [
            "sensorMetadata": .object(sensorMetadata),
            "sensorReport": .list(.object(sensorReport), filled: true),
        ], required: ["sensorReport"])

    private static let sensorMetadata = ObjectShape(
        members(SensorFields.metadataTimes, .time)
            .merging(members(SensorFields.metadataURIs, .uri)) { $1 })

    private static let sensorReport = ObjectShape(
        members(SensorFields.reportURIs, .uri)
            .merging(members(SensorFields.reportNumbers, .number)) { $1 }
            .merging(members(SensorFields.reportStrings, .string)) { $1 }
            .merging([
                "type": .leaf(.measurementType), "exception": .leaf(.sensorException),
                "time": .leaf(.time), "component": .leaf(.word(.component)),
                "booleanValue": .leaf(.boolean), "hexBinaryValue": .leaf(.hexBinary),
            ]) { $1 },
        required: ["type"])

    private static func members(_ names: [String], _ leaf: Leaf) -> [String: Shape] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, .leaf(leaf)) })
    }
}
