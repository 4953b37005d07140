/// Base64 as RFC 4648 writes it, and nothing that merely resembles it.
///
/// Decoding is strict, so that one byte string has one spelling: padding exactly where the form
/// calls for it, no line breaks, and zero in the bits the last character has to spare.
package enum Base64: Sendable {
    /// The standard alphabet with padding (RFC 4648 §4): signed notes, PEM.
    case standard
    /// The alphabet for URLs and file names without padding (RFC 4648 §5): key names in URLs.
    case url

    /// The text form of some bytes.
    package func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var word: UInt32 = 0
        var held = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            appendCharacters(4, of: word, to: &output)
            (word, held) = (0, 0)
        }
        if held > 0 {
            appendCharacters(held + 1, of: word << (8 * UInt32(3 - held)), to: &output)
            if self == .standard { output += Array(repeating: 0x3d, count: 3 - held) }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes behind a text, or nil when it is not the one right spelling of any bytes.
    package func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(bytes: Array(text.utf8))
    }

    /// The bytes behind a text given as UTF-8, or nil as above.
    package func decode(bytes text: [UInt8]) -> [UInt8]? {
        var characters = text[...]
        if self == .standard {
            guard text.count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where characters.last == 0x3d { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(characters.count / 4 * 3 + 2)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for character in characters {
            guard let value = value(of: character) else { return nil }
            word = word << 6 | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            output.append(UInt8(truncatingIfNeeded: word >> bits))
            word &= 1 << bits - 1
        }
        return word == 0 ? output : nil
    }

    private func appendCharacters(_ count: Int, of word: UInt32, to output: inout [UInt8]) {
        for index in 0..<count {
            output.append(character(for: word >> (18 - 6 * UInt32(index)) & 63))
        }
    }

    private func character(for value: UInt32) -> UInt8 {
        switch value {
        case 0..<26: 0x41 + UInt8(value)
        case 26..<52: 0x61 + UInt8(value - 26)
        case 52..<62: 0x30 + UInt8(value - 52)
        case 62: self == .standard ? 0x2b : 0x2d
        default: self == .standard ? 0x2f : 0x5f
        }
    }

    private func value(of character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5a: UInt32(character - 0x41)
        case 0x61...0x7a: UInt32(character - 0x61) + 26
        case 0x30...0x39: UInt32(character - 0x30) + 52
        case self == .standard ? 0x2b : 0x2d: 62
        case self == .standard ? 0x2f : 0x5f: 63
        default: nil
        }
    }
}
