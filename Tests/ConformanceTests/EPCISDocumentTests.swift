import EPCIS
import Foundation
import GS1
import Support
import Testing

/// One row of `openepcis-expected.json`.
struct PublishedDocument: Decodable, Sendable, CustomTestStringConvertible {
    struct Refusal: Decodable, Sendable {
        let event: Int
        let schema: String
        let code: String
        let field: String
        let why: String
    }

    let file: String
    let events: Int
    let refused: [Refusal]

    var testDescription: String { file }

    private struct Table: Decodable {
        let documents: [PublishedDocument]
    }

    static func table() throws -> [PublishedDocument] {
        let bytes = try Vectors.bytes("openepcis-expected.json")
        return try JSONDecoder().decode(Table.self, from: Data(bytes)).documents
    }
}

@Suite struct `EPCIS published documents` {
    static func refusal(_ bytes: [UInt8]) -> EPCISError? {
        do throws(EPCISError) {
            _ = try EPCISEvent.read(bytes, by: .schema)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the table names every published document once`() throws {
        let root = Vectors.root.path()
        let found =
            Vectors.files(under: "gs1-epcis/json", extension: "jsonld")
            + Vectors.files(under: "openepcis-test-resources/Capture", extension: "json")
        let names = found.map { $0.path().replacing(root, with: "").trimmingPrefix("/") }
        let table = try PublishedDocument.table()
        #expect(table.map(\.file).sorted() == names.map(String.init).sorted())
        #expect(table.count == 53)
        let invalid = table.filter { $0.refused.contains { $0.schema == "invalid" } }
        #expect(invalid.count == 3)
    }

    @Test(arguments: try PublishedDocument.table())
    func `a document splits into its events, and all but the table's read`(
        document: PublishedDocument
    ) throws {
        let parts = try EPCISDocument.split(try Vectors.bytes(document.file))
        #expect(parts.map(\.index) == Array(0..<document.events))
        for part in parts {
            let error = Self.refusal(part.bytes)
            let expected = document.refused.first { $0.event == part.index }
            #expect(error?.field == expected?.field)
            guard let error, let expected else { continue }
            if expected.code == "identifier" {
                #expect(error.code.hasPrefix("identifier."))
            } else {
                #expect(error.code == expected.code)
            }
            #expect(!error.reason.isEmpty)
        }
    }

    @Test(arguments: try PublishedDocument.table())
    func `splitting again gives equal bytes, and a part splits into itself`(
        document: PublishedDocument
    ) throws {
        let bytes = try Vectors.bytes(document.file)
        let parts = try EPCISDocument.split(bytes)
        #expect(try EPCISDocument.split(bytes) == parts)
        for part in parts {
            #expect(try EPCISDocument.split(part.bytes).map(\.bytes) == [part.bytes])
        }
    }

    @Test(arguments: try PublishedDocument.table())
    func `a part keeps its event's members, their order and values`(
        document: PublishedDocument
    ) throws {
        let bytes = try Vectors.bytes(document.file)
        let source = try JSONValue.parse(bytes)
        let events = source["epcisBody"]?["eventList"]?.asArray ?? [source]
        for (part, event) in zip(try EPCISDocument.split(bytes), events) {
            let members = try #require(try JSONValue.parse(part.bytes).asObject)
            #expect(members.first?.name == "@context")
            let originals = try #require(event.asObject).filter { $0.name != "@context" }
            #expect(Array(members.dropFirst()) == originals)
        }
    }

    // GS1's Digital Link examples name GTIN 70614141123451 where their URN twins name another:
    // it is put right in the text before the two spellings are compared.
    @Test(arguments: [
        ("Example_9.6.1-ObjectEvent", "10614141073464"),
        ("Example_9.6.2-ObjectEvent", "04012345123456"),
        ("Example_9.6.3-AggregationEvent", "10614141073464"),
        ("Example_9.6.4-TransformationEvent", "70614141123451"),
    ])
    func `URN and Digital Link spellings give the same flows, parties and sites`(
        name: String, gtin: String
    ) throws {
        let folder = "gs1-epcis/json"
        let urns = try EPCISDocument.split(try Vectors.bytes("\(folder)/\(name).jsonld"))
        let twin = try Vectors.bytes("\(folder)/WithDigitalLinkID/\(name)WithDigitalLink.jsonld")
        let text = String(decoding: twin, as: UTF8.self).replacing("70614141123451", with: gtin)
        let links = try EPCISDocument.split(Array(text.utf8))
        #expect(urns.count == links.count)
        for (urn, link) in zip(urns, links) {
            let left = try EPCISEvent.read(urn.bytes, by: .schema)
            let right = try EPCISEvent.read(link.bytes, by: .schema)
            #expect(urn.bytes != link.bytes)
            #expect(!left.flows.isEmpty)
            #expect(left.flows == right.flows)
            #expect(left.parties == right.parties)
            #expect(left.sites == right.sites)
            #expect(left.primarySite == right.primarySite)
        }
    }
}
