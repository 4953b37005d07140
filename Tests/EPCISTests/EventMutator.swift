import EPCIS
import Support

/// Makes documents with a few faults of the kinds that partners make, from a seed.
enum EventMutator {
    /// JSON texts that stand where others belong.
    private static let values = [
        "null", "\"\"", "{}", "[]", "5", "-1", "\"5\"", "true", "\"true\"", "[null]", "\" ex:a \"",
        "\"x y\"", "\"550e8400-e29b-41d4-a716-446655440000\"", "\"urn:epcglobal:cbv:btt:po\"",
        "\"urn:epcglobal:cbv:bizstep:shipping\"", "\"SHIPPING\"", "\"in-transit\"", "\"observe\"",
        "\"2026-03-01 08:30:00\"", "\"2026-03-01T08:30Z\"", "\"+0100\"", "\"Z\"", "\"kgm\"",
        "[\"ex:a\",\"ex:a\"]", "{\"id\":\"ex:place\"}", "{\"@id\":\"ex:place\"}",
        "{\"set\":[]}", "[{\"type\":\"po\"}]", "\"https://id.gs1.org/01/09520123456789\"",
        "[{\"sensorReport\":[{\"type\":\"https://gs1.org/voc/Mass\",\"value\":\"1\"}]}]",
        "[\"https://example.com/é\"]", "{\"declarationTime\":\"2026-03-01T08:30:00\"}",
    ]

    private static let names = [
        "eventTime", "eventTimeZoneOffset", "type", "action", "epcList", "quantityList",
        "parentID", "childEPCs", "childQuantityList", "inputEPCList", "outputEPCList",
        "inputQuantityList", "outputQuantityList", "transformationID", "bizStep", "disposition",
        "readPoint", "bizLocation", "bizTransactionList", "sourceList", "destinationList",
        "sensorElementList", "ilmd", "persistentDisposition", "errorDeclaration", "eventID",
        "recordTime", "certificationInfo", "@context", "colour", "ex:colour", "@type", "isA",
        "EventTime", "@id", "comment here",
    ]

    /// A document, an array of events or a bare event, and how many faults went in.
    static func document(_ random: inout SplitMix64) -> (text: String, faults: Int) {
        var faults = 0
        let isDocument = random.next() % 4 != 0
        let events = (0..<Int(random.next() % 3 + 1)).map { _ in
            event(&random, &faults, hasContext: !isDocument)
        }
        if isDocument { return (StrictReportTests.document(list: events), faults) }
        return (events.count == 1 ? events[0] : "[\(events.joined(separator: ","))]", faults)
    }

    private static func event(
        _ random: inout SplitMix64, _ faults: inout Int, hasContext: Bool
    ) -> String {
        let sample = Sample.all[Int(random.next() % UInt64(Sample.all.count))]
        guard case .object(var members)? = try? JSONValue.parse(Array(sample.utf8)) else {
            return sample
        }
        if !hasContext, random.next() % 3 != 0 { members.removeAll { $0.name == "@context" } }
        for _ in 0..<random.next() % 4 {
            faults += 1
            change(&members, &random)
        }
        return String(decoding: JSONValue.object(members).serialized(), as: UTF8.self)
    }

    private static func change(_ members: inout [JSONMember], _ random: inout SplitMix64) {
        let value = values[Int(random.next() % UInt64(values.count))]
        let name = names[Int(random.next() % UInt64(names.count))]
        guard let json = try? JSONValue.parse(Array(value.utf8)) else { return }
        let index = members.firstIndex { $0.name == name }
        switch random.next() % 4 {
        case 0: members.removeAll { $0.name == name }
        case 1:
            // Inside the first object or list of the event.
            guard let index, case .array(var elements) = members[index].value, !elements.isEmpty
            else { return }
            elements[0] = json
            members[index].value = .array(elements)
        default:
            if let index {
                members[index].value = json
            } else {
                members.append(JSONMember(name, json))
            }
        }
    }
}
