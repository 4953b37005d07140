/// What GS1's JSON schema and the standard's text ask of an event beyond SPEC §8.1.
///
/// Nothing is read here: identifiers need the form of a URI only, and what §8.1 reads is checked
/// by `EventReader` afterwards.
enum EventSchema {
    /// Refuses an event that breaks the schema, naming the field.
    static func check(_ value: JSONValue) throws(EPCISError) {
        let type = try EventType(of: value)
        let object = try ObjectReader(value, names: type.fieldNames, extensible: true)
        try object.require("@context", EventContext.check)
        try checkTransfer(object)
        try checkObjects(object, ofObjectEvent: type == .object)
        _ = try object.read("eventID", Scalars.uri)
        _ = try object.read("recordTime", Scalars.time)
        _ = try object.read("disposition", Vocabulary.disposition.read)
        try object.read("persistentDisposition", persistentDisposition)
        try object.readList("bizTransactionList", businessTransaction)
        try object.read("errorDeclaration", errorDeclaration)
        try object.readList("sensorElementList", SensorFields.element)
        try object.read("ilmd", masterData)
        try checkAction(object, type)
    }

    /// Step, places, both ends of a transfer and certificates.
    private static func checkTransfer(_ object: ObjectReader) throws(EPCISError) {
        _ = try object.read("bizStep", Vocabulary.businessStep.read)
        try object.read("readPoint", place)
        try object.read("bizLocation", place)
        try object.readList("sourceList") { (end) throws(EPCISError) in
            try transferEnd(end, "source")
        }
        try object.readList("destinationList") { (end) throws(EPCISError) in
            try transferEnd(end, "destination")
        }
        try object.read("certificationInfo") { (value) throws(EPCISError) in
            if case .array = value {
                _ = try Scalars.list(value, Scalars.uri)
            } else {
                _ = try Scalars.uri(value)
            }
        }
    }

    /// The lists of objects, of which the schema wants some without repetition.
    private static func checkObjects(
        _ object: ObjectReader, ofObjectEvent isObjectEvent: Bool
    ) throws(EPCISError) {
        for name in ["parentID", "transformationID"] { _ = try object.read(name, Scalars.uri) }
        for name in ["epcList", "childEPCs", "inputEPCList", "outputEPCList"] {
            let unique = name == "epcList" ? isObjectEvent : name != "childEPCs"
            try object.readList(name, unique: unique, Scalars.uri)
        }
        for name in EventType.objectLists where name.hasSuffix("uantityList") {
            try object.readList(name, quantityElement)
        }
    }

    /// What goes with some actions only.
    static func checkAction(
        _ object: ObjectReader, _ type: EventType
    ) throws(EPCISError) {
        let action = object["action"]?.asString
        // §7.4.2: master data only for new objects.
        guard object["ilmd"] == nil || type != .object || action == "ADD" else {
            throw EPCISError(
                "epcis.unexpected", field: "ilmd", "master data goes with action ADD only")
        }
        // §7.4.4: objects, unless all are untied from the transactions.
        let lists = ["epcList", "quantityList"].compactMap { object[$0]?.asArray }
        guard type != .transaction || action == "DELETE" || !lists.allSatisfy(\.isEmpty) else {
            throw EPCISError(
                "epcis.nothing-stated",
                "epcList or quantityList must name an object unless the action is DELETE")
        }
    }
}

// MARK: - Fields

extension EventSchema {
    /// `readPoint` or `bizLocation`.
    private static func place(_ value: JSONValue) throws(EPCISError) {
        _ = try ObjectReader(value, names: ["id"], extensible: true).require("id", Scalars.uri)
    }

    /// One element of a quantity list.
    private static func quantityElement(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(value, names: ["epcClass", "quantity", "uom"])
        _ = try object.require("epcClass", Scalars.uri)
        try object.read("uom", unitOfMeasure)
    }

    /// `uom` of a quantity: two or three capital letters and digits (UN Rec 20).
    static func unitOfMeasure(_ value: JSONValue) throws(EPCISError) {
        let text = try Scalars.string(value)
        let fits = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
        }
        guard fits, (2...3).contains(text.utf8.count) else {
            throw EPCISError(
                "epcis.value",
                "\(JSONPath.shown(text)) is no unit: write its UN Rec 20 code of two or three "
                    + "capital letters and digits, like KGM for kilograms")
        }
    }

    /// One element of `bizTransactionList`.
    private static func businessTransaction(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(value, names: ["type", "bizTransaction"])
        _ = try object.read("type", Vocabulary.transactionType.read)
        _ = try object.require("bizTransaction") { (value) throws(EPCISError) in
            _ = try Scalars.uri(value)
            _ = try EventFields.identifier(value)
        }
    }

    /// One element of `sourceList` or `destinationList`.
    private static func transferEnd(_ value: JSONValue, _ name: String) throws(EPCISError) {
        let object = try ObjectReader(value, names: ["type", name])
        _ = try object.require("type", Vocabulary.sourceDestinationType.read)
        _ = try object.require(name, Scalars.uri)
    }

    /// `errorDeclaration`.
    private static func errorDeclaration(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(
            value, names: ["declarationTime", "reason", "correctiveEventIDs"], extensible: true)
        _ = try object.require("declarationTime", Scalars.time)
        _ = try object.read("reason", Vocabulary.errorReason.read)
        try object.readList("correctiveEventIDs", Scalars.uri)
    }

    /// `persistentDisposition`: at least one of `set` and `unset`, and neither empty.
    private static func persistentDisposition(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(value, names: ["set", "unset"])
        for name in ["set", "unset"] {
            let words = try object.readList(name, unique: true, Vocabulary.disposition.read)
            guard !words.isEmpty || object[name] == nil else {
                throw EPCISError("epcis.value", field: name, "the list must not be empty")
            }
        }
        guard !object.members.isEmpty else {
            throw EPCISError("epcis.missing", "set or unset must be present")
        }
    }

    /// `ilmd`: an object whose members are named by URIs or CURIEs.
    private static func masterData(_ value: JSONValue) throws(EPCISError) {
        _ = try ObjectReader(value, names: [], extensible: true)
    }
}
