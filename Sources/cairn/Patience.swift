import Client

/// How long a command waits altogether for a node that says when to try again (503, Retry-After).
struct Patience {
    /// The longest of all waits together, in seconds.
    static let seconds = 180
    private static let longestWaitSeconds = 30

    private var leftSeconds = seconds
    private var waits = 0

    /// Calls a node, and again while it says that it cannot take this now and when to come back.
    ///
    /// Each wait is told on standard error. A node that has taken anything is not called again:
    /// what became of the rest is in its answers.
    ///
    /// - Throws: what `body` throws, once there is no patience left.
    mutating func calling<Answer>(
        _ body: () async throws(ClientError) -> Answer
    ) async throws(ClientError) -> Answer {
        while true {
            do throws(ClientError) {
                return try await body()
            } catch {
                guard case .problem(let problem) = error, let seconds = wait(after: problem) else {
                    throw error
                }
                Console.endProgress()
                Console.note(
                    "the node cannot take this now (\(problem.code)); trying again in "
                        + "\(seconds) s")
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { throw error }
            }
        }
    }

    /// For how long to wait after a refusal: what the node says, longer each time; nil for not at
    /// all.
    private mutating func wait(after problem: NodeProblem) -> Int? {
        guard problem.status == 503, let asked = problem.retryAfterSeconds,
            asked <= leftSeconds, leftSeconds > 0
        else { return nil }
        let longer = min(max(1, asked) << min(waits, 8), Self.longestWaitSeconds)
        let seconds = min(max(asked, longer, 1), leftSeconds)
        waits += 1
        leftSeconds -= seconds
        return seconds
    }
}
