extension JSONValue {
    /// Reads one JSON text (RFC 8259) that must fill `bytes` but for white space around it.
    ///
    /// Stricter than the RFC where it leaves room: no byte order mark, only well-formed UTF-8, no
    /// lone surrogate in `\u` escapes, no two members of one name, and bounds on everything.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: bytes, limits: limits)
        return try reader.readText()
    }
}

/// The state of one reading: a position, what is left of the limits, and the path for errors.
struct JSONReader {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    var path = JSONPath()
    /// Whether the whole text is well-formed UTF-8, so that no string of it need be looked at.
    let isWellFormed: Bool
    private var valuesLeft: Int

    /// Starts before the first byte.
    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        isWellFormed =
            bytes.count <= limits.byteCount && String(validating: bytes, as: UTF8.self) != nil
        valuesLeft = limits.valueCount
    }

    /// Reads the whole text.
    mutating func readText() throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.byteCount else {
            throw failure(
                "json.too-large", "\(bytes.count) bytes, the limit is \(limits.byteCount)")
        }
        guard !bytes.starts(with: [0xef, 0xbb, 0xbf]) else {
            throw failure("json.byte-order-mark", "the text begins with a byte order mark")
        }
        skipWhiteSpace()
        let value = try readValue(depth: 0)
        skipWhiteSpace()
        guard position == bytes.count else {
            throw failure("json.trailing-bytes", "something follows the end of the JSON value")
        }
        return value
    }

    /// Reads the value at the position; white space before it is already skipped.
    private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        guard valuesLeft > 0 else {
            throw failure("json.too-many-values", "more than \(limits.valueCount) values")
        }
        valuesLeft -= 1
        switch try peek() {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try readString(name: false))
        case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try readLiteral("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try readNumber())
        default: throw failure("json.syntax", "a JSON value was expected here")
        }
    }

    /// Reads an array whose opening bracket is at the position.
    private mutating func readArray(depth: Int) throws(JSONError) -> JSONValue {
        try open(depth: depth)
        var elements: [JSONValue] = []
        if try skipClosing(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            path.steps.append(.index(elements.count))
            elements.append(try readValue(depth: depth))
            path.steps.removeLast()
            if try skipSeparator(orClosing: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Reads an object whose opening brace is at the position.
    private mutating func readObject(depth: Int) throws(JSONError) -> JSONValue {
        try open(depth: depth)
        var members: [JSONMember] = []
        var names = NameSet()
        if try skipClosing(UInt8(ascii: "}")) { return .object(members) }
        while true {
            guard try peek() == UInt8(ascii: "\"") else {
                throw failure("json.syntax", "a member name in quotation marks was expected here")
            }
            let start = position
            let name = try readString(name: true)
            path.steps.append(.name(name))
            guard names.insert(name, among: members) else {
                position = start
                throw failure("json.duplicate-name", "the object has two members of this name")
            }
            skipWhiteSpace()
            guard try peek() == UInt8(ascii: ":") else {
                throw failure("json.syntax", "a colon was expected after the member name")
            }
            position += 1
            skipWhiteSpace()
            members.append(JSONMember(name, try readValue(depth: depth)))
            path.steps.removeLast()
            if try skipSeparator(orClosing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    /// Enters a container: checks the depth and steps over its opening byte.
    private mutating func open(depth: Int) throws(JSONError) {
        guard depth <= min(limits.depth, JSONLimits.depthCeiling) else {
            throw failure(
                "json.too-deep",
                "arrays and objects nest deeper than \(min(limits.depth, JSONLimits.depthCeiling))")
        }
        position += 1
        skipWhiteSpace()
    }

    /// Steps over the closing byte of an empty container, if it is next.
    private mutating func skipClosing(_ closing: UInt8) throws(JSONError) -> Bool {
        guard try peek() == closing else { return false }
        position += 1
        return true
    }

    /// Steps over a comma and the white space after it, or over the closing byte.
    private mutating func skipSeparator(orClosing closing: UInt8) throws(JSONError) -> Bool {
        skipWhiteSpace()
        let byte = try peek()
        guard byte == closing || byte == UInt8(ascii: ",") else {
            throw failure("json.syntax", "a comma or the closing bracket was expected here")
        }
        position += 1
        if byte == closing { return true }
        skipWhiteSpace()
        return false
    }

    /// Reads `true`, `false` or `null`.
    private mutating func readLiteral(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        for expected in word.description.utf8 {
            guard try peek() == expected else {
                throw failure("json.syntax", "the literal \(word) was expected here")
            }
            position += 1
        }
        return value
    }

    /// Steps over the four white-space characters of JSON.
    private mutating func skipWhiteSpace() {
        while position < bytes.count,
            bytes[position] == 0x20 || bytes[position] == 0x0a || bytes[position] == 0x0d
                || bytes[position] == 0x09
        {
            position += 1
        }
    }

    /// The byte at the position; a text that ends here is truncated.
    func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else {
            throw failure("json.truncated", "the text ends inside a value")
        }
        return bytes[position]
    }

    /// An error at the present position and path.
    func failure(_ code: String, _ reason: String) -> JSONError {
        JSONError(code: code, offset: position, path: path.text, reason: reason)
    }
}

/// The member names of one object, compared byte for byte: linear while few, then hashed.
private struct NameSet {
    private static let linearCount = 32
    private var hashed: Set<[UInt8]> = []

    /// Whether the name is new; `members` are those read before it.
    mutating func insert(_ name: String, among members: [JSONMember]) -> Bool {
        guard members.count >= Self.linearCount else {
            // Strings that differ as Unicode differ in bytes; the test is much faster.
            return !members.contains {
                $0.name == name && $0.name.utf8.elementsEqual(name.utf8)
            }
        }
        if hashed.isEmpty { hashed = Set(members.map { [UInt8]($0.name.utf8) }) }
        return hashed.insert([UInt8](name.utf8)).inserted
    }
}
