import EPCIS
import Queries
import Support
import Testing

@Suite struct EventQueryTests {
    /// The names of the events that a query finds.
    private func found(_ query: EventQuery) throws -> String {
        try QueriedEvents.all().filter { query.matches($0.event) }.map(\.name).joined()
    }

    @Test(arguments: [
        ("", "abcdef"), ("eventType=ObjectEvent", "ae"),
        ("eventType=ObjectEvent%7CTransactionEvent", "ade"),
        ("eventType=ObjectEvent|AssociationEvent&EQ_action=ADD", "af"),
        ("EQ_action=ADD", "adf"), ("EQ_action=OBSERVE|DELETE", "be"),
        ("EQ_bizStep=packing", "b"), ("EQ_bizStep=https://ref.gs1.org/cbv/BizStep-packing", "b"),
        ("EQ_bizStep=cbv:BizStep-packing|https://example.org/step/own", "bd"),
        ("EQ_bizStep=urn:epcglobal:cbv:bizstep:packing", "b"),
        ("EQ_bizStep=https://ns.gs1.org/cbv/BizStep-packing", "b"),
        ("EQ_disposition=urn:epcglobal:cbv:disp:active", "a"),
        ("EQ_bizStep=shipping", ""), ("EQ_disposition=active|in_progress", "af"),
        ("EQ_persistentDisposition_set=completeness_verified", "a"),
        ("EQ_persistentDisposition_set=mismatch_class", ""),
        ("EQ_persistentDisposition_unset=mismatch_class", "a"),
        ("EQ_eventID=urn:uuid:a", "ae"), ("EQ_eventID=urn:uuid:c|urn:uuid:x", "c"),
        ("EQ_eventID=urn:uuid:A", ""), ("EQ_transformationID=urn:example:run:7", "c"),
        ("EQ_transformationID=urn:example:run:8", ""),
    ])
    func `what, why and which event`(query: String, expected: String) throws {
        #expect(try found(EventQuery(queryString: query)) == expected)
    }

    @Test(arguments: [
        ("GE_eventTime=2026-03-01T05:00:00Z", "ef"), ("LT_eventTime=2026-03-01T02:00:00Z", "a"),
        ("GE_eventTime=2026-03-01T03:00:00%2B01:00&LT_eventTime=2026-03-01T03:00:00.000Z", "b"),
        ("GE_eventTime=2026-03-01T03:00:00+01:00&LT_eventTime=2026-03-01T03:00:00.000Z", "b"),
        ("GE_recordTime=2026-04-01T00:00:00Z", "a"), ("LT_recordTime=2026-03-31T23:59:56Z", "f"),
        ("GE_startTime=2026-03-01T00:10:00Z", "a"), ("LT_startTime=2026-03-01T00:10:00Z", ""),
        ("GE_endTime=2026-03-01T00:50:00.001Z", ""), ("LT_endTime=2026-03-01T00:50:00.001Z", "a"),
        ("GE_time=2026-03-01T00:30:00Z", "a"), ("LT_time=2026-03-01T00:30:00Z", ""),
        ("EXISTS_errorDeclaration=true", "e"), ("EXISTS_errorDeclaration", "e"),
        ("EXISTS_errorDeclaration=false", "abcdef"),
        ("GE_errorDeclarationTime=2026-03-02T00:00:00Z", "e"),
        ("LT_errorDeclarationTime=2026-03-02T00:00:00Z", ""),
        ("GE_errorDeclaration_Time=2026-03-02T00:00:00Z", "e"),
        ("LT_errorDeclaration_Time=2026-03-03T00:00:00Z", "e"),
        ("EQ_errorReason=incorrect_data", "e"), ("EQ_errorReason=did_not_occur", ""),
        ("EQ_correctiveEventID=urn:uuid:c", "e"), ("EQ_correctiveEventID=urn:uuid:a", ""),
    ])
    func `times and declared errors`(query: String, expected: String) throws {
        #expect(try found(EventQuery(queryString: query)) == expected)
    }

    @Test(arguments: [
        ("EQ_readPoint=https://id.gs1.org/414/9520123456788/254/7", "a"),
        ("EQ_readPoint=urn:epc:id:sgln:9520123.45678.0", "f"),
        ("EQ_readPoint=urn:epc:id:sgln:9520123.45678.0|urn:epc:id:sgln:9520123.45678.7", "af"),
        ("WD_readPoint=urn:epc:id:sgln:9520123.45678.0", "f"),
        ("EQ_bizLocation=urn:epc:id:sgln:9520123.45678.0", "a"),
        ("WD_bizLocation=urn:epc:id:sgln:9520123.45678.9", ""),
        ("EQ_bizTransaction_po=https://id.gs1.org/253/9520123456788P1", "d"),
        ("EQ_bizTransaction_urn:epcglobal:cbv:btt:po=https://id.gs1.org/253/9520123456788P1", "d"),
        ("EQ_bizTransaction_inv=https://id.gs1.org/253/9520123456788P1", ""),
        ("EQ_bizTransaction_inv=urn:example:inv:1|urn:example:inv:2", "d"),
        ("EQ_source_owning_party=https://id.gs1.org/417/9520123456788", "d"),
        ("EQ_source_urn:epcglobal:cbv:sdt:owning_party=https://id.gs1.org/417/9520123456788", "d"),
        ("EQ_source_location=https://id.gs1.org/417/9520123456788", ""),
        ("EQ_destination_location=urn:epc:id:sgln:9520123.45678.0", "d"),
        ("EQ_destination_owning_party=urn:epc:id:sgln:9520123.45678.0", ""),
    ])
    func `where, and between whom`(query: String, expected: String) throws {
        #expect(try found(EventQuery(queryString: query)) == expected)
    }

    @Test(arguments: [
        ("MATCH_epc=https://id.gs1.org/01/09520123456788/21/S1", "ae"),
        ("MATCH_epc=urn:epc:id:sgtin:9520123.045678.S1|urn:example:thing:1", "aef"),
        ("MATCH_epc=urn:epc:id:sgtin:9520123.045678.S2", "b"),
        ("MATCH_epc=urn:epc:idpat:sgtin:9520123.045678.*", "abe"),
        ("MATCH_epc=https://id.gs1.org/01/09520123456788", "abe"),
        ("MATCH_epc=urn:epc:idpat:sgtin:9520123.*.*", "abde"),
        ("MATCH_epc=urn:epc:idpat:sgtin:952012.*.*", "abde"),
        ("MATCH_epc=urn:epc:idpat:sgtin:9520124.*.*", ""),
        ("MATCH_epc=urn:epc:idpat:sgtin:*.*.*", "abde"),
        ("MATCH_epc=urn:epc:idpat:grai:*.*.*", ""),
        ("MATCH_parentID=https://id.gs1.org/8004/9520123D1", "f"),
        ("MATCH_parentID=urn:epc:idpat:sscc:9520123.*", "b"),
        ("MATCH_parentID=urn:epc:idpat:giai:9520123.*|urn:epc:idpat:sscc:*.*", "bf"),
        ("MATCH_inputEPC=urn:epc:id:sgtin:9520123.045678.S1", "c"),
        ("MATCH_inputEPC=urn:epc:id:grai:9520123.45678.G1", ""),
        ("MATCH_outputEPC=urn:epc:id:grai:9520123.45678.G1", "c"),
        ("MATCH_outputEPC=urn:epc:idpat:grai:9520123.45678.*", "c"),
        ("MATCH_anyEPC=urn:epc:id:sgtin:9520123.045678.S1", "ace"),
        ("MATCH_anyEPC=https://id.gs1.org/8004/9520123D1", "f"),
        ("MATCH_epcClass=https://id.gs1.org/01/09520123456788/10/LOT1", "a"),
        ("MATCH_epcClass=urn:epc:idpat:sgtin:9520123.045678.*", "b"),
        ("MATCH_epcClass=urn:epc:idpat:lgtin:9520123.045678.*", "a"),
        ("MATCH_inputEPCClass=urn:epc:class:lgtin:9520123.045678.LOT1", "c"),
        ("MATCH_inputEPCClass=urn:epc:class:lgtin:9520123.045678.LOT2", ""),
        ("MATCH_outputEPCClass=urn:epc:class:lgtin:9520123.045678.LOT2", "c"),
        ("MATCH_anyEPCClass=urn:epc:idpat:lgtin:*.*.*", "ac"),
        ("EQ_quantity=12.5", "a"), ("EQ_quantity=3|8.0", "bc"), ("GT_quantity=8", "a"),
        ("GE_quantity=8", "ac"), ("LT_quantity=3", "c"), ("LE_quantity=3", "bc"),
        ("GE_quantity_KGM=2", "ac"), ("GT_quantity_KGM=2", "a"), ("LE_quantity_GRM=9", ""),
        ("EQ_quantity_KGM=12.50", "a"),
    ])
    func `objects and amounts`(query: String, expected: String) throws {
        #expect(try found(EventQuery(queryString: query)) == expected)
    }

    @Test(arguments: [
        ("EXISTS_sensorElementList=true", true), ("EQ_type=Temperature", true),
        ("EQ_type=https://gs1.org/voc/Temperature", true), ("EQ_type=Pressure", false),
        ("EQ_type=ex:Smell", true), ("EQ_deviceID=https://id.gs1.org/8004/9520123D1", true),
        ("EQ_deviceID=urn:epc:id:giai:9520123.D2", false),
        ("EQ_dataProcessingMethod=https://example.org/method/2", true),
        ("EQ_dataProcessingMethod=https://example.org/method/3", false),
        ("EQ_microorganism=https://example.org/tax/1126011", true),
        ("EQ_microorganism=https://example.org/tax/1", false),
        ("EQ_chemicalSubstance=https://example.org/inchi/C|https://example.org/x", true),
        ("EQ_bizRules=https://example.org/rules/1", true),
        ("EQ_bizRules=https://example.org/rules/2", false), ("EQ_stringValue=fine", true),
        ("EQ_stringValue=Fine", false), ("EQ_hexBinaryValue=f0F0", true),
        ("EQ_uriValue=https://example.org/value", true), ("EQ_booleanValue=true", true),
        ("EQ_booleanValue=false", false), ("GE_value_CEL=-4.5", true),
        ("GT_value_CEL=-4.5", false), ("GE_value_FAH=-4.5", false), ("EQ_value_CEL=-4.50", true),
        ("LE_minValue_CEL=-6", true), ("LT_minValue_CEL=-6", false),
        ("GE_maxValue_CEL=-3", true), ("GT_maxValue_CEL=-3", false),
        ("LT_meanValue_CEL=-4", true), ("GE_meanValue_CEL=-4", false),
        ("LT_sDev_CEL=0.31", true), ("GT_sDev_CEL=0.3", false), ("GE_percRank=50", true),
        ("LT_percRank=50", false), ("LE_percValue_CEL=-5", true), ("GT_percValue_CEL=-5", false),
    ])
    func `what sensors reported`(query: String, expected: Bool) throws {
        #expect(try found(EventQuery(queryString: query)) == (expected ? "a" : ""))
    }

    @Test(arguments: [
        ("EQ_https://example.org/ns/count=5", "a"), ("EQ_https://example.org/ns/count=5.0", "a"),
        ("EQ_https://example.org/ns/%23count=5", "a"), ("EQ_ex:count=5", "a"),
        ("EQ_ex:count=6", ""), ("GT_ex:count=4|", "!"), ("GT_ex:count=4", "a"),
        ("GE_ex:count=6", ""), ("LT_ex:count=6", "a"), ("LE_ex:count=4.9", ""),
        ("LT_ex:day=2026-03-01T09:30:00%2B01:00", "a"),
        ("EQ_ex:day=2026-03-01T09:00:00+01:00", "a"),
        ("GT_ex:label=5", ""), ("EQ_ex:label=L1", "a"), ("EQ_ex:ready=true", "a"),
        ("EXISTS_ex:label", "a"), ("EXISTS_ex:colour", ""), ("EXISTS_INNER_ex:colour", "a"),
        ("EXISTS_INNER_ex:label", ""), ("EQ_INNER_ex:far=x", "a"), ("EQ_INNER_ex:far=y", ""),
        ("EQ_ILMD_cbvmda:lotNumber=LOT1", "a"),
        ("EQ_ILMD_urn:epcglobal:cbv:mda:lotNumber=LOT1", "a"),
        ("EQ_ILMD_cbvmda:lotNumber=LOT2", ""), ("EXISTS_ILMD_ex:box=true", "a"),
        ("GE_INNER_ILMD_ex:deep=7", "a"), ("GT_INNER_ILMD_ex:deep=7", ""),
        ("EQ_ERROR_DECLARATION_ex:who=me", "e"), ("EQ_INNER_ERROR_DECLARATION_ex:how=1", "e"),
        ("EXISTS_ERROR_DECLARATION_ex:how", ""), ("EQ_SENSORELEMENT_ex:rack=R1", "a"),
        ("EQ_SENSORELEMENT_ex:fitted=yes", ""), ("EQ_SENSORMETADATA_ex:fitted=yes", "a"),
        ("EQ_SENSORREPORT_ex:seal=ok|broken", "a"), ("EXISTS_SENSORREPORT_ex:rack", ""),
        ("EQ_readPoint_ex:gate=north", "a"), ("EQ_bizLocation_ex:floor=3", "a"),
        ("EQ_bizLocation_ex:gate=north", ""), ("HASATTR_ex:label=ex:colour", "a"),
        ("HASATTR_ex:label=https://example.org/ns/colour|ex:x", "a"),
        ("HASATTR_ex:label=ex:size", ""), ("EQATTR_ex:label_ex:colour=red", "a"),
        ("EQ_ATTR_ex:label_ex:colour=blue|red", "a"), ("EQATTR_ex:label_ex:colour=blue", ""),
    ])
    func `fields of a user's own`(query: String, expected: String) throws {
        let context = try JSONValue.parse(Array(#"{"ex":"https://example.org/ns/"}"#.utf8))
        guard expected != "!" else {
            #expect(throws: QueryRefusal.self) {
                try EventQuery(queryString: query, context: context)
            }
            return
        }
        #expect(try found(EventQuery(queryString: query, context: context)) == expected)
    }

    @Test func `a query in JSON brings its own prefixes and types`() throws {
        let text = """
            {"@context":{"my":"https://example.org/ns/"},"eventType":["ObjectEvent"],\
            "EQ_my:count":5,"EXISTS_my:label":null,"GE_quantity":1e1,"EQ_bizStep":\
            ["commissioning","shipping"],"EQ_booleanValue":true}
            """
        #expect(try found(EventQuery(jsonBytes: Array(text.utf8))) == "a")
        let other = text.replacing("https://example.org/ns/", with: "https://example.com/ns/")
        #expect(try found(EventQuery(jsonBytes: Array(other.utf8))) == "")
    }

    @Test func `sites below a site count once master data are heard`() throws {
        let query = try EventQuery(queryString: "WD_readPoint=urn:epc:id:sgln:9520123.45678.0")
        #expect(query.sitesToExpand == ["https://id.gs1.org/414/9520123456788"])
        #expect(query.plan.readPoints.isEmpty)
        let expanded = query.expandingSites { ["\($0)/254/7", "\($0)/254/8"] }
        #expect(try found(expanded) == "af")
        #expect(expanded.sitesToExpand.isEmpty)
        #expect(expanded.plan.readPoints.map(\.count) == [3])
        #expect(expanded.digest == query.digest)
    }
}
