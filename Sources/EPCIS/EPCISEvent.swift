package import GS1

/// One EPCIS 2.0 event, read strictly: what a part of the ledger says happened.
///
/// Made only by `read(_:)`, so every value here satisfies the standard's structure. Identifiers
/// are in canonical form; vocabulary values are canonical CBV URIs or users' own URIs as written.
/// What of the event is not interpreted is kept as JSON.
package struct EPCISEvent: Hashable, Sendable {
    /// The event type.
    package let type: EventType
    /// Absent exactly for transformations.
    package let action: EventAction?
    /// The event's URI as written, given by its author.
    package let eventID: String?
    /// When it happened; milliseconds since the Unix epoch.
    package let eventTimeMilliseconds: Int64
    /// The local time zone where it happened, in minutes from UTC: `eventTimeZoneOffset`.
    package let eventTimeZoneOffset: Int
    /// When a repository says it recorded the event; milliseconds, informative only.
    package let recordTimeMilliseconds: Int64?
    /// The business step: `https://ref.gs1.org/cbv/BizStep-shipping`.
    package let bizStep: String?
    /// The disposition: `https://ref.gs1.org/cbv/Disp-in_transit`.
    package let disposition: String?
    /// Persistent dispositions set and unset.
    package let persistentDisposition: PersistentDisposition?
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
    /// Business transactions.
    package let bizTransactions: [BusinessTransaction]
    /// Where a transfer comes from.
    package let sources: [TransferEnd]
    /// Where a transfer goes to.
    package let destinations: [TransferEnd]
    /// Certificates that the event refers to.
    package let certificationInfo: [CanonicalIdentifier]
    /// Declares an earlier event of the same ID wrong.
    package let errorDeclaration: ErrorDeclaration?
    /// Sensor elements, checked by the standard's structure and kept as JSON.
    package let sensorElements: [JSONValue]
    /// Instance or lot master data, kept as JSON.
    package let ilmd: JSONValue?
    /// Extension fields in source order, kept as JSON.
    package let extensions: [JSONMember]

    /// The day of the event in its own time zone: `2026-03-01`.
    package var localDate: String {
        CivilDate(milliseconds: eventTimeMilliseconds, offsetMinutes: eventTimeZoneOffset).text
    }

    /// The month of the event in UTC: `2026-03`.
    package var monthUTC: String {
        CivilDate(milliseconds: eventTimeMilliseconds, offsetMinutes: 0).monthText
    }
}

extension EPCISEvent {
    /// Reads one self-contained event: a JSON object with its own `@context`.
    package static func read(_ bytes: [UInt8]) throws(EPCISError) -> EPCISEvent {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: EPCISLimits.eventJSON)
        } catch {
            throw EPCISError(error)
        }
        return try read(value)
    }

    /// Reads one self-contained event from JSON that is already parsed.
    package static func read(_ value: JSONValue) throws(EPCISError) -> EPCISEvent {
        try EventReader(value).readEvent()
    }
}
