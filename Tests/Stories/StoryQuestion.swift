package import EPCIS
import GS1
import Records
package import Verdicts

/// A claim that is asked about, and what must come of it.
package struct StoryQuestion: Sendable {
    /// What it is called in the story.
    package var name: String
    /// The canonical URI asked about.
    package var subject: String
    /// The claim as it is written on the command line: scheme, share, model.
    package var scheme: String
    package var share: String?
    package var model: String?
    /// The times as they are written.
    package var validAt: String
    package var knownAt: String
    /// What must come of it.
    package var expected: StoryExpectation
    /// Whether it is asked of the file as it comes from the logs.
    package var isPlain: Bool { altered == nil && arrival.isEmpty }

    var reader: String?
    /// Whether it is asked of the other history that the keepers of the logs show.
    var isOfOtherHistory: Bool
    /// Whether the evidence carries the alarms that the two histories give.
    var hasAlarms: Bool
    var logs: [String]
    /// The steps in the order in which they arrive, where it is another than the story's.
    var arrival: [String]
    /// The step whose part is changed in the file, and what of it: `bytes` or `salt`.
    var altered: (step: String, what: String)?

    init(_ json: JSONValue, number: Int) throws {
        let place = "questions[\(number - 1)]"
        name = json["name"]?.asString ?? "\(number)"
        subject = try json.text("subject", place)
        scheme = try json.text("claim", place)
        share = json["share"]?.asString
        model = json["model"]?.asString
        validAt = try json.text("validAt", place)
        knownAt = json["knownAt"]?.asString ?? validAt
        reader = json["reader"]?.asString
        isOfOtherHistory = json["history"]?.asString == "other"
        hasAlarms = json["alarms"]?.asBool ?? false
        logs = json.texts("logs")
        arrival = json.texts("arrival")
        altered = try json["alter"].map {
            (try $0.text("step", place), try $0.text("what", place))
        }
        expected = try StoryExpectation(json["expect"] ?? .null, place)
    }

    /// The claim.
    package var claim: Claim {
        get throws {
            let amount = share.flatMap(ExactDecimal.init)
            if share != nil, amount == nil { throw StoryError("\(name): no share: \(share ?? "")") }
            let custody = model.flatMap(CustodyModel.init(name:))
            if model != nil, custody == nil { throw StoryError("\(name): no model") }
            return Claim(scheme: scheme, share: amount, model: custody)
        }
    }

    /// The two times.
    package var times: ClaimTimes {
        get throws {
            ClaimTimes(
                validAtMilliseconds: try milliseconds(validAt),
                knownAtMilliseconds: try milliseconds(knownAt))
        }
    }
}

/// What a question must come to.
package struct StoryExpectation: Sendable {
    /// The outcome, `rejected: <step>` or `refused: <code>`.
    package var outcome: String
    var share: String?
    var codes: [String]
    var withoutCodes: [String]
    var findings: [JSONValue]
    /// By code, exactly the things that have such a finding.
    var only: [(code: String, subjects: Set<String>)]
    var frontier: [JSONValue]
    /// The name of a question with the same judgement.
    package var sameAs: String?

    init(_ json: JSONValue, _ place: String) throws {
        let known: Set<String> = [
            "outcome", "share", "codes", "without", "findings", "only", "frontier", "sameAs",
        ]
        for member in json.asObject ?? [] where !known.contains(member.name) {
            throw StoryError("\(place): \(member.name) is nothing to expect")
        }
        outcome = try json.text("outcome", place)
        share = json["share"]?.asString
        codes = json.texts("codes")
        withoutCodes = json.texts("without")
        findings = json["findings"]?.asArray ?? []
        only = (json["only"]?.asObject ?? []).map { member in
            (member.name, Set((member.value.asArray ?? []).compactMap(\.asString)))
        }
        frontier = json["frontier"]?.asArray ?? []
        sameAs = json["sameAs"]?.asString
    }

    /// What is otherwise than expected of an answer, as `cairn audit --format json` prints it for a
    /// claim, or `{"refused": code}`; nothing if all is as it should be.
    package func differences(from answer: JSONValue) -> [String] {
        let got = Self.outcome(of: answer)
        guard got == outcome else { return ["\(got), expected \(outcome)"] }
        guard let judgement = answer["judgement"] else { return [] }
        var differences: [String] = []
        if let share, judgement["share"]?.asString != share {
            differences.append("share \(judgement["share"]?.asString ?? "none"), expected \(share)")
        }
        let found = judgement["findings"]?.asArray ?? []
        let told = Set(found.compactMap { $0["code"]?.asString })
        differences += codes.filter { !told.contains($0) }.map { "no \($0)" }
        differences += withoutCodes.filter(told.contains).map { "has \($0)" }
        differences += findings.filter { wanted in !found.contains { Self.has($0, wanted) } }
            .map { "no finding \(String(decoding: $0.serialized(), as: UTF8.self))" }
        for (code, subjects) in only {
            let here = Set(
                found.filter { $0["code"]?.asString == code }.compactMap { $0["subject"]?.asString }
            )
            guard here != subjects else { continue }
            differences.append(
                "\(code) of \(here.sorted()), expected of \(subjects.sorted())")
        }
        let steps = judgement["frontier"]?.asArray ?? []
        differences += frontier.filter { wanted in !steps.contains { Self.has($0, wanted) } }
            .map { "does not ask \(String(decoding: $0.serialized(), as: UTF8.self))" }
        return differences
    }

    /// What an answer comes to, as expectations write it.
    package static func outcome(of answer: JSONValue) -> String {
        if let step = answer["rejected"]?["step"]?.asString { return "rejected: \(step)" }
        if let code = answer["refused"]?.asString { return "refused: \(code)" }
        return answer["judgement"]?["outcome"]?.asString ?? "no answer"
    }

    /// Whether a value has all members that another one has, with the same values.
    private static func has(_ value: JSONValue, _ wanted: JSONValue) -> Bool {
        guard let members = wanted.asObject else { return value == wanted }
        return members.allSatisfy { member in
            value[member.name].map { has($0, member.value) } ?? false
        }
    }
}
