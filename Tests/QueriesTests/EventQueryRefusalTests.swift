import EPCIS
import Queries
import Support
import Testing

@Suite struct EventQueryRefusalTests {
    @Test(arguments: [
        ("EQ_colour=red", "EQ_colour"), ("eventTypes=ObjectEvent", "eventTypes"),
        ("GT_eventTime=2026-03-01T00:00:00Z", "GT_eventTime"), ("EQ_=x", "EQ_"), ("=x", ""),
        ("eventType=QuantityEvent", "eventType"), ("eventType=", "eventType"),
        ("eventType=ObjectEvent||TransactionEvent", "eventType"), ("EQ_action=add", "EQ_action"),
        ("EQ_bizStep=flying", "EQ_bizStep"),
        ("EQ_bizStep=urn:epcglobal:cbv:bizstep:flying", "EQ_bizStep"),
        ("EQ_bizStep=urn:epcglobal:cbv:disp:active", "EQ_bizStep"),
        ("EQ_disposition=", "EQ_disposition"), ("GE_eventTime=2026-03-01", "GE_eventTime"),
        ("GE_eventTime=2026-03-01T00:00:00Z|2026-03-02T00:00:00Z", "GE_eventTime"),
        ("EQ_readPoint=gate", "EQ_readPoint"),
        ("MATCH_epc=https://id.gs1.org/01/09520123456789/21/S1", "MATCH_epc"),
        ("MATCH_epc=urn:epc:idpat:sgtin:9520123.*.S1", "MATCH_epc"),
        ("MATCH_epc=urn:epc:idpat:sgtin:9520.*.*", "MATCH_epc"),
        ("EQ_quantity=many", "EQ_quantity"), ("GE_quantity=1|2", "GE_quantity"),
        ("GE_quantity_kg=1", "GE_quantity_kg"), ("GE_value_=1", "GE_value_"),
        ("EXISTS_errorDeclaration=maybe", "EXISTS_errorDeclaration"),
        ("EQ_booleanValue=1", "EQ_booleanValue"), ("GT_ex:count=red", "GT_ex:count"),
        ("EQ_ex:=1", "EQ_ex:"), ("HASATTR_label=x", "HASATTR_label"),
        ("EQATTR_label=x", "EQATTR_label"), ("orderBy=quantity", "orderBy"),
        ("orderDirection=UP&orderBy=eventTime", "orderDirection"),
        ("eventCountLimit=5", "eventCountLimit"),
        ("eventCountLimit=5&maxEventCount=5&orderBy=eventTime", "eventCountLimit"),
        ("eventCountLimit=0&orderBy=eventTime", "eventCountLimit"),
        ("maxEventCount=-1", "maxEventCount"), ("maxEventCount=1e3", "maxEventCount"),
        ("perPage=0", "perPage"), ("perPage=99999999999999999999", "perPage"),
        ("EQ_eventID=%", "EQ_eventID"), ("EQ_eventID=%4", "EQ_eventID"),
        ("EQ_eventID=%FF", "EQ_eventID"), ("EQ_eventID=a&EQ_eventID=b", "EQ_eventID"),
    ])
    func `what is no parameter is refused by its name`(query: String, parameter: String) {
        #expect(refusal { try EventQuery(queryString: query) } == "query.parameter \(parameter)")
    }

    @Test(arguments: [
        (#"[]"#, "query"), (#"{"#, "query"), (#"{"perPage":5}"#, "perPage"),
        (#"{"nextPageToken":"x"}"#, "nextPageToken"), (#"{"EQ_action":[]}"#, "EQ_action"),
        (#"{"EQ_action":null}"#, "EQ_action"), (#"{"EQ_action":[["ADD"]]}"#, "EQ_action"),
        (#"{"EQ_action":{"a":1}}"#, "EQ_action"), (#"{"GE_quantity":true}"#, "GE_quantity"),
        (#"{"unknown":1}"#, "unknown"),
    ])
    func `so it is in JSON`(text: String, parameter: String) {
        #expect(
            refusal { try EventQuery(jsonBytes: Array(text.utf8)) }
                == "query.parameter \(parameter)")
    }

    @Test func `each limit lets through what is just within it`() throws {
        let long = String(repeating: "x", count: QueryLimits.queryStringByteCount - 12)
        #expect(refusal { try EventQuery(queryString: "EQ_eventID=\(long)x") } == nil)
        #expect(refusal { try EventQuery(queryString: "EQ_eventID=\(long)xx") } != nil)
        let values = Array(repeating: "x", count: QueryLimits.valueCount).joined(separator: "|")
        #expect(refusal { try EventQuery(queryString: "EQ_eventID=\(values)") } == nil)
        #expect(refusal { try EventQuery(queryString: "EQ_eventID=\(values)|x") } != nil)
        let names = (0..<QueryLimits.parameterCount).map { "EXISTS_e:n\($0)" }
        #expect(refusal { try EventQuery(queryString: names.joined(separator: "&")) } == nil)
        #expect(
            refusal { try EventQuery(queryString: (names + ["EXISTS_e:m"]).joined(separator: "&")) }
                != nil)
        let name = "EQ_e:" + String(repeating: "n", count: QueryLimits.nameByteCount - 5)
        #expect(refusal { try EventQuery(queryString: "\(name)=1") } == nil)
        #expect(refusal { try EventQuery(queryString: "\(name)n=1") } != nil)
        let wide = (0..<QueryLimits.patternCount).map { "urn:epc:idpat:sgtin:\(952_000 + $0).*.*" }
            .joined(separator: "|")
        #expect(refusal { try EventQuery(queryString: "MATCH_epc=\(wide)") } == nil)
        let wider = wide + "|urn:epc:idpat:sscc:*.*"
        #expect(refusal { try EventQuery(queryString: "MATCH_epc=\(wider)") } != nil)
        let texts = Array(repeating: "x", count: QueryLimits.extensionValueCount)
            .joined(separator: "|")
        #expect(refusal { try EventQuery(queryString: "EQ_e:n=\(texts)") } == nil)
        #expect(refusal { try EventQuery(queryString: "EQ_e:n=\(texts)|x") } != nil)
        let parts = "EQATTR_e:" + String(repeating: "n_", count: QueryLimits.patternCount) + "n"
        #expect(refusal { try EventQuery(queryString: "\(parts)=1") } == nil)
        #expect(refusal { try EventQuery(queryString: "\(parts)_n=1") } != nil)
        let json = #"{"EQ_eventID":["x"]}"#
        let space = String(repeating: " ", count: QueryLimits.jsonByteCount - json.utf8.count)
        #expect(refusal { try EventQuery(jsonBytes: Array((json + space).utf8)) } == nil)
        #expect(refusal { try EventQuery(jsonBytes: Array((json + space + " ").utf8)) } != nil)
        #expect(try EventQuery(queryString: "perPage=1001").perPage == 1_000)
    }

    @Test func `a reason cannot steer a terminal`() throws {
        let error = #expect(throws: QueryRefusal.self) {
            try EventQuery(queryString: "%1B%5B2J=x")
        }
        #expect(error?.parameter.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
    }

    private func refusal(_ body: () throws -> EventQuery) -> String? {
        do {
            _ = try body()
            return nil
        } catch let error as QueryRefusal {
            return "\(error.code) \(error.parameter)"
        } catch {
            return "another error: \(error)"
        }
    }
}
