/// Turns the bytes of a document into UTF-8.
///
/// UTF-8, UTF-16 with its mark and ISO-8859-1 are what programs write; any other encoding is
/// refused, for a wrong guess would change names without a word.
enum XMLEncoding {
    /// The document as UTF-8, without mark, its lines ended by line feeds (XML 1.0 §2.11).
    static func utf8(_ bytes: [UInt8]) throws(ImportRefusal) -> [UInt8] {
        let text = try transcoded(bytes)
        guard text.contains(0x0d) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for (index, byte) in text.enumerated() {
            if byte != 0x0d {
                result.append(byte)
            } else if index + 1 >= text.count || text[index + 1] != 0x0a {
                result.append(0x0a)
            }
        }
        return result
    }

    private static func transcoded(_ bytes: [UInt8]) throws(ImportRefusal) -> [UInt8] {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return try valid(Array(bytes.dropFirst(3))) }
        if bytes.starts(with: [0xff, 0xfe]) { return try wide(bytes, high: 1) }
        if bytes.starts(with: [0xfe, 0xff]) { return try wide(bytes, high: 0) }
        switch declared(bytes)?.uppercased() {
        case nil, "UTF-8", "UTF8", "US-ASCII", "ASCII": return try valid(bytes)
        case "ISO-8859-1", "LATIN1", "LATIN-1":
            return bytes.flatMap { byte -> [UInt8] in
                byte < 0x80 ? [byte] : [0xc0 | byte >> 6, 0x80 | byte & 0x3f]
            }
        case .some(let name):
            throw ImportRefusal(
                "xml.encoding",
                "the encoding \(Shown.text(name)) is not read: save the document as UTF-8")
        }
    }

    private static func valid(_ bytes: [UInt8]) throws(ImportRefusal) -> [UInt8] {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ImportRefusal(
                "xml.encoding",
                "the document is not the UTF-8 that it should be: save it as UTF-8 again")
        }
        return bytes
    }

    /// UTF-16 after its mark; `high` is the place of the high byte in each pair.
    private static func wide(_ bytes: [UInt8], high: Int) throws(ImportRefusal) -> [UInt8] {
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map {
            UInt16(bytes[$0 + high]) << 8 | UInt16(bytes[$0 + 1 - high])
        }
        guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self)
        else { throw ImportRefusal("xml.encoding", "the document is broken UTF-16") }
        return Array(text.utf8)
    }

    /// The encoding named in the XML declaration.
    private static func declared(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: "<?xml".utf8),
            let end = bytes.prefix(512).firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        let declaration = String(decoding: bytes[..<end], as: UTF8.self)
        let words = declaration.split { "= \t\r\n\"'?".contains($0) }
        guard let place = words.firstIndex(of: "encoding"), place + 1 < words.count else {
            return nil
        }
        return String(words[place + 1])
    }
}

/// Texts from outside as messages show them: cut, and without control characters.
enum Shown {
    /// The text, at most some 80 bytes of it.
    static func text(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if result.utf8.count >= 80 { return result + "…" }
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return result
    }
}
