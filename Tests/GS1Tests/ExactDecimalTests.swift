import GS1
import Testing

@Suite struct ExactDecimalTests {
    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("0.000", "0"), ("0e9", "0"), ("0e9999999", "0"),
        ("-0.0E-9999999", "0"), ("1", "1"), ("-1", "-1"),
        ("100", "100"), ("1e2", "100"), ("1E+2", "100"), ("100.00", "100"), ("10000e-2", "100"),
        ("0.1", "0.1"), ("0.10", "0.1"), ("1e-7", "0.0000001"), ("-12.50", "-12.5"),
        ("123456789.987654321", "123456789.987654321"), ("1e22", "10000000000000000000000"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
        ("0.0000000000000000000000000000000000000000000000001e49", "1"),
        ("1000000000000000000000000000000000000000000000e-45", "1"),
    ])
    func `a JSON number is read exactly`(text: String, expected: String) throws {
        let number = try #require(ExactDecimal(text))
        #expect(number.description == expected)
        #expect(number == ExactDecimal(expected))
    }

    @Test(arguments: [
        "", "-", "+1", "01", "-01", "00", ".5", "5.", "1.e1", "1e", "1e+", "1e1.5", " 1", "1 ",
        "0x1", "1_000", "NaN", "Infinity", "1,5", "--1", "\u{661}", "1e65", "1e-65", "1e999999999",
        "1e99999999999999999999999999", "170141183460469231731687303715884105728",
        "1.00000000000000000000000000000000000000000000000001",
    ])
    func `a text that is no JSON number or does not fit is refused`(text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test func `a very long number is refused or read in linear time`() {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(ExactDecimal("1" + zeros) == nil)
        #expect(ExactDecimal("1." + zeros) == ExactDecimal(1))
        #expect(ExactDecimal(String(repeating: "9", count: 1_000_000)) == nil)
    }

    @Test func `arithmetic and order agree with whole numbers`() throws {
        // Every pair of n/8 and m/8 for small n, m: as decimals with up to three places.
        let range = -40...40
        let eighth = try #require(ExactDecimal("0.125"))
        let numbers = range.compactMap { ExactDecimal(Int64($0)) * eighth }
        #expect(numbers.count == range.count)
        for (left, n) in zip(numbers, range) {
            #expect(ExactDecimal(left.description) == left)
            #expect((-left) == ExactDecimal(Int64(-n)) * eighth)
            #expect(left.isNegative == (n < 0) && left.isZero == (n == 0))
            for (right, m) in zip(numbers, range) {
                #expect((left < right) == (n < m) && (left == right) == (n == m))
                #expect(left + right == ExactDecimal(Int64(n + m)) * eighth)
                #expect(left - right == ExactDecimal(Int64(n - m)) * eighth)
                let square = try #require(ExactDecimal("0.015625"))
                #expect(left * right == ExactDecimal(Int64(n * m)) * square)
            }
        }
    }

    @Test func `what does not fit is nothing, never rounded`() throws {
        let largest = try #require(ExactDecimal(significand: .max, exponent: 0))
        let tiny = try #require(ExactDecimal("1e-64"))
        let huge = try #require(ExactDecimal("1e64"))
        #expect(largest + ExactDecimal(1) == nil)
        #expect(largest * ExactDecimal(3) == nil)
        #expect(huge + tiny == nil)
        #expect(huge - tiny == nil)
        #expect(huge * ExactDecimal(10) == nil)
        let tenth = try #require(ExactDecimal("0.1"))
        #expect(tiny * tenth == nil)
        #expect(huge * tiny == ExactDecimal(1))
        #expect(huge + .zero == huge && .zero + tiny == tiny)
        let smallest = try #require(ExactDecimal(significand: .min, exponent: 0))
        #expect(-smallest == nil)
        #expect(ExactDecimal(1) - smallest == nil)
    }

    @Test func `order holds where scaling would overflow`() throws {
        let texts = [
            "-1e64", "-170141183460469231731687303715884105727", "-1", "-1e-64", "0", "1e-64",
            "9e-1", "99999999999999999999999999999999999999", "1e38", "2e38", "1e64",
        ]
        let numbers = try texts.map { try #require(ExactDecimal($0)) }
        for (left, i) in zip(numbers, texts.indices) {
            for (right, j) in zip(numbers, texts.indices) {
                #expect((left < right) == (i < j), "\(left) \(right)")
            }
        }
    }

    @Test func `unit codes are two or three capital letters or digits`() {
        for code in ["KGM", "EA", "C62", "4L", "H87"] { #expect(UnitCode(code)?.text == code) }
        for code in ["", "K", "KGMM", "kgm", "K-", "KÄ", "Kg"] { #expect(UnitCode(code) == nil) }
    }
}
