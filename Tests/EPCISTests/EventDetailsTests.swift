import EPCIS
import Foundation
import GS1
import Support
import Testing

@Suite struct EventDetailsTests {
    static func details(_ event: String) throws -> EventDetails {
        EventDetails(try .parse(Array(event.utf8)))
    }

    @Test func `every field beside those of the ledger is found`() throws {
        let details = try Self.details(
            """
            {"type":"ObjectEvent","recordTime":"1970-01-01T00:00:01Z","disposition":"active",\
            "persistentDisposition":{"set":["damaged"],"unset":["active","ex:own"]},\
            "bizTransactionList":[{"type":"po","bizTransaction":"urn:epc:id:gdti:9520123.45678.7"},\
            {"bizTransaction":"not a URI"},{"type":"po"}],\
            "errorDeclaration":{"declarationTime":"1970-01-01T00:00:02Z","reason":"incorrect_data",\
            "correctiveEventIDs":["ex:2"]},"ilmd":{"ex:lot":"L","ex:list":[1,{"ex:k":null}]},\
            "sensorElementList":[{"sensorMetadata":{"time":"1970-01-01T00:00:03Z",\
            "startTime":"1970-01-01T00:00:04Z","endTime":"1970-01-01T00:00:05Z",\
            "deviceID":"ex:d","bizRules":"ex:r","ex:m":1},"sensorReport":[{"type":"Temperature",\
            "exception":"ALARM_CONDITION","time":"1970-01-01T00:00:06Z","component":"x",\
            "value":26.50,"sDev":0.1,"uom":"CEL","stringValue":"s","booleanValue":true,\
            "hexBinaryValue":"F0","uriValue":"ex:u","microorganism":"ex:o","ex:n":2}],"ex:e":3}],\
            "ex:f":{"a":[null]},"urn:cairn:unprefixed:g":4}
            """)
        #expect(details.recordTimeMilliseconds == 1_000)
        #expect(details.disposition == "https://ref.gs1.org/cbv/Disp-active")
        #expect(details.dispositionsSet == ["https://ref.gs1.org/cbv/Disp-damaged"])
        #expect(details.dispositionsUnset == ["https://ref.gs1.org/cbv/Disp-active", "ex:own"])
        #expect(
            details.businessTransactions.map(\.transaction) == [
                "https://id.gs1.org/253/95201234567887", "not a URI",
            ])
        #expect(details.businessTransactions.map(\.type?.isEmpty) == [false, nil])
        #expect(details.errorDeclaration?.declarationTimeMilliseconds == 2_000)
        #expect(details.errorDeclaration?.reason == "https://ref.gs1.org/cbv/ER-incorrect_data")
        #expect(details.masterData.map(\.name) == ["ex:lot", "ex:list"])
        #expect(details.extensions.map(\.name) == ["ex:f", "urn:cairn:unprefixed:g"])
        let sensor = try #require(details.sensorElements.first)
        #expect(sensor.metadata.timeMilliseconds == 3_000)
        #expect(sensor.metadata.startTimeMilliseconds == 4_000)
        #expect(sensor.metadata.endTimeMilliseconds == 5_000)
        #expect(sensor.metadata.references == ["deviceID": "ex:d", "bizRules": "ex:r"])
        #expect(sensor.metadata.extensions.map(\.name) == ["ex:m"])
        #expect(sensor.extensions.map(\.name) == ["ex:e"])
        let report = try #require(sensor.reports.first)
        #expect(report.type == "https://ref.gs1.org/voc/Temperature")
        #expect(report.exception == "https://ref.gs1.org/voc/ALARM_CONDITION")
        #expect(report.timeMilliseconds == 6_000)
        #expect(report.component == "https://ref.gs1.org/cbv/Comp-x")
        #expect(report.numbers == ["value": ExactDecimal("26.5"), "sDev": ExactDecimal("0.1")])
        #expect(
            report.texts == [
                "uom": "CEL", "stringValue": "s", "hexBinaryValue": "F0", "uriValue": "ex:u",
                "microorganism": "ex:o",
            ])
        #expect(report.booleanValue == true)
        #expect(report.extensions.map(\.name) == ["ex:n"])
    }

    @Test func `what is not of the standard's form is absent`() throws {
        let details = try Self.details(
            """
            {"recordTime":5,"disposition":null,"persistentDisposition":[],"bizTransactionList":{},\
            "errorDeclaration":1,"ilmd":[],"sensorElementList":[5,{"sensorReport":[null]}]}
            """)
        #expect(details.recordTimeMilliseconds == nil && details.disposition == nil)
        #expect(details.dispositionsSet == [] && details.businessTransactions == [])
        #expect(details.errorDeclaration?.correctiveEventIDs == [])
        #expect(details.masterData == [] && details.extensions == [])
        #expect(details.sensorElements.map(\.reports.count) == [0, 1])
        #expect(EventDetails(.null).extensions == [])
    }
}
