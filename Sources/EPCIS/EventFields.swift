import GS1

/// Readers of the members that SPEC §8.1 names; each error's field is left to the caller.
enum EventFields {
    /// An identifier of an object, place, party, document or process, in canonical form.
    static func identifier(_ value: JSONValue) throws(EPCISError) -> CanonicalIdentifier {
        let text = try Scalars.string(value)
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
        try ObjectReader(open: value).require("id", identifier)
    }

    /// One element of a quantity list.
    static func quantityElement(_ value: JSONValue) throws(EPCISError) -> QuantityElement {
        let object = try ObjectReader(open: value)
        return QuantityElement(
            epcClass: try object.require("epcClass", identifier),
            quantity: try object.read("quantity", quantity),
            uom: try object.read("uom", Scalars.string))
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

    /// `bizStep`, canonical where it is one of CBV's.
    static func businessStep(_ value: JSONValue) throws(EPCISError) -> String {
        Vocabulary.businessStep.canonical(try Scalars.string(value))
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
        let object = try ObjectReader(open: value)
        return TransferEnd(
            type: Vocabulary.sourceDestinationType.canonical(
                try object.require("type", Scalars.string)),
            place: try object.require(name, identifier))
    }

    /// `certificationInfo`: one URI or an array of them.
    static func certificationInfo(
        _ value: JSONValue
    ) throws(EPCISError) -> [CanonicalIdentifier] {
        if case .array = value { return try Scalars.list(value, identifier) }
        return [try identifier(value)]
    }
}
