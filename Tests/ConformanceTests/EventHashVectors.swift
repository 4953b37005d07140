import EPCIS
import Foundation
import Support
import Testing

/// The event hashes published with the reference implementation, and others made by it.
@Suite struct EventHashVectors {
    struct Document: Decodable, Sendable, CustomTestStringConvertible {
        struct Event: Decodable, Sendable {
            let prehash: String
            let hash: String
        }

        let document: String
        let events: Int
        let expected: [String: [Event]]

        var testDescription: String { document }
    }

    private struct File: Decodable {
        let vectors: [Document]
    }

    static func documents() throws -> [Document] {
        let data = Data(try Vectors.bytes("event-hash/vectors.json"))
        let all = try JSONDecoder().decode(File.self, from: data).vectors
        return all.filter { !$0.document.hasSuffix(".xml") }
    }

    @Test(arguments: try documents())
    func `every event has the reference's text and hash, by both editions`(
        document: Document
    ) throws {
        let parts = try EPCISDocument.split(Vectors.bytes("event-hash/\(document.document)"))
        #expect(parts.count == document.events)
        for version in EventHashVersion.allCases {
            let expected = try #require(document.expected[version.rawValue])
            #expect(expected.count == parts.count)
            for (part, event) in zip(parts, expected) {
                let json = try JSONValue.parse(part.bytes)
                let hash = try EventHash(event: json, version: version)
                #expect(hash.prehash == event.prehash)
                #expect(hash.value == event.hash)
                #expect(hash.undefined == [])
            }
        }
    }

    // GS1's Digital Link examples name GTIN 70614141123451 where their URN twins name another.
    @Test(arguments: [
        ("Example_9.6.1-ObjectEvent", "10614141073464"),
        ("Example_9.6.2-ObjectEvent", "04012345123456"),
        ("Example_9.6.3-AggregationEvent", "10614141073464"),
        ("Example_9.6.4-TransformationEvent", "70614141123451"),
    ])
    func `URN and Digital Link spellings of an event have one hash`(
        name: String, gtin: String
    ) throws {
        let folder = "gs1-epcis/json"
        let urns = try EPCISDocument.split(try Vectors.bytes("\(folder)/\(name).jsonld"))
        let twin = try Vectors.bytes("\(folder)/WithDigitalLinkID/\(name)WithDigitalLink.jsonld")
        let text = String(decoding: twin, as: UTF8.self).replacing("70614141123451", with: gtin)
        let links = try EPCISDocument.split(Array(text.utf8))
        #expect(urns.count == links.count)
        for (urn, link) in zip(urns, links) {
            for version in EventHashVersion.allCases {
                let left = try EventHash(event: .parse(urn.bytes), version: version)
                let right = try EventHash(event: .parse(link.bytes), version: version)
                #expect(left.prehash == right.prehash)
                #expect(left.digest == right.digest)
            }
        }
    }

    @Test(arguments: try PublishedDocument.table())
    func `every published event has a hash that its repetition in error shares`(
        document: PublishedDocument
    ) throws {
        for part in try EPCISDocument.split(try Vectors.bytes(document.file)) {
            var members = try #require(try JSONValue.parse(part.bytes).asObject)
            members.removeAll { $0.name == "errorDeclaration" || $0.name == "eventID" }
            let hash = try EventHash(event: .object(members))
            #expect(hash.undefined == [], "\(hash.undefined)")
            members.append(JSONMember("errorDeclaration", .object([])))
            members.reverse()
            #expect(try EventHash(event: .object(members)) == hash)
        }
    }

    @Test func `sixteen documents with twenty-two events are compared twice`() throws {
        let documents = try Self.documents()
        #expect(documents.count == 16)
        #expect(documents.map(\.events).reduce(0, +) == 22)
    }
}
