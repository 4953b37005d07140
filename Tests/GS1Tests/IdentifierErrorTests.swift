import GS1
import Testing

@Suite struct IdentifierErrorTests {
    @Test(arguments: [
        ("urn:epc:class:lgtin:4012345.012345.", "the lot, is empty"),
        ("https://id.gs1.org/01/09780345418913/10", "after /10/ the lot is missing"),
        ("https://id.gs1.org/01/09780345418913/10/", "after /10/ the lot is missing"),
        ("https://shop.example/01/09780345418913/10/", "after /10/ the lot is missing"),
        ("https://id.gs1.org/01/09780345418913/10/A/21/", "after /21/ the value is missing"),
        ("https://id.gs1.org/01/09780345418913/", "nothing else may follow"),
    ])
    func `a value that is missing is told`(text: String, words: String) throws {
        #expect {
            try CanonicalIdentifier(text)
        } throws: { ($0 as? IdentifierError)?.reason.contains(words) ?? false }
    }

    @Test(arguments: [
        ("", "identifier.malformed"),
        ("42", "identifier.malformed"),
        ("Hello World!", "identifier.malformed"),
        ("urn:", "identifier.malformed"),
        ("/01/09780345418913", "identifier.malformed"),
        ("urn:a: b", "identifier.malformed"),
        ("urn:a:b\n", "identifier.malformed"),
        ("1a:b", "identifier.malformed"),
        (":a", "identifier.malformed"),
        ("https://", "identifier.malformed"),
        ("https:01/09780345418913", "identifier.malformed"),
        ("urn:a:caf\u{E9}", "identifier.malformed"),
        ("urn:a:b\u{0}", "identifier.malformed"),
        ("urn:a:%4", "identifier.malformed"),
        ("urn:a:%g1", "identifier.malformed"),
        ("urn:epc:id:sgtin", "identifier.malformed"),
        ("urn:epc:class:sgtin:4012345.011111.1", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.01111.1", "identifier.malformed"),
        ("urn:epc:id:sgtin:40123.45011111.1", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.a/b", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.a&b", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.a?b", "identifier.malformed"),
        ("urn:epc:id:giai:4012345.", "identifier.malformed"),
        ("urn:epc:id:itip:4012345.011111.1.002.987", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.123456789012345678901", "identifier.malformed"),
        ("urn:epc:id:sgtin:4012345.011111.a%23b", "identifier.malformed"),
        ("urn:epc:id:cpi:0614141.abc.1", "identifier.malformed"),
        ("urn:epc:id:cpi:0614141.ABC.01", "identifier.malformed"),
        ("urn:epc:id:itip:4012345.011111.03.02.987", "identifier.malformed"),
        ("urn:epc:id:itip:4012345.011111.00.02.987", "identifier.malformed"),
        ("urn:epc:idpat:sgtin:4012345.*.*", "identifier.malformed"),
        ("urn:epc:idpat:sgtin:4012345.012345.7", "identifier.malformed"),
        ("https://id.gs1.org/01/09780345418914", "identifier.check-digit"),
        ("https://a.example/00/340123453111111116", "identifier.check-digit"),
        ("https://a.example/414/4226350800009", "identifier.check-digit"),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2J", "identifier.check-digit"),
        ("https://id.gs1.org/8003/14012345000221", "identifier.malformed"),
        ("https://id.gs1.org/8006/040123451234560302", "identifier.malformed"),
        ("https://id.gs1.org/8010/4012345AB/8011/007", "identifier.malformed"),
        ("https://id.gs1.org/01/0978034541891", "identifier.check-digit"),
        ("https://a.example/01/09780345418914/10/b?10=b", "identifier.check-digit"),
    ])
    func `a text that is no identifier is refused with its code`(text: String, code: String) {
        let error = #expect(throws: IdentifierError.self) { try CanonicalIdentifier(text) }
        #expect(error?.code == code, "\(text): \(error?.reason ?? "")")
        #expect(error?.reason.isEmpty == false)
    }

    @Test func `a wrong check digit is named together with the right one`() {
        let error = #expect(throws: IdentifierError.self) {
            try CanonicalIdentifier("https://id.gs1.org/01/09520123456783")
        }
        #expect(
            error?.reason == "check digit of GTIN (01) 09520123456783 is 3, should be 8")
    }

    @Test func `2,048 bytes are read and one more is refused`() throws {
        let longest = "urn:x:" + String(repeating: "a", count: 2_042)
        #expect(try CanonicalIdentifier(longest).uri == longest)
        let error = #expect(throws: IdentifierError.self) {
            try CanonicalIdentifier(longest + "a")
        }
        #expect(error?.code == "identifier.too-long")
        #expect(error?.value.utf8.count == 128)
        #expect(throws: IdentifierError.self) { try DigitalLink.read(longest + "a") }
    }
}
