/// Why a COSE_Sign1 was refused.
package struct CoseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name, such as `cose.signature`, or the `cbor.` code of a broken encoding.
    package let code: String
    /// The part of the structure that is wrong, such as `protected` or `signature`.
    package let field: String
    /// What is wrong and what would be right.
    package let reason: String

    /// A refusal with its stable code, the part concerned and a sentence for a person.
    package init(code: String, field: String, reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }

    /// Code, field and reason on one line.
    package var description: String { "\(code) (\(field)): \(reason)" }
}
