import GS1
import Testing

@Suite struct CanonicalIdentifierTests {
    @Test(arguments: [
        (
            "urn:epc:id:sgtin:4012345.011111.98%22",
            [
                "https://id.gs1.org/01/04012345111118/21/98%22",
                "http://ID.GS1.ORG:80/01/04012345111118/21/98%22",
                "https://brand.example/shop/eu/01/4012345111118/21/98%22?17=271231&utm=x#top",
                "https://brand.example/gtin/4012345111118/ser/%39%38%22",
                "https://brand.example/%30%31/4012345111118/2%31/98%22",
                "https://brand.example/01/04012345111118/22/2A/10/L7/21/98%22",
                "URN:EPC:id:sgtin:4012345.011111.98%22",
                "urn:epc:id:sgtin:401234511.0111.98%22",
            ]
        ),
        (
            "urn:epc:class:lgtin:4012345.012345.Lot%2f987",
            [
                "https://id.gs1.org/01/04012345123456/10/Lot%2F987",
                "https://id.gs1.org/01/04012345123456/22/A/10/Lot%2F987",
                "https://a.example/gtin/4012345123456/lot/Lot%2f987",
            ]
        ),
        (
            "urn:epc:idpat:sgtin:4012345.012345.*",
            ["https://id.gs1.org/01/04012345123456", "https://x.example/01/4012345123456/22/B"]
        ),
        (
            "urn:epc:id:sgln:4012345.00005.0",
            [
                "https://id.gs1.org/414/4012345000054", "https://id.gs1.org/gln/4012345000054",
                "https://id.gs1.org/414/4012345000054/254/0",
            ]
        ),
        ("urn:epc:id:pgln:4000001.00000", ["https://x.example/party/4000001000005"]),
        (
            "urn:epc:id:sgtin:4012345.011111.a(b)!*",
            ["https://id.gs1.org/01/04012345111118/21/a(b)!*"]
        ),
    ])
    func `all spellings of one thing are equal`(first: String, others: [String]) throws {
        let expected = try CanonicalIdentifier(first)
        for other in others {
            let read = try CanonicalIdentifier(other)
            #expect(read == expected, "\(other)")
            #expect(read.hashValue == expected.hashValue)
            #expect(read.kind == expected.kind)
            #expect(read.ownershipDigits == expected.ownershipDigits)
            #expect(read.product == expected.product)
        }
    }

    @Test(arguments: [
        ("urn:epc:id:sgtin:4012345.011111.98%22", SubjectKind.item, "4012345111118"),
        ("urn:epc:id:upui:1234567.098765.51qI", .item, "1234567987651"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", .item, "4012345111118"),
        ("urn:epc:id:cpi:0614141.123ABC.123456789", .item, "0614141123"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", .batch, "4012345123456"),
        ("https://id.gs1.org/8006/040123451234560102/10/L", .batch, "4012345123456"),
        ("urn:epc:idpat:sgtin:4012345.012345.*", .product, "4012345123456"),
        ("urn:epc:idpat:itip:4012345.012345.01.02.*", .product, "4012345123456"),
        ("urn:epc:idpat:cpi:4012345.AB12.*", .product, "4012345"),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", .other, "1987654"),
        ("urn:epc:id:sscc:4012345.3111111111", .logisticUnit, "40123451111111111"),
        ("urn:epc:id:gsin:4012345.222333444", .other, "40123452223334442"),
        ("urn:epc:id:ginc:0614141.xyz47%2F11", .other, "0614141"),
        ("urn:epc:id:sgln:4012345.00005.122", .site, "4012345000054"),
        ("urn:epc:id:pgln:4000001.00000", .organisation, "4000001000005"),
        ("urn:epc:id:gdti:4012345.00009.PO-4711", .document, "4012345000092"),
        ("urn:epc:id:sgcn:300096.758845.86", .other, "3000967588457"),
        ("https://id.gs1.org/415/4012345000054/8020/INV7", .other, "4012345000054"),
        ("urn:epc:id:grai:4012345.00022.334455", .asset, "4012345000221"),
        ("urn:epc:id:giai:4012345.ABC345", .asset, "4012345"),
        ("urn:epc:id:gsrn:4012345.0000006765", .other, "401234500000067657"),
        ("https://id.gs1.org/8017/401234500000000074/8019/12", .other, "401234500000000074"),
    ])
    func `a key tells its kind and its owner's digits`(
        text: String, kind: SubjectKind, digits: String
    ) throws {
        let identifier = try CanonicalIdentifier(text)
        #expect(identifier.kind == kind)
        #expect(identifier.ownershipDigits == digits)
    }

    @Test func `a GTIN-8 has no company prefix`() throws {
        #expect(try CanonicalIdentifier("https://a.example/01/02345673").ownershipDigits == nil)
    }

    @Test func `an item keeps its product and the lot it came with`() throws {
        let item = try CanonicalIdentifier(
            "https://a.example/gtin/9780345418913/cpv/344/lot/12%2f23/ser/765tz")
        #expect(item.uri == "https://id.gs1.org/01/09780345418913/21/765tz")
        #expect(item.product == "https://id.gs1.org/01/09780345418913")
        #expect(item.batch == "https://id.gs1.org/01/09780345418913/10/12%2F23")
        #expect(item.batchIdentifier?.kind == .batch)
        #expect(item.batchIdentifier?.uri == item.batch)
        #expect(item.productIdentifier?.kind == .product)
        #expect(item == (try CanonicalIdentifier(item.uri)))
        #expect(try CanonicalIdentifier(item.uri).batch == nil)
    }

    @Test func `a batch has a product and no batch, a product has neither`() throws {
        let batch = try CanonicalIdentifier("urn:epc:class:lgtin:4012345.012345.L")
        #expect(batch.product == "https://id.gs1.org/01/04012345123456")
        #expect(batch.batch == nil)
        let product = try CanonicalIdentifier("https://id.gs1.org/01/04012345123456")
        #expect(product.product == nil)
        #expect(try CanonicalIdentifier("urn:epc:id:cpi:0614141.AB.1").product == nil)
        #expect(product.batch == nil)
    }

    @Test func `a piece of a trade item belongs to the trade item's GTIN`() throws {
        let item = try CanonicalIdentifier(
            "https://a.example/8006/040123451234560102/10/Lot-123/21/ser987")
        #expect(item.uri == "https://id.gs1.org/8006/040123451234560102/21/ser987")
        #expect(item.product == "https://id.gs1.org/01/04012345123456")
        #expect(item.batch == "https://id.gs1.org/8006/040123451234560102/10/Lot-123")
    }

    @Test func `identifiers order by the bytes of their canonical text`() throws {
        let texts = ["urn:b:1", "urn:a:2", "https://id.gs1.org/01/09780345418913", "did:web:x"]
        let sorted = try texts.map { try CanonicalIdentifier($0) }.sorted().map(\.uri)
        #expect(sorted == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
}

@Suite struct OtherURITests {
    @Test(arguments: [
        (
            "URN:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
            "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"
        ),
        ("DID:web:Example.com:a%3a1", "did:web:Example.com:a%3a1"),
        (
            "HTTPS://User@Example.COM:443/A/%7euser?Q=%2f#F",
            "https://User@example.com:443/A/%7euser?Q=%2f#F"
        ),
        ("http://Example.com", "http://example.com"),
        ("https://[2001:DB8::1]:8443/A", "https://[2001:db8::1]:8443/A"),
        ("ftp://Files.Example/A", "ftp://files.example/A"),
        ("urn:epc:id:gid:95100000.12345.400", "urn:epc:id:gid:95100000.12345.400"),
        ("urn:epc:id:bic:CSQU3054383", "urn:epc:id:bic:CSQU3054383"),
        ("urn:epc:tag:sgtin-96:3.4012345.011111.1", "urn:epc:tag:sgtin-96:3.4012345.011111.1"),
        ("https://example.com/giai/about", "https://example.com/giai/about"),
        ("https://example.com/01/2024", "https://example.com/01/2024"),
        ("https://example.com/lot/7", "https://example.com/lot/7"),
        ("https://ref.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("https://id.gs1.org/", "https://id.gs1.org/"),
        (
            "https://a.example/01/09780345418913/reviews",
            "https://a.example/01/09780345418913/reviews"
        ),
        (
            "https://a.example/01/09780345418914/21/a/10/b",
            "https://a.example/01/09780345418914/21/a/10/b"
        ),
        ("https://id.gs1.org/voc/", "https://id.gs1.org/voc/"),
        ("https://a.example/01/09780345418913/99/A", "https://a.example/01/09780345418913/99/A"),
        ("https://a.example/415/4012345000054", "https://a.example/415/4012345000054"),
    ])
    func `any other absolute URI is legal, scheme and host in lower case`(
        text: String, expected: String
    ) throws {
        let identifier = try CanonicalIdentifier(text)
        #expect(identifier.uri == expected)
        #expect(identifier.kind == .other)
        #expect(identifier.ownershipDigits == nil)
        #expect(try CanonicalIdentifier(expected).uri == expected)
    }

    @Test(arguments: [
        "https://a.example/01/09780345418913/",
        "https://a.example/01/09780345418913/linkset",
        "https://a.example/01/09780345418913/10/b/",
        "https://a.example/01/09780345418913/10/",
        "https://a.example/01/09780345418913/10/123456789012345678901",
        "https://a.example/01/09780345418913/21/a/10/b",
        "https://a.example/01/09780345418913/21/a/21/a",
        "https://a.example/01/09780345418913/10/b/235/c",
        "https://a.example/gtin/9780345418913/lot/b/",
        "https://id.gs1.org/01/09780345418913/99/A",
        "https://id.gs1.org/01/2024",
        "https://id.gs1.org/415/4012345000054",
    ])
    func `what looks like a Digital Link and is none is refused`(text: String) {
        let error = #expect(throws: IdentifierError.self) { try CanonicalIdentifier(text) }
        #expect(error?.code == "identifier.malformed")
    }

    @Test func `path, query and percent-encoding of another URI stay distinct`() throws {
        let upper = try CanonicalIdentifier("https://example.com/A")
        #expect(try CanonicalIdentifier("https://example.com/a") != upper)
        #expect(try CanonicalIdentifier("http://example.com/A") != upper)
        #expect(try CanonicalIdentifier("https://example.com/%41") != upper)
    }
}

/// The shortcut for canonical spellings, against the whole reading.
@Suite struct CanonicalShortcutTests {
    private static let seeds = [
        "https://id.gs1.org/01/09521107000126", "https://id.gs1.org/01/09521107000126/10/T26-0455",
        "https://id.gs1.org/01/09521107000126/21/S.1_a", "https://id.gs1.org/01/00000095200002",
        "https://id.gs1.org/00/395211070000000018", "https://id.gs1.org/414/9521101001013",
        "https://id.gs1.org/417/9521101000009", "https://id.gs1.org/01/09521107000126/10/",
        "https://id.gs1.org/414/9521101001013/254/1", "https://id.gs1.org/8003/09521107000126A",
    ]

    @Test func `it gives what the whole reading gives, or nothing`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789/%.-_~aZ?#21".utf8)
        var taken = 0
        for seed in Self.seeds {
            for round in 0..<2_000 {
                var bytes = Array(seed.utf8)
                for _ in 0..<(round % 3) {
                    let place = Int.random(in: 19..<bytes.count, using: &random)
                    switch round % 5 {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0x30, at: place)
                    default: bytes[place] = alphabet.randomElement(using: &random) ?? 0x30
                    }
                    if bytes.count < 24 { break }
                }
                let text = String(decoding: bytes, as: UTF8.self)
                guard let short = CanonicalIdentifier(canonical: bytes, text: text) else {
                    continue
                }
                taken += 1
                let whole = try? CanonicalIdentifier(whole: bytes)
                #expect(short.uri == whole?.uri, "\(text)")
                #expect(short.kind == whole?.kind, "\(text)")
                #expect(short.ownershipDigits == whole?.ownershipDigits, "\(text)")
                #expect(short.product == whole?.product, "\(text)")
                #expect(short.batch == whole?.batch, "\(text)")
            }
        }
        #expect(taken > 2_000)
    }
}
