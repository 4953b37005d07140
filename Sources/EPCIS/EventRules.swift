extension EPCISEvent {
    /// Checks what the standard demands of an event's fields together (EPCIS 2.0 §7.4).
    func checkWhole() throws(EPCISError) {
        switch type {
        case .object: try checkObject()
        case .aggregation: try checkAggregation()
        case .association: try checkAssociation()
        case .transaction: try checkTransaction()
        case .transformation: try checkTransformation()
        }
    }

    /// §7.4.2: objects, or a sensor's reading at a place; master data only for new objects.
    ///
    /// GS1's schema lets an empty `epcList` pass for objects; the text asks for one or more.
    private func checkObject() throws(EPCISError) {
        guard hasObjects || (!sensorElements.isEmpty && readPoint != nil) else {
            throw EPCISError(
                "epcis.nothing-stated",
                "an ObjectEvent needs objects, or sensorElementList and readPoint")
        }
        guard ilmd == nil || action == .add else {
            throw EPCISError(
                "epcis.unexpected", field: "ilmd", "master data goes with action ADD only")
        }
    }

    /// §7.4.3: a parent unless observed, and children unless all are taken out.
    private func checkAggregation() throws(EPCISError) {
        guard parentID != nil || action == .observe else {
            throw EPCISError(
                "epcis.missing", field: "parentID",
                "an AggregationEvent with action ADD or DELETE needs its parent")
        }
        try checkChildren()
    }

    /// §7.4.6: always a parent, and children unless all are taken off.
    private func checkAssociation() throws(EPCISError) {
        guard parentID != nil else {
            throw EPCISError(
                "epcis.missing", field: "parentID", "an AssociationEvent needs its parent")
        }
        try checkChildren()
    }

    /// Children may be left out with DELETE only, where it means all of them.
    private func checkChildren() throws(EPCISError) {
        guard action == .delete || !childEPCs.isEmpty || !childQuantityList.isEmpty else {
            throw EPCISError(
                "epcis.nothing-stated",
                "childEPCs or childQuantityList must name a child unless the action is DELETE")
        }
    }

    /// §7.4.4: business transactions, and objects unless all are untied.
    private func checkTransaction() throws(EPCISError) {
        guard !bizTransactions.isEmpty else {
            throw EPCISError(
                "epcis.missing", field: "bizTransactionList",
                "a TransactionEvent needs a business transaction")
        }
        guard action == .delete || hasObjects else {
            throw EPCISError(
                "epcis.nothing-stated",
                "epcList or quantityList must name an object unless the action is DELETE")
        }
    }

    /// §7.4.5: inputs and outputs, or one of them and the process that ties several events.
    private func checkTransformation() throws(EPCISError) {
        let hasInputs = !inputEPCList.isEmpty || !inputQuantityList.isEmpty
        let hasOutputs = !outputEPCList.isEmpty || !outputQuantityList.isEmpty
        guard hasInputs && hasOutputs || transformationID != nil && (hasInputs || hasOutputs) else {
            throw EPCISError(
                "epcis.nothing-stated",
                "a TransformationEvent needs inputs and outputs, or one of them and "
                    + "transformationID")
        }
    }

    private var hasObjects: Bool {
        !epcList.isEmpty || !quantityList.isEmpty
    }
}
