/// A data item that does not have the form its reader expects.
package struct CBORFieldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable code, the same for every such refusal.
    package var code: String { "cbor.field" }
    /// The path of the field, such as `entry.statement`.
    package let field: String
    /// What is wrong, for a person.
    package let reason: String

    /// Describes what is wrong with a field.
    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    package var description: String { "\(code) \(field): \(reason)" }
}

/// Reads the elements of an array one after the other, each under a name.
///
/// Give every element its name, in order, and end with ``finish()``:
///
///     var fields = try CBORFields(array: value, count: 3, path: "entry")
///     let kind = try fields.unsigned("kind")
///     let time = try fields.unsigned("registered at")
///     let statement = try fields.bytes("statement", limit: 65_535)
///     try fields.finish()
package struct CBORFields {
    private let items: [CBORValue]
    private let path: String
    private var next = 0

    /// Expects an array with a number of elements from a range.
    ///
    /// - Throws: if the value is no array, or one of another length.
    package init(
        array value: CBORValue, count: ClosedRange<Int>, path: String
    ) throws(CBORFieldError) {
        let found = try CBORField(value: value, base: path, name: nil).array(limit: .max)
        guard count.contains(found.count) else {
            let wanted =
                count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound)…\(count.upperBound)"
            throw CBORFieldError(
                field: path, reason: "expected \(wanted) elements, found \(found.count)")
        }
        self.items = found
        self.path = path
    }

    /// Expects an array with exactly so many elements.
    ///
    /// - Throws: if the value is no array, or one of another length.
    package init(array value: CBORValue, count: Int, path: String) throws(CBORFieldError) {
        try self.init(array: value, count: count...count, path: path)
    }

    /// Whether every element has been read.
    package var isAtEnd: Bool { next == items.count }

    /// The next element as it is.
    package mutating func value(_ name: String) throws(CBORFieldError) -> CBORValue {
        try field(name).value
    }

    /// The next element as an integer from 0 to 2⁶⁴ − 1.
    package mutating func unsigned(_ name: String) throws(CBORFieldError) -> UInt64 {
        try field(name).unsigned()
    }

    /// The next element as a non-negative integer that fits a narrower type.
    package mutating func unsigned<Number: FixedWidthInteger>(
        _ name: String, as type: Number.Type
    ) throws(CBORFieldError) -> Number {
        try field(name).unsigned(as: type)
    }

    /// The next element as an integer of 64 signed bits.
    package mutating func int64(_ name: String) throws(CBORFieldError) -> Int64 {
        try field(name).int64()
    }

    /// The next element as a byte string, of one exact length if `count` is given.
    package mutating func bytes(
        _ name: String, count: Int? = nil, limit: Int = .max
    ) throws(CBORFieldError) -> [UInt8] {
        try field(name).bytes(count: count, limit: limit)
    }

    /// The next element as a text string of at most `limit` bytes of UTF-8.
    package mutating func text(_ name: String, limit: Int) throws(CBORFieldError) -> String {
        try field(name).text(limit: limit)
    }

    /// The next element as an array of at most `limit` elements.
    package mutating func array(_ name: String, limit: Int) throws(CBORFieldError) -> [CBORValue] {
        try field(name).array(limit: limit)
    }

    /// The next element as false or true.
    package mutating func bool(_ name: String) throws(CBORFieldError) -> Bool {
        try field(name).bool()
    }

    /// The next element, or nil if it is null.
    package mutating func valueOrNull(_ name: String) throws(CBORFieldError) -> CBORValue? {
        let found = try value(name)
        return found.isNull ? nil : found
    }

    /// Reads the next element as an array of its own, with names below this one's.
    package mutating func fields(
        _ name: String, count: ClosedRange<Int>
    ) throws(CBORFieldError) -> CBORFields {
        let inner = try field(name)
        return try CBORFields(array: inner.value, count: count, path: inner.path)
    }

    /// Ends the reading.
    ///
    /// - Throws: if an element is left that nobody asked for.
    package func finish() throws(CBORFieldError) {
        guard isAtEnd else {
            throw CBORFieldError(
                field: path, reason: "\(items.count - next) elements more than expected")
        }
    }

    private mutating func field(_ name: String) throws(CBORFieldError) -> CBORField {
        guard next < items.count else {
            throw CBORFieldError(field: "\(path).\(name)", reason: "missing")
        }
        defer { next += 1 }
        return CBORField(value: items[next], base: path, name: name)
    }
}

/// One data item with what names it in a refusal.
struct CBORField {
    let value: CBORValue
    /// The path of what it is in, and its name there; its own path where it is in nothing.
    let base: String
    let name: String?

    var path: String { name.map { "\(base).\($0)" } ?? base }

    func unsigned() throws(CBORFieldError) -> UInt64 {
        guard let number = value.asUnsigned else { throw wrong("a non-negative integer") }
        return number
    }

    func unsigned<Number: FixedWidthInteger>(
        as type: Number.Type
    ) throws(CBORFieldError) -> Number {
        guard let number = Number(exactly: try unsigned()) else {
            throw CBORFieldError(field: path, reason: "expected at most \(Number.max)")
        }
        return number
    }

    func int64() throws(CBORFieldError) -> Int64 {
        guard let number = value.asInt64 else { throw wrong("an integer of 64 bits") }
        return number
    }

    func bytes(count: Int?, limit: Int) throws(CBORFieldError) -> [UInt8] {
        guard let bytes = value.asBytes else { throw wrong("a byte string") }
        if let count, bytes.count != count {
            throw CBORFieldError(
                field: path, reason: "expected \(count) bytes, found \(bytes.count)")
        }
        try check(bytes.count, limit: limit, unit: "bytes")
        return bytes
    }

    func text(limit: Int) throws(CBORFieldError) -> String {
        guard let text = value.asText else { throw wrong("a text string") }
        try check(text.utf8.count, limit: limit, unit: "bytes of text")
        return text
    }

    func array(limit: Int) throws(CBORFieldError) -> [CBORValue] {
        guard let items = value.asArray else { throw wrong("an array") }
        try check(items.count, limit: limit, unit: "elements")
        return items
    }

    func bool() throws(CBORFieldError) -> Bool {
        guard let flag = value.asBool else { throw wrong("false or true") }
        return flag
    }

    private func check(_ count: Int, limit: Int, unit: String) throws(CBORFieldError) {
        guard count <= limit else {
            throw CBORFieldError(field: path, reason: "\(count) \(unit), at most \(limit) allowed")
        }
    }

    private func wrong(_ expected: String) -> CBORFieldError {
        CBORFieldError(field: path, reason: "expected \(expected), found \(value.kindName)")
    }
}

extension CBORValue {
    /// What kind of item this is, for a refusal.
    fileprivate var kindName: String {
        switch self {
        case .unsigned, .negative: "an integer"
        case .bytes: "a byte string"
        case .text: "a text string"
        case .array: "an array"
        case .map: "a map"
        case .tagged(let tag, _): "an item with tag \(tag)"
        case .bool: "false or true"
        case .null: "null"
        }
    }
}
