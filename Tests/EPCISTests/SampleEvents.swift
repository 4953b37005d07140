import EPCIS
import GS1

/// Small valid events to change one field at a time.
enum Sample {
    static let batch = "https://id.gs1.org/01/09520123456788/10/LOT1"
    static let otherBatch = "https://id.gs1.org/01/09520123456788/10/LOT2"
    static let item = "https://id.gs1.org/01/09520123456788/21/S1"
    static let site = "https://id.gs1.org/414/9520123456788"
    static let party = "https://id.gs1.org/417/9520123456788"
    static let pallet = "https://id.gs1.org/00/095201234567891235"

    private static let common = """
        "@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld",\
        "eventTime":"2026-03-01T08:30:00.000+01:00","eventTimeZoneOffset":"+01:00"
        """

    static let object = """
        {"type":"ObjectEvent",\(common),"action":"OBSERVE","epcList":["\(item)"],\
        "quantityList":[{"epcClass":"\(batch)","quantity":12.50,"uom":"KGM"}]}
        """

    static let aggregation = """
        {"type":"AggregationEvent",\(common),"action":"ADD","parentID":"\(pallet)",\
        "childEPCs":["\(item)"],"childQuantityList":[{"epcClass":"\(batch)","quantity":3}]}
        """

    static let association = """
        {"type":"AssociationEvent",\(common),"action":"ADD","parentID":"\(pallet)",\
        "childEPCs":["\(item)"],"childQuantityList":[{"epcClass":"\(batch)","quantity":3}]}
        """

    static let transaction = """
        {"type":"TransactionEvent",\(common),"action":"ADD","parentID":"\(pallet)",\
        "epcList":["\(item)"],"quantityList":[{"epcClass":"\(batch)"}],\
        "bizTransactionList":[{"type":"po","bizTransaction":"urn:example:po:1"}]}
        """

    static let transformation = """
        {"type":"TransformationEvent",\(common),"transformationID":"urn:example:run:7",\
        "inputEPCList":["\(item)"],"inputQuantityList":[{"epcClass":"\(batch)","quantity":3}],\
        "outputEPCList":["\(pallet)"],\
        "outputQuantityList":[{"epcClass":"\(otherBatch)","quantity":2}]}
        """

    static let all = [object, aggregation, association, transaction, transformation]

    /// An event's JSON with members set to JSON texts or, with nil, left out.
    static func changed(
        _ event: String, _ changes: KeyValuePairs<String, String?>
    ) throws -> JSONValue {
        var members = try JSONValue.parse(Array(event.utf8)).asObject ?? []
        for (name, text) in changes {
            let value = try text.map { try JSONValue.parse(Array($0.utf8)) }
            let index = members.firstIndex { $0.name == name }
            switch (index, value) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(JSONMember(name, value))
            case (nil, nil): break
            }
        }
        return .object(members)
    }

    /// A changed event, read.
    static func event(
        _ event: String, _ changes: KeyValuePairs<String, String?> = [:],
        by strictness: EventStrictness = .schema
    ) throws -> EPCISEvent {
        try EPCISEvent.read(try changed(event, changes), by: strictness)
    }

    /// What refuses a changed event, as `code field`; nil if it reads.
    static func refusal(
        _ event: String, _ changes: KeyValuePairs<String, String?>,
        by strictness: EventStrictness = .schema
    ) throws -> String? {
        let value = try changed(event, changes)
        do throws(EPCISError) {
            _ = try EPCISEvent.read(value, by: strictness)
            return nil
        } catch {
            return "\(error.code) \(error.field)"
        }
    }
}
