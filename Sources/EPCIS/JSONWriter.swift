extension JSONValue {
    /// The compact text of this value: no white space, member order and number texts as they are.
    ///
    /// Strings carry the fewest escapes RFC 8259 §7 allows: quotation mark, reverse solidus and
    /// the characters below U+0020 (short forms where they exist, else `\u00xx` in lower case).
    /// The result depends on the value only, and parses back to an equal value.
    package func serialized() -> [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    /// Appends the compact text to `output`.
    func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.text.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements): Self.write(elements, to: &output)
        case .object(let members): Self.write(members, to: &output)
        }
    }

    /// Appends an array's text.
    private static func write(_ elements: [JSONValue], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            element.write(to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Appends an object's text.
    private static func write(_ members: [JSONMember], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            member.write(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// Appends a string's text with its quotation marks.
    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy(standsForItself) {
            output.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 {
                if standsForItself(byte) {
                    output.append(byte)
                } else {
                    writeEscape(byte, to: &output)
                }
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Whether a byte needs no escape in a string.
    private static func standsForItself(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Appends the escape of a byte that may not stand in a string as itself.
    private static func writeEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0a: output.append(UInt8(ascii: "n"))
        case 0x0c: output.append(UInt8(ascii: "f"))
        case 0x0d: output.append(UInt8(ascii: "r"))
        case 0x22, 0x5c: output.append(byte)
        default:
            let digits = [UInt8]("0123456789abcdef".utf8)
            output.append(contentsOf: "u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 0x0f)])
        }
    }
}

extension JSONMember {
    /// Appends the member's text: name, colon, value.
    func write(to output: inout [UInt8]) {
        JSONValue.write(name, to: &output)
        output.append(UInt8(ascii: ":"))
        value.write(to: &output)
    }
}
