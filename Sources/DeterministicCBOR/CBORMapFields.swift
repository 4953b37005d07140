/// Reads the values of a map by their integer keys, and refuses keys that nobody asked for.
///
/// Every getter takes a key and the name under which a refusal reports it; the `IfPresent` forms
/// return nil where the map lacks the key.
package struct CBORMapFields {
    private let pairs: [CBORPair]
    private let path: String
    private var asked: Set<Int64> = []

    /// Expects a map.
    ///
    /// - Throws: if the value is no map.
    package init(map value: CBORValue, path: String) throws(CBORFieldError) {
        guard let pairs = value.asPairs else {
            throw CBORFieldError(field: path, reason: "expected a map")
        }
        self.pairs = pairs
        self.path = path
    }

    /// The value under a key as it is.
    package mutating func value(_ key: Int64, _ name: String) throws(CBORFieldError) -> CBORValue {
        try field(key, name).value
    }

    /// The value under a key as it is, or nil without the key.
    package mutating func valueIfPresent(_ key: Int64, _ name: String) -> CBORValue? {
        fieldIfPresent(key, name)?.value
    }

    /// The value under a key as an integer from 0 to 2⁶⁴ − 1.
    package mutating func unsigned(_ key: Int64, _ name: String) throws(CBORFieldError) -> UInt64 {
        try field(key, name).unsigned()
    }

    /// As ``unsigned(_:_:)``, or nil without the key.
    package mutating func unsignedIfPresent(
        _ key: Int64, _ name: String
    ) throws(CBORFieldError) -> UInt64? {
        try fieldIfPresent(key, name)?.unsigned()
    }

    /// The value under a key as an integer of 64 signed bits.
    package mutating func int64(_ key: Int64, _ name: String) throws(CBORFieldError) -> Int64 {
        try field(key, name).int64()
    }

    /// As ``int64(_:_:)``, or nil without the key.
    package mutating func int64IfPresent(
        _ key: Int64, _ name: String
    ) throws(CBORFieldError) -> Int64? {
        try fieldIfPresent(key, name)?.int64()
    }

    /// The value under a key as a byte string, of one exact length if `count` is given.
    package mutating func bytes(
        _ key: Int64, _ name: String, count: Int? = nil, limit: Int = .max
    ) throws(CBORFieldError) -> [UInt8] {
        try field(key, name).bytes(count: count, limit: limit)
    }

    /// As ``bytes(_:_:count:limit:)``, or nil without the key.
    package mutating func bytesIfPresent(
        _ key: Int64, _ name: String, count: Int? = nil, limit: Int = .max
    ) throws(CBORFieldError) -> [UInt8]? {
        try fieldIfPresent(key, name)?.bytes(count: count, limit: limit)
    }

    /// The value under a key as a text string of at most `limit` bytes of UTF-8.
    package mutating func text(
        _ key: Int64, _ name: String, limit: Int
    ) throws(CBORFieldError) -> String {
        try field(key, name).text(limit: limit)
    }

    /// As ``text(_:_:limit:)``, or nil without the key.
    package mutating func textIfPresent(
        _ key: Int64, _ name: String, limit: Int
    ) throws(CBORFieldError) -> String? {
        try fieldIfPresent(key, name)?.text(limit: limit)
    }

    /// The value under a key as an array of at most `limit` elements.
    package mutating func array(
        _ key: Int64, _ name: String, limit: Int
    ) throws(CBORFieldError) -> [CBORValue] {
        try field(key, name).array(limit: limit)
    }

    /// As ``array(_:_:limit:)``, or nil without the key.
    package mutating func arrayIfPresent(
        _ key: Int64, _ name: String, limit: Int
    ) throws(CBORFieldError) -> [CBORValue]? {
        try fieldIfPresent(key, name)?.array(limit: limit)
    }

    /// The value under a key as false or true.
    package mutating func bool(_ key: Int64, _ name: String) throws(CBORFieldError) -> Bool {
        try field(key, name).bool()
    }

    /// As ``bool(_:_:)``, or nil without the key.
    package mutating func boolIfPresent(
        _ key: Int64, _ name: String
    ) throws(CBORFieldError) -> Bool? {
        try fieldIfPresent(key, name)?.bool()
    }

    /// The value under a key as a map of its own, with names below this one's.
    package mutating func mapFields(
        _ key: Int64, _ name: String
    ) throws(CBORFieldError) -> CBORMapFields {
        let inner = try field(key, name)
        return try CBORMapFields(map: inner.value, path: inner.path)
    }

    /// Ends the reading.
    ///
    /// - Throws: if the map has a key that nobody asked for, or one that is no 64-bit integer.
    package func finish() throws(CBORFieldError) {
        for pair in pairs {
            guard let key = pair.key.asInt64 else {
                throw CBORFieldError(field: path, reason: "a key is not an integer of 64 bits")
            }
            guard asked.contains(key) else {
                throw CBORFieldError(field: path, reason: "unknown key \(key)")
            }
        }
    }

    private mutating func field(_ key: Int64, _ name: String) throws(CBORFieldError) -> CBORField {
        guard let found = fieldIfPresent(key, name) else {
            throw CBORFieldError(field: "\(path).\(name)", reason: "missing (key \(key))")
        }
        return found
    }

    private mutating func fieldIfPresent(_ key: Int64, _ name: String) -> CBORField? {
        asked.insert(key)
        let wanted = CBORValue.integer(key)
        guard let pair = pairs.first(where: { $0.key == wanted }) else { return nil }
        return CBORField(value: pair.value, path: "\(path).\(name)")
    }
}
