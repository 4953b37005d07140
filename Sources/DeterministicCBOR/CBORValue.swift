// Deterministic CBOR: bytes to values and back to the same bytes.
//
// RFC 8949 §4.2.1 gives every value exactly one encoding; this module reads and writes only that
// one. Whoever hashes or signs an encoding can therefore decode it, look at it, encode it again
// and be sure to hold the same bytes. The data model is the part of CBOR the ledger uses: integers,
// byte and text strings, arrays, maps, tags, false, true and null. Floating point, undefined,
// other simple values and indefinite lengths are refused, not skipped.
//
// Nothing here knows what the values mean, and nothing does cryptography or I/O.

/// One data item of deterministic CBOR.
///
/// Two values are equal exactly when their encodings are, provided that maps list their pairs in
/// the order of their encoded keys, as every decoded map does. Text is compared by its UTF-8
/// bytes, not by Unicode's canonical equivalence.
package enum CBORValue: Sendable {
    /// An integer from 0 to 2⁶⁴ − 1.
    case unsigned(UInt64)
    /// The integer −1 − n.
    case negative(UInt64)
    /// A byte string.
    case bytes([UInt8])
    /// A text string.
    case text(String)
    /// An array.
    case array([CBORValue])
    /// A map; keys are unique, and in bytewise order of their encodings once decoded.
    case map([CBORPair])
    /// A tag number and the item it is put on.
    indirect case tagged(UInt64, CBORValue)
    /// False or true.
    case bool(Bool)
    /// Null.
    case null
}

/// One key of a map with its value.
package struct CBORPair: Hashable, Sendable {
    /// The key; any data item.
    package var key: CBORValue
    /// The value under this key.
    package var value: CBORValue

    /// Pairs a key with its value.
    package init(key: CBORValue, value: CBORValue) {
        self.key = key
        self.value = value
    }

    /// Pairs an integer key with its value.
    package init(_ key: Int64, _ value: CBORValue) {
        self.init(key: .integer(key), value: value)
    }

    /// Pairs a text key with its value.
    package init(_ key: String, _ value: CBORValue) {
        self.init(key: .text(key), value: value)
    }
}

extension CBORValue: Hashable {
    package static func == (left: CBORValue, right: CBORValue) -> Bool {
        switch (left, right) {
        case (.unsigned(let a), .unsigned(let b)), (.negative(let a), .negative(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        case (.tagged(let a, let x), .tagged(let b, let y)): a == b && x == y
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .unsigned(let number):
            hasher.combine(0)
            hasher.combine(number)
        case .negative(let number):
            hasher.combine(1)
            hasher.combine(number)
        case .bytes(let bytes):
            hasher.combine(2)
            hasher.combine(bytes)
        case .text(let text):
            hasher.combine(3)
            for byte in text.utf8 { hasher.combine(byte) }
        case .array(let items):
            hasher.combine(4)
            hasher.combine(items)
        case .map(let pairs):
            hasher.combine(5)
            hasher.combine(pairs)
        case .tagged(let tag, let item):
            hasher.combine(6)
            hasher.combine(tag)
            hasher.combine(item)
        case .bool(let flag):
            hasher.combine(flag)
        case .null:
            hasher.combine(7)
        }
    }
}

// MARK: - Looking inside

extension CBORValue {
    /// The data item for a signed integer.
    package static func integer(_ number: Int64) -> CBORValue {
        number < 0 ? .negative(UInt64(bitPattern: ~number)) : .unsigned(UInt64(number))
    }

    /// The number, if this is a non-negative integer.
    package var asUnsigned: UInt64? {
        guard case .unsigned(let number) = self else { return nil }
        return number
    }

    /// The number, if this is an integer that fits into 64 signed bits.
    package var asInt64: Int64? {
        switch self {
        case .unsigned(let number): Int64(exactly: number)
        case .negative(let number): Int64(exactly: number).map { ~$0 }
        default: nil
        }
    }

    /// The bytes, if this is a byte string.
    package var asBytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// The text, if this is a text string.
    package var asText: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The elements, if this is an array.
    package var asArray: [CBORValue]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    /// The pairs, if this is a map.
    package var asPairs: [CBORPair]? {
        guard case .map(let pairs) = self else { return nil }
        return pairs
    }

    /// The flag, if this is false or true.
    package var asBool: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// Whether this is null.
    package var isNull: Bool { self == .null }

    /// The value under an integer key; nil if this is no map or has no such key.
    package subscript(_ key: Int64) -> CBORValue? {
        value(under: .integer(key))
    }

    /// The value under a text key; nil if this is no map or has no such key.
    package subscript(_ key: String) -> CBORValue? {
        value(under: .text(key))
    }

    private func value(under key: CBORValue) -> CBORValue? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }
}
