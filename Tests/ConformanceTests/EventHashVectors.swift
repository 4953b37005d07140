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

    @Test func `sixteen documents with twenty-two events are compared twice`() throws {
        let documents = try Self.documents()
        #expect(documents.count == 16)
        #expect(documents.map(\.events).reduce(0, +) == 22)
    }
}
