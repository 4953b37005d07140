import GS1
import Support
import Testing

@testable import Verdicts

/// Shares are exact fractions: what does not fit is nothing, never something near it.
@Suite struct RatioTests {
    private func ratio(_ numerator: Int128, _ denominator: Int128) throws -> Ratio {
        try #require(Ratio(numerator, denominator))
    }

    @Test func `fractions are in lowest terms and above zero`() throws {
        #expect(try ratio(40, 100).description == "2/5")
        #expect(try ratio(0, 7) == .zero)
        #expect(Ratio(-1, 2) == nil)
        #expect(Ratio(1, 0) == nil)
        #expect(Ratio(try #require(ExactDecimal("0.40"))) == Ratio(2, 5))
        #expect(Ratio(try #require(ExactDecimal("1e30"))) == Ratio(power(10, 30), 1))
        #expect(Ratio(try #require(ExactDecimal("1e60"))) == nil)
    }

    @Test func `what does not fit is nothing`() throws {
        let huge = try ratio(.max, 1)
        #expect(huge + huge == nil)
        #expect(huge * huge == nil)
        #expect(huge / .zero == nil)
        #expect(huge / huge == .one)
    }

    @Test func `drawn fractions add, multiply and compare as on paper`() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<5_000 {
            let (a, b, c, d) = (
                Int128(random.next() % 1_000), Int128(random.next() % 1_000 + 1),
                Int128(random.next() % 1_000), Int128(random.next() % 1_000 + 1)
            )
            let (left, right) = (try ratio(a, b), try ratio(c, d))
            #expect(left + right == Ratio(a * d + c * b, b * d))
            #expect(left * right == Ratio(a * c, b * d))
            #expect((left < right) == (a * d < c * b))
            if c > 0 { #expect(left / right == Ratio(a * d, b * c)) }
        }
    }

    @Test func `the greatest fractions compare without overflow`() throws {
        let (near, nearer) = (try ratio(.max - 1, .max), try ratio(.max - 2, .max - 1))
        #expect(nearer < near)
        #expect(!(near < nearer))
        #expect(near < .one)
    }

    private func power(_ base: Int128, _ exponent: Int) -> Int128 {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}
