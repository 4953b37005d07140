import EPCIS
import Foundation
import Imports
import Support
import Testing

@Suite struct `EPCIS in XML` {
    static func read(_ text: String) throws -> EPCISContents {
        try EPCISXML.read(Array(text.utf8))
    }

    static func refusal(_ text: String) -> String {
        do throws(ImportRefusal) {
            return "read: \(try EPCISXML.read(Array(text.utf8)).events.count)"
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    static func event(_ inner: String, namespaces: String = "") -> String {
        """
        <epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" \(namespaces)
          schemaVersion="2.0" creationDate="2026-01-01T00:00:00Z"><EPCISBody><EventList>
        <ObjectEvent><eventTime>2026-03-01T08:00:00Z</eventTime>\
        <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>\(inner)</ObjectEvent>
        </EventList></EPCISBody></epcis:EPCISDocument>
        """
    }

    static let xmlWithTwins: [String] = {
        let names = Vectors.files(under: "openepcis-test-resources/XML-2.0", extension: "xml")
            .map { $0.deletingPathExtension().lastPathComponent }
        let json = Set(
            Vectors.files(under: "openepcis-test-resources/Capture/Documents", extension: "json")
                .map { $0.deletingPathExtension().lastPathComponent })
        return names.filter(json.contains)
    }()

    /// How many events of a document say other things than their twins: a declaration an hour
    /// later, a comment that JSON alone has, a Digital Link where XML has a URN.
    static let unlike = [
        "Combination_of_different_event": 1, "ObjectEvent_with_comment": 1,
        "epcisDocWithSensorComponent": 1, "epcisDocWithAllGS1Keys": 1,
    ]

    @Test(arguments: xmlWithTwins)
    func `a document gives the events of its JSON twin`(_ name: String) throws {
        let xml = try EPCISXML.read(
            try Vectors.bytes("openepcis-test-resources/XML-2.0/\(name).xml"))
        let json = try EPCISDocument.split(
            try Vectors.bytes("openepcis-test-resources/Capture/Documents/\(name).json"))
        try #require(xml.events.count == json.count)
        let pairs = try zip(xml.events, json).map { event, part in
            (Self.canonical(event), Self.canonical(try JSONValue.parse(part.bytes)))
        }
        guard let unlike = Self.unlike[name] else {
            for (event, twin) in pairs { #expect(event == twin) }
            return
        }
        #expect(pairs.count { $0 != $1 } == unlike)
    }

    @Test(arguments: ["", "2", "3"])
    func `the reference documents of the event hash are equal in XML and JSON`(
        _ number: String
    ) throws {
        let stem = "event-hash/documents/ralphtro__ReferenceEventHashAlgorithm\(number)"
        let xml = try EPCISXML.read(try Vectors.bytes("\(stem).xml"))
        let json = try EPCISDocument.split(try Vectors.bytes("\(stem).jsonld"))
        try #require(xml.events.count == 1 && json.count == 1)
        let twin = try JSONValue.parse(json[0].bytes)
        #expect(Self.canonical(xml.events[0]) == Self.canonical(twin))
    }

    static func canonical(_ event: JSONValue) -> String {
        JSONTwins.canonical(event, JSONTwins.prefixes(event["@context"]))
    }

    /// What of others' documents is not read, and which of their events break the standard.
    static let refusals: [String: [String]] = [
        "openepcis-test-resources/XML-1.2": [
            // GS1's JSON schema has no persistent disposition in these.
            "AggregationEvent_all_possible_fields.xml[0]: epcis.unexpected persistentDisposition",
            "All_eventTypes_in_single_document.xml[0]: identifier.check-digit epcList[0]",
            "All_eventTypes_in_single_document.xml[1]: epcis.unexpected persistentDisposition",
            "AssociationEvent_all_possible_fields.xml[0]: epcis.unexpected persistentDisposition",
            "ObjectEvent_all_possible_fields.xml[0]: epcis.uri certificationInfo",
            "TransactionEvent_all_possible_fields.xml[0]: epcis.time "
                + "errorDeclaration.declarationTime",
        ],
        "gs1-epcis/xml": [
            "Example-PersistentDisposition.xml[0]: epcis.unexpected persistentDisposition",
            "Example-PersistentDisposition.xml[1]: epcis.unexpected persistentDisposition",
            "SensorDataExamples.xml[10]: epcis.vocabulary "
                + "sensorElementList[0].sensorReport[0].type",
            "SensorDataExamples.xml[7]: epcis.vocabulary "
                + "sensorElementList[0].sensorReport[1].type",
            "SensorDataExamples.xml[8]: epcis.missing sensorElementList[0].sensorReport[0].type",
            "TransactionEvent.xml[0]: epcis.vocabulary sensorElementList[0].sensorReport[0].type",
            "masterdata_all_possible_fields.xml: xml.doctype line 2",
            "object_event_all_possible_fields.xml: xml.doctype line 2",
        ],
    ]

    @Test(arguments: [("openepcis-test-resources/XML-1.2", 26), ("gs1-epcis/xml", 36)])
    func `what others wrote is read, and its events satisfy the standard`(
        _ folder: String, count: Int
    ) throws {
        var read = 0
        var refused: [String] = []
        for file in Vectors.files(under: folder, extension: "xml") {
            let name = file.lastPathComponent
            let bytes = try Vectors.bytes("\(folder)/\(name)")
            let contents: EPCISContents
            do throws(ImportRefusal) {
                contents = try EPCISXML.read(bytes)
            } catch {
                refused.append("\(name): \(error.code) \(error.field)")
                continue
            }
            for (index, event) in contents.events.enumerated() {
                do throws(EPCISError) {
                    _ = try EPCISEvent.read(event.serialized(), by: .schema)
                    read += 1
                } catch {
                    refused.append("\(name)[\(index)]: \(error.code) \(error.field)")
                }
            }
        }
        #expect(read == count)
        #expect(refused.sorted() == Self.refusals[folder])
    }
}
