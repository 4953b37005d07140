/// Why bytes are not acceptable deterministic CBOR.
///
/// Errors are equal if their codes are, so that a test or a caller asks for the kind of refusal
/// and not for its wording.
package struct CBORError: Error, Sendable {
    /// The kinds of refusal; the raw value is the stable code that appears in reports.
    package enum Code: String, Hashable, Sendable {
        /// The bytes end inside an item. More bytes could make it whole.
        case truncated = "cbor.truncated"
        /// Bytes follow the item.
        case trailingBytes = "cbor.trailing-bytes"
        /// A longer head than needed, an indefinite length, or map keys out of order or repeated.
        case nonDeterministic = "cbor.non-deterministic"
        /// What the data model does not have: floating point, undefined, simple values other than
        /// false, true and null, heads that RFC 8949 reserves, text that is not UTF-8.
        case unsupported = "cbor.unsupported"
        /// Items nested deeper than the limit.
        case depth = "cbor.depth"
        /// More items or more bytes than the limit.
        case tooLarge = "cbor.too-large"
    }

    /// The kind of refusal.
    package let kind: Code
    /// Where in the input the offending item begins, as an index of the collection given.
    package let offset: Int
    /// What is wrong, for a person.
    package let reason: String

    /// The stable code, such as `cbor.truncated`.
    package var code: String { kind.rawValue }

    /// Describes a refusal at an offset of the input.
    package init(_ kind: Code, at offset: Int, _ reason: String) {
        self.kind = kind
        self.offset = offset
        self.reason = reason
    }
}

extension CBORError: Hashable, CustomStringConvertible {
    package static func == (left: CBORError, right: CBORError) -> Bool { left.kind == right.kind }

    package func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    package var description: String { "\(code) at byte \(offset): \(reason)" }
}

/// What a decoder accepts at most; every limit is checked before anything is allocated for it.
package struct CBORLimits: Hashable, Sendable {
    /// How deep arrays, maps and tags may nest; 0 allows a lone integer, string or simple value.
    package var depth: Int
    /// How many data items there may be in all; a map counts itself, its keys and its values.
    package var items: Int
    /// How many bytes the input may have.
    package var byteCount: Int

    /// The deepest nesting any caller may ask for, so that decoding cannot exhaust the stack.
    package static let deepestAllowed = 256

    /// Sets the limits; without arguments 32 levels, a million items and 64 MiB.
    package init(depth: Int = 32, items: Int = 1_000_000, byteCount: Int = 64 << 20) {
        precondition((0...Self.deepestAllowed).contains(depth), "nesting limit out of range")
        precondition(items >= 0 && byteCount >= 0, "limits are not negative")
        self.depth = depth
        self.items = items
        self.byteCount = byteCount
    }
}
