/// The step of verification at which an evidence file was rejected (SPEC §15.3).
package enum EvidenceStep: String, CaseIterable, Hashable, Sendable {
    case format, genesis, governance, checkpoint, seal, transition, entry, index, chain, row, part
    case closure, alarm
}

/// Why an evidence file proves nothing: the first step that failed.
package struct EvidenceRejection: Error, Hashable, Sendable {
    /// The step.
    package var step: EvidenceStep
    /// What was found, for the person who must act.
    package var reason: String

    /// The stable code, such as `evidence.chain`.
    package var code: String { "evidence.\(step.rawValue)" }

    /// Makes a rejection.
    package init(_ step: EvidenceStep, _ reason: String) {
        self.step = step
        self.reason = reason
    }
}
