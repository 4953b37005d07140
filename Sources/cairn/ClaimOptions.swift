import ArgumentParser
import Foundation
import Node
import Records
import Verdicts

/// How a claim is to be judged: all of it but the scheme.
struct ClaimOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How much is claimed, such as 0.4; default: the scheme's minimum.", valueName: "share"))
    var share: String?
    @Option(
        help: ArgumentHelp(
            """
            identity-preserved, segregated, controlled-blending or mass-balance; default: the \
            strictest that the scheme lists.
            """, valueName: "model"))
    var model: String?
    @Option(
        help: ArgumentHelp(
            "When the claim is to hold: a time, or a day (UTC) to its end; default: now.",
            valueName: "time"))
    var validAt: String?
    @Option(
        help: ArgumentHelp(
            "Judge by what was registered until then; default: now.", valueName: "time"))
    var knownAt: String?
    @Option(
        help: ArgumentHelp(
            "Tell it in English or German: en or de; default: as LANG says, else en.",
            valueName: "language"))
    var language: MessageLanguage = .ofSurroundings

    /// The claim as it is to be judged, with its times.
    func request(_ scheme: String) throws -> (Claim, ClaimTimes) {
        do {
            let request = try ClaimRequest(
                scheme: scheme, share: share, model: model, validAt: validAt, knownAt: knownAt)
            let now = SystemClock.nowMilliseconds()
            try request.requireKnowable(nowMilliseconds: now)
            return (request.claim, request.times(nowMilliseconds: now))
        } catch {
            throw CommandFailure(error, about: "--claim \(scheme)")
        }
    }

    /// Refuses options of a claim where there is none.
    func requireNone() throws {
        let given = [
            ("--share", share), ("--model", model), ("--valid-at", validAt),
            ("--known-at", knownAt),
        ].first { $0.1 != nil }
        guard let given else { return }
        throw CommandFailure(.badInput, "\(given.0) goes with --claim")
    }
}

extension MessageLanguage: ExpressibleByArgument {
    /// What the variables of the locale say, the strongest first; English where they say neither.
    static var ofSurroundings: MessageLanguage {
        let variables = ProcessInfo.processInfo.environment
        let said = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { variables[$0] }
            .first { !$0.isEmpty }
        return said.flatMap { MessageLanguage(rawValue: String($0.prefix(2))) } ?? .en
    }
}

extension VerifiedEvidence {
    /// Judges a claim; a claim that cannot be made is bad input.
    func judged(_ claim: Claim, at times: ClaimTimes) throws -> Verdict {
        do {
            return try judge(claim, at: times)
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: "--claim \(claim.scheme)")
        } catch let rejection as EvidenceRejection {
            throw CommandFailure(.badInput, "\(rejection.reason) (\(rejection.code))")
        }
    }
}
