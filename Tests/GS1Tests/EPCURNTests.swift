import GS1
import Testing

@Suite struct EPCURNTests {
    @Test(arguments: [
        ("01/09520123456788", "urn:epc:idpat:sgtin:9520123.045678.*"),
        ("01/09520123456788/10/A%2FB", "urn:epc:class:lgtin:9520123.045678.A%2FB"),
        ("01/09520123456788/21/1", "urn:epc:id:sgtin:9520123.045678.1"),
        ("01/09520123456788/10/L/21/1", "urn:epc:id:sgtin:9520123.045678.1"),
        ("01/09520123456788/235/1", "urn:epc:id:upui:9520123.045678.1"),
        ("00/195201234567891232", "urn:epc:id:sscc:9520123.1456789123"),
        ("414/9520123456788", "urn:epc:id:sgln:9520123.45678.0"),
        ("414/9520123456788/254/A%26", "urn:epc:id:sgln:9520123.45678.A%26"),
        ("417/9520123456788", "urn:epc:id:pgln:9520123.45678"),
        ("8003/09520123456788", "urn:epc:idpat:grai:9520123.45678.*"),
        ("8003/09520123456788X", "urn:epc:id:grai:9520123.45678.X"),
        ("8004/9520123ABC", "urn:epc:id:giai:9520123.ABC"),
        ("253/9520123456788", "urn:epc:idpat:gdti:9520123.45678.*"),
        ("8010/9520123AB%23", "urn:epc:idpat:cpi:9520123.AB%23.*"),
        ("8010/9520123AB/8011/7", "urn:epc:id:cpi:9520123.AB.7"),
        ("8006/095201234567880102", "urn:epc:idpat:itip:9520123.045678.01.02.*"),
        ("8006/095201234567880102/21/1", "urn:epc:id:itip:9520123.045678.01.02.1"),
    ])
    func `a key is written as URN, and read again`(path: String, urn: String) throws {
        let identifier = try CanonicalIdentifier("https://id.gs1.org/" + path)
        #expect(try identifier.epcURN(companyPrefixLength: 7) == urn)
        #expect(try CanonicalIdentifier(urn) == identifier)
    }

    @Test(arguments: [
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", 7),
        ("https://id.gs1.org/415/9520123456788/8020/A", 7),
        ("https://id.gs1.org/417/9520123456788/7040/1ABC", 7),
        ("https://id.gs1.org/8006/095201234567880102/10/L", 7),
        ("https://id.gs1.org/01/00000095201238", 7), ("https://id.gs1.org/8004/9520123", 7),
        ("https://id.gs1.org/01/09520123456788", 5), ("https://id.gs1.org/01/09520123456788", 13),
        ("urn:uuid:550e8400-e29b-41d4-a716-446655440000", 7), ("https://a.example/x", 7),
    ])
    func `what has no URN is refused`(uri: String, length: Int) throws {
        let identifier = try CanonicalIdentifier(uri)
        let error = #expect(throws: IdentifierError.self) {
            try identifier.epcURN(companyPrefixLength: length)
        }
        #expect(error?.code == "identifier.no-urn")
    }

    @Test(arguments: [
        ("https://a.example/01/09520123456788/7040/1ABC", nil),
        ("https://a.example/01/09520123456789/21/1", "https://id.gs1.org/01/09520123456789/21/1"),
        ("https://a.example/415/9520123456788/8020/A", nil), ("ex:a", nil), ("no URI", nil),
        ("https://a.example/414/9520123456788/254/0", "https://id.gs1.org/414/9520123456788"),
    ])
    func `the form for the event hash judges no check digit`(text: String, link: String?) {
        #expect(ConstrainedLink.text(of: text) == link)
    }
}
