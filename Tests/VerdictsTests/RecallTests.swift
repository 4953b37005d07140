import EPCIS
import GS1
import Records
import Stories
import Testing
import Verdicts

/// How far a recall reaches, proven by evidence about each thing (SPEC §26).
@Suite struct RecallTests {
    /// Anna's batch is mixed by Bert in a process of two events, packed on a pallet that only Cora
    /// opens, and a part of it stays with Bert.
    private static let trade: [(String, String)] = [
        (
            "anna",
            #"{"type":"ObjectEvent","action":"ADD","bizStep":"commissioning","quantityList":[{"epcClass":"$goods-anna/1","quantity":100,"uom":"KGM"}]}"#
        ),
        (
            "anna",
            #"{"type":"ObjectEvent","action":"OBSERVE","bizStep":"shipping","quantityList":[{"epcClass":"$goods-anna/1","quantity":80,"uom":"KGM"}],"destinationList":[{"type":"possessing_party","destination":"$bert"}]}"#
        ),
        (
            "bert",
            #"{"type":"ObjectEvent","action":"OBSERVE","bizStep":"receiving","quantityList":[{"epcClass":"$goods-anna/1","quantity":80,"uom":"KGM"}],"sourceList":[{"type":"possessing_party","source":"$anna"}]}"#
        ),
        (
            "bert",
            #"{"type":"TransformationEvent","transformationID":"urn:example:mix","inputQuantityList":[{"epcClass":"$goods-anna/1","quantity":80,"uom":"KGM"}]}"#
        ),
        (
            "bert",
            #"{"type":"TransformationEvent","transformationID":"urn:example:mix","outputQuantityList":[{"epcClass":"$goods-bert/7","quantity":75,"uom":"KGM"}]}"#
        ),
        (
            "bert",
            #"{"type":"AggregationEvent","action":"ADD","bizStep":"packing","parentID":"$bert!5","childQuantityList":[{"epcClass":"$goods-bert/7","quantity":50,"uom":"KGM"},{"epcClass":"$goods-bert/8","quantity":9,"uom":"KGM"}]}"#
        ),
        (
            "bert",
            #"{"type":"ObjectEvent","action":"OBSERVE","bizStep":"shipping","epcList":["$bert!5"],"destinationList":[{"type":"possessing_party","destination":"$cora"}]}"#
        ),
    ]

    private static let receipt = (
        "cora",
        #"{"type":"ObjectEvent","action":"OBSERVE","bizStep":"receiving","epcList":["$bert!5"],"sourceList":[{"type":"possessing_party","source":"$bert"}]}"#
    )

    private static func world(
        _ events: [(String, String)], hiding hidden: Int? = nil, disowning disowned: Int? = nil,
        at day: String? = nil
    ) throws -> StoryWorld {
        let members = ["anna", "bert", "cora"]
        let organisations = members.enumerated().map { number, name in
            #""\#(name)":{"name":"\#(name)","prefix":"952120\#(number)","sites":["yard"]}"#
        }
        let products = members.map { #""goods-\#($0)":"\#($0) 1""# }
        let steps = events.enumerated().map { number, told in
            let visibility = number == hidden ? #","see":["\#(told.0)"]"# : ""
            let event = told.1.dropLast() + #","bizLocation":{"id":"$\#(told.0).yard"}}"#
            let day = day ?? "2026-01-\(10 + number)"
            return #"{"at":"\#(day)T08:00:00Z","by":"\#(told.0)","event":\#(event)"#
                + visibility + (number == disowned ? #","hide":true}"# : "}")
        }
        let json =
            #"{"title":"Recall","summary":"Made up.","network":{"organisations":{"#
            + organisations.joined(separator: ",") + #"},"products":{"#
            + products.joined(separator: ",") + #"}},"steps":["#
            + steps.joined(separator: ",") + #"],"questions":[]}"#
        let story = try Story(name: "recall", json: JSONValue.parse(Array(json.utf8))) { _ in [] }
        return try StoryWorld(story)
    }

    /// Walks in a world as `cairn recall` does with a node.
    private static func dossier(
        _ world: StoryWorld, for member: String? = nil, limit: Int = 100, hasAlarms: Bool = false
    ) throws -> (RecallReach, RecallDossier) {
        let subject = try CanonicalIdentifier("urn:epc:class:lgtin:9521200.000001.1")
        var walk = RecallWalk(from: subject, limit: limit)
        var dossier = RecallDossier(subject: subject, limit: limit)
        let verifier = try EvidenceVerifier(genesis: world.network.file)
        while let wanted = walk.wanted {
            let file = try world.evidence(aboutOnly: wanted, for: member, hasAlarms: hasAlarms)
            try walk.take(try verifier.verify(file))
            dossier.files.append(file)
        }
        return (walk.reach(), dossier)
    }

    /// `thing: organisation state amount`, in words.
    private static func holdings(_ reach: RecallReach) -> [String] {
        reach.things.flatMap { thing in
            thing.holdings.map { holding in
                let lot = thing.uri.split(separator: "/").last ?? ""
                let amount = holding.amount.map { " \($0.value)" } ?? ""
                return "\(lot): \(reach.names[holding.organisation] ?? holding.organisation) "
                    + holding.state.rawValue + amount + (holding.isUnrelated ? " unrelated" : "")
            }
        }
    }

    @Test func `everything made of a batch is listed with who has it now`() throws {
        let (reach, _) = try Self.dossier(try Self.world(Self.trade + [Self.receipt]))
        #expect(
            reach.things.map(\.role) == [.affected, .affected, .process, .carrier]
                || reach.things.map(\.role) == [.affected, .process, .affected, .carrier],
            "\(reach.things.map(\.uri))")
        #expect(
            Self.holdings(reach).sorted() == [
                "1: anna holds 20", "1: bert held", "7: bert holds 25", "7: cora holds 50",
            ])
        #expect(reach.isWhole && !reach.isUnknown)
        #expect(reach.things.first?.amount?.value == ExactDecimal(100))
    }

    @Test func `what else was on the pallet is not affected`() throws {
        let (reach, _) = try Self.dossier(try Self.world(Self.trade))
        #expect(!reach.things.contains { $0.uri.hasSuffix("/10/8") })
        #expect(Self.holdings(reach).contains("7: cora on-the-way 50"))
        #expect(Self.holdings(reach).contains("7: bert holds 25"))
    }

    @Test func `where a part is withheld the list is not whole and names whom to ask`() throws {
        // The event that tells what the process gave is Bert's secret.
        let world = try Self.world(Self.trade, hiding: 4)
        let (reach, _) = try Self.dossier(world, for: "cora")
        #expect(!reach.isWhole)
        #expect(!reach.things.contains { $0.uri.hasSuffix("/10/7") })
        let process = try #require(reach.things.first { $0.role == .process })
        #expect(process.hidden.map { [reach.names[$0.key]: $0.value] } == [["bert": 1]])
        #expect(try Self.dossier(world).0.isWhole)
    }

    @Test func `what was declared in error leads nowhere`() throws {
        let id = #","eventID":"urn:uuid:11111111-1111-4111-8111-111111111111"}"#
        var events = Self.trade
        events[4].1 = events[4].1.dropLast() + id
        let declared =
            events[4].1.dropLast()
            + #","errorDeclaration":{"declarationTime":"2026-01-20T00:00:00Z"}}"#
        #expect(try Self.dossier(try Self.world(events)).0.things.count == 4)
        let (reach, _) = try Self.dossier(try Self.world(events + [("bert", String(declared))]))
        #expect(!reach.things.contains { $0.uri.hasSuffix("/10/7") })
    }

    @Test func `a stranger's word is followed, marked, and takes nothing out of others' hands`()
        throws
    {
        let (reach, _) = try Self.dossier(
            try Self.world([
                Self.trade[0],
                (
                    "cora",
                    #"{"type":"TransformationEvent","inputQuantityList":[{"epcClass":"$goods-anna/1","quantity":100,"uom":"KGM"}],"outputQuantityList":[{"epcClass":"$goods-cora/3","quantity":90,"uom":"KGM"}]}"#
                ),
            ]))
        #expect(
            Self.holdings(reach) == [
                "1: anna holds 100", "1: cora held unrelated", "3: cora holds 90",
            ])
    }

    @Test func `a dossier is rechecked, and rejected when anything is missing or added`() throws {
        let world = try Self.world(Self.trade + [Self.receipt])
        let (reach, dossier) = try Self.dossier(world)
        let verifier = try EvidenceVerifier(genesis: world.network.file)
        let again = try RecallDossier.decode(dossier.encoded()).verified(by: verifier)
        #expect(again.json == reach.json)
        for number in dossier.files.indices {
            var cut = dossier
            cut.files.remove(at: number)
            #expect(throws: EvidenceRejection.self) { try cut.verified(by: verifier) }
        }
        var longer = dossier
        longer.files.append(try world.evidence(aboutOnly: "urn:example:other"))
        #expect(throws: EvidenceRejection.self) { try longer.verified(by: verifier) }
        var changed = dossier.encoded()
        changed[changed.count / 2] ^= 1
        #expect(throws: EvidenceRejection.self) {
            try RecallDossier.decode(changed).verified(by: verifier)
        }
    }

    @Test func `a limit cuts the list short and says so, in the dossier too`() throws {
        let world = try Self.world(Self.trade)
        let (reach, dossier) = try Self.dossier(world, limit: 2)
        #expect(reach.things.count == 2 && reach.isTruncated && !reach.isWhole)
        let verifier = try EvidenceVerifier(genesis: world.network.file)
        #expect(try dossier.verified(by: verifier).json == reach.json)
        #expect(try Self.dossier(world, limit: 4).0.isTruncated == false)
    }

    @Test func `an event that was signed twice is one event`() throws {
        var trade = Self.trade + [Self.receipt]
        for number in trade.indices {
            trade[number].1 =
                String(trade[number].1.dropLast())
                + #","eventID":"urn:uuid:00000000-0000-4000-8000-00000000000\#(number)"}"#
        }
        // Once for the network, and once for its issuer alone.
        let once = try Self.dossier(try Self.world(trade, at: "2026-01-10")).0
        let twice = try Self.dossier(
            try Self.world(trade + [trade[0]], hiding: 8, at: "2026-01-10")
        ).0
        #expect(Self.holdings(twice) == Self.holdings(once))
        #expect(twice.things.first?.amount?.value == once.things.first?.amount?.value)
    }

    @Test func `an event that is told in two ways counts once, and is doubtful`() throws {
        let id = #","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001"}"#
        var trade = Self.trade
        trade[0].1 = trade[0].1.dropLast() + id
        let once = try Self.dossier(try Self.world(trade)).0
        #expect(once.isWhole)
        // The same amount in other words, then another amount.
        for (step, amount) in [("inspecting", "100"), ("commissioning", "130")] {
            let again = trade[0].1.replacing("commissioning", with: step)
                .replacing("100", with: amount)
            let (reach, dossier) = try Self.dossier(try Self.world(trade + [("anna", again)]))
            let lot = try #require(reach.things.first)
            #expect(lot.amount?.value == (amount == "100" ? ExactDecimal(100) : nil))
            let anna = try #require(Self.holdings(reach).first { $0.hasPrefix("1: anna") })
            #expect(anna == (amount == "100" ? "1: anna holds 20" : "1: anna holds"))
            #expect(Array(lot.retold.values) == [2] && !reach.isWhole)
            let told = lot.retold.keys.first.flatMap { reach.names[$0] }
            #expect(told == "anna")
            let member = reach.json["things"]?.asArray?.first?["contradicted"]?.asArray
            #expect(member?.first?["name"]?.asString == "anna")
            #expect(dossier.files.count == reach.things.count)
        }
    }

    @Test func `of what is sent in two ways both receivers are told, and the amount left once`()
        throws
    {
        let id = #","eventID":"urn:uuid:00000000-0000-4000-8000-000000000002"}"#
        var trade = Array(Self.trade.prefix(2))
        trade[1].1 = trade[1].1.dropLast() + id
        let other = trade[1].1.replacing("$bert", with: "$cora")
        let reach = try Self.dossier(try Self.world(trade + [("anna", other)])).0
        #expect(
            Self.holdings(reach).sorted() == [
                "1: anna holds 20", "1: bert on-the-way 80", "1: cora on-the-way 80",
            ])
        #expect(!reach.isWhole)
    }

    @Test func `an alarm about a log makes the list doubtful, in the dossier too`() throws {
        let world = try Self.world(Self.trade + [Self.receipt], disowning: 6)
        let (calm, _) = try Self.dossier(world)
        #expect(calm.isWhole && calm.json["alarms"] == nil)
        let (reach, dossier) = try Self.dossier(world, hasAlarms: true)
        #expect(!reach.isWhole && reach.alarms.count == 1)
        #expect(reach.json["alarms"]?.asArray?.first?["kind"]?.asString == "fork")
        let verifier = try EvidenceVerifier(genesis: world.network.file)
        #expect(try dossier.verified(by: verifier).json == reach.json)
    }

    @Test func `nothing said is told as nothing known`() throws {
        let (reach, _) = try Self.dossier(try Self.world([Self.trade[5]]))
        #expect(reach.isUnknown)
    }
}
