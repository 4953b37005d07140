import GS1

/// Readers of the fields that events are made of; each error's field is left to the caller.
enum EventFields {
    /// An identifier of an object, place, party, document or process, in canonical form.
    static func identifier(_ value: JSONValue) throws(EPCISError) -> CanonicalIdentifier {
        let text = try Scalars.uri(value)
        do throws(IdentifierError) {
            return try CanonicalIdentifier(text)
        } catch {
            throw EPCISError(error)
        }
    }

    /// `action`.
    static func action(_ value: JSONValue) throws(EPCISError) -> EventAction {
        let text = try Scalars.string(value)
        guard let action = EventAction(rawValue: text) else {
            throw EPCISError("epcis.vocabulary", "an action is ADD, OBSERVE or DELETE")
        }
        return action
    }

    /// `eventTimeZoneOffset`, in minutes.
    static func zoneOffset(_ value: JSONValue) throws(EPCISError) -> Int {
        try ZonedTime.readOffset(try Scalars.string(value))
    }

    /// `readPoint` or `bizLocation`.
    static func place(_ value: JSONValue) throws(EPCISError) -> CanonicalIdentifier {
        try StrictObject(value, names: ["id"], extensible: true).require("id", identifier)
    }

    /// One element of a quantity list.
    static func quantityElement(_ value: JSONValue) throws(EPCISError) -> QuantityElement {
        let object = try StrictObject(value, names: ["epcClass", "quantity", "uom"])
        return QuantityElement(
            epcClass: try object.require("epcClass", identifier),
            quantity: try object.read("quantity", quantity),
            uom: try object.read("uom", unitOfMeasure))
    }

    /// `quantity`: a number that is not negative and can be held exactly.
    static func quantity(_ value: JSONValue) throws(EPCISError) -> ExactDecimal {
        guard let number = value.asNumber else { throw .format("a number", value) }
        guard let quantity = ExactDecimal(number.text) else {
            throw EPCISError("epcis.value", "this number is too large or too fine to hold exactly")
        }
        guard !quantity.isNegative else {
            throw EPCISError("epcis.value", "a quantity is never negative")
        }
        return quantity
    }

    /// `uom` of a quantity: two or three capital letters and digits (UN Rec 20).
    static func unitOfMeasure(_ value: JSONValue) throws(EPCISError) -> String {
        let text = try Scalars.string(value)
        let fits = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
        }
        guard fits, (2...3).contains(text.utf8.count) else {
            throw EPCISError(
                "epcis.value", "a unit is a UN Rec 20 code of two or three characters, like KGM")
        }
        return text
    }

    /// One element of `bizTransactionList`.
    static func businessTransaction(_ value: JSONValue) throws(EPCISError) -> BusinessTransaction {
        let object = try StrictObject(value, names: ["type", "bizTransaction"])
        return BusinessTransaction(
            type: try object.read("type", Vocabulary.transactionType.read),
            transaction: try object.require("bizTransaction", identifier))
    }

    /// One element of `sourceList`.
    static func source(_ value: JSONValue) throws(EPCISError) -> TransferEnd {
        try transferEnd(value, "source")
    }

    /// One element of `destinationList`.
    static func destination(_ value: JSONValue) throws(EPCISError) -> TransferEnd {
        try transferEnd(value, "destination")
    }

    private static func transferEnd(
        _ value: JSONValue, _ name: String
    ) throws(EPCISError) -> TransferEnd {
        let object = try StrictObject(value, names: ["type", name])
        return TransferEnd(
            type: try object.require("type", Vocabulary.sourceDestinationType.read),
            place: try object.require(name, identifier))
    }

    /// `certificationInfo`: one URI or an array of them.
    static func certificationInfo(
        _ value: JSONValue
    ) throws(EPCISError) -> [CanonicalIdentifier] {
        if case .array = value { return try Scalars.list(value, identifier) }
        return [try identifier(value)]
    }

    /// `errorDeclaration`.
    static func errorDeclaration(_ value: JSONValue) throws(EPCISError) -> ErrorDeclaration {
        let object = try StrictObject(
            value, names: ["declarationTime", "reason", "correctiveEventIDs"], extensible: true)
        return ErrorDeclaration(
            declarationTimeMilliseconds: try object.require("declarationTime", Scalars.time)
                .milliseconds,
            reason: try object.read("reason", Vocabulary.errorReason.read),
            correctiveEventIDs: try object.readList("correctiveEventIDs", Scalars.uri))
    }

    /// `persistentDisposition`: at least one of `set` and `unset`, and neither empty.
    static func persistentDisposition(
        _ value: JSONValue
    ) throws(EPCISError) -> PersistentDisposition {
        let object = try StrictObject(value, names: ["set", "unset"])
        let result = PersistentDisposition(
            set: try object.readList("set", unique: true, Vocabulary.disposition.read),
            unset: try object.readList("unset", unique: true, Vocabulary.disposition.read))
        for (name, list) in [("set", result.set), ("unset", result.unset)]
        where list.isEmpty && object[name] != nil {
            throw EPCISError("epcis.value", field: name, "the list must not be empty")
        }
        guard !object.members.isEmpty else {
            throw EPCISError("epcis.missing", "set or unset must be present")
        }
        return result
    }

    /// `ilmd`: an object whose members are named by URIs or CURIEs.
    static func masterData(_ value: JSONValue) throws(EPCISError) -> JSONValue {
        _ = try StrictObject(value, names: [], extensible: true)
        return value
    }
}
