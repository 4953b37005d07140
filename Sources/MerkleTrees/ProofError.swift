/// Why a proof is refused.
///
/// Errors are equal if their codes are.
package struct ProofError: Error, Sendable {
    /// The kinds of refusal; the raw value is the stable code that appears in reports.
    package enum Code: String, Hashable, Sendable {
        /// An index, size or range that no tree has.
        case range = "proof.range"
        /// More or fewer hashes than a proof of this shape has.
        case length = "proof.length"
        /// The hashes do not lead to the root.
        case root = "proof.root"
        /// An index proof that is not the one canonical proof for the keys asked.
        case form = "proof.form"
    }

    /// The kind of refusal.
    package let kind: Code
    /// What is wrong, for a person.
    package let reason: String

    /// The stable code, such as `proof.root`.
    package var code: String { kind.rawValue }

    /// Describes a refusal.
    package init(_ kind: Code, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

extension ProofError: Hashable, CustomStringConvertible {
    package static func == (left: ProofError, right: ProofError) -> Bool { left.kind == right.kind }

    package func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    package var description: String { "\(code): \(reason)" }
}
