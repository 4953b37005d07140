import MerkleTrees
package import Records
package import Sequencing

extension DemoNetwork {
    /// The groups of a log from genesis on: one for genesis and one for each list of submissions.
    package func groups(
        _ submissions: [[Submission]], indexDepth: Int = 8
    ) throws -> [GroupToCommit] {
        let memory = MemoryLedger()
        var sequencer = try Sequencer(
            resuming: memory, genesis: state, origin: Self.origin, indexDepth: indexDepth,
            logKey: logKey)
        let now = Self.startMilliseconds + 60_000
        return try ([[file.submission]] + submissions).map { submissions in
            for submission in submissions {
                let basis = sequencer.basis
                let facts = FactsUnderTest(ledger: memory, basis: basis)
                let admitted = try Admission(governance: basis.governance, facts: facts)
                    .admit(submission, nowMilliseconds: now)
                _ = try sequencer.stage(
                    admitted, admittedUnder: basis.version, nowMilliseconds: now, in: memory)
            }
            let group = try sequencer.seal(nowMilliseconds: now, in: memory)
            try memory.commit(group)
            sequencer.committed()
            return group
        }
    }
}
