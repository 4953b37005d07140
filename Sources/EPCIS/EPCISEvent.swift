package import GS1

/// One EPCIS 2.0 event: what a part of the ledger says happened, as far as SPEC §8.1 reads it.
///
/// Made only by `read(_:by:)`; both strictnesses give the same value. Identifiers are in canonical
/// form; vocabulary values are canonical CBV URIs where they are CBV's, else as written.
package struct EPCISEvent: Hashable, Sendable {
    /// The event type.
    package let type: EventType
    /// Absent exactly for transformations.
    package let action: EventAction?
    /// The event's ID as written, given by its author; whatever text it is.
    package let eventID: String?
    /// Whether it has an `errorDeclaration`: it declares an earlier event of its ID wrong.
    package var declaresError: Bool { declaration != nil }
    /// What it declares of an earlier event, if it does.
    package let declaration: ErrorDeclaration?
    /// When it happened; milliseconds since the Unix epoch.
    package let eventTimeMilliseconds: Int64
    /// The local time zone where it happened, in minutes from UTC: `eventTimeZoneOffset`.
    package let eventTimeZoneOffset: Int
    /// The business step: `https://ref.gs1.org/cbv/BizStep-shipping`.
    package let bizStep: String?
    /// The condition of the objects afterwards, if it is a text: `…/cbv/Disp-in_transit`.
    package let disposition: String?
    /// Where it happened.
    package let readPoint: CanonicalIdentifier?
    /// Where the objects are afterwards.
    package let bizLocation: CanonicalIdentifier?
    /// The parent of an aggregation, association or transaction.
    package let parentID: CanonicalIdentifier?
    /// Objects of an object or transaction event.
    package let epcList: [CanonicalIdentifier]
    /// Amounts of an object or transaction event.
    package let quantityList: [QuantityElement]
    /// Children of an aggregation or association.
    package let childEPCs: [CanonicalIdentifier]
    /// Amounts of children of an aggregation or association.
    package let childQuantityList: [QuantityElement]
    /// Objects that a transformation used up.
    package let inputEPCList: [CanonicalIdentifier]
    /// Amounts that a transformation used up.
    package let inputQuantityList: [QuantityElement]
    /// Objects that a transformation made.
    package let outputEPCList: [CanonicalIdentifier]
    /// Amounts that a transformation made.
    package let outputQuantityList: [QuantityElement]
    /// Ties several transformation events into one process.
    package let transformationID: CanonicalIdentifier?
    /// Where a transfer comes from.
    package let sources: [TransferEnd]
    /// Where a transfer goes to.
    package let destinations: [TransferEnd]
    /// The business transactions it was part of, each once, as canonical URIs.
    ///
    /// What cannot be read as an identifier is passed over: they decide nothing (SPEC §8.1).
    package let businessTransactions: [String]
    /// Certificates that the event refers to.
    package let certificationInfo: [CanonicalIdentifier]

    /// The day of the event in UTC, whatever zone its author names: `2026-03-01`.
    package var dateUTC: String {
        CivilDate(milliseconds: eventTimeMilliseconds, offsetMinutes: 0).text
    }

    /// The month of the event in UTC: `2026-03`.
    package var monthUTC: String {
        CivilDate(milliseconds: eventTimeMilliseconds, offsetMinutes: 0).monthText
    }
}

extension EPCISEvent {
    /// Reads one self-contained event: a JSON object with its own `@context`.
    package static func read(
        _ bytes: [UInt8], by strictness: EventStrictness
    ) throws(EPCISError) -> EPCISEvent {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: EPCISLimits.eventJSON)
        } catch {
            throw EPCISError(error)
        }
        return try read(value, by: strictness)
    }

    /// Reads one self-contained event from JSON that is already parsed.
    package static func read(
        _ value: JSONValue, by strictness: EventStrictness
    ) throws(EPCISError) -> EPCISEvent {
        if strictness == .schema { try EventSchema.check(value) }
        return try EventReader(value).readEvent()
    }

    /// Whether `epcList` or `quantityList` names an object.
    var hasObjects: Bool {
        !epcList.isEmpty || !quantityList.isEmpty
    }
}
