import DeterministicCBOR
import MerkleTrees
package import Records

/// One answer in a stream: what became of the submission with this ordinal (SPEC §17).
package struct SubmissionResult: Sendable {
    /// The place of the submission in the stream, from 0.
    package var ordinal: UInt64
    /// Its registration, or why it was refused.
    ///
    /// Whether it was new is not told in a stream.
    package var outcome: Result<Registration, Refusal>

    /// Makes an answer.
    package init(ordinal: UInt64, outcome: Result<Registration, Refusal>) {
        self.ordinal = ordinal
        self.outcome = outcome
    }

    /// `[ordinal, 0, id, leaf index]` or `[ordinal, 1, code, field, detail]`.
    package func encoded() -> [UInt8] {
        switch outcome {
        case .success(let registration):
            CBORValue.array([
                .unsigned(ordinal), .unsigned(0), .bytes(registration.id.bytes),
                .unsigned(registration.leafIndex),
            ]).encoded()
        case .failure(let refusal):
            CBORValue.array([
                .unsigned(ordinal), .unsigned(1), .text(refusal.code), .text(refusal.field),
                .text(refusal.reason),
            ]).encoded()
        }
    }
}
