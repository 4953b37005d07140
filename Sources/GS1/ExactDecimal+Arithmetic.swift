extension ExactDecimal: Comparable {
    package static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        if left.significand.signum() != right.significand.signum() {
            return left.significand.signum() < right.significand.signum()
        }
        return left.isNegative
            ? right.isMagnitudeLess(than: left) : left.isMagnitudeLess(than: right)
    }

    /// Compares without the signs, exactly and without overflow.
    private func isMagnitudeLess(than other: ExactDecimal) -> Bool {
        if isZero || other.isZero { return isZero && !other.isZero }
        if exponent < other.exponent {
            // A shifted number that no longer fits is greater than any that does.
            guard
                let shifted = Self.shifted(
                    other.significand.magnitude, by: other.exponent - exponent)
            else { return true }
            return significand.magnitude < shifted
        }
        guard let shifted = Self.shifted(significand.magnitude, by: exponent - other.exponent)
        else {
            return false
        }
        return shifted < other.significand.magnitude
    }

    private static func shifted(_ value: UInt128, by places: Int) -> UInt128? {
        var value = value
        for _ in 0..<places {
            let (next, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = next
        }
        return value
    }
}

extension ExactDecimal {
    /// The exact sum, or nothing if it does not fit.
    package static func + (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal? {
        if left.isZero { return right }
        if right.isZero { return left }
        let exponent = min(left.exponent, right.exponent)
        guard let first = left.significand(atExponent: exponent),
            let second = right.significand(atExponent: exponent)
        else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : ExactDecimal(significand: sum, exponent: exponent)
    }

    /// The exact difference, or nothing if it does not fit.
    package static func - (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal? {
        guard let negated = -right else { return nil }
        return left + negated
    }

    /// The number with the other sign, or nothing if it does not fit.
    package static prefix func - (value: ExactDecimal) -> ExactDecimal? {
        let (negated, overflow) = Int128(0).subtractingReportingOverflow(value.significand)
        return overflow ? nil : ExactDecimal(significand: negated, exponent: value.exponent)
    }

    /// The exact product, or nothing if it does not fit.
    package static func * (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal? {
        let (product, overflow) = left.significand.multipliedReportingOverflow(
            by: right.significand)
        return overflow
            ? nil : ExactDecimal(significand: product, exponent: left.exponent + right.exponent)
    }

    /// The significand of the same number written with a smaller exponent, if it fits.
    private func significand(atExponent lower: Int) -> Int128? {
        var digits = significand
        for _ in 0..<(exponent - lower) {
            let (next, overflow) = digits.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            digits = next
        }
        return digits
    }
}
