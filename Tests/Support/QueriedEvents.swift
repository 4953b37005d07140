import EPCIS
package import Queries

/// Six events, each with something that the others lack, for queries to find.
package enum QueriedEvents {
    package static let context = """
        ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld",\
        {"ex":"https://example.org/ns/"}]
        """

    /// What every event has: context, type and a time of one hour of the same day.
    private static func head(_ type: String, hour: Int) -> String {
        """
        "@context":\(context),"type":"\(type)","eventTime":"2026-03-01T0\(hour):00:00Z",\
        "eventTimeZoneOffset":"+00:00"
        """
    }

    /// An item and a lot at a site, with master data, sensors and fields of a user's own.
    package static let a = """
        {\(head("ObjectEvent", hour: 1)),"eventID":"urn:uuid:a","action":"ADD",\
        "bizStep":"commissioning","disposition":"active",\
        "persistentDisposition":{"set":["completeness_verified"],"unset":["mismatch_class"]},\
        "readPoint":{"id":"urn:epc:id:sgln:9520123.45678.7","ex:gate":"north"},\
        "bizLocation":{"id":"https://id.gs1.org/414/9520123456788","ex:floor":3},\
        "epcList":["urn:epc:id:sgtin:9520123.045678.S1"],\
        "quantityList":[{"epcClass":"urn:epc:class:lgtin:9520123.045678.LOT1","quantity":12.50,\
        "uom":"KGM"}],"ilmd":{"cbvmda:lotNumber":"LOT1","ex:box":{"ex:deep":"7"}},\
        "ex:count":5,"ex:label":{"ex:colour":"red","@value":"L1","ex:inside":[{"ex:far":"x"}]},\
        "ex:day":"2026-03-01T08:00:00Z","ex:ready":true,\
        "sensorElementList":[{"ex:rack":"R1","sensorMetadata":{"time":"2026-03-01T00:30:00Z",\
        "startTime":"2026-03-01T00:10:00Z","endTime":"2026-03-01T00:50:00Z",\
        "deviceID":"urn:epc:id:giai:9520123.D1","bizRules":"https://example.org/rules/1",\
        "ex:fitted":"yes"},"sensorReport":[{"type":"Temperature","value":-4.5,"minValue":-6,\
        "maxValue":-3,"meanValue":-4.2,"sDev":0.3,"percRank":50,"percValue":-5,"uom":"CEL",\
        "dataProcessingMethod":"https://example.org/method/2","ex:seal":"ok"},\
        {"type":"ex:Smell","microorganism":"https://example.org/tax/1126011",\
        "chemicalSubstance":"https://example.org/inchi/C","stringValue":"fine",\
        "booleanValue":true,"hexBinaryValue":"f0F0","uriValue":"https://example.org/value"}]}]}
        """

    /// Children in a pallet.
    package static let b = """
        {\(head("AggregationEvent", hour: 2)),"action":"OBSERVE","bizStep":"packing",\
        "parentID":"urn:epc:id:sscc:9520123.0456789123",\
        "childEPCs":["https://example.com/01/09520123456788/21/S2"],\
        "childQuantityList":[{"epcClass":"https://id.gs1.org/01/09520123456788","quantity":3}]}
        """

    /// Inputs to outputs.
    package static let c = """
        {\(head("TransformationEvent", hour: 3)),"eventID":"urn:uuid:c",\
        "transformationID":"urn:example:run:7",\
        "inputEPCList":["https://id.gs1.org/01/09520123456788/21/S1"],\
        "inputQuantityList":[{"epcClass":"urn:epc:class:lgtin:9520123.045678.LOT1",\
        "quantity":2,"uom":"KGM"}],"outputEPCList":["urn:epc:id:grai:9520123.45678.G1"],\
        "outputQuantityList":[{"epcClass":"urn:epc:class:lgtin:9520123.045678.LOT2",\
        "quantity":8}]}
        """

    /// A purchase order, and who sells to whom.
    package static let d = """
        {\(head("TransactionEvent", hour: 4)),"action":"ADD",\
        "bizStep":"https://example.org/step/own",\
        "epcList":["urn:epc:id:sgtin:9520123.145678.S1"],\
        "bizTransactionList":[{"type":"po","bizTransaction":"urn:epc:id:gdti:9520123.45678.P1"},\
        {"type":"inv","bizTransaction":"urn:example:inv:1"}],\
        "sourceList":[{"type":"owning_party","source":"urn:epc:id:pgln:9520123.45678"}],\
        "destinationList":[{"type":"location",\
        "destination":"https://id.gs1.org/414/9520123456788"}]}
        """

    /// A declaration that event a is wrong.
    package static let e = """
        {\(head("ObjectEvent", hour: 5)),"eventID":"urn:uuid:a","action":"DELETE",\
        "epcList":["urn:epc:id:sgtin:9520123.045678.S1"],\
        "errorDeclaration":{"declarationTime":"2026-03-02T00:00:00Z","reason":"incorrect_data",\
        "correctiveEventIDs":["urn:uuid:c"],"ex:who":"me","ex:why":{"ex:how":"1"}}}
        """

    /// Something fitted to an asset.
    package static let f = """
        {\(head("AssociationEvent", hour: 6)),"action":"ADD","disposition":"in_progress",\
        "parentID":"urn:epc:id:giai:9520123.D1","childEPCs":["urn:example:thing:1"],\
        "readPoint":{"id":"https://id.gs1.org/414/9520123456788"}}
        """

    /// All six, one leaf each, registered one second after the other, the last first.
    package static func all() throws -> [(name: String, event: QueryableEvent)] {
        try ["a": a, "b": b, "c": c, "d": d, "e": e, "f": f].sorted { $0.key < $1.key }
            .enumerated().map { index, entry in
                (
                    entry.key,
                    try QueryableEvent(
                        JSONValue.parse(Array(entry.value.utf8)),
                        recordTimeMilliseconds: recordTime - Int64(index) * 1_000,
                        position: EventPosition(leafIndex: UInt64(10 - index), part: 0))
                )
            }
    }

    /// 2026-04-01T00:00:00Z.
    package static let recordTime: Int64 = 1_775_001_600_000
}
