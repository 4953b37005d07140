import EPCIS
import Support
import Testing

/// Every word of GS1's schema is read, and a word of another list is not.
@Suite struct `EPCIS vocabularies` {
    static let lists: [(definition: String, field: String)] = [
        ("bizStep", #""bizStep":"?""#), ("disposition", #""disposition":"?""#),
        ("bizTransaction-type", #""bizTransactionList":[{"type":"?","bizTransaction":"ex:a"}]"#),
        ("source-dest-type", #""sourceList":[{"type":"?","source":"ex:a"}]"#),
        (
            "error-reason",
            #""errorDeclaration":{"declarationTime":"2026-01-01T00:00:00Z","reason":"?"}"#
        ),
        ("component", #""sensorElementList":[{"sensorReport":[{"type":"Mass","component":"?"}]}]"#),
        ("measurementType", #""sensorElementList":[{"sensorReport":[{"type":"?"}]}]"#),
        (
            "sensorAlertType",
            #""sensorElementList":[{"sensorReport":[{"type":"Mass","exception":"?"}]}]"#
        ),
    ]

    static func reads(_ word: String, in field: String) -> Bool {
        let event = """
            {"@context":"ex:c","type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z",\
            "eventTimeZoneOffset":"+00:00","action":"OBSERVE","epcList":["ex:o"],\
            \(field.replacing("?", with: word))}
            """
        return (try? EPCISEvent.read(Array(event.utf8), by: .schema)) != nil
    }

    @Test func `the words are those of the schema, each in its own list only`() throws {
        let path = "gs1-epcis/schema/EPCIS-JSON-Schema-repo-2023-05.json"
        let schema = try JSONValue.parse(try Vectors.bytes(path))
        var words: [[String]] = []
        for list in Self.lists {
            let choices = schema["definitions"]?[list.definition]?["anyOf"]?.asArray ?? []
            let found = choices.compactMap { $0["enum"]?.asArray }.joined()
            words.append(found.compactMap(\.asString))
        }
        #expect(words.map(\.count) == [41, 33, 13, 3, 2, 14, 72, 2])
        for (index, list) in Self.lists.enumerated() {
            for (other, candidates) in words.enumerated() {
                for word in candidates {
                    let expected = other == index || words[index].contains(word)
                    #expect(Self.reads(word, in: list.field) == expected, "\(word)")
                }
            }
        }
    }
}
