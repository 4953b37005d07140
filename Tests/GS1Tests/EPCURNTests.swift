import GS1
import Testing

@Suite struct EPCURNTests {
    @Test(arguments: [
        "urn:epc:id:sgtin:4012345.011111.98%22", "urn:epc:id:sgtin:415056789012.0.987654",
        "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
        "urn:epc:id:sscc:4012345.3111111111", "urn:epc:id:sgln:4012345.00005.122",
        "urn:epc:id:sgln:4012345.00005.0", "urn:epc:id:grai:4012345.00022.334455",
        "urn:epc:id:giai:4012345.ABC345", "urn:epc:id:giai:42512183..SENSOR.TR-07-AVE-583",
        "urn:epc:id:gsrn:4012345.0000006765", "urn:epc:id:gsrnp:4012345.0000000007",
        "urn:epc:id:gdti:4012345.00009.PO-4711", "urn:epc:id:gdti:987659999999..9",
        "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "urn:epc:id:ginc:0614141.xyz47%2F11",
        "urn:epc:id:gsin:4012345.222333444", "urn:epc:id:itip:4012345.011111.01.02.987",
        "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB", "urn:epc:id:pgln:4000001.00000",
        "urn:epc:id:pgln:999999999999.", "urn:epc:id:sgcn:300096.758845.86",
        "urn:epc:class:lgtin:4012345.012345.Lot987", "urn:epc:idpat:sgtin:4012345.012345.*",
        "urn:epc:idpat:grai:4012345.99999.*", "urn:epc:idpat:gdti:4012345.11111.*",
        "urn:epc:idpat:sgcn:4012345.22222.*", "urn:epc:idpat:cpi:4012345.AB12.*",
        "urn:epc:idpat:itip:4012345.012345.01.02.*",
    ])
    func `an URN comes back when the prefix length is given`(urn: String) throws {
        let prefix = urn.split(separator: ":", maxSplits: 4)[4].prefix { $0 != "." }
        let identifier = try CanonicalIdentifier(urn)
        #expect(try identifier.epcURN(companyPrefixLength: prefix.utf8.count) == urn)
    }

    @Test(arguments: [
        "https://id.gs1.org/01/09520123456788", "https://id.gs1.org/01/09520123456788/10/A-1",
        "https://id.gs1.org/01/59520123456783/21/%22%25%26%2F%3C%3E%3F%2A.%3A",
        "https://id.gs1.org/01/09520123456788/235/x", "https://id.gs1.org/01/00000002345673/21/1",
        "https://id.gs1.org/8006/040123451234560102/21/1",
        "https://id.gs1.org/00/952012345678912345", "https://id.gs1.org/414/9520123456788",
        "https://id.gs1.org/414/9520123456788/254/32a%2Fb",
        "https://id.gs1.org/417/9520123456788", "https://id.gs1.org/253/1231231231232TEST",
        "https://id.gs1.org/255/1231231231232", "https://id.gs1.org/8003/04012345000221",
        "https://id.gs1.org/8004/4012345678901X", "https://id.gs1.org/402/40123452223334442",
        "https://id.gs1.org/401/123456789012A%2B", "https://id.gs1.org/8018/401234500000067657",
        "https://id.gs1.org/8017/401234500000000074",
        "https://id.gs1.org/8010/401234567890A%23/8011/7",
    ])
    func `for every prefix length the URN means the same thing`(link: String) throws {
        let identifier = try CanonicalIdentifier(link)
        for length in 6...12 {
            let urn = try identifier.epcURN(companyPrefixLength: length)
            #expect(urn.hasPrefix("urn:epc:"))
            #expect(try CanonicalIdentifier(urn) == identifier, "\(urn)")
        }
    }

    @Test(arguments: [
        ("https://id.gs1.org/01/09520123456788", 5), ("https://id.gs1.org/01/09520123456788", 13),
        ("https://id.gs1.org/8004/401234X", 7), ("https://id.gs1.org/8004/4012345", 7),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", 7),
        ("https://id.gs1.org/415/4012345000054/8020/A", 7),
        ("https://id.gs1.org/8018/401234500000067657/8019/1", 7),
        ("https://id.gs1.org/8006/040123451234560102/10/1", 7),
        ("https://id.gs1.org/417/9520123456788/7040/1ABC", 7),
        ("https://id.gs1.org/414/9520123456788/7040/1ABC", 7), ("urn:uuid:1", 7),
        ("https://example.com/", 7), ("urn:epc:id:gid:1.2.3", 7),
    ])
    func `without a URN the refusal says so`(text: String, length: Int) throws {
        let identifier = try CanonicalIdentifier(text)
        let error = #expect(throws: IdentifierError.self) {
            try identifier.epcURN(companyPrefixLength: length)
        }
        #expect(error?.code == "identifier.no-urn")
    }
}
