import GS1
import Records
import Testing

/// Certificates and credentials for tests, good until changed.
enum SampleCertificate {
    static let certifier = "https://id.gs1.org/417/9521109000001"
    static let farm = "https://id.gs1.org/417/9521101000009"
    static let site = "https://id.gs1.org/414/9521101001013"
    static let product = "https://id.gs1.org/01/09521101000016"
    static let batch = "https://id.gs1.org/01/09521101000016/10/H26-07"
    static let scheme = "https://schemes.example/organic"
    static let criterion = "https://schemes.example/organic/fibre"
    static let id = "https://certs.example/7"
    /// 2026-03-01T08:30:00Z.
    static let from: UInt64 = 1_772_353_800_000

    static let pairs: [ScopeItem] = [
        ScopeItem("scheme", scheme), ScopeItem("criterion", criterion), ScopeItem("party", farm),
        ScopeItem("site", site), ScopeItem("conformance", "true"),
        ScopeItem("assessed", "2026-02-11"), ScopeItem("volume", "1200.50 KGM"),
    ]

    static func record(
        _ pairs: [ScopeItem], kind: RecordKind = .certificate,
        body: RecordBody = RecordBody(contentType: "application/pdf", bytes: [1])
    ) -> Record {
        var record = Record(kind: kind)
        record.id = id
        record.about = [farm]
        record.fromMilliseconds = from
        record.untilMilliseconds = from + 365 * 86_400_000
        record.body = body
        record.scope = pairs
        if kind == .transcribedCertificate { record.reason = "copied from paper" }
        return record
    }

    /// A credential of UNTP 0.7's shape; `changes` replaces pieces of its text.
    static func credential(_ changes: [(String, String)] = []) throws -> [UInt8] {
        var text = """
            {"@context": ["https://www.w3.org/ns/credentials/v2",
                "https://vocabulary.uncefact.org/untp/0.7.0/context/"],
             "type": ["DigitalConformityCredential", "VerifiableCredential"],
             "id": "\(id)", "issuer": {"id": "\(certifier)", "name": "Meridian"},
             "name": "Organic fibre", "validFrom": "2026-03-01T08:30:00Z",
             "validUntil": "2027-03-01T00:00:00Z",
             "credentialSubject": {"id": "\(id)#a", "name": "Attestation",
              "assessorLevel": "3rdParty", "assessmentLevel": "scheme-cab",
              "attestationType": "certification",
              "issuedToParty": {"id": "urn:epc:id:pgln:9521101.00000", "name": "Farm"},
              "referenceScheme": {"id": "\(scheme)", "name": "Organic"},
              "conformityAssessment": [
               {"id": "\(id)#1", "name": "Fibre", "conformance": true,
                "assessmentCriteria": [{"id": "\(criterion)", "name": "Fibre"}],
                "assessmentDate": "2026-02-11",
                "assessedFacility": [{"facility": {"id": "\(site)"}, "idVerifiedByCAB": true}],
                "assessedProduct": [
                 {"product": {"id": "\(product)", "idGranularity": "model"}},
                 {"product": {"id": "urn:epc:class:lgtin:9521101.000001.H26-07",
                  "idGranularity": "batch"}}]},
               {"id": "\(id)#2", "name": "Apart",
                "assessmentCriteria": [{"id": "\(criterion)/apart"}]}]}}
            """
        for (old, new) in changes {
            try #require(text.contains(old), "\(old)")
            text = text.replacing(old, with: new)
        }
        return Array(text.utf8)
    }

    static func body(_ changes: [(String, String)] = []) throws -> RecordBody {
        RecordBody(contentType: "application/vc", bytes: try credential(changes))
    }
}

@Suite struct `Certificates` {
    private typealias Sample = SampleCertificate

    private func read(_ record: Record) throws -> Certificate {
        try Certificate.read(record, issuer: SampleCertificate.certifier)
    }

    @Test func `pairs alone make one assessment`() throws {
        let certificate = try read(Sample.record(Sample.pairs))
        #expect(certificate.id == Sample.id)
        #expect(certificate.issuer == Sample.certifier)
        #expect(!certificate.isTranscribed)
        #expect(certificate.scheme == Sample.scheme)
        #expect(certificate.party == Sample.farm)
        #expect(certificate.fromDay == "2026-03-01")
        #expect(certificate.untilDay == "2027-03-01")
        #expect(certificate.volume?.amount.description == "1200.5")
        #expect(certificate.volume?.unit == "KGM")
        var coverage = CertificateCoverage(
            criteria: [Sample.criterion], conformance: true, assessed: "2026-02-11")
        coverage.sites = [Sample.site]
        #expect(certificate.assessments == [coverage])
    }

    @Test func `what a certificate does not say stays unsaid`() throws {
        let certificate = try read(Sample.record([ScopeItem("criterion", Sample.criterion)]))
        #expect(certificate.assessments == [CertificateCoverage(criteria: [Sample.criterion])])
        #expect(certificate.assessments[0].conformance == nil)
        #expect(certificate.scheme == nil)
        #expect(certificate.party == nil)
        #expect(certificate.volume == nil)
    }

    @Test func `every spelling of an identifier is read`() throws {
        let certificate = try read(
            Sample.record([
                ScopeItem("criterion", "HTTPS://Schemes.example/organic/fibre"),
                ScopeItem("party", "urn:epc:id:pgln:9521101.00000"),
                ScopeItem("batch", "https://farm.example/01/09521101000016/10/H26-07"),
                ScopeItem("product", "urn:epc:idpat:sgtin:9521101.000001.*"),
            ]))
        #expect(certificate.party == Sample.farm)
        #expect(certificate.assessments[0].criteria == [Sample.criterion])
        #expect(certificate.assessments[0].batches == [Sample.batch])
        #expect(certificate.assessments[0].products == [Sample.product])
    }

    @Test(arguments: [
        ("party", "https://id.gs1.org/417/9521101000009"), ("scheme", "https://x.example/"),
        ("conformance", "true"), ("assessed", "2026-02-11"), ("volume", "1 KGM"),
        ("number", "A-7"),
    ])
    func `what stands once is refused twice`(name: String, value: String) {
        let pairs = [
            ScopeItem("criterion", Sample.criterion), ScopeItem(name, value),
            ScopeItem(name, value),
        ]
        let refusal = expectRefusal("certificate.unreadable") { try read(Sample.record(pairs)) }
        #expect(refusal?.field == "record.scope[2]")
        #expect(refusal?.reason.contains(name) == true)
    }

    @Test(arguments: [
        ("colour", "green"), ("Site", "https://id.gs1.org/414/9521101001013"), ("scheme", ""),
        ("party", "nobody"), ("party", "https://id.gs1.org/417/9521101000008"),
        ("party", "https://id.gs1.org/414/9521101001013"),
        ("site", "https://id.gs1.org/01/09521101000016"),
        ("product", "https://id.gs1.org/01/09521101000016/10/H26-07"),
        ("batch", "https://id.gs1.org/01/09521101000016"), ("conformance", "yes"),
        ("conformance", "TRUE"), ("assessed", "2026-02-30"), ("assessed", "2026-2-11"),
        ("assessed", "2026-02-11T00:00:00Z"), ("volume", "1200"), ("volume", "1200  KGM"),
        ("volume", "-1 KGM"), ("volume", "0 KGM"), ("volume", "1e3 KGM"), ("volume", "1 kgm"),
        ("process", "spinning"), ("checked-by", "https://id.gs1.org/417/9521109000001"),
    ])
    func `a pair that is unknown or bad is refused by its place`(name: String, value: String) {
        let pairs = [ScopeItem("criterion", Sample.criterion), ScopeItem(name, value)]
        let refusal = expectRefusal("certificate.unreadable") { try read(Sample.record(pairs)) }
        #expect(refusal?.field == "record.scope[1]")
    }

    @Test func `a volume is an exact amount`() {
        func isRead(_ volume: String) -> Bool {
            let pairs = [
                ScopeItem("criterion", Sample.criterion), ScopeItem("volume", volume),
            ]
            return (try? read(Sample.record(pairs)))?.volume != nil
        }
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        for volume in [
            "1200.50 KGM", "0.5 KGM", "1.000 KGM", "0.001 H87", "\(Int128.max) KGM",
            "1\(zeros(64)) KGM", "1\(zeros(64)).0 KGM", "0.\(zeros(63))1 KGM",
            "1.\(zeros(71)) KGM",
        ] {
            #expect(isRead(volume), "\(volume)")
        }
        for volume in [
            "00001.50 KGM", "00 KGM", "0 KGM", "0.00 KGM", "01 KGM", "00.5 KGM", ".5 KGM",
            "1. KGM", "1.2.3 KGM", "\(UInt128(Int128.max) + 1) KGM",
            String(repeating: "123456789", count: 5) + " KGM", "1\(zeros(65)) KGM",
            "0.\(zeros(64))1 KGM", "0.\(zeros(70))1 KGM", "1  KGM", "1 KGMX", "1 K", "-1 KGM",
            "1e3 KGM", "\u{661} KGM",
        ] {
            #expect(!isRead(volume), "\(volume)")
        }
    }

    private func isRead(validFrom: String = "2026-03-01", assessed: String) -> Bool {
        let text = """
            {"type": "DigitalConformityCredential", "id": "\(Sample.id)",
             "issuer": "\(Sample.certifier)", "validFrom": "\(validFrom)",
             "credentialSubject": {"conformityAssessment": [
              {"assessmentCriteria": ["\(Sample.criterion)"],
               "assessmentDate": "\(assessed)"}]}}
            """
        var record = Sample.record(
            [], body: RecordBody(contentType: "application/vc", bytes: Array(text.utf8)))
        record.untilMilliseconds = nil
        return (try? read(record)) != nil
    }

    @Test func `days and times are those of events`() {
        for text in [
            "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T23:59:59.9999Z",
            "2026-03-02T13:59:59+14:00", "2026-02-28T10:00:00-14:00",
        ] {
            #expect(isRead(validFrom: text, assessed: "2026-02-11"), "\(text)")
            #expect(isRead(assessed: text), "\(text)")
        }
        for text in [
            "2026-03-01t08:30:00Z", "2026-03-01T08:30:00z", "2026-03-01T08:30:00",
            "2026-03-01 08:30:00Z", "2026-03-01T22:30:00+14:01", "2026-03-01T23:30:00+15:00",
            "2026-03-01T23:59:00+23:59", "2026-03-01T08:30:00-15:00", "2026-03-01T24:00:00Z",
            "2026-03-01T08:30:60Z", "2026-03-01T08:30Z", "2026-03-01T08:30:00.Z", "20260301",
            "2026-3-1", "",
        ] {
            #expect(!isRead(validFrom: text, assessed: "2026-02-11"), "\(text)")
            #expect(!isRead(assessed: text), "\(text)")
        }
    }

    @Test(arguments: [
        ("1970-01-01", true), ("1969-12-31", false), ("0001-01-01", false), ("9999-12-31", true),
    ])
    func `no day lies before 1970`(day: String, isGood: Bool) {
        let pairs = [ScopeItem("criterion", Sample.criterion), ScopeItem("assessed", day)]
        #expect(((try? read(Sample.record(pairs))) != nil) == isGood)
        #expect(isRead(assessed: day) == isGood)
        #expect(!isRead(assessed: "1970-01-01T00:59:59+01:00"))
    }

    @Test func `a certificate without a criterion counts for nothing`() {
        let refusal = expectRefusal("certificate.unreadable") {
            try read(Sample.record([ScopeItem("scheme", Sample.scheme)]))
        }
        #expect(refusal?.field == "record.scope")
    }

    @Test func `days are those of UTC and no later than 9999`() throws {
        var record = Sample.record(Sample.pairs)
        record.fromMilliseconds = 1_772_323_199_999
        record.untilMilliseconds = nil
        #expect(try read(record).fromDay == "2026-02-28")
        #expect(try read(record).untilDay == nil)
        record.untilMilliseconds = Limits.timeMilliseconds
        #expect(
            expectRefusal("certificate.unreadable") { try read(record) }?.field == "record.until")
    }

    @Test func `other records are no certificates`() {
        expectRefusal("certificate.unreadable") {
            try read(Sample.record(Sample.pairs, kind: .accreditation))
        }
    }

    @Test func `a copy says who checked it`() throws {
        let pairs =
            Sample.pairs + [
                ScopeItem("number", "A-7"), ScopeItem("certifier", "Meridian Assurance"),
                ScopeItem("register", "https://register.example/"),
                ScopeItem("checked-by", "urn:epc:id:pgln:9521110.00000"),
                ScopeItem("checked-at", "2026-03-02T10:00:00Z"),
                ScopeItem("digest", String(repeating: "ab", count: 32)),
            ]
        let certificate = try read(Sample.record(pairs, kind: .transcribedCertificate))
        #expect(certificate.isTranscribed)
        #expect(certificate.checker == "https://id.gs1.org/417/9521110000007")
        for bad in [ScopeItem("digest", "abc"), ScopeItem("checked-at", "yesterday")] {
            let changed = pairs.filter { $0.name != bad.name } + [bad]
            expectRefusal("certificate.unreadable") {
                try read(Sample.record(changed, kind: .transcribedCertificate))
            }
        }
    }

    @Test func `an accreditation says who may certify what`() throws {
        var record = Record(kind: .accreditation)
        record.id = "https://accreditor.example/1"
        record.about = [Sample.certifier]
        record.fromMilliseconds = Sample.from
        record.scope = [
            ScopeItem("scheme", Sample.scheme), ScopeItem("criterion", Sample.criterion),
            ScopeItem("criterion", Sample.criterion + "/apart"),
        ]
        let read = try Accreditation.read(record, issuer: Sample.farm)
        #expect(read.certifiers == [Sample.certifier])
        #expect(read.schemes == [Sample.scheme])
        #expect(read.criteria == [Sample.criterion, Sample.criterion + "/apart"])
        #expect(read.fromDay == "2026-03-01")
        #expect(read.untilDay == nil)
        for dropped in ["scheme", "criterion"] {
            var broken = record
            broken.scope.removeAll { $0.name == dropped }
            let refusal = expectRefusal("accreditation.unreadable") {
                try Accreditation.read(broken, issuer: Sample.farm)
            }
            #expect(refusal?.reason.contains(dropped) == true)
        }
        record.scope.append(ScopeItem("site", Sample.site))
        expectRefusal("accreditation.unreadable") {
            try Accreditation.read(record, issuer: Sample.farm)
        }
    }
}
