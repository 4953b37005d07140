/// The rules that names, lines and numbers of notes obey, on bytes.
///
/// Swift compares strings by Unicode's canonical equivalence and splits them into grapheme
/// clusters; a signature covers bytes. So everything here works on UTF-8.
enum NoteText {
    static let newline: UInt8 = 0x0a
    /// An em dash and a space, with which a signature line begins.
    static let signatureMark: [UInt8] = [0xe2, 0x80, 0x94, 0x20]

    /// Whether two strings are the same bytes.
    static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8)
    }

    /// Whether a key name is legal: 1 to 255 bytes, no space of Unicode, no plus, no control
    /// characters.
    static func isName(_ name: String) -> Bool {
        (1...NoteLimits.nameByteCount).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.value >= 0x20 && scalar != "+" && !scalar.properties.isWhitespace
            }
    }

    /// The strict UTF-8 text of bytes without control characters other than the newline.
    static func text(_ bytes: some Collection<UInt8>) throws(NoteError) -> String {
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == newline }) else {
            throw .malformed("a control character other than the newline")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("not valid UTF-8")
        }
        return text
    }

    /// The lines of a text that ends with a newline, without their newlines.
    static func lines(_ text: ArraySlice<UInt8>) throws(NoteError) -> [ArraySlice<UInt8>] {
        guard text.last == newline else { throw .malformed("the last line does not end") }
        return text.dropLast().split(separator: newline, omittingEmptySubsequences: false)
    }

    /// A decimal number without sign or leading zeros, below 2⁶⁴.
    static func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count), digits.count == 1 || digits.first != 0x30 else {
            return nil
        }
        var number: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (scaled, over) = number.multipliedReportingOverflow(by: 10)
            let (sum, overAgain) = scaled.addingReportingOverflow(UInt64(digit - 0x30))
            guard !over, !overAgain else { return nil }
            number = sum
        }
        return number
    }

    /// The number's bytes, most significant first.
    static func bigEndian<Number: FixedWidthInteger & UnsignedInteger>(
        _ number: Number
    ) -> [UInt8] {
        (0..<Number.bitWidth / 8).reversed().map {
            UInt8(truncatingIfNeeded: number >> (8 * Number($0)))
        }
    }

    /// The number whose bytes these are, most significant first.
    static func number<Number: FixedWidthInteger & UnsignedInteger>(
        bigEndian bytes: some Collection<UInt8>, as type: Number.Type
    ) -> Number {
        bytes.reduce(0) { $0 << 8 | Number($1) }
    }
}
