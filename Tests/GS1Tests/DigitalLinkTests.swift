import GS1
import Testing

@Suite struct DigitalLinkTests {
    @Test func `key, qualifiers and attributes are told apart`() throws {
        let link = try #require(
            try DigitalLink.read(
                "https://a.example/p/01/9520123456788/10/A%2F1/21/7?3103=000195&x=1&&422=276#f"))
        #expect(link.key.bracketed == "(01)09520123456788")
        #expect(link.qualifiers.map(\.bracketed) == ["(10)A/1", "(21)7"])
        #expect(link.attributes.map(\.bracketed) == ["(3103)000195", "(422)276"])
    }

    @Test func `the last key of the path counts`() throws {
        let link = try DigitalLink.read("https://a.example/00/faux/01/9520123456788/10/00")
        #expect(link?.key.code == "01")
        #expect(link?.qualifiers.map(\.bracketed) == ["(10)00"])
    }

    @Test func `qualifier values that look like keys are read as values`() throws {
        let link = try DigitalLink.read(
            "https://a.example/01/9520123456788/10/00/21/952012345678912345")
        #expect(link?.key.code == "01")
        #expect(link?.qualifiers.map(\.bracketed) == ["(10)00", "(21)952012345678912345"])
    }

    @Test(arguments: [
        "ftp://a.example/01/9520123456788", "https://a.example/gln/about", "urn:uuid:1",
        "https://a.example/01", "https://a.example", "https://01/9520123456788",
    ])
    func `a URI without a GS1 key is no link`(text: String) throws {
        #expect(try DigitalLink.read(text) == nil)
    }

    @Test(arguments: [
        ("sscc/952012345678912345", "00"), ("gtin/9520123456788", "01"),
        ("gdti/1231231231232", "253"), ("gcn/1231231231232", "255"), ("ginc/12345678", "401"),
        ("gsin/40123452223334442", "402"), ("gln/9520123456788", "414"),
        ("payTo/9520123456788/refNo/A", "415"), ("party/9520123456788", "417"),
        ("grai/04012345000221", "8003"), ("giai/4012345ABC", "8004"),
        ("itip/040123451234560102/lot/1", "8006"), ("cpid/4012345AB/cpsn/1", "8010"),
        ("gmn/1987654Ad4X4bL5ttr2310c2K", "8013"), ("gsrnp/401234500000000074/srin/1", "8017"),
        ("gsrn/401234500000067657", "8018"), ("gln/9520123456788/glnx/A", "414"),
    ])
    func `names of older links are read`(path: String, code: String) throws {
        #expect(try DigitalLink.read("https://a.example/" + path)?.key.code == code)
    }

    @Test(arguments: [
        ("17=261231", true), ("17=260200", true), ("17=240229", true), ("17=260229", false),
        ("17=261301", false), ("17=260431", false), ("7006=260400", false), ("7006=260430", true),
        ("7250=20240229", true), ("7250=19000229", false), ("7003=2604302359", true),
        ("7003=2604302400", false), ("7003=2604302360", false), ("7011=2604301259", true),
        ("8008=26043023", true), ("8008=2604302359", true), ("8008=2604302360", false),
        ("8008=260430235960", false), ("4321=1", true), ("4321=2", false),
        ("7252=9", true), ("7252=3", false), ("4330=000150-", true), ("4330=000150A", false),
        ("4309=18000000003600000000", true), ("4309=18000000010000000000", false),
        ("4300=A%2525", true), ("4300=A%25", false), ("7258=1/3", true), ("7258=3/1", false),
        ("7258=1-3", false), ("7241=10", true), ("7241=11", false), ("8001=00010001001090", true),
        ("8001=00000001001090", false), ("8001=00010001001020", false),
    ])
    func `dates, times, places and flags must be possible`(query: String, isValid: Bool) {
        let text = "https://a.example/01/09780345418913?" + query
        let link = Result { try DigitalLink.read(text) }
        #expect(((try? link.get()) != nil) == isValid)
        guard case .failure(let error) = link else { return }
        #expect((error as? IdentifierError)?.code == "identifier.malformed")
    }

    @Test(arguments: [
        "10=b", "21=b", "01=09780345418913", "9=b", "99=", "99", "422=DE", "02=09780345418914",
    ])
    func `a wrong attribute is refused, yet the subject is clear`(query: String) throws {
        let text = "https://a.example/01/09780345418913?" + query
        #expect(throws: IdentifierError.self) { try DigitalLink.read(text) }
        #expect(
            try CanonicalIdentifier(text).uri == "https://id.gs1.org/01/09780345418913")
    }
}
