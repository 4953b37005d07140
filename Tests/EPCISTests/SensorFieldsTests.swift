import EPCIS
import Testing

@Suite struct `Sensor fields` {
    static func refusal(metadata: String = "{}", report: String) throws -> String? {
        let list = #"[{"sensorMetadata":\#(metadata),"sensorReport":[\#(report)],"ex:more":1}]"#
        return try Sample.refusal(Sample.object, ["sensorElementList": list])
    }

    @Test func `every field of a report and its metadata is read`() throws {
        let metadata = """
            {"time":"2026-01-01T00:00:00Z","startTime":"2026-01-01T00:00:00Z",\
            "endTime":"2026-01-01T00:00:00Z","deviceID":"ex:1","deviceMetadata":"ex:2",\
            "rawData":"ex:3","dataProcessingMethod":"ex:4","bizRules":"ex:5","ex:own":{}}
            """
        let report = """
            {"type":"Temperature","exception":"ALARM_CONDITION","deviceID":"ex:1",\
            "deviceMetadata":"ex:2","rawData":"ex:3","dataProcessingMethod":"ex:4",\
            "bizRules":"ex:5",\
            "time":"2026-01-01T00:00:00Z","microorganism":"ex:6","chemicalSubstance":"ex:7",\
            "coordinateReferenceSystem":"ex:8",\
            "value":-1.5e-3,"component":"x","stringValue":"",\
            "booleanValue":false,"hexBinaryValue":"f0F0","uriValue":"ex:9",\
            "minValue":1,"maxValue":2,\
            "meanValue":3,"sDev":4,"percRank":5,"percValue":6,"uom":"CEL","ex:own":null}
            """
        #expect(try Self.refusal(metadata: metadata, report: report) == nil)
    }

    @Test(arguments: [
        ("{}", "epcis.missing type"), (#"{"type":"Heat"}"#, "epcis.vocabulary type"),
        (#"{"type":"https://gs1.org/voc/Temperature"}"#, "epcis.vocabulary type"),
        (#"{"type":"HTTP://www.GS1.org/voc/Temperature"}"#, "epcis.vocabulary type"),
        ("{\"type\":\"\u{212a}inematicViscosity\"}", "epcis.vocabulary type"),
        (#"{"type":"Mass","exception":"ALARM"}"#, "epcis.vocabulary exception"),
        (#"{"type":"Mass","value":"1"}"#, "epcis.format value"),
        (#"{"type":"Mass","percRank":true}"#, "epcis.format percRank"),
        (#"{"type":"Mass","booleanValue":"true"}"#, "epcis.format booleanValue"),
        (#"{"type":"Mass","hexBinaryValue":""}"#, "epcis.value hexBinaryValue"),
        (#"{"type":"Mass","hexBinaryValue":"0g"}"#, "epcis.value hexBinaryValue"),
        (#"{"type":"Mass","component":"w"}"#, "epcis.vocabulary component"),
        (#"{"type":"Mass","uriValue":"w"}"#, "epcis.uri uriValue"),
        (#"{"type":"Mass","time":"2026"}"#, "epcis.time time"),
        (#"{"type":"Mass","own":1}"#, "epcis.unexpected own"),
    ])
    func `a wrong field of a report is named`(report: String, refusal: String) throws {
        let parts = refusal.split(separator: " ")
        let expected = "\(parts[0]) sensorElementList[0].sensorReport[0].\(parts[1])"
        #expect(try Self.refusal(report: report) == expected)
    }

    @Test(arguments: [
        (#"{"time":1}"#, "epcis.format sensorElementList[0].sensorMetadata.time"),
        (#"{"bizRules":"x"}"#, "epcis.uri sensorElementList[0].sensorMetadata.bizRules"),
        (#"{"own":1}"#, "epcis.unexpected sensorElementList[0].sensorMetadata.own"),
        ("[]", "epcis.format sensorElementList[0].sensorMetadata"),
    ])
    func `a wrong field of the metadata is named`(metadata: String, refusal: String) throws {
        #expect(try Self.refusal(metadata: metadata, report: #"{"type":"Mass"}"#) == refusal)
    }

    @Test func `an element without reports is refused`() throws {
        #expect(try Self.refusal(report: "") == "epcis.value sensorElementList[0].sensorReport")
    }
}
