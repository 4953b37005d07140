import EPCIS
import Foundation
import Records
import Stories
import Support
import Testing
import Verdicts

/// The stories of `tools/scenarios`, judged without a process in between.
@Suite struct ScenarioTests {
    static let folder = CairnProcess.root.appending(path: "tools/scenarios")

    static let names: [String] = {
        let found = try? FileManager.default.contentsOfDirectory(atPath: folder.path())
        return (found ?? []).filter { $0.first?.isNumber ?? false }.sorted()
    }()

    private func story(_ name: String) throws -> Story {
        try Story(folder: Self.folder.appending(path: name))
    }

    private func verdict(
        _ question: StoryQuestion, in world: StoryWorld, at times: ClaimTimes? = nil
    )
        throws -> Verdict
    {
        let evidence = try EvidenceVerifier(genesis: world.network.file)
            .verify(world.evidence(for: question))
        return try evidence.judge(question.claim, at: times ?? question.times)
    }

    @Test func `there are stories`() {
        #expect(Self.names.count >= 19)
    }

    @Test(arguments: names)
    func `a story ends as it says`(name: String) throws {
        let story = try story(name)
        let world = try StoryWorld(story)
        var judgements: [String: JSONValue] = [:]
        for question in story.questions {
            let answer = try question.world(of: story, else: world).answer(to: question)
            let differences = question.expected.differences(from: answer)
            #expect(differences.isEmpty, "\(name), \(question.name)")
            judgements[question.name] = answer["judgement"]
            if let other = question.expected.sameAs {
                #expect(answer["judgement"] == judgements[other], "\(name), \(question.name)")
            }
        }
    }

    @Test(arguments: names)
    func `no revocation betters a verdict`(name: String) throws {
        let story = try story(name)
        let kinds: Set<String> = ["certificate", "accreditation", "delegation", "allocation"]
        let keyless = Set(story.steps.flatMap(\.revokedKeys))
        let targets = story.steps.filter {
            $0.recordKind.map(kinds.contains) ?? false && !keyless.contains($0.by)
        }
        var seen: Set<String> = []
        let questions = story.questions.filter { $0.isPlain && seen.insert($0.subject).inserted }
            .suffix(3)
        for step in targets {
            guard let id = step.recordID else { continue }
            // What anybody registers makes a log newer; that alone is no revocation.
            let noted = try StoryWorld(
                story.adding(Self.record("dispute", "urn:example:nothing", step), as: step))
            let revoked = try StoryWorld(
                story.adding(Self.record("revocation", id, step), as: step))
            for question in questions {
                let times = ClaimTimes(
                    validAtMilliseconds: try question.times.validAtMilliseconds,
                    knownAtMilliseconds: story.lastMilliseconds + 2 * 86_400_000)
                let before = try verdict(question, in: noted, at: times)
                let after = try verdict(question, in: revoked, at: times)
                #expect(
                    Self.rank(after.outcome) <= Self.rank(before.outcome),
                    "\(name), \(question.name): \(before.outcome) to \(after.outcome) by \(id)")
                #expect(
                    (after.share ?? .zero) <= (before.share ?? .zero),
                    "\(name), \(question.name): share by \(id)")
            }
        }
    }

    private static func record(_ kind: String, _ target: String, _ step: StoryStep) -> JSONValue {
        var members = [
            JSONMember("record", .string(kind)), JSONMember("target", .string(target)),
            JSONMember("reason", .string("to see what it does")),
        ]
        if kind == "dispute" {
            members.append(JSONMember("about", .array([.string(target)])))
        } else {
            members.append(JSONMember("from", .string(step.recordFrom ?? "2025-01-01")))
        }
        return .object(members)
    }

    private static func rank(_ outcome: Outcome) -> Int {
        Outcome.allCases.firstIndex(of: outcome) ?? 0
    }

    @Test(arguments: names)
    func `what order records arrive in does not matter`(name: String) throws {
        let story = try story(name)
        // A balance that names the head of a chain is another record where the chain is another.
        guard !story.steps.contains(where: { $0.recordKind == "period-balance" }) else { return }
        let world = try StoryWorld(story)
        var random = SplitMix64(seed: 19)
        let orders = [
            story.arrivals(reversing: true), story.arrivals { $0.shuffled(using: &random) },
        ]
        let others = try orders.map { try StoryWorld(story, order: $0) }
        for question in story.questions where question.isPlain {
            // What was known in between depends on what was registered by then.
            guard try question.times.knownAtMilliseconds > story.lastMilliseconds else { continue }
            let told = try verdict(question, in: world).judgement.serialized()
            for other in others {
                let judgement = try verdict(question, in: other).judgement.serialized()
                #expect(judgement == told, "\(name), \(question.name)")
            }
        }
    }
}
