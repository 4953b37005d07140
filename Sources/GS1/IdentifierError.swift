/// Why a text is not an identifier this ledger can stand for (SPEC §4.1).
///
/// The codes are stable:
///
/// | code | meaning |
/// |---|---|
/// | `identifier.too-long` | more than ``CanonicalIdentifier/byteLimit`` bytes |
/// | `identifier.malformed` | no absolute URI, or a key that breaks its format |
/// | `identifier.check-digit` | a check digit or check character pair that does not fit |
/// | `identifier.no-urn` | no EPC URN stands for this identifier |
package struct IdentifierError: Error, Hashable, Sendable {
    /// The stable code.
    package let code: String
    /// The refused text, cut to its first 128 bytes.
    package let value: String
    /// What is wrong and what would be right, for a person.
    package let reason: String

    init(_ code: String, _ value: some Collection<UInt8>, _ reason: String) {
        self.code = code
        self.value = String(decoding: value.prefix(128), as: UTF8.self)
        self.reason = reason
    }
}

extension IdentifierError: CustomStringConvertible {
    package var description: String { "\(code): \(reason) (\(value))" }
}
