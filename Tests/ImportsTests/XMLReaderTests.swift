import EPCIS
import Imports
import Testing

@Suite struct `XML from strangers` {
    @Test(arguments: [
        ("", "xml.syntax line 1"),
        ("text", "xml.syntax line 1"),
        ("<a/>\n<b/>", "xml.syntax line 2"),
        ("<a>\n<b></a>", "xml.syntax line 2"),
        ("<a", "xml.syntax line 1"),
        ("<a b=\"1\" b=\"2\"/>", "xml.syntax line 1"),
        ("<a xmlns:p=\"u\" xmlns:q=\"u\" p:b=\"1\" q:b=\"2\"/>", "xml.syntax line 1"),
        ("<a b=\"1\"c=\"2\"/>", "xml.syntax line 1"),
        ("<a b=<>", "xml.syntax line 1"),
        ("<a b=\"<\"/>", "xml.syntax line 1"),
        ("<p:a/>", "xml.syntax line 1"),
        ("<a:b:c/>", "xml.syntax line 1"),
        ("<1a/>", "xml.syntax line 1"),
        ("<a>\u{1}</a>", "xml.syntax line 1"),
        ("<a><!-- never", "xml.syntax line 1"),
        ("<a>]]&gt;<![CDATA[ ]]", "xml.syntax line 1"),
        ("<!DOCTYPE a><a/>", "xml.doctype line 1"),
        (
            "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            "xml.doctype line 2"
        ),
        ("<a>&e;</a>", "xml.entity line 1"),
        ("<a>&</a>", "xml.entity line 1"),
        ("<a>&#0;</a>", "xml.entity line 1"),
        ("<a>&#xD800;</a>", "xml.entity line 1"),
        ("<a>&#+65;</a>", "xml.entity line 1"),
        ("<?xml version='1.0' encoding='EBCDIC'?><a/>", "xml.encoding "),
        ("<a/>", "xml.document line 1"),
        ("<EPCISDocument/>", "xml.missing EPCISDocument, line 1"),
        ("<e:EPCISDocument xmlns:e='urn:other'/>", "xml.document line 1"),
    ])
    func `what is no plain XML is refused with its line`(text: String, expected: String) {
        #expect(`EPCIS in XML`.refusal(text) == expected)
    }

    @Test(arguments: [
        ("<unknown/>", "xml.unexpected unknown, line 3"),
        ("<action>ADD</action>\n<action>ADD</action>", "xml.unexpected action, line 4"),
        ("<action why=''>ADD</action>", "xml.unexpected action, line 3"),
        ("<epcList><id>urn:x:y</id></epcList>", "xml.unexpected id, line 3"),
        ("<readPoint><id>urn:x:y</id><note/></readPoint>", "xml.unexpected note, line 3"),
        (
            "<quantityList><quantityElement><quantity>many</quantity></quantityElement></quantityList>",
            "xml.value quantity, line 3"
        ),
        (
            "<sensorElementList><sensorElement><sensorReport type='gs1:Mass' value='NaN'/>"
                + "</sensorElement></sensorElementList>", "xml.value sensorReport, line 3"
        ),
        ("<ilmd><lot>1</lot></ilmd>", "xml.unexpected lot, line 3"),
    ])
    func `what JSON could not say is refused with its element`(inner: String, expected: String) {
        #expect(`EPCIS in XML`.refusal(`EPCIS in XML`.event(inner)) == expected)
    }

    static func refusal(_ text: String, _ change: (inout XMLLimits) -> Void) -> String {
        var limits = XMLLimits()
        change(&limits)
        do throws(ImportRefusal) {
            _ = try EPCISXML.read(Array(text.utf8), limits: limits)
            return ""
        } catch {
            return error.code
        }
    }

    @Test func `every limit holds on both sides`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(Self.refusal(nested(64)) { _ in } == "xml.document")
        #expect(Self.refusal(nested(65)) { _ in } == "xml.too-deep")
        let wide = "<a " + (0..<64).map { "b\($0)='' " }.joined()
        #expect(Self.refusal(wide + "/>") { _ in } == "xml.document")
        #expect(Self.refusal(wide + "c=''/>") { _ in } == "xml.too-large")
        #expect(Self.refusal("<a><b/></a>") { $0.elementCount = 2 } == "xml.document")
        #expect(Self.refusal("<a><b/></a>") { $0.elementCount = 1 } == "xml.too-large")
        #expect(Self.refusal("<a/>") { $0.byteCount = 4 } == "xml.document")
        #expect(Self.refusal("<a/>") { $0.byteCount = 3 } == "xml.too-large")
        #expect(Self.refusal("<a>123</a>") { $0.textByteCount = 3 } == "xml.document")
        #expect(Self.refusal("<a>12<!-- -->34</a>") { $0.textByteCount = 3 } == "xml.too-large")
        #expect(Self.refusal("<abc/>") { $0.nameByteCount = 3 } == "xml.document")
        #expect(Self.refusal("<abcd/>") { $0.nameByteCount = 3 } == "xml.too-large")
    }

    @Test func `namespaces of one event, and prefixes of one place, have a limit`() throws {
        func event(_ count: Int) -> String {
            `EPCIS in XML`.event(
                (0..<count).map { "<a xmlns=\"u:\($0)\"/>" }.joined()
                    + (0..<count).map { "<a xmlns=\"u:\($0)\"/>" }.joined())
        }
        let most = try #require(try EPCISXML.read(Array(event(256).utf8)).events.first)
        #expect(most["ns256:a"] == .array([.string(""), .string("")]))
        #expect(most["@context"]?.asArray?.last?.asObject?.count == 256)
        #expect(Self.refusal(event(257)) { _ in } == "xml.too-large")
        #expect(Self.refusal(event(8_000)) { _ in } == "xml.too-large")
        let values = (0..<300).map { "<p:a xmlns:p=\"u\" xmlns:x=\"v:\($0)\">x:y</p:a>" }
        #expect(Self.refusal(`EPCIS in XML`.event(values.joined())) { _ in } == "xml.too-large")
        // xml is always there.
        func declaring(_ counts: [Int]) -> String {
            counts.enumerated().map { depth, count in
                "<a " + (0..<count).map { "xmlns:p\(depth)-\($0)='u' " }.joined() + ">"
            }.joined() + String(repeating: "</a>", count: counts.count)
        }
        #expect(Self.refusal(declaring([64, 64, 64, 63])) { _ in } == "xml.document")
        #expect(Self.refusal(declaring([64, 64, 64, 64])) { _ in } == "xml.too-large")
    }

    @Test func `200,000 extensions of one name are read one after the other`() throws {
        let inner = #"<m:o xmlns:m="urn:m">"# + String(repeating: "<m:a/>", count: 200_000)
        let contents = try EPCISXML.read(Array(`EPCIS in XML`.event(inner + "</m:o>").utf8))
        #expect(contents.events.first?["m:o"]?["m:a"]?.asArray?.count == 200_000)
    }

    @Test func `what an element declares ends with it`() throws {
        #expect(
            `EPCIS in XML`.refusal(`EPCIS in XML`.event(#"<p:a xmlns:p="u"/><p:a/>"#))
                == "xml.syntax line 3")
        let inner = #"<a xmlns="u:1"><b xmlns="u:2"/><c/><d xmlns=""/></a>"#
        let contents = try EPCISXML.read(Array(`EPCIS in XML`.event(inner).utf8))
        let members = contents.events.first?["ns1:a"]?.asObject?.map(\.name)
        #expect(members == ["ns2:b", "ns1:c", "d"])
    }

    static let document = `EPCIS in XML`.event(
        #"<m:name xmlns:m="urn:m">Müller</m:name>"#)

    @Test func `encodings that programs write give the same event`() throws {
        let expected = try EPCISXML.read(Array(Self.document.utf8)).events
        let wide = Self.document.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        #expect(try EPCISXML.read([0xff, 0xfe] + wide).events == expected)
        #expect(
            try EPCISXML.read([0xef, 0xbb, 0xbf] + Array(Self.document.utf8)).events == expected)
        let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + Self.document
        let bytes = latin.unicodeScalars.map { UInt8($0.value) }
        #expect(try EPCISXML.read(bytes).events == expected)
        let lines = Self.document.replacing("\n", with: "\r\n")
        #expect(try EPCISXML.read(Array(lines.utf8)).events == expected)
    }

    @Test func `any damage to a document is refused or read, never a crash`() {
        let bytes = Array(Self.document.utf8)
        for index in bytes.indices {
            _ = try? EPCISXML.read(Array(bytes[..<index]))
            for byte in [0x00, 0x3c, 0x26, 0x22, 0xff] as [UInt8] {
                var spoilt = bytes
                spoilt[index] = byte
                _ = try? EPCISXML.read(spoilt)
            }
        }
    }
}
