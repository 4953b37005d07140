import EPCIS
import Imports
import Testing

@Suite struct `Extensions in XML` {
    static func event(_ inner: String, _ namespaces: String = "") throws -> String {
        let contents = try `EPCIS in XML`.read(`EPCIS in XML`.event(inner, namespaces: namespaces))
        return String(decoding: try #require(contents.events.first).serialized(), as: UTF8.self)
    }

    static func after(_ inner: String, _ namespaces: String = "") throws -> String {
        let text = try event(inner, namespaces)
        let head = #""eventTimeZoneOffset":"+01:00""#
        let parts = text.split(separator: head, maxSplits: 1).map(String.init)
        return parts[0].prefix { $0 != "]" }.dropFirst(#"{"@context":["#.count) + " " + parts[1]
    }

    static let gs1 = #""https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld""#

    @Test func `a prefix that the event does not use is not in its context`() throws {
        let event = try Self.event("", #"xmlns:a="https://a.example/" xmlns:b="urn:b""#)
        #expect(event.hasPrefix(#"{"@context":[\#(Self.gs1)],"type":"ObjectEvent""#))
    }

    @Test(arguments: [
        // A default namespace gets a prefix of its own.
        (#"<x xmlns="urn:x">1</x>"#, #"{"ns1":"urn:x"}"#, #","ns1:x":"1"}"#),
        // One prefix for two namespaces becomes two.
        (
            #"<p:x xmlns:p="urn:1">1</p:x><p:x xmlns:p="urn:2">2</p:x>"#,
            #"{"p":"urn:1","p2":"urn:2"}"#, #","p:x":"1","p2:x":"2"}"#
        ),
        // Two prefixes for one namespace become one.
        (
            #"<p:x xmlns:p="urn:1">1</p:x><q:x xmlns:q="urn:1">2</q:x>"#, #"{"p":"urn:1"}"#,
            #","p:x":["1","2"]}"#
        ),
        // GS1's context has a meaning for this prefix already.
        (
            #"<cbv:x xmlns:cbv="urn:mine">1</cbv:x>"#, #"{"cbv2":"urn:mine"}"#,
            #","cbv2:x":"1"}"#
        ),
        // A unit beside its value.
        (
            #"<p:w xmlns:p="urn:1" unit="KGM"> 3.50 </p:w>"#,
            #"{"p":"urn:1","rdf":"http://www.w3.org/1999/02/22-rdf-syntax-ns#"}"#,
            #","p:w":{"p:unit":"KGM","rdf:value":"3.50"}}"#
        ),
        // Inside an extension names without namespace stay bare.
        (
            #"<p:o xmlns:p="urn:1"><a>1</a><a>2</a><p:b/></p:o>"#, #"{"p":"urn:1"}"#,
            #","p:o":{"a":["1","2"],"p:b":""}}"#
        ),
        (
            #"<extension><extension><p:a xmlns:p="urn:1">&lt;&#x41;&amp;</p:a></extension></extension>"#,
            #"{"p":"urn:1"}"#, #","p:a":"<A&"}"#
        ),
    ])
    func `extensions keep names, namespaces and values`(
        inner: String, context: String, members: String
    ) throws {
        #expect(try Self.after(inner) == "\(Self.gs1),\(context) \(members)")
    }

    @Test func `a compact URI in a value brings its prefix along`() throws {
        let event = try Self.after(
            "<bizStep>my:step</bizStep>", #"xmlns:my="https://my.example/" xmlns:x="urn:x""#)
        #expect(event == #"\#(Self.gs1),{"my":"https://my.example/"} ,"bizStep":"my:step"}"#)
    }

    @Test func `a quantity event is an object event that observes`() throws {
        let text = """
            <QuantityEvent><eventTime>2012-01-01T00:00:00Z</eventTime>\
            <eventTimeZoneOffset>+00:00</eventTimeZoneOffset>\
            <epcClass>urn:epc:idpat:sgtin:9521107.000012.*</epcClass><quantity>+012.50</quantity>\
            <bizStep>urn:epcglobal:cbv:bizstep:storing</bizStep></QuantityEvent>
            """
        let event = try #require(try `EPCIS in XML`.read(text).events.first).serialized()
        #expect(
            String(decoding: event, as: UTF8.self).hasSuffix(
                #""bizStep":"storing","action":"OBSERVE","quantityList":[{"epcClass":"#
                    + #""urn:epc:idpat:sgtin:9521107.000012.*","quantity":12.50}]}"#))
        let read = try EPCISEvent.read(event, by: .schema)
        #expect(read.quantityList.count == 1)
    }

    @Test func `a header's vocabularies have the shape that JSON gives them`() throws {
        let text = """
            <e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1"><EPCISHeader><extension>\
            <EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location">\
            <VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:9521101.00001.0">\
            <attribute id="urn:epcglobal:cbv:mda#name">Mill</attribute>\
            <children><id>urn:epc:id:sgln:9521101.00001.1</id></children></VocabularyElement>\
            </VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension>\
            </EPCISHeader><EPCISBody/></e:EPCISDocument>
            """
        let contents = try `EPCIS in XML`.read(text)
        #expect(contents.events.isEmpty)
        #expect(
            String(decoding: contents.vocabularies?.serialized() ?? [], as: UTF8.self)
                == #"[{"type":"urn:epcglobal:epcis:vtype:Location","vocabularyElementList":"#
                + #"[{"id":"urn:epc:id:sgln:9521101.00001.0","attributes":"#
                + #"[{"id":"urn:epcglobal:cbv:mda#name","attribute":"Mill"}],"#
                + #""children":["urn:epc:id:sgln:9521101.00001.1"]}]}]"#)
    }
}
