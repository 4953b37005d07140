extension JSONReader {
    /// Reads a number and keeps its text (RFC 8259 §6).
    mutating func readNumber() throws(JSONError) -> JSONNumber {
        let start = position
        skip { $0 == UInt8(ascii: "-") }
        guard position - start <= 1 else { throw badNumber(start) }
        let integer = skip(while: Self.isDigit)
        guard integer > 0 else { throw badNumber(start) }
        guard integer == 1 || bytes[position - integer] != UInt8(ascii: "0") else {
            position = start
            throw badNumber(start)
        }
        if isNext(UInt8(ascii: ".")) {
            position += 1
            guard skip(while: Self.isDigit) > 0 else { throw badNumber(start) }
        }
        if isNext(UInt8(ascii: "e")) || isNext(UInt8(ascii: "E")) {
            position += 1
            if isNext(UInt8(ascii: "+")) || isNext(UInt8(ascii: "-")) { position += 1 }
            guard skip(while: Self.isDigit) > 0 else { throw badNumber(start) }
        }
        guard position - start <= limits.numberByteCount else {
            let length = position - start
            position = start
            throw failure(
                "json.number-too-long",
                "a number of \(length) characters, the limit is \(limits.numberByteCount)")
        }
        return JSONNumber(unchecked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// Reads a string or a member name whose opening quotation mark is at the position.
    mutating func readString(name: Bool) throws(JSONError) -> String {
        let start = position
        let limit = name ? limits.nameByteCount : limits.stringByteCount
        position += 1
        // Without an escape the source bytes are the string: no copy into a buffer.
        skip { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        var resolved: [UInt8]? = nil
        while try peek() != UInt8(ascii: "\"") {
            try checkLength(from: start, limit: limit, name: name)
            var buffer = resolved ?? [UInt8](bytes[(start + 1)..<position])
            try readEscape(into: &buffer)
            let runStart = position
            skip { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            buffer.append(contentsOf: bytes[runStart..<position])
            resolved = consume buffer
        }
        try checkLength(from: start, limit: limit, name: name)
        let source = resolved.map { $0[...] } ?? bytes[(start + 1)..<position]
        let text =
            isWellFormed
            ? String(decoding: source, as: UTF8.self) : String(validating: source, as: UTF8.self)
        guard let text else {
            position = start
            throw failure("json.invalid-utf8", "a string that begins here is not valid UTF-8")
        }
        position += 1
        return text
    }

    /// Refuses a string whose source form up to the position is over the limit.
    private mutating func checkLength(
        from start: Int, limit: Int, name: Bool
    ) throws(JSONError) {
        guard position - start - 1 > limit else { return }
        position = start
        throw name
            ? failure("json.name-too-long", "a member name of more than \(limit) bytes")
            : failure("json.string-too-long", "a string of more than \(limit) bytes")
    }

    /// Resolves the escape at the position; anything else here is a bare control character.
    private mutating func readEscape(into buffer: inout [UInt8]) throws(JSONError) {
        guard try peek() == UInt8(ascii: "\\") else {
            throw failure("json.control-character", "a control character must be escaped")
        }
        position += 1
        switch try peek() {
        case UInt8(ascii: "\""): buffer.append(0x22)
        case UInt8(ascii: "\\"): buffer.append(0x5c)
        case UInt8(ascii: "/"): buffer.append(0x2f)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0c)
        case UInt8(ascii: "n"): buffer.append(0x0a)
        case UInt8(ascii: "r"): buffer.append(0x0d)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            buffer.append(contentsOf: String(try readEscapedScalar()).utf8)
            return
        default: throw failure("json.invalid-escape", "no escape is spelled like this")
        }
        position += 1
    }

    /// Reads the hexadecimal digits after `\u`, and the second half of a surrogate pair.
    private mutating func readEscapedScalar() throws(JSONError) -> Character {
        let start = position - 2
        let first = try readHexQuad()
        var value = UInt32(first)
        if (0xd800...0xdbff).contains(first) {
            guard try peek() == UInt8(ascii: "\\") else { throw loneSurrogate(start) }
            position += 1
            guard try peek() == UInt8(ascii: "u") else { throw loneSurrogate(start) }
            position += 1
            let second = try readHexQuad()
            guard (0xdc00...0xdfff).contains(second) else { throw loneSurrogate(start) }
            value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw loneSurrogate(start) }
        return Character(scalar)
    }

    /// Reads four hexadecimal digits.
    private mutating func readHexQuad() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw failure("json.invalid-escape", "four hexadecimal digits must follow \\u")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    /// The error for a surrogate without its other half, at the escape's own offset.
    private mutating func loneSurrogate(_ start: Int) -> JSONError {
        position = start
        return failure("json.lone-surrogate", "this escape is half of a surrogate pair")
    }

    /// The error for a malformed number; a text that ends inside it is truncated.
    private mutating func badNumber(_ start: Int) -> JSONError {
        guard position < bytes.count else {
            return failure("json.truncated", "the text ends inside a number")
        }
        position = start
        return failure("json.invalid-number", "this is not a number as RFC 8259 §6 spells it")
    }

    /// Whether a byte is a decimal digit.
    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9")
    }

    /// Whether the next byte is this one.
    private func isNext(_ byte: UInt8) -> Bool {
        position < bytes.count && bytes[position] == byte
    }

    /// Steps over the bytes that satisfy a condition and counts them.
    @discardableResult
    private mutating func skip(while condition: (UInt8) -> Bool) -> Int {
        let start = position
        while position < bytes.count, condition(bytes[position]) { position += 1 }
        return position - start
    }
}
