import EPCIS
import Foundation
import Records
import Stories
import Support

/// Tells the stories of `tools/scenarios`, asks the real `cairn audit` about each, and compares.
///
/// Arguments: the folder of the stories, then numbers or names of those wanted; none for all.
/// `--in-process` asks the judge itself instead; `--json` prints the answers.
@main
struct Scenarios {
    private let folder: URL
    private let isInProcess: Bool
    private let printsAnswers: Bool
    private let work: URL

    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let flags = Set(arguments.filter { $0.hasPrefix("--") })
        arguments.removeAll { $0.hasPrefix("--") }
        let folder = URL(filePath: arguments.first ?? "tools/scenarios")
        let wanted = arguments.dropFirst()
        let work = FileManager.default.temporaryDirectory
            .appending(path: "cairn-scenarios-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let run = Scenarios(
            folder: folder, isInProcess: flags.contains("--in-process"),
            printsAnswers: flags.contains("--json"), work: work)
        let names = try Self.stories(in: folder).filter { name in
            wanted.isEmpty
                || wanted.contains {
                    name == $0 || name.hasPrefix($0 + "-") || name.hasPrefix("0\($0)-")
                }
        }
        let failed = names.map(run.tell).reduce(0, +)
        print(failed == 0 ? "\(names.count) scenarios as expected" : "\(failed) otherwise")
        if failed > 0 || names.isEmpty { exit(1) }
    }

    /// The names of the stories of a folder, in order.
    private static func stories(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter {
            FileManager.default.fileExists(
                atPath: folder.appending(path: $0).appending(path: "story.json").path())
        }.sorted()
    }

    /// Tells one story; gives how many answers are otherwise than expected.
    private func tell(_ name: String) -> Int {
        do {
            let story = try Story(folder: folder.appending(path: name))
            print("\(name): \(story.title)")
            let world = try StoryWorld(story)
            let home = work.appending(path: name)
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            try Data(world.network.file.encoded()).write(to: home.appending(path: "genesis"))
            var answers: [String: JSONValue] = [:]
            return try story.questions.map { question in
                let asked = try question.world(of: story, else: world)
                let answer =
                    isInProcess
                    ? try asked.answer(to: question) : try audited(question, asked, home)
                if printsAnswers { print(String(decoding: answer.serialized(), as: UTF8.self)) }
                answers[question.name] = answer["judgement"]
                var differences = question.expected.differences(from: answer)
                if let other = question.expected.sameAs, answers[other] != answer["judgement"] {
                    differences.append("not the same judgement as \(other)")
                }
                report(question, answer, differences)
                return differences.isEmpty ? 0 : 1
            }.reduce(0, +)
        } catch {
            print("\(name): \(error)")
            return 1
        }
    }

    private func report(_ question: StoryQuestion, _ answer: JSONValue, _ differences: [String]) {
        let share = answer["judgement"]?["share"]?.asString
        let got = [StoryExpectation.outcome(of: answer), share].compactMap(\.self)
            .joined(separator: " ")
        let mark = differences.isEmpty ? "ok  " : "FAIL"
        print(
            "  \(mark) \(question.name): expected \(question.expected.outcome), got \(got)")
        for difference in differences { print("         \(difference)") }
    }

    /// What `cairn audit` prints about the evidence file of a question.
    private func audited(
        _ question: StoryQuestion, _ world: StoryWorld, _ home: URL
    ) throws -> JSONValue {
        let file = home.appending(path: "evidence")
        try Data(world.evidence(for: question)).write(to: file)
        var arguments = [
            "audit", file.path(), "--genesis", home.appending(path: "genesis").path(), "--claim",
            question.scheme, "--valid-at", question.validAt, "--known-at", question.knownAt,
            "--format", "json",
        ]
        if let share = question.share { arguments += ["--share", share] }
        if let model = question.model { arguments += ["--model", model] }
        let outcome = try CairnProcess.run(arguments)
        if let answer = try? JSONValue.parse(Array(outcome.output.utf8)) { return answer }
        return .object([JSONMember("refused", .string(outcome.errors))])
    }
}
