/// A decimal number kept exactly, as quantities need: `significand × 10^exponent`.
///
/// Always in normal form (no trailing zeros in the significand, zero as `0 × 10^0`), so equal
/// numbers are equal values whatever their spelling: `100`, `1e2` and `100.00` are one.
/// The significand is an `Int128` (every number of 38 digits fits), the exponent lies in
/// ``exponentRange``. Whatever does not fit is refused, never rounded.
package struct ExactDecimal: Hashable, Sendable {
    /// Ten does not divide it, unless the number is zero.
    package let significand: Int128
    /// The power of ten.
    package let exponent: Int

    /// The exponents of the normal form.
    package static let exponentRange = -64...64

    /// The number zero.
    package static let zero = ExactDecimal(0)

    /// A whole number.
    package init(_ value: Int64) {
        (significand, exponent) = Self.normalised(Int128(value), 0)
    }

    /// The number `significand × 10^exponent`, or nothing if the exponent does not fit.
    package init?(significand: Int128, exponent: Int) {
        // Zero is zero, whatever its exponent. Far outside there is nothing to normalise, and the
        // sum below cannot overflow.
        guard significand != 0 else {
            self = .zero
            return
        }
        guard (-1_000_000...1_000_000).contains(exponent) else { return nil }
        let (digits, power) = Self.normalised(significand, exponent)
        guard Self.exponentRange.contains(power) else { return nil }
        self.significand = digits
        self.exponent = power
    }

    /// Reads a JSON number (RFC 8259 §6), exponent form included.
    ///
    /// Nothing for any other text, and for a number that does not fit.
    package init?(_ text: String) {
        guard let parsed = JSONNumberText(text) else { return nil }
        self.init(significand: parsed.significand, exponent: parsed.exponent)
    }

    /// Below zero.
    package var isNegative: Bool { significand < 0 }

    /// Equal to zero.
    package var isZero: Bool { significand == 0 }

    /// Moves trailing zeros of the significand into the exponent.
    private static func normalised(_ significand: Int128, _ exponent: Int) -> (Int128, Int) {
        guard significand != 0 else { return (0, 0) }
        var (digits, power) = (significand, exponent)
        while digits % 10 == 0 {
            digits /= 10
            power += 1
        }
        return (digits, power)
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// Plain decimal notation without exponent: `-0.00125`, `12000`.
    package var description: String {
        let digits = String(significand.magnitude)
        let sign = isNegative ? "-" : ""
        if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
        let places = -exponent
        if digits.utf8.count <= places {
            let zeros = String(repeating: "0", count: places - digits.utf8.count)
            return sign + "0." + zeros + digits
        }
        return sign + digits.dropLast(places) + "." + digits.suffix(places)
    }
}

/// The parts of a JSON number, digits summed up.
private struct JSONNumberText {
    private(set) var significand: Int128 = 0
    private(set) var exponent = 0
    private var rest: Substring.UTF8View
    private var pendingZeros = 0

    init?(_ text: String) {
        rest = text[...].utf8
        let isNegative = skip(0x2D)
        let leadingZero = rest.first == 0x30
        guard let whole = readDigits(), whole == 1 || !leadingZero else { return nil }
        if skip(0x2E) {
            guard let places = readDigits() else { return nil }
            exponent -= places
        }
        guard readExponent(), rest.isEmpty else { return nil }
        exponent += pendingZeros
        if isNegative { significand.negate() }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// Adds digits to the significand; how many, or nothing if there are none or too many.
    ///
    /// Zeros wait until a digit follows them, so that `1000…0` and `1.000…0` of any length fit.
    private mutating func readDigits() -> Int? {
        var count = 0
        while let byte = rest.first, byte.isDigit {
            rest.removeFirst()
            count += 1
            pendingZeros += 1
            guard byte != 0x30 else { continue }
            guard append(Int128(byte - 0x30)) else { return nil }
        }
        return count == 0 ? nil : count
    }

    /// Shifts by the waiting places and adds one digit; false if that does not fit.
    private mutating func append(_ digit: Int128) -> Bool {
        while pendingZeros > 0 {
            let (shifted, overflow) = significand.multipliedReportingOverflow(by: 10)
            guard !overflow else { return false }
            significand = shifted
            pendingZeros -= 1
            // Zeros before the first digit shift nothing.
            if significand == 0 { pendingZeros = 0 }
        }
        let (sum, overflow) = significand.addingReportingOverflow(digit)
        significand = sum
        return !overflow
    }

    private mutating func readExponent() -> Bool {
        guard skip(0x65) || skip(0x45) else { return true }
        let isNegative = skip(0x2D)
        if !isNegative { _ = skip(0x2B) }
        guard let first = rest.first, first.isDigit else { return false }
        var value = 0
        while let byte = rest.first, byte.isDigit {
            rest.removeFirst()
            // Beyond this it does not fit anyway; the bound keeps the sum from overflowing.
            value = min(value * 10 + Int(byte - 0x30), 1_000_000)
        }
        exponent += isNegative ? -value : value
        return true
    }
}
