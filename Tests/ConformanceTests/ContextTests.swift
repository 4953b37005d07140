import EPCIS
import Support
import Testing

/// The prefixes in the package are those of the published context files.
@Suite struct `JSON-LD contexts` {
    static func hash(_ name: String, _ context: String) throws -> EventHash {
        let text = #"{"@context":["\#(context)"],"type":"ObjectEvent","\#(name)":"x"}"#
        return try EventHash(event: .parse(Array(text.utf8)))
    }

    /// Prefixes and name spaces of a context file: what ends like a name space.
    static func prefixes(_ path: String) throws -> [(String, String)] {
        let file = try JSONValue.parse(try Vectors.bytes(path))
        let context = file["@context"]
        let objects = (context?.asArray ?? [context].compactMap(\.self)).compactMap(\.asObject)
        return objects.joined().compactMap { member in
            guard let text = member.value.asString, let last = text.last, "/#:".contains(last)
            else { return nil }
            return (member.name, text)
        }
    }

    @Test(arguments: [
        (
            "gs1-epcis/jsonld-context/epcis-context.jsonld",
            "https://ref.gs1.org/standards/epcis/epcis-context.jsonld", 8
        ),
        (
            "openepcis-dpp-ready/eu/textile/context/textile-context.jsonld",
            "https://ref.openepcis.io/extensions/eu/textile/textile-context.jsonld", 6
        ),
    ])
    func `every prefix of a published context means what the file says`(
        path: String, address: String, count: Int
    ) throws {
        let prefixes = try Self.prefixes(path)
        #expect(prefixes.count == count)
        for (prefix, space) in prefixes {
            let hash = try Self.hash("\(prefix):local", address)
            // GS1's vocabulary has moved since the context was published.
            let current = space.replacing("https://gs1.org/voc/", with: "https://ref.gs1.org/voc/")
            #expect(hash.prehash == "eventType=ObjectEvent{\(current)}local=x")
            #expect(hash.undefined == [])
        }
    }

    @Test func `the words of the context are those of the event hash`() throws {
        let path = "gs1-epcis/jsonld-context/epcis-context.jsonld"
        let context = try JSONValue.parse(try Vectors.bytes(path))["@context"]
        var count = 0
        for field in ["bizStep", "disposition"] {
            for member in context?[field]?["@context"]?.asObject ?? [] {
                guard let term = member.value.asString, term.hasPrefix("cbv:") else { continue }
                let text = #"{"type":"ObjectEvent","\#(field)":"\#(member.name)"}"#
                let hash = try EventHash(event: .parse(Array(text.utf8)))
                let uri = "https://ref.gs1.org/cbv/" + term.dropFirst(4)
                #expect(hash.prehash == "eventType=ObjectEvent\(field)=\(uri)")
                count += 1
            }
        }
        #expect(count == 41 + 33)
    }
}
