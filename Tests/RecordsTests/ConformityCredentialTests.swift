import GS1
import Records
import Testing

@Suite struct `Conformity credentials` {
    private typealias Sample = SampleCertificate

    private func read(
        _ changes: [(String, String)], pairs: [ScopeItem] = [], kind: RecordKind = .certificate
    ) throws -> Certificate {
        let record = Sample.record(pairs, kind: kind, body: try Sample.body(changes))
        return try Certificate.read(record, issuer: Sample.certifier)
    }

    @Test func `each assessment stands alone and what is not said is no yes`() throws {
        let certificate = try read([])
        #expect(certificate.scheme == Sample.scheme)
        #expect(certificate.party == Sample.farm)
        var first = CertificateCoverage(
            criteria: [Sample.criterion], conformance: true, assessed: "2026-02-11")
        first.sites = [Sample.site]
        first.products = [Sample.product]
        first.batches = [Sample.batch]
        let second = CertificateCoverage(criteria: [Sample.criterion + "/apart"])
        #expect(certificate.assessments == [first, second])
        #expect(certificate.assessments[1].conformance == nil)
    }

    @Test func `single values stand for lists of one`() throws {
        let plain = try read([])
        let single = try read([
            (
                #"["DigitalConformityCredential", "VerifiableCredential"]"#,
                #""DigitalConformityCredential""#
            ),
            (#"{"id": "\#(Sample.certifier)", "name": "Meridian"}"#, #""\#(Sample.certifier)""#),
            (#"[{"id": "\#(Sample.criterion)", "name": "Fibre"}]"#, #""\#(Sample.criterion)""#),
            (
                #"[{"facility": {"id": "\#(Sample.site)"}, "idVerifiedByCAB": true}]"#,
                #"{"facility": "\#(Sample.site)"}"#
            ),
            (#"{"id": "\#(Sample.scheme)", "name": "Organic"}"#, #"["\#(Sample.scheme)"]"#),
        ])
        #expect(single == plain)
        let one = try read([
            (#""conformityAssessment": ["#, #""assessment":"#),
            (
                #"""
                ,
                   {"id": "\#(Sample.id)#2", "name": "Apart",
                    "assessmentCriteria": [{"id": "\#(Sample.criterion)/apart"}]}]
                """#, ""
            ),
        ])
        #expect(one.assessments == [plain.assessments[0]])
    }

    @Test(arguments: ["false", "null"])
    func `a conformance of no or of nothing is no yes`(value: String) throws {
        let read = try read([(#""conformance": true"#, #""conformance": \#(value)"#)])
        #expect(read.assessments[0].conformance == (value == "null" ? nil : false))
    }

    @Test(arguments: [
        ("2026-03-01T08:30:00Z", "2026-03-01"),
        ("2026-03-01T08:30:00Z", "2026-03-02T00:30:00+01:00"),
        ("2027-03-01T00:00:00Z", "2027-03-01T23:59:59.999Z"),
    ])
    func `times fall on days of UTC`(old: String, new: String) throws {
        #expect(try read([(old, new)]) == read([]))
        #expect(try read([(#""2026-02-11""#, #""2026-02-12T01:00:00+02:00""#)]) == read([]))
    }

    @Test(arguments: [
        ("record.body.id", #""id": "https://certs.example/7","#, #""id": "https://x.example/","#),
        ("record.body.issuer", "417/9521109000001", "417/9521101000009"),
        ("record.body.validFrom", "2026-03-01T08", "2026-03-02T08"),
        ("record.body.validFrom", "2026-03-01T08:30:00Z", "2026-03-01T08:30:00"),
        ("record.body.validUntil", "2027-03-01", "2027-03-02"),
        ("record.body.validUntil", #""validUntil": "2027-03-01T00:00:00Z","#, ""),
        ("record.body.type", "DigitalConformityCredential", "DigitalProductPassport"),
        ("record.body.credentialSubject", "credentialSubject", "subject"),
        ("record.body.credentialSubject.conformityAssessment", "conformityAssessment", "other"),
    ])
    func `what contradicts the record counts for nothing`(
        field: String, old: String, new: String
    ) {
        let refusal = expectRefusal("certificate.unreadable") { try read([(old, new)]) }
        #expect(refusal?.field == field)
    }

    @Test(arguments: [
        ("conformance", #""conformance": true"#, #""conformance": "true""#),
        ("conformance", #""conformance": true"#, #""conformance": 1"#),
        ("assessmentDate", "2026-02-11", "11.02.2026"),
        (
            "assessmentCriteria",
            #"[{"id": "https://schemes.example/organic/fibre", "name": "Fibre"}]"#,
            "[]"
        ),
        (
            "assessmentCriteria[0].id", #"{"id": "https://schemes.example/organic/fibre","#,
            #"{"id": "fibre","#
        ),
        ("assessmentCriteria[0].id", #"{"id": "https://schemes.example/organic/fibre","#, "{"),
        ("assessedFacility[0].facility", #""facility""#, #""place""#),
        ("assessedFacility[0].facility", "414/9521101001013", "417/9521101000009"),
        ("assessedProduct[0].product.idGranularity", #""model""#, #""pallet""#),
        ("assessedProduct[0].product.id", #""model""#, #""batch""#),
        ("assessedProduct[1].product.id", #""batch""#, #""model""#),
        (
            "assessedOrganisation", #""conformance": true"#,
            #""conformance": true, "assessedOrganisation": {"id": "urn:x:other"}"#
        ),
    ])
    func `what cannot be read is named`(field: String, old: String, new: String) {
        let refusal = expectRefusal("certificate.unreadable") { try read([(old, new)]) }
        #expect(
            refusal?.field == "record.body.credentialSubject.conformityAssessment[0].\(field)")
    }

    @Test func `a granularity that is not said is that of the identifier`() throws {
        let read = try read([
            (#", "idGranularity": "model""#, ""),
            (#"H26-07","# + "\n" + #"      "idGranularity": "batch""#, #"H26-07""#),
        ])
        #expect(read.assessments[0].products == [Sample.product])
        #expect(read.assessments[0].batches == [Sample.batch])
    }

    @Test(arguments: [
        (#""id": "https://certs.example/7""#, #""id": ["https://certs.example/7"]"#),
        (#""conformance": true"#, #""conformance": [true]"#),
        (#""2026-02-11""#, #"["2026-02-11"]"#),
        (#""idGranularity": "model""#, #""idGranularity": ["model"]"#),
        (#""conformance": true"#, #""conformance": true, "assessedOrganisation": null"#),
    ])
    func `a list of one stands for its value`(old: String, new: String) throws {
        #expect(try read([(old, new)]) == read([]))
    }

    @Test(arguments: ["[[true]]", "[null]", "[]", "[true, true]"])
    func `a list of anything else does not`(value: String) throws {
        let changed = (#""conformance": true"#, #""conformance": \#(value)"#)
        expectRefusal("certificate.unreadable") { try read([changed]) }
    }

    @Test func `bytes that are no JSON object are refused`() {
        for bytes: [UInt8] in [[], [0xFF], Array("[]".utf8), Array(#"{"a":1,"a":2}"#.utf8)] {
            let body = RecordBody(contentType: "application/vc", bytes: bytes)
            let refusal = expectRefusal("certificate.unreadable") {
                try Certificate.read(
                    Sample.record([], body: body), issuer: Sample.certifier)
            }
            #expect(refusal?.field.hasPrefix("record.body") == true)
        }
    }

    @Test func `pairs add what a credential cannot say and agree with what it says`() throws {
        let extra = [
            ScopeItem("volume", "12 KGM"), ScopeItem("process", "https://x.example/spinning"),
            ScopeItem("party", Sample.farm), ScopeItem("scheme", Sample.scheme),
        ]
        let certificate = try read([], pairs: extra)
        #expect(certificate.processes == ["https://x.example/spinning"])
        #expect(certificate.volume?.amount.description == "12")
        for pair in [
            ScopeItem("party", Sample.certifier), ScopeItem("scheme", "https://x.example/"),
            ScopeItem("criterion", Sample.criterion), ScopeItem("batch", Sample.batch),
            ScopeItem("conformance", "true"),
        ] {
            expectRefusal("certificate.unreadable") { try read([], pairs: [pair]) }
        }
    }

    @Test func `of a copy the credential names the certifier`() throws {
        func certifier(_ name: String) -> [ScopeItem] { [ScopeItem("certifier", name)] }
        let kind = RecordKind.transcribedCertificate
        let other = [("417/9521109000001", "417/9521108000002")]
        #expect(try read(other, pairs: certifier("Meridian"), kind: kind).isTranscribed)
        expectRefusal("certificate.unreadable") {
            try read(other, pairs: certifier(Sample.certifier), kind: kind)
        }
    }

    @Test func `a credential becomes a certificate as it is`() throws {
        let bytes = try Sample.credential()
        let record = try Record.certificate(credential: bytes, issuer: Sample.certifier)
        #expect(record.kind == .certificate)
        #expect(record.id == Sample.id)
        #expect(record.body == RecordBody(contentType: "application/vc", bytes: bytes))
        #expect(record.fromMilliseconds == Sample.from)
        #expect(record.about == [Sample.product, Sample.batch, Sample.site, Sample.farm])
        #expect(try Record.read(record.encoded()) == record)
        #expect(
            try Certificate.read(record, issuer: Sample.certifier) == read([]))
        let refusal = expectRefusal("certificate.unreadable") {
            try Record.certificate(credential: bytes, issuer: Sample.farm)
        }
        #expect(refusal?.field == "record.body.issuer")
    }
}
