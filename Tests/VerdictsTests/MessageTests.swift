import Records
import Testing

@testable import Verdicts

@Suite struct `Texts of verdicts` {
    private static let parameters: [String: Set<String>] = {
        let claims = ClaimCode.allCases.map { ($0.rawValue, $0.parameters) }
        let findings = FindingCode.allCases.map { ($0.rawValue, $0.parameters) }
        return Dictionary(uniqueKeysWithValues: claims + findings)
    }()

    @Test(arguments: MessageLanguage.allCases)
    func `each code has a text that names what its findings have, and no more`(
        language: MessageLanguage
    ) {
        let catalog = MessageCatalog.of(language)
        #expect(catalog.names(.findings) == Set(Self.parameters.keys))
        for (code, parameters) in Self.parameters {
            let named = catalog.parameters(.findings, code)
            #expect(named == parameters, "\(language.rawValue) \(code)")
        }
        #expect(catalog.names(.outcomes) == Set(Outcome.allCases.map(\.rawValue)))
    }

    @Test func `both languages say the same things with the same parameters`() {
        let (english, german) = (MessageCatalog.of(.en), MessageCatalog.of(.de))
        #expect(!english.names(.labels).isEmpty)
        for section in MessageCatalog.Section.allCases where section != .refusals {
            #expect(english.names(section) == german.names(section))
            for name in english.names(section) {
                #expect(english.parameters(section, name) == german.parameters(section, name))
            }
        }
        for code in english.names(.findings) {
            #expect(english.text(.findings, code) != german.text(.findings, code), "\(code)")
        }
    }

    @Test func `a bracket whose parameter nobody said is left out`() {
        let catalog = MessageCatalog.of(.en)
        let both = ["sender": "A", "receiver": "B"]
        #expect(
            catalog.text(.findings, "custody.unshipped", both)
                == "B received it from A, and nobody tells its shipping.")
        for lacking in [["receiver": "B"], ["sender": "", "receiver": "B"]] {
            #expect(
                catalog.text(.findings, "custody.unshipped", lacking)
                    == "B received it, and nobody tells its shipping.")
        }
        #expect(catalog.text(.findings, "no.such-code") == "no.such-code")
    }

    /// What a line of a delivery is refused for, but for the steps of verification.
    private static let refusals = [
        "csv.encoding", "csv.quote", "csv.too-large", "row.missing", "row.key", "row.value",
        "identifier.check-digit", "identifier.malformed", "identifier.too-long",
        "evidence.too-large",
    ]

    @Test func `why a line could not be judged is told in German`() {
        let codes = Self.refusals + EvidenceStep.allCases.map { EvidenceRejection($0, "").code }
        let (english, german) = (MessageCatalog.of(.en), MessageCatalog.of(.de))
        for code in codes {
            #expect(english.reason(code, else: "why") == "why")
            #expect(german.reason(code, else: "why") != "why", "\(code)")
        }
        let tooLarge = german.reason("evidence.too-large", else: "")
        #expect(tooLarge != german.reason("evidence.row", else: ""))
        #expect(german.reason("no.such-code", else: "why") == "why")
    }

    @Test func `with all parameters no brace or bracket is left`() {
        for language in MessageLanguage.allCases {
            let catalog = MessageCatalog.of(language)
            for (code, parameters) in Self.parameters {
                let values = Dictionary(uniqueKeysWithValues: parameters.map { ($0, "x") })
                let text = catalog.text(.findings, code, values)
                #expect(!text.contains { "{}[]".contains($0) }, "\(text)")
                #expect(text.hasSuffix(".") && !text.contains("  "), "\(text)")
            }
        }
    }
}

@Suite struct `A claim as text` {
    @Test func `a day is its last millisecond, a time is itself`() throws {
        let request = try ClaimRequest(
            scheme: "urn:x:s", validAt: "2026-03-01", knownAt: "2026-03-01T01:00:00+01:00")
        #expect(request.validAtMilliseconds == 1_772_409_599_999)
        #expect(request.knownAtMilliseconds == 1_772_323_200_000)
        try request.requireKnowable(nowMilliseconds: 1_772_323_200_000 - 300_000)
        #expect(throws: Refusal.self) {
            try request.requireKnowable(nowMilliseconds: 1_772_323_200_000 - 300_001)
        }
        let open = try ClaimRequest(scheme: "urn:x:s").times(nowMilliseconds: 7)
        #expect(open == ClaimTimes(validAtMilliseconds: 7, knownAtMilliseconds: 7))
    }

    @Test(
        arguments: [
            ("claim.scheme", "", nil, nil, nil),
            ("claim.scheme", "urn:x:" + String(repeating: "s", count: 2_043), nil, nil, nil),
            ("claim.share", "urn:x:s", "half", nil, nil),
            ("claim.share", "urn:x:s", "-1", nil, nil),
            ("claim.model", "urn:x:s", nil, "mixed", nil),
            ("claim.time", "urn:x:s", nil, nil, "yesterday"),
            ("claim.time", "urn:x:s", nil, nil, "1969-12-31"),
            ("claim.time", "urn:x:s", nil, nil, "2026-02-30"),
        ] as [(String, String, String?, String?, String?)])
    func `what cannot be read is refused by its code`(
        code: String, scheme: String, share: String?, model: String?, time: String?
    ) {
        #expect {
            try ClaimRequest(scheme: scheme, share: share, model: model, validAt: time)
        } throws: { ($0 as? Refusal)?.code == code }
    }
}
