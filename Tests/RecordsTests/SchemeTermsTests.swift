import DeterministicCBOR
import EPCIS
import Foundation
import GS1
import MerkleTrees
import Records
import Support
import Testing

@Suite struct `The terms of schemes` {
    private static var terms: SchemeTerms {
        var terms = SchemeTerms(
            version: "1", title: "Organic", topic: "organic",
            criteria: ["https://x.example/b", "https://x.example/a"], covers: [.site, .batch],
            reach: .all)
        terms.models = [.massBalance, .segregated]
        terms.processes = [
            SchemeProcess(uri: "https://x.example/spin", grows: false, yield: ExactDecimal(1)),
            SchemeProcess(uri: "https://x.example/grow", grows: true, yield: .zero),
        ]
        terms.unit = UnitCode("KGM")
        terms.elements = ["Cu"]
        terms.checkers = ["https://id.gs1.org/417/9521109000001"]
        terms.freshnessSeconds = 3_600
        terms.needsPlots = true
        return terms
    }

    /// The terms with one value replaced.
    private static func changed(_ key: Int, _ value: CBORValue) -> CBORValue {
        guard case .map(var pairs) = terms.cbor else { return .null }
        pairs[key].value = value
        return .map(pairs)
    }

    @Test func `terms come back sorted and byte for byte`() throws {
        let terms = Self.terms
        let read = try SchemeTerms.read(terms.cbor)
        #expect(read.cbor.encoded() == terms.cbor.encoded())
        #expect(read.criteria == ["https://x.example/a", "https://x.example/b"])
        #expect(read.models == [.segregated, .massBalance])
        #expect(read.covers == [.batch, .site])
        #expect(read.process("https://x.example/grow")?.grows == true)
        #expect(read.process("HTTPS://x.example/spin")?.grows == false)
        #expect(read.process("https://x.example/other") == nil)
        #expect(read.process(nil) == nil)
        #expect(read.digest == .sha256(terms.cbor.encoded()))
        #expect(read.freshnessSeconds == 3_600)
        #expect(read.needsPlots)
    }

    @Test(arguments: [
        (0, CBORValue.text(""), "terms.version"),
        (1, .text(String(repeating: "a", count: 201)), "terms.title"),
        (2, .unsigned(1), "terms.topic"), (3, .array([]), "terms.criteria"),
        (
            3, .array([.text("https://x.example/b"), .text("https://x.example/a")]),
            "terms.criteria[1]"
        ),
        (3, .array([.text("HTTPS://x.example/a")]), "terms.criteria[0]"),
        (4, .array([.unsigned(4)]), "terms.models[0]"),
        (4, .array([.unsigned(1), .unsigned(1)]), "terms.models[1]"),
        (5, .text("0"), "terms.minimumShare"), (5, .text("1.1"), "terms.minimumShare"),
        (5, .text("0.20"), "terms.minimumShare"), (6, .array([]), "terms.covers"),
        (6, .array([.text("brand")]), "terms.covers[0]"), (7, .unsigned(3), "terms.reach"),
        (
            8, .array([.array([.text("https://x.example/a"), .unsigned(2), .text("1")])]),
            "terms.processes[0].kind"
        ),
        (
            8, .array([.array([.text("https://x.example/a"), .unsigned(0), .text("-1")])]),
            "terms.processes[0].yield"
        ),
        (8, .array([.array([.text("https://x.example/a"), .unsigned(0)])]), "terms.processes[0]"),
        (9, .text("kg"), "terms.unit"), (10, .array([.text("")]), "terms.elements[0]"),
        (11, .unsigned(0), "terms.months"), (11, .unsigned(25), "terms.months"),
        (12, .array([.text("Meridian")]), "terms.checkers[0]"),
        (13, .text("soon"), "terms.freshness"), (14, .unsigned(2), "terms.plots"),
    ])
    func `each value of another form is refused by name`(
        key: Int, value: CBORValue, field: String
    ) {
        let refusal = expectRefusal("scheme.terms") {
            try SchemeTerms.read(Self.changed(key, value))
        }
        #expect(refusal?.field == field)
    }

    @Test func `a map with more or fewer members is refused`() {
        guard case .map(let pairs) = Self.terms.cbor else { return }
        expectRefusal("scheme.terms") { try SchemeTerms.read(.map(Array(pairs.dropLast()))) }
        let more = pairs + [CBORPair(key: .unsigned(15), value: .null)]
        expectRefusal("scheme.terms") { try SchemeTerms.read(.map(more)) }
        expectRefusal("scheme.terms") { try SchemeTerms.read(.array([])) }
    }

    @Test func `names and models go both ways, strictest first`() {
        for model in CustodyModel.allCases { #expect(CustodyModel(name: model.name) == model) }
        for reach in SchemeReach.allCases { #expect(SchemeReach(name: reach.name) == reach) }
        #expect(CustodyModel(name: "book-and-claim") == nil)
        #expect(CustodyModel.allCases.sorted() == CustodyModel.allCases)
    }
}

@Suite struct `Schemes in descriptions` {
    private static let least = #"""
        {"id": "https://x.example/s", "version": "1", "title": "T", "topic": "t",
         "criteria": ["https://x.example/c"], "covers": ["party"], "reach": "origins"}
        """#

    private func read(_ text: String) throws -> Scheme {
        try Scheme.read(json: try JSONValue.parse(Array(text.utf8)))
    }

    @Test func `what is not said has the defaults`() throws {
        let scheme = try read(Self.least)
        let terms = try SchemeTerms.read(scheme.terms)
        #expect(scheme.id == "https://x.example/s")
        #expect(
            terms
                == SchemeTerms(
                    version: "1", title: "T", topic: "t", criteria: ["https://x.example/c"],
                    covers: [.party], reach: .origins))
        #expect(terms.months == 12)
        #expect(terms.minimumShare == ExactDecimal(1))
        #expect(try Scheme.read(json: terms.json(id: scheme.id)) == scheme)
    }

    @Test(arguments: ["id", "version", "title", "topic", "criteria", "covers", "reach"])
    func `what is required is missed by name`(member: String) throws {
        let refusal = expectRefusal("scheme.terms") {
            try read(Self.least.replacing("\"\(member)\"", with: "\"unit\""))
        }
        #expect(refusal?.field == "scheme.\(member)")
    }

    @Test(arguments: [
        (#""models": ["mixed"]"#, "scheme.models[0]"), (#""colour": 1"#, "scheme.colour"),
        (#""minimumShare": 0"#, "scheme.minimumShare"), (#""months": 1.5"#, "scheme.months"),
        (#""months": 25"#, "scheme.months"), (#""plots": 1"#, "scheme.plots"),
        (#""unit": "kg""#, "scheme.unit"),
        (
            #""processes": [{"process": "x y"}]"#,
            "scheme.processes[0].process"
        ),
        (
            #""processes": [{"process": "urn:x:y", "kind": "shrinks"}]"#,
            "scheme.processes[0].kind"
        ),
        (#""processes": [{"process": "urn:x:y", "loss": 1}]"#, "scheme.processes[0]"),
        (#""elements": ["Cu", "Cu"]"#, "scheme.elements[1]"),
        (
            #""checkers": "x""#,
            "scheme.checkers"
        ),
    ])
    func `what is wrong is refused by name`(member: String, field: String) {
        let text = String(Self.least.dropLast()) + ", \(member)}"
        #expect(expectRefusal("scheme.terms") { try read(text) }?.field == field)
    }

    @Test func `a bare business step is one of the CBV`() throws {
        let text =
            String(Self.least.dropLast())
            + #", "processes": [{"process": "commissioning", "kind": "grows", "yield": 0.5}]}"#
        let terms = try SchemeTerms.read(try read(text).terms)
        let process = terms.process("https://ref.gs1.org/cbv/BizStep-commissioning")
        #expect(process?.grows == true)
        #expect(process?.yield.description == "0.5")
    }

    @Test(arguments: [
        ("organic-cotton", [CustodyModel.segregated], false),
        ("recycled-content", [.controlledBlending, .massBalance], false),
        ("certified-wood", [.identityPreserved, .segregated], true),
        ("no-forced-labour", [], false), ("carbon-footprint", [], false),
    ])
    func `the schemes to begin with are read`(
        name: String, models: [CustodyModel], plots: Bool
    ) throws {
        let file = CairnProcess.root.appending(path: "genesis/schemes/\(name).json")
        let scheme = try read(String(contentsOf: file, encoding: .utf8))
        let terms = try SchemeTerms.read(scheme.terms)
        #expect(scheme.id == "https://schemes.harbourhome.example/\(name)")
        #expect(terms.models == models)
        #expect(terms.needsPlots == plots)
        #expect(terms.criteria.allSatisfy { $0.hasPrefix(scheme.id) })
    }
}
