import EPCIS
import Stories
import Support
import Testing
import Verdicts

/// Trade as nobody does it: the judge comes to an end, and to the same one in any order.
@Suite struct WildTradeTests {
    private static let members = ["anna", "bert", "cora"]
    private static let numbers = [
        "0", "1", "250", "0.000001", "1e60", "1e-60", "170141183460469231731687303715884105727",
    ]
    private static let units = ["KGM", "GRM", "TNE", "H87", "ZZ"]
    private static let models = [
        "identity-preserved", "segregated", "controlled-blending", "mass-balance",
    ]

    @Test(arguments: 1...12)
    func `any graph is judged, alike in any order`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let story = try Story(
            name: "wild \(seed)", json: Self.story(events: 40, &random)
        ) { _ in [] }
        let world = try StoryWorld(story)
        let other = try StoryWorld(story, order: story.arrivals(reversing: true))
        for question in story.questions {
            let answers = try [world, other].map { try $0.answer(to: question)["judgement"] }
            #expect(answers[0] != nil)
            #expect(answers[0] == answers[1], "\(question.subject)")
        }
    }

    @Test func `one step of three hundred inputs is judged`() throws {
        var steps: [JSONValue] = []
        let inputs = (0..<300).map { Self.amount("$goods-anna/\($0)", "1", "KGM") }
        var random = SplitMix64(seed: 300)
        for input in inputs.prefix(21) {
            steps.append(
                Self.event(
                    "ObjectEvent", Self.pick(["shipping", "receiving"], &random),
                    [("quantityList", [input])], "OBSERVE"))
        }
        steps.append(
            Self.event(
                "TransformationEvent", nil,
                [
                    ("inputQuantityList", inputs),
                    ("outputQuantityList", [Self.amount("$goods-anna/out", "300", "KGM")]),
                ]))
        let story = try Story(
            name: "wide",
            json: Self.story(steps, subjects: ["$goods-anna/out"], model: "segregated")
        ) { _ in [] }
        let answer = try StoryWorld(story).answer(to: story.questions[0])
        #expect(answer["judgement"]?["outcome"]?.asString == "incomplete")
        #expect(answer["judgement"]?["coverage"]?["lots"]?.asNumber?.text == "301")
    }

    @Test func `a million ways through one step are judged`() throws {
        let count = 1_000
        func amounts(_ name: String) -> [JSONValue] {
            (0..<count).map { Self.amount("$goods-anna/\(name)\($0)", "1", "KGM") }
        }
        func step(_ inputs: [JSONValue], _ outputs: [JSONValue]) -> JSONValue {
            Self.event(
                "TransformationEvent", nil,
                [("inputQuantityList", inputs), ("outputQuantityList", outputs)])
        }
        let steps = [
            step(amounts("in"), amounts("out")),
            step(amounts("out"), [Self.amount("$goods-anna/all", "\(count)", "KGM")]),
        ]
        let story = try Story(
            name: "million",
            json: Self.story(steps, subjects: ["$goods-anna/all"], model: "segregated", by: "anna")
        ) { _ in [] }
        let answer = try StoryWorld(story).answer(to: story.questions[0])
        #expect(answer["judgement"]?["outcome"]?.asString == "incomplete")
        #expect(answer["judgement"]?["coverage"]?["lots"]?.asNumber?.text == "\(2 * count + 1)")
    }

    @Test(arguments: [1, 2, 200])
    func `what is made of itself in the end is a cycle`(length: Int) throws {
        let steps = (0..<length).map { number in
            Self.event(
                "TransformationEvent", nil,
                [
                    (
                        "inputQuantityList",
                        [Self.amount("$goods-anna/\((number + 1) % length)", "1e60", "KGM")]
                    ),
                    ("outputQuantityList", [Self.amount("$goods-anna/\(number)", "1", "KGM")]),
                ])
        }
        let story = try Story(
            name: "cycle",
            json: Self.story(steps, subjects: ["$goods-anna/0"], model: "segregated", by: "anna")
        ) { _ in [] }
        let judgement = try StoryWorld(story).answer(to: story.questions[0])["judgement"]
        let codes = judgement?["findings"]?.asArray?.compactMap { $0["code"]?.asString } ?? []
        #expect(codes.count { $0 == "custody.cycle" } == length)
    }

    // MARK: Making it up

    private static func story(events: Int, _ random: inout SplitMix64) -> JSONValue {
        var steps: [JSONValue] = []
        for number in 0..<events {
            steps.append(event(by: members[number % members.count], &random))
        }
        let subjects = members.map { "$goods-\($0)/1" } + ["$anna!1", "$goods-anna#1"]
        return story(steps, subjects: subjects, model: pick(models, &random))
    }

    private static func pick<Element>(_ items: [Element], _ random: inout SplitMix64) -> Element {
        items[Int(random.next() % UInt64(items.count))]
    }

    private static func thing(
        of member: String? = nil, _ random: inout SplitMix64
    ) -> JSONValue {
        let uri = "$goods-\(member ?? pick(members, &random))/\(random.next() % 3)"
        let number = random.next() % 5 == 0 ? nil : pick(numbers, &random)
        let unit = random.next() % 4 == 0 ? nil : pick(units, &random)
        return amount(uri, number, number == nil ? nil : unit)
    }

    private static func amount(_ uri: String, _ number: String?, _ unit: String?) -> JSONValue {
        var members = [JSONMember("epcClass", .string(uri))]
        if let number, let value = JSONNumber(number) {
            members.append(JSONMember("quantity", .number(value)))
        }
        if let unit { members.append(JSONMember("uom", .string(unit))) }
        return .object(members)
    }

    private static func event(by member: String, _ random: inout SplitMix64) -> JSONValue {
        let some = (0...(random.next() % 3)).map { _ in thing(&random) }
        // Who makes something makes it under its own prefix.
        let more = (0...(random.next() % 3)).map { _ in thing(of: member, &random) }
        switch random.next() % 5 {
        case 0:
            return event("ObjectEvent", "commissioning", [("quantityList", unique(more))], "ADD")
        case 1:
            return event(
                "ObjectEvent", pick(["shipping", "receiving"], &random),
                [("quantityList", unique(some))], "OBSERVE")
        case 2:
            return event(
                "AggregationEvent", "packing", [("childQuantityList", unique(some))],
                pick(["ADD", "DELETE"], &random),
                parent: pick(["$anna!1", "$bert!1", "$goods-anna#1"], &random))
        default:
            return event(
                "TransformationEvent", nil,
                [("inputQuantityList", unique(some)), ("outputQuantityList", unique(more))],
                process: random.next() % 4 == 0 ? "urn:example:process:\(random.next() % 2)" : nil)
        }
    }

    private static func unique(_ items: [JSONValue]) -> [JSONValue] {
        var seen: Set<JSONValue> = []
        return items.filter { seen.insert($0).inserted }
    }

    private static func event(
        _ type: String, _ step: String?, _ lists: [(String, [JSONValue])], _ action: String? = nil,
        parent: String? = nil, process: String? = nil
    ) -> JSONValue {
        var members = [JSONMember("type", .string(type))]
        if let action { members.append(JSONMember("action", .string(action))) }
        if let step { members.append(JSONMember("bizStep", .string(step))) }
        if let parent { members.append(JSONMember("parentID", .string(parent))) }
        if let process { members.append(JSONMember("transformationID", .string(process))) }
        members += lists.map { JSONMember($0.0, .array($0.1)) }
        return .object(members)
    }

    private static func story(
        _ events: [JSONValue], subjects: [String], model: String, by only: String? = nil
    ) -> JSONValue {
        let organisations = members.enumerated().map { number, name in
            JSONMember(
                name,
                .object([
                    JSONMember("name", .string(name)),
                    JSONMember("prefix", .string("952120\(number)")),
                    JSONMember("sites", .array([.string("yard")])),
                ]))
        }
        let products = members.map { JSONMember("goods-\($0)", .string("\($0) 1")) }
        let steps = events.enumerated().map { number, event in
            let by = only ?? members[number % members.count]
            let site = JSONValue.object([JSONMember("id", .string("$\(by).yard"))])
            let told = (event.asObject ?? []) + [JSONMember("bizLocation", site)]
            return JSONValue.object([
                JSONMember("at", .string("2026-01-\(10 + number % 15)T08:00:00Z")),
                JSONMember("by", .string(by)), JSONMember("event", .object(told)),
            ])
        }
        let questions = subjects.map { subject in
            JSONValue.object([
                JSONMember("subject", .string(subject)),
                JSONMember("claim", .string("https://schemes.example/wild")),
                JSONMember("model", .string(model)),
                JSONMember("validAt", .string("2026-06-01T00:00:00Z")),
                JSONMember("expect", .object([JSONMember("outcome", .string("any"))])),
            ])
        }
        return .object([
            JSONMember("title", .string("Wild trade")), JSONMember("summary", .string("Made up.")),
            JSONMember(
                "network",
                .object([
                    JSONMember("organisations", .object(organisations)),
                    JSONMember("products", .object(products)),
                    JSONMember("schemes", .array([scheme])),
                ])), JSONMember("steps", .array(steps)),
            JSONMember("questions", .array(questions)),
        ])
    }

    private static var scheme: JSONValue {
        .object([
            JSONMember("id", .string("https://schemes.example/wild")),
            JSONMember("version", .string("1")), JSONMember("title", .string("Wild")),
            JSONMember("topic", .string("wild")),
            JSONMember("criteria", .array([.string("https://schemes.example/wild/1")])),
            JSONMember("models", .array(models.map { .string($0) })),
            JSONMember("covers", .array([.string("party")])),
            JSONMember("reach", .string("all")), JSONMember("unit", .string("KGM")),
            JSONMember("elements", .array([.string("gold")])),
            JSONMember("plots", .bool(true)),
        ])
    }
}
