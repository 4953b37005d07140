import Client
import GS1
import Records
import Verdicts

/// Fetches evidence from a node and judges claims over it here, under a genesis file of one's own:
/// the node is trusted for nothing.
struct EvidenceJudging: Sendable {
    let client: NodeClient
    let genesis: GenesisFile
    let claim: Claim
    let times: ClaimTimes

    /// The evidence about a subject, upstream; a busy node is asked again.
    func evidence(about identifier: CanonicalIdentifier) async throws -> [UInt8] {
        try await client.patientEvidence(about: identifier.uri, scope: .upstream)
    }

    /// The verdict that a file supports.
    ///
    /// - Throws: `EvidenceRejection`, also for an answer to another question; `Refusal` `claim.*`.
    func verdict(of file: [UInt8], about identifier: CanonicalIdentifier) throws -> Verdict {
        let verified = try EvidenceVerifier(genesis: genesis).verify(file)
        guard verified.question.uri == identifier.uri, verified.question.scope == .upstream else {
            throw EvidenceRejection(
                .format,
                "the evidence answers another question, about \(verified.question.uri)")
        }
        return try verified.judge(claim, at: times)
    }
}

extension NodeClient {
    /// How often a busy node is asked, and the longest wait between.
    private static let attempts = 6
    private static let longestWaitSeconds = 10

    /// Evidence about a subject; a busy node is asked again.
    func patientEvidence(about uri: String, scope: EvidenceScope) async throws -> [UInt8] {
        for attempt in 1..<Self.attempts {
            do {
                return try await evidence(about: uri, scope: scope)
            } catch {
                guard let wait = Self.waitSeconds(after: error, attempt) else { throw error }
                try await Task.sleep(for: .seconds(wait))
            }
        }
        return try await evidence(about: uri, scope: scope)
    }

    /// How long to wait before a node is asked again; nil if that makes no sense.
    private static func waitSeconds(after error: ClientError, _ attempt: Int) -> Int? {
        guard case .problem(let problem) = error, problem.status == 503 else { return nil }
        return min(max(1, problem.retryAfterSeconds ?? attempt), longestWaitSeconds)
    }
}
