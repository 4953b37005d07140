package import GS1

/// An exact fraction between amounts, in lowest terms; never below zero.
///
/// What does not fit 128 bits is refused, never rounded: a share is exact or not assessable.
package struct Ratio: Hashable, Comparable, Sendable {
    /// Above the line.
    package let numerator: Int128
    /// Below the line; above zero.
    package let denominator: Int128

    /// Nothing of it.
    package static let zero = Ratio(whole: 0)
    /// All of it.
    package static let one = Ratio(whole: 1)

    private init(whole: Int128) {
        (numerator, denominator) = (whole, 1)
    }

    /// A fraction of whole numbers, or nothing if it is below zero or divides by zero.
    package init?(_ numerator: Int128, _ denominator: Int128) {
        guard numerator >= 0, denominator > 0 else { return nil }
        let divisor = Self.divisor(numerator, denominator)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
    }

    /// A decimal as a fraction, or nothing if it is below zero or does not fit.
    package init?(_ decimal: ExactDecimal) {
        guard let power = Self.power(abs(decimal.exponent)) else { return nil }
        if decimal.exponent < 0 {
            self.init(decimal.significand, power)
        } else {
            let (product, overflow) = decimal.significand.multipliedReportingOverflow(by: power)
            guard !overflow else { return nil }
            self.init(product, 1)
        }
    }

    /// The exact sum, or nothing if it does not fit.
    package static func + (left: Ratio, right: Ratio) -> Ratio? {
        let shared = divisor(left.denominator, right.denominator)
        guard let first = times(left.numerator, right.denominator / shared),
            let second = times(right.numerator, left.denominator / shared),
            let denominator = times(left.denominator, right.denominator / shared)
        else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : Ratio(sum, denominator)
    }

    /// The exact product, or nothing if it does not fit.
    package static func * (left: Ratio, right: Ratio) -> Ratio? {
        let first = divisor(left.numerator, right.denominator)
        let second = divisor(right.numerator, left.denominator)
        guard let above = times(left.numerator / first, right.numerator / second),
            let below = times(left.denominator / second, right.denominator / first)
        else { return nil }
        return Ratio(above, below)
    }

    /// The exact quotient, or nothing if it divides by zero or does not fit.
    package static func / (left: Ratio, right: Ratio) -> Ratio? {
        Ratio(right.denominator, right.numerator).flatMap { left * $0 }
    }

    /// By value, exactly: continued fractions, so that nothing overflows.
    package static func < (left: Ratio, right: Ratio) -> Bool {
        var (first, second) = (left, right)
        while true {
            let (whole, other) = (
                first.numerator / first.denominator, second.numerator / second.denominator
            )
            if whole != other { return whole < other }
            let rest = first.numerator % first.denominator
            let otherRest = second.numerator % second.denominator
            if otherRest == 0 { return false }
            if rest == 0 { return true }
            // 1 / first > 1 / second exactly if first < second: sides are exchanged.
            (first, second) = (
                Ratio(reduced: second.denominator, otherRest),
                Ratio(reduced: first.denominator, rest)
            )
        }
    }

    private init(reduced numerator: Int128, _ denominator: Int128) {
        (self.numerator, self.denominator) = (numerator, denominator)
    }

    private static func divisor(_ left: Int128, _ right: Int128) -> Int128 {
        var (first, second) = (left, right)
        while second != 0 { (first, second) = (second, first % second) }
        return max(first, 1)
    }

    private static func times(_ left: Int128, _ right: Int128) -> Int128? {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : product
    }

    private static func power(_ exponent: Int) -> Int128? {
        var result: Int128 = 1
        for _ in 0..<exponent {
            guard let next = times(result, 10) else { return nil }
            result = next
        }
        return result
    }
}

extension Ratio: CustomStringConvertible {
    /// `2/5`; whole numbers without a line.
    package var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }
}
