/// Hexadecimal spelling of bytes in tests.
package enum Hex {
    /// The bytes that pairs of hexadecimal digits spell; spaces are skipped.
    package static func bytes(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
        precondition(digits.count.isMultiple(of: 2), "an odd number of hexadecimal digits")
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// Lower-case hexadecimal digits of bytes.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
