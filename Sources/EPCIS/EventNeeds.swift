/// What an event of a type must hold together (EPCIS 2.0 §7.4, SPEC §8.1).
struct EventNeeds {
    let type: EventType
    let action: EventAction?
    /// Of `epcList` or `quantityList`, an element.
    let hasObjects: Bool
    let hasParent: Bool
    let hasChildren: Bool
    let hasInputs: Bool
    let hasOutputs: Bool
    /// `transformationID`.
    let hasProcess: Bool
    /// A sensor element, and a `readPoint`.
    let isSensed: Bool
    /// An element of `bizTransactionList`.
    let hasTransactions: Bool

    /// Everything that is missing.
    var faults: [EPCISError] {
        switch type {
        case .object: objectFaults
        case .aggregation: (action == .observe ? [] : parentFaults) + childFaults
        case .association: parentFaults + childFaults
        case .transaction: transactionFaults
        case .transformation: transformationFaults
        }
    }

    /// §7.4.2: objects, or a sensor's reading at a place.
    ///
    /// GS1's schema lets an empty `epcList` pass for objects; the text asks for one or more.
    private var objectFaults: [EPCISError] {
        if hasObjects || isSensed { return [] }
        return [
            EPCISError(
                "epcis.nothing-stated",
                "an ObjectEvent needs objects, or sensorElementList and readPoint")
        ]
    }

    /// §7.4.3, §7.4.6: a parent, unless an aggregation is only observed.
    private var parentFaults: [EPCISError] {
        if hasParent { return [] }
        return [
            EPCISError(
                "epcis.missing", field: "parentID",
                "an AssociationEvent, and an AggregationEvent with action ADD or DELETE, "
                    + "needs its parent")
        ]
    }

    /// Children may be left out with DELETE only, where it means all of them.
    private var childFaults: [EPCISError] {
        if action == .delete || hasChildren { return [] }
        return [
            EPCISError(
                "epcis.nothing-stated",
                "childEPCs or childQuantityList must name a child unless the action is DELETE")
        ]
    }

    /// §7.4.4: business transactions.
    private var transactionFaults: [EPCISError] {
        if hasTransactions { return [] }
        return [
            EPCISError(
                "epcis.missing", field: "bizTransactionList",
                "a TransactionEvent needs a business transaction")
        ]
    }

    /// §7.4.5: inputs and outputs, or one of them and the process that ties several events.
    private var transformationFaults: [EPCISError] {
        if hasInputs && hasOutputs || hasProcess && (hasInputs || hasOutputs) { return [] }
        return [
            EPCISError(
                "epcis.nothing-stated",
                "a TransformationEvent needs inputs and outputs, or one of them and "
                    + "transformationID")
        ]
    }
}
