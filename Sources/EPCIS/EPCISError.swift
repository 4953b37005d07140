import GS1

/// Why a document or an event is refused, and which field is at fault.
///
/// Codes of this module: `epcis.missing` (a required field), `epcis.format` (another kind of JSON
/// value was expected), `epcis.unexpected` (a field that may not stand here), `epcis.value`
/// (a value outside its pattern or range), `epcis.vocabulary`, `epcis.uri`, `epcis.time`,
/// `epcis.repeated`, `epcis.context` (contexts that cannot be merged), `epcis.nothing-stated`
/// (an event without the objects its type needs), `epcis.event-type`, `epcis.too-large`.
/// Besides, the `json.*` codes of `JSONError` and the `identifier.*` codes of `IdentifierError`
/// pass through.
package struct EPCISError: Error, Hashable, Sendable {
    /// The stable code.
    package let code: String
    /// The JSON path of the field: `epcisBody.eventList[3].action`; empty for the whole input.
    package let field: String
    /// What is wrong and what is expected, for a person.
    package let reason: String

    /// Makes an error at a field, or at the value being read if the field is left empty.
    package init(_ code: String, field: String = "", _ reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }

    /// The same refusal as seen from the object or array around: a step goes before the field.
    func inside(_ step: String) -> EPCISError {
        EPCISError(code, field: JSONPath.join(step, field), reason)
    }
}

extension EPCISError {
    /// A text that is no acceptable JSON, with the byte at which reading stopped.
    init(_ error: JSONError) {
        self.init(error.code, field: error.path, "\(error.reason) (byte \(error.offset))")
    }

    /// An identifier that cannot be read.
    init(_ error: IdentifierError) {
        self.init(error.code, error.reason)
    }

    /// The events of one document, each with its context, pass the limit.
    static let partsTooLarge = EPCISError(
        "epcis.too-large",
        "the events with their contexts pass \(EPCISLimits.documentByteCount) bytes")

    /// A value of another JSON kind than the standard asks for.
    static func format(_ expected: String, _ value: JSONValue) -> EPCISError {
        EPCISError("epcis.format", "\(expected) is expected here, not \(value.kindName)")
    }
}
