/// A 256-bit unsigned number in four words, most significant first: just enough arithmetic for
/// the range checks of the acceptance rule.
struct Words256: Hashable, Comparable {
    var w0: UInt64
    var w1: UInt64
    var w2: UInt64
    var w3: UInt64

    init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
    }

    /// Reads 32 bytes, most significant first.
    init(bigEndian bytes: [UInt8], at start: Int) {
        func word(_ offset: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[start + offset + $1]) }
        }
        self.init(word(0), word(8), word(16), word(24))
    }

    /// Reads 32 bytes, least significant first.
    init(littleEndian bytes: [UInt8], at start: Int) {
        func word(_ offset: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[start + offset + 7 - $1]) }
        }
        self.init(word(24), word(16), word(8), word(0))
    }

    static let zero = Words256(0, 0, 0, 0)

    static func < (left: Words256, right: Words256) -> Bool {
        if left.w0 != right.w0 { return left.w0 < right.w0 }
        if left.w1 != right.w1 { return left.w1 < right.w1 }
        if left.w2 != right.w2 { return left.w2 < right.w2 }
        return left.w3 < right.w3
    }

    /// The difference; the subtrahend must not be the larger one.
    func subtracting(_ other: Words256) -> Words256 {
        precondition(other <= self, "the difference of unsigned numbers is negative")
        var result = Words256.zero
        var borrow = false
        func step(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let (first, under) = a.subtractingReportingOverflow(b)
            let (second, underAgain) = first.subtractingReportingOverflow(borrow ? 1 : 0)
            borrow = under || underAgain
            return second
        }
        result.w3 = step(w3, other.w3)
        result.w2 = step(w2, other.w2)
        result.w1 = step(w1, other.w1)
        result.w0 = step(w0, other.w0)
        return result
    }

    /// The 32 bytes, most significant first.
    var bigEndianBytes: [UInt8] {
        [w0, w1, w2, w3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }
}
