import GS1
import MerkleTrees
import Testing

@testable import Verdicts

/// What cannot be counted is left out of a sum and told; it hides nothing that can.
@Suite struct PartialSumTests {
    private func sum(_ amounts: [String?]) -> (String, counted: Int, left: UInt8?) {
        let parts = amounts.enumerated().compactMap { number, text -> (ExactDecimal?, Counted)? in
            Hash256(repeatElement(UInt8(number), count: 32)).map { part in
                (text.flatMap { ExactDecimal($0) }, Counted(part: part, issuer: "\(number)"))
            }
        }
        let sum = PartialSum(parts, from: .zero, +)
        return (sum.sum.description, sum.counted.count, sum.left.flatMap { UInt8($0.issuer) })
    }

    @Test func `what can be counted is summed up`() {
        #expect(sum(["40", "2", "60"]) == ("102", 3, nil))
        #expect(sum([]) == ("0", 0, nil))
    }

    @Test func `what is missing or below zero is left`() {
        #expect(sum(["40", nil, "60"]) == ("100", 2, 1))
        #expect(sum(["-1", "60"]) == ("60", 1, 0))
    }

    @Test func `what is too fine for the sum does not keep the rest from being counted`() {
        #expect(sum(["1e-64", "40", "60"]) == ("100", 2, 0))
    }
}
