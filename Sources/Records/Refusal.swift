package import DeterministicCBOR
package import Signatures

/// Why a record was not accepted: a stable code, where, and what a person can do about it.
///
/// Refusals are told to the caller; they never mean that the ledger is in doubt. Compare them by
/// code: `catch let refusal where "statement.signature" ~= refusal`.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name from SPEC §20, such as `statement.signature`.
    package let code: String
    /// Where in the submitted thing, such as `manifest[3].role`; empty for the whole.
    package let field: String
    /// What is wrong and what to do about it.
    package let reason: String

    /// A refusal with its stable code, its place and a sentence for a person.
    package init(code: String, field: String, reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }

    /// Whether a refusal carries this code.
    package static func ~= (code: String, refusal: Refusal) -> Bool { refusal.code == code }

    /// The code, the field and the reason on one line.
    package var description: String {
        field.isEmpty ? "\(code): \(reason)" : "\(code) at \(field): \(reason)"
    }
}

extension Refusal {
    /// The refusal of bytes that are not the deterministic CBOR asked for.
    package init(_ error: CBORError, field: String) {
        self.init(
            code: error.code, field: field, reason: "\(error.reason) (byte \(error.offset))")
    }

    /// The refusal of a malformed key.
    package init(_ error: KeyError, field: String) {
        self.init(code: error.code, field: field, reason: error.reason)
    }
}
