import Client
import EPCIS
import GS1
import Imports
import Records
import Verdicts

/// Judges each batch of a delivery, a few at a time, and tells them in the list's order.
struct DeliveryCheck {
    let file: String
    let judging: EvidenceJudging
    let format: OutputFormat
    let language: MessageLanguage

    /// Requests in hand at a time.
    private static let requestsLimit = 4
    /// Lines begun and not yet told: what waits for its turn is bounded too.
    private static let linesLimit = 16

    /// What became of a line.
    enum Fate: Sendable {
        case judged(Verdict)
        case unreadable(Refusal)
    }

    /// Judges all lines; gives how the command is to end.
    ///
    /// - Throws: what ends everything: no node, no such list, a claim that cannot be made.
    func run() async throws -> CommandExit {
        var report = DeliveryReport(file: file, judging.claim, format, language)
        report.begin()
        var list = try LotList(file)
        do {
            try await judge(&list, for: &report)
        } catch {
            // What was judged is told all the same.
            Console.endProgress()
            report.end(isComplete: false)
            throw error
        }
        Console.endProgress()
        guard !report.isEmpty else {
            if format == .json { report.end(isComplete: true) }
            throw CommandFailure(.badInput, "\(file): the list holds no batch")
        }
        report.end(isComplete: true)
        return report.exit
    }

    private func judge(_ list: inout LotList, for report: inout DeliveryReport) async throws {
        try await withThrowingTaskGroup(of: (Int, LotRow, Fate).self) { group in
            var (begun, told, running) = (0, 0, 0)
            var waiting: [Int: (LotRow, Fate)] = [:]
            var isAtEnd = false
            while true {
                while !isAtEnd, running < Self.requestsLimit, begun - told < Self.linesLimit {
                    guard let row = try list.read() else {
                        isAtEnd = true
                        break
                    }
                    let number = begun
                    begun += 1
                    running += 1
                    group.addTask { (number, row, try await judge(row)) }
                }
                guard let (number, row, fate) = try await group.next() else { break }
                running -= 1
                waiting[number] = (row, fate)
                while let (row, fate) = waiting.removeValue(forKey: told) {
                    report.add(row, fate)
                    told += 1
                }
                Console.progress("\(file): \(counted(told, "batch"))")
            }
        }
    }

    private func judge(_ row: LotRow) async throws -> Fate {
        let identifier: CanonicalIdentifier
        switch row.lot {
        case .failure(let error):
            return .unreadable(
                Refusal(code: error.code, field: error.column, reason: error.message))
        case .success(let text):
            do {
                identifier = try CanonicalIdentifier(text)
            } catch {
                return .unreadable(Refusal(code: error.code, field: "lot", reason: error.reason))
            }
        }
        do {
            let bytes = try await judging.evidence(about: identifier)
            return .judged(try judging.verdict(of: bytes, about: identifier))
        } catch ClientError.problem(let problem) where problem.status == 422 {
            return .unreadable(
                Refusal(code: problem.code, field: problem.field, reason: problem.detail))
        } catch let rejection as EvidenceRejection {
            return .unreadable(
                Refusal(code: rejection.code, field: "evidence", reason: rejection.reason))
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: "--claim \(judging.claim.scheme)")
        }
    }
}
