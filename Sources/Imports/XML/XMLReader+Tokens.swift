/// A name as written: prefix, colon, local part.
struct RawName {
    var prefix: String
    var local: String
}

/// A start tag as written.
struct RawTag {
    var name: RawName
    var attributes: [(name: RawName, value: String)] = []
    var declared: [String: String] = [:]
    var isEmpty = false
    let line: Int
}

extension XMLReader {
    /// Whether the bytes at the position are these.
    func starts(_ text: StaticString) -> Bool {
        bytes[position...].starts(with: text.description.utf8)
    }

    /// Counts the lines of bytes that have been read.
    mutating func countLines(_ slice: ArraySlice<UInt8>) {
        for byte in slice where byte == 0x0a { line += 1 }
    }

    /// Steps over white space.
    mutating func skipSpace() {
        while position < bytes.count, XMLText.isSpace(bytes[position]) {
            if bytes[position] == 0x0a { line += 1 }
            position += 1
        }
    }

    /// Steps past the next occurrence of a text; lines inside are counted unless it is CDATA,
    /// whose text is counted as it is taken.
    mutating func skip(past end: StaticString, _ what: String) throws(ImportRefusal) {
        let pattern = Array(end.description.utf8)
        let isText = pattern.first == UInt8(ascii: "]")
        var place = position
        while place + pattern.count <= bytes.count {
            if bytes[place] == pattern[0], bytes[place...].starts(with: pattern) {
                if !isText { countLines(bytes[position..<place]) }
                position = place + pattern.count
                return
            }
            place += 1
        }
        throw failure("xml.syntax", "\(what) never ends")
    }

    /// Reads `<name attributes>` or `<name attributes/>`.
    mutating func readTag() throws(ImportRefusal) -> RawTag {
        let start = line
        position += 1
        var tag = RawTag(name: try readName(), line: start)
        while true {
            let before = position
            skipSpace()
            guard position < bytes.count else {
                throw failure("xml.syntax", "<\(Shown.text(tag.name.local)) never ends")
            }
            if bytes[position] == UInt8(ascii: ">") {
                position += 1
                return tag
            }
            if starts("/>") {
                position += 2
                tag.isEmpty = true
                return tag
            }
            guard position > before else {
                throw failure("xml.syntax", "white space is missing before an attribute")
            }
            try readAttribute(into: &tag)
        }
    }

    private mutating func readAttribute(into tag: inout RawTag) throws(ImportRefusal) {
        guard tag.attributes.count + tag.declared.count < limits.attributeCount else {
            throw failure(
                "xml.too-large", "an element has more than \(limits.attributeCount) attributes")
        }
        let name = try readName()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
            throw failure("xml.syntax", "= is missing after \(Shown.text(name.local))")
        }
        position += 1
        skipSpace()
        let value = try readValue()
        switch (name.prefix, name.local) {
        case ("", "xmlns"): try declare("", value, in: &tag)
        case ("xmlns", let prefix): try declare(prefix, value, in: &tag)
        default: tag.attributes.append((name, value))
        }
    }

    private func declare(
        _ prefix: String, _ uri: String, in tag: inout RawTag
    ) throws(ImportRefusal) {
        let isReserved = prefix == "xmlns" || (prefix == "xml") != (uri == XMLNamespace.xml)
        guard !isReserved, !(uri.isEmpty && !prefix.isEmpty), tag.declared[prefix] == nil else {
            throw failure(
                "xml.syntax", "the namespace of prefix \"\(Shown.text(prefix))\" cannot be declared"
            )
        }
        guard uri.utf8.count <= limits.nameByteCount else {
            throw failure("xml.too-large", "a namespace of more than \(limits.nameByteCount) bytes")
        }
        tag.declared[prefix] = uri
    }

    /// Reads an attribute's value, its white space made spaces (XML 1.0 §3.3.3).
    private mutating func readValue() throws(ImportRefusal) -> String {
        guard position < bytes.count,
            bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else { throw failure("xml.syntax", "an attribute's value needs quotation marks") }
        let quote = bytes[position]
        let start = position + 1
        var end = start
        while end < bytes.count, bytes[end] != quote {
            guard bytes[end] != UInt8(ascii: "<") else {
                throw failure("xml.syntax", "< stands in an attribute's value: write &lt;")
            }
            end += 1
        }
        guard end < bytes.count else { throw failure("xml.syntax", "an attribute never ends") }
        guard end - start <= limits.textByteCount else {
            throw failure("xml.too-large", "an attribute passes \(limits.textByteCount) bytes")
        }
        position = end + 1
        let slice = bytes[start..<end]
        try checkCharacters(slice)
        let plain = ArraySlice(slice.map { XMLText.isSpace($0) ? 0x20 : $0 })
        let value = try resolved(plain)
        countLines(slice)
        return String(decoding: value, as: UTF8.self)
    }

    /// Reads a name; letters outside ASCII are not told apart.
    mutating func readName() throws(ImportRefusal) -> RawName {
        let start = position
        while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
        let name = bytes[start..<position]
        guard let first = name.first, !Self.isNoStart(first) else {
            throw failure("xml.syntax", "a name was expected here; < in text is written &lt;")
        }
        guard name.count <= limits.nameByteCount else {
            throw failure("xml.too-large", "a name of more than \(limits.nameByteCount) bytes")
        }
        let parts = name.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ $0.first.map(Self.isNoStart) == false }) else {
            throw failure(
                "xml.syntax", "a name has one colon at most, between a prefix and a local part")
        }
        let texts = parts.map { String(decoding: $0, as: UTF8.self) }
        return texts.count == 2
            ? RawName(prefix: texts[0], local: texts[1]) : RawName(prefix: "", local: texts[0])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x80...: true
        default: false
        }
    }

    /// Whether no name begins with this byte of names: digits, hyphen, full stop, colon.
    private static func isNoStart(_ byte: UInt8) -> Bool {
        (0x30...0x3a).contains(byte) || byte == 0x2d || byte == 0x2e
    }

    /// Refuses characters that XML does not have.
    func checkCharacters(_ slice: ArraySlice<UInt8>) throws(ImportRefusal) {
        guard slice.allSatisfy({ $0 >= 0x20 || XMLText.isSpace($0) }) else {
            throw failure("xml.syntax", "a control character that XML does not have")
        }
    }

    /// A text with its references resolved: characters by number, and the five names of XML.
    func resolved(_ slice: ArraySlice<UInt8>) throws(ImportRefusal) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(slice.count)
        var rest = slice
        while let byte = rest.first {
            guard byte == UInt8(ascii: "&") else {
                result.append(byte)
                rest.removeFirst()
                continue
            }
            guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
                throw failure("xml.entity", "& begins no reference: write &amp;")
            }
            let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
            result += Array(try referred(name).utf8)
            rest = rest[(end + 1)...]
        }
        return result
    }

    private func referred(_ name: String) throws(ImportRefusal) -> String {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        let isHex = name.hasPrefix("#x")
        let digits = name.dropFirst(isHex ? 2 : 1)
        guard name.hasPrefix("#"), digits.utf8.first != UInt8(ascii: "+"),
            let value = UInt32(digits, radix: isHex ? 16 : 10),
            let scalar = Unicode.Scalar(value),
            value >= 0x20 || value == 0x09 || value == 0x0a || value == 0x0d,
            value != 0xfffe, value != 0xffff
        else {
            throw failure(
                "xml.entity",
                "&\(Shown.text(name)); is not read: of entities there are lt, gt, amp, quot, apos")
        }
        return String(Character(scalar))
    }
}
