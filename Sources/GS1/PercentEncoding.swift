/// Percent-encoding in one normal form, so that equal identifiers are equal texts.
package enum PercentEncoding {
    /// Appends the encoding of `bytes` in which only unreserved characters stand unencoded.
    ///
    /// RFC 3986 §2.1, §6.2.2: two upper-case hexadecimal digits.
    static func append(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
        for byte in bytes {
            if byte.isUnreserved {
                output.append(byte)
            } else {
                appendTriplet(byte, to: &output)
            }
        }
    }

    /// Appends `%` and two upper-case hexadecimal digits.
    static func appendTriplet(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(0x25)
        output.append(hexDigit(byte >> 4))
        output.append(hexDigit(byte & 15))
    }

    /// The encoding of `bytes` as text, only unreserved characters unencoded.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return output.asText
    }

    /// The bytes behind an encoded text, or nothing if a `%` is not followed by two digits.
    static func decode(_ encoded: ArraySlice<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(encoded.count)
        var rest = encoded
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                output.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else {
                return nil
            }
            output.append(high << 4 | low)
        }
        return output
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x37 + value
    }
}
