import EPCIS
import Foundation
import GS1
import Imports
import Records
import Support
import Testing

@Suite struct `Master data` {
    static func entry(_ text: String) throws -> MasterEntry {
        try MasterEntry(try JSONValue.parse(Array(text.utf8)))
    }

    static func refusal(_ members: String) -> String {
        let text =
            #"{"kind": "plot", "subject": "urn:x:plot-1", "validFrom": "2026-01-01"\#(members)}"#
        do {
            let record = try entry(text).record(defaultFrom: nil)
            return "\(record.about)"
        } catch let refusal as ImportRefusal {
            return "\(refusal.code) \(refusal.field)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `all that can be said comes back from the record`() throws {
        let entry = try Self.entry(
            """
            {"kind": "product", "subject": "urn:epc:idpat:sgtin:9521107.000012.*",
             "validFrom": "2026-03-01", "validUntil": "2027-03-01T00:00:00+01:00",
             "names": {"de": "Handtuch", "en": "Towel"},
             "conversions": [{"from": "C62", "to": "KGM", "factor": 0.450},
                             {"from": "MTR", "to": "KGM", "factor": "0.2"}],
             "packs": [{"content": "urn:epc:idpat:sgtin:9521107.000013.*", "quantity": 12,
                        "unit": "C62"}],
             "attributes": {"brandName": "Weberei"}}
            """)
        let record = try entry.record(defaultFrom: nil)
        #expect(record.about == ["https://id.gs1.org/01/\(Self.gtin)"])
        #expect(record.fromMilliseconds == 1_772_323_200_000)
        #expect(record.untilMilliseconds == 1_803_855_600_000)
        let body = try #require(record.body)
        #expect(body.contentType == MasterData.contentType)
        let read = try MasterData.read(body.bytes)
        #expect(read.encoded() == body.bytes)
        #expect(read.names == ["de": "Handtuch", "en": "Towel"])
        #expect(Set(read.conversions) == Set(entry.data.conversions))
        #expect(read.conversions.map(\.factor.description).sorted() == ["0.2", "0.45"])
        #expect(read.packs.count == 1 && read.attributes.count == 1)
    }

    static let gtin = "09521107000126"

    @Test(arguments: [
        ("", #"["urn:x:plot-1"]"#),
        (#", "names": {"x": "A"}"#, "record.master-data names"),
        (#", "names": {"en": ""}"#, "record.master-data names.en"),
        (#", "name": {"en": "A"}"#, "master.format name"),
        (#", "address": {"street": "A"}"#, "record.master-data address"),
        (#", "address": {"countryCode": "Bangladesh"}"#, "record.master-data address.countryCode"),
        (#", "latitude": 91, "longitude": 0"#, "record.master-data latitude"),
        (#", "latitude": 1"#, "master.format longitude"),
        (
            #", "conversions": [{"from": "C62", "to": "KGM", "factor": 0}]"#,
            "record.master-data conversions"
        ),
        (
            #", "conversions": [{"from": "C62", "to": "C62", "factor": 1}]"#,
            "record.master-data conversions"
        ),
        (
            #", "conversions": [{"from": "piece", "to": "KGM", "factor": 1}]"#,
            "master.format conversions[0].from"
        ),
        (#", "validUntil": "2025-12-31""#, "record.field validUntil"),
        (#", "geometry": {"type": "Point", "coordinates": [90.1, 23.5]}"#, #"["urn:x:plot-1"]"#),
        (
            #", "geometry": {"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}"#,
            #"["urn:x:plot-1"]"#
        ),
        (
            #", "geometry": {"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,1]]]}"#,
            "record.master-data geometry"
        ),
        (#", "geometry": {"type": "Polygon", "coordinates": []}"#, "record.master-data geometry"),
        (
            #", "geometry": {"type": "Point", "coordinates": [181, 0]}"#,
            "record.master-data geometry"
        ),
        (
            #", "geometry": {"type": "Circle", "coordinates": [0, 0]}"#,
            "record.master-data geometry"
        ),
        (
            #", "geometry": {"type": "Point", "coordinates": [0, 0], "bbox": []}"#,
            "record.master-data geometry"
        ),
    ])
    func `what cannot be is refused with its member`(members: String, expected: String) {
        #expect(Self.refusal(members) == expected)
    }

    @Test func `without a day from which it holds nothing is said`() throws {
        let entry = try Self.entry(#"{"kind": "site", "subject": "urn:x:site"}"#)
        #expect(throws: ImportRefusal.self) { _ = try entry.record(defaultFrom: nil) }
        #expect(try entry.record(defaultFrom: 5).fromMilliseconds == 5)
    }

    @Test func `a header's vocabularies become master data`() throws {
        let contents = try EPCISXML.read(
            try Vectors.bytes("openepcis-test-resources/XML-1.2/GS1_US_Pharma_Example_2_2_1_1.xml"))
        let entries = try HeaderVocabulary.entries(try #require(contents.vocabularies))
        #expect(entries.count == 6)
        #expect(entries.map(\.data.kind) == [.product, .product, .site, .site, .site, .site])
        let site = entries[2]
        #expect(site.subject.uri == "https://id.gs1.org/414/0300011111116")
        #expect(site.data.names == ["und": "GS1 Pharma"])
        #expect(
            site.data.address == [
                "streetAddress": "1 Biopharm Ct\nSuite A", "addressLocality": "Thousand Oaks",
                "addressRegion": "CA", "postalCode": "91320", "countryCode": "US",
            ])
        #expect(entries[0].data.attributes.count == 7)
        for entry in entries { _ = try entry.record(defaultFrom: 0) }
    }

    @Test(arguments: [
        "masterdata_all_possible_fields", "CBV-11.4-2020-06-16a", "Example-masterData",
    ])
    func `GS1's examples of master data are read`(name: String) throws {
        var bytes = try Vectors.bytes("gs1-epcis/xml/\(name).xml")
        // Two examples have a document type without content, which is refused elsewhere.
        bytes = Array(
            String(decoding: bytes, as: UTF8.self).replacing("<!DOCTYPE project>", with: "").utf8)
        let contents = try EPCISXML.read(bytes)
        let vocabularies = try #require(contents.vocabularies)
        #expect(!(vocabularies.asArray ?? []).isEmpty)
        for entry in try HeaderVocabulary.entries(vocabularies) {
            _ = try entry.record(defaultFrom: 0)
        }
    }

    @Test func `the GS1 Web Vocabulary is read`() throws {
        let document = try JSONValue.parse(
            Array(
                """
                {"@context": {"gs1": "https://gs1.org/voc/"}, "@graph": [
                  {"@type": "gs1:Product", "gtin": "9521107000126",
                   "gs1:productName": [{"@value": "Towel", "@language": "en"},
                                       {"@value": "Handtuch", "@language": "de"}],
                   "gs1:netContent": {"gs1:value": {"@value": "0.45"}, "gs1:unitCode": "KGM"},
                   "gs1:brand": {"gs1:brandName": "Weberei"}},
                  {"type": "Place", "globalLocationNumber": "9521107000010",
                   "physicalLocationName": "Mill", "geo": {"latitude": 23.8, "longitude": "90.4"},
                   "address": {"streetAddress": "Lane 1", "addressCountry": {"countryCode": "BD"}}},
                  {"@type": "gs1:Organization", "@id": "https://id.gs1.org/417/9521107000003",
                   "organizationName": "Mill Ltd"}]}
                """.utf8))
        #expect(WebVocabulary.isLikely(document))
        let entries = try WebVocabulary.entries(document).map { try $0.get() }
        #expect(
            entries.map(\.subject.uri) == [
                "https://id.gs1.org/01/\(Self.gtin)", "https://id.gs1.org/414/9521107000010",
                "https://id.gs1.org/417/9521107000003",
            ])
        #expect(entries[0].data.names == ["en": "Towel", "de": "Handtuch"])
        #expect(entries[0].data.packs.map(\.quantity.description) == ["0.45"])
        #expect(entries[0].data.attributes.map(\.name) == ["brand"])
        #expect(entries[1].data.address == ["streetAddress": "Lane 1", "countryCode": "BD"])
        #expect(entries[1].data.coordinates?.longitude.description == "90.4")
        #expect(entries[2].data.kind == .organisation)
    }

    @Test func `plots in GeoJSON are read`() throws {
        let document = try JSONValue.parse(
            Array(
                """
                {"type": "FeatureCollection", "features": [
                  {"type": "Feature", "id": "https://plots.example/7",
                   "properties": {"name": "North", "Area": 1.50, "empty": null},
                   "geometry": {"type": "Polygon", "bbox": [0, 0, 1, 1],
                                "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
                  {"type": "Feature", "properties": {"id": "urn:x:8", "validFrom": "2026-01-01"},
                   "geometry": {"type": "Point", "coordinates": [1, 2]}}]}
                """.utf8))
        #expect(PlotFeatures.isLikely(document) && !WebVocabulary.isLikely(document))
        let entries = try PlotFeatures.entries(document).map { try $0.get() }
        #expect(entries.map(\.subject.uri) == ["https://plots.example/7", "urn:x:8"])
        #expect(entries[0].data.kind == .plot && entries[0].data.names == ["und": "North"])
        #expect(entries[0].data.attributes == [MasterData.Attribute("Area", "1.50")])
        #expect(
            entries[0].data.geometry
                == #"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#)
        #expect(entries[1].fromMilliseconds == 1_767_225_600_000)
    }

    private static let point = #"{"type": "Point", "coordinates": [1, 2]}"#

    @Test(arguments: [
        (
            #"{"type": "FeatureCollection", "features": ["#
                + #"{"type": "Feature", "id": "urn:x:1", "geometry": "# + point + "}, "
                + #"{"type": "Feature", "id": 7, "geometry": "# + point + "}, "
                + #"{"type": "Feature", "id": "no URI", "geometry": "# + point + "}, "
                + #"{"type": "Feature", "id": 8, "properties": {"subject": "urn:x:4"}, "#
                + #""geometry": "# + point + "}]}",
            ["features[1].id", "features[2].subject"]
        ),
        (
            #"[{"type": "Place", "@id": "urn:x:1"}, {"type": "Place"}, {"type": "Shop"}, "#
                + #"{"type": "Place", "@id": "urn:x:4"}]"#, ["[1].@id", "[2].type"]
        ),
    ])
    func `a thing without a name of its own is a wrong row, and leaves the others`(
        document: String, fields: [String]
    ) throws {
        var options = TableImport.Options()
        options.validFromMilliseconds = 1_767_225_600_000
        let rows = try DocumentImport.rows(Array(document.utf8), options: options)
        try #require(rows.count == 4)
        var subjects: [String] = []
        var errors: [RowError] = []
        for row in rows {
            switch row.outcome {
            case .record(let record): subjects += record.about
            case .failed(let found): errors += found
            default: Issue.record("\(row.outcome)")
            }
        }
        #expect(subjects == ["urn:x:1", "urn:x:4"])
        #expect(errors.map(\.row) == [2, 3])
        #expect(errors.map(\.column) == fields)
    }

    @Test func `a site list becomes master data`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.openSiteList.json.utf8))
        var options = TableImport.Options()
        options.validFromMilliseconds = 0
        let rows = try Tables.run(
            """
            country,name,address,sector,lat,lng
            BANGLADESH,Mill A,"Lane 1, Dhaka",Apparel,23.8,90.4
            Viet Nam,Mill B,,,,
            UK,Mill C,x,,51,0
            Atlantis,Mill D,x,,1,1
            CHINA,Mill E,x,,95,1
            CHINA,Mill F,x,,5,
            """, mapping, options: options)
        #expect(
            Tables.words(rows).suffix(3) == [
                "4 country row.country", "5 lat row.value", "6 lng master.format",
            ])
        let bodies = try rows.prefix(3).map { row in
            guard case .record(let record) = row.outcome else { throw Tables.Unexpected() }
            #expect(record.about[0].hasPrefix("urn:uuid:"))
            return try MasterData.read(record.body?.bytes ?? [])
        }
        #expect(bodies.map { $0.address["countryCode"] } == ["BD", "VN", "GB"])
        #expect(bodies[0].coordinates?.latitude.description == "23.8")
        #expect(bodies[1].coordinates == nil && bodies[1].attributes.isEmpty)
    }

    @Test func `real lists of facilities are read, row by row`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.openSiteList.json.utf8))
        var options = TableImport.Options()
        options.validFromMilliseconds = 0
        var (taken, repeated) = (0, 0)
        var subjects: Set<String> = []
        var errors: [RowError] = []
        for file in Vectors.files(under: "osh", extension: "csv") {
            var table = TableImport(mapping: mapping, options: options)
            let bytes = try Vectors.bytes("osh/\(file.lastPathComponent)")
            for row in try table.read(bytes, isLast: true) {
                switch row.outcome {
                case .record(let record):
                    taken += 1
                    subjects.formUnion(record.about)
                case .failed(let found): errors += found
                case .repeated: repeated += 1
                case .event: Issue.record("a site is no event")
                }
            }
        }
        #expect(errors.map { "\($0.column) \($0.code)" } == [])
        #expect(taken == 956 && repeated == 3)
        #expect(subjects.count == taken)
    }
}
