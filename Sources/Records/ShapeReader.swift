import DeterministicCBOR
import MerkleTrees
import Signatures

/// Reads CBOR values of a known shape and refuses all others with one code.
///
/// A field's name is put together only for a refusal.
struct ShapeReader {
    /// The code of every refusal, such as `part.format`.
    let code: String

    func refusal(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: code, field: field, reason: reason)
    }

    /// Decodes a whole value; malformed bytes keep their own `cbor.*` code.
    func decode(_ bytes: [UInt8], limit: Int, _ field: @autoclosure () -> String) throws(Refusal)
        -> CBORValue
    {
        guard bytes.count <= limit else {
            throw refusal(field(), "\(bytes.count) bytes exceed the limit of \(limit)")
        }
        do {
            return try CBORValue.decode(bytes)
        } catch {
            throw Refusal(error, field: field())
        }
    }

    /// An array of exactly this many items.
    func tuple(_ value: CBORValue, _ count: Int, _ field: @autoclosure () -> String) throws(Refusal)
        -> [CBORValue]
    {
        guard case .array(let items) = value, items.count == count else {
            throw refusal(field(), "an array of \(count) items is expected here")
        }
        return items
    }

    /// An array whose length lies in a range.
    func list(_ value: CBORValue, _ count: ClosedRange<Int>, _ field: @autoclosure () -> String)
        throws(Refusal) -> [CBORValue]
    {
        guard case .array(let items) = value, count.contains(items.count) else {
            throw refusal(
                field(), "an array of \(count.lowerBound) to \(count.upperBound) items is expected")
        }
        return items
    }

    func text(_ value: CBORValue, _ bytes: ClosedRange<Int>, _ field: @autoclosure () -> String)
        throws(Refusal) -> String
    {
        guard case .text(let text) = value, bytes.contains(text.utf8.count) else {
            throw refusal(
                field(), "text of \(bytes.lowerBound) to \(bytes.upperBound) bytes is expected")
        }
        return text
    }

    func uri(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal) -> String {
        let text = try text(value, 1...Limits.identifierBytes, field())
        // A URI is printable ASCII (RFC 3986). This also keeps Swift's string comparison, which
        // takes canonically equivalent spellings for one, from ever differing from bytes.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refusal(field(), "a URI has printable ASCII characters only (RFC 3986)")
        }
        return text
    }

    func unsigned(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal) -> UInt64
    {
        guard case .unsigned(let number) = value else {
            throw refusal(field(), "an unsigned number is expected here")
        }
        return number
    }

    /// A time, in milliseconds or, where the field says so, in seconds since the epoch.
    func time(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal) -> UInt64 {
        let time = try unsigned(value, field())
        guard time <= Limits.timeMilliseconds else {
            throw refusal(field(), "a time is at most 2⁵³ − 1")
        }
        return time
    }

    func bytes(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal) -> [UInt8] {
        guard case .bytes(let bytes) = value else {
            throw refusal(field(), "a byte string is expected here")
        }
        return bytes
    }

    func hash(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal) -> Hash256 {
        guard case .bytes(let bytes) = value, let hash = Hash256(bytes) else {
            throw refusal(field(), "a hash of 32 bytes is expected here")
        }
        return hash
    }

    /// A COSE_Key map (SPEC §3).
    func key(_ value: CBORValue, _ field: @autoclosure () -> String) throws(Refusal)
        -> VerificationKey
    {
        guard case .map = value else { throw refusal(field(), "a key is a COSE_Key map") }
        do {
            return try VerificationKey(coseKey: value.encoded())
        } catch {
            throw Refusal(error, field: field())
        }
    }

    /// Texts sorted bytewise and unique.
    func sortedTexts(
        _ value: CBORValue, count: ClosedRange<Int>, _ field: @autoclosure () -> String
    )
        throws(Refusal) -> [String]
    {
        var texts: [String] = []
        for (index, item) in try list(value, count, field()).enumerated() {
            texts.append(try uri(item, "\(field())[\(index)]"))
        }
        try requireAscending(texts, field()) { precedesBytewise($0, $1) }
        return texts
    }

    /// Refuses a list that is not strictly ascending.
    func requireAscending<T>(
        _ items: [T], _ field: @autoclosure () -> String, by precedes: (T, T) -> Bool
    )
        throws(Refusal)
    {
        for index in items.indices.dropFirst() where !precedes(items[index - 1], items[index]) {
            throw refusal("\(field())[\(index)]", "the list is sorted and each item stands once")
        }
    }

    /// The values of a map with exactly these integer keys, in order.
    func map(_ value: CBORValue, keys: Range<Int>, _ field: @autoclosure () -> String)
        throws(Refusal) -> [CBORValue]
    {
        guard case .map(let pairs) = value, pairs.count == keys.count else {
            throw refusal(
                field(),
                "a map with the keys \(keys.lowerBound) to \(keys.upperBound - 1) is expected")
        }
        var values: [CBORValue] = []
        values.reserveCapacity(pairs.count)
        // Deterministic order of small unsigned keys is ascending, so position tells the key.
        for (pair, key) in zip(pairs, keys) {
            guard pair.key == .unsigned(UInt64(key)) else {
                throw refusal(field(), "the member \(key) is missing or another is unknown")
            }
            values.append(pair.value)
        }
        return values
    }
}

/// Whether one text comes before another by its UTF-8 bytes.
func precedesBytewise(_ left: String, _ right: String) -> Bool {
    TextBytes.precedes(left, right)
}

/// A CBOR map with the integer keys 0, 1, … for these values.
func numberedMap(_ values: [CBORValue]) -> CBORValue {
    .map(values.enumerated().map { CBORPair(key: .unsigned(UInt64($0.offset)), value: $0.element) })
}

/// A key as the COSE_Key map that records embed (SPEC §3).
func keyCBOR(_ key: VerificationKey) -> CBORValue {
    // A key's own encoding always decodes; null would be refused by every reader.
    (try? CBORValue.decode(key.coseKey)) ?? .null
}
