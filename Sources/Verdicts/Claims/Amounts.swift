import EPCIS
import GS1
import MerkleTrees
import Records

/// An amount in the unit in which a scheme counts, and the master data it was converted by.
struct CountedAmount: Hashable {
    var amount: ExactDecimal
    var cited: [Hash256] = []
}

/// Brings stated amounts into one unit, by master data only (SPEC §24.5).
struct Amounts {
    let facts: ClaimFacts

    /// UN Rec 20 codes for pieces; EPCIS states pieces without a unit.
    private static let pieces: Set<String> = ["H87", "C62", "EA", "PCE"]

    /// The amount in the scheme's unit, at a time; nil where it is missing or nobody says what one
    /// of it is in that unit.
    func counted(_ stated: StatedAmount, atMilliseconds time: Int64) -> CountedAmount? {
        guard let amount = stated.amount else { return nil }
        let from = stated.unit ?? "H87"
        // Without a unit of the scheme's own, pieces are what is counted.
        let unit = facts.terms.scheme.unit?.text ?? "H87"
        if let converted = Self.converted(amount, from: from, to: unit) {
            return CountedAmount(amount: converted)
        }
        guard let product = stated.product else { return nil }
        for (data, part) in facts.masterData(about: product, atMilliseconds: time) {
            for conversion in data.conversions
            where Self.same(conversion.from.text, from) && conversion.to.text == unit {
                return (amount * conversion.factor).map {
                    CountedAmount(amount: $0, cited: [part])
                }
            }
        }
        return nil
    }

    /// Units whose relation is the same for all goods.
    private static let known: [String: [String: ExactDecimal]] = [
        "GRM": ["KGM": ten(to: -3), "TNE": ten(to: -6)],
        "KGM": ["GRM": ten(to: 3), "TNE": ten(to: -3)],
        "TNE": ["KGM": ten(to: 3), "GRM": ten(to: 6)],
    ]

    private static func ten(to power: Int) -> ExactDecimal {
        ExactDecimal(significand: 1, exponent: power) ?? .zero
    }

    /// An amount in another unit, where that does not depend on the goods; nil elsewhere.
    static func converted(
        _ amount: ExactDecimal, from: String, to unit: String
    ) -> ExactDecimal? {
        same(from, unit) ? amount : known[from]?[unit].flatMap { amount * $0 }
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left == right || pieces.contains(left) && pieces.contains(right)
    }

    /// The sum; nil where one is missing, or it does not fit.
    func sum(_ stated: [StatedAmount], atMilliseconds time: Int64) -> CountedAmount? {
        var total = CountedAmount(amount: .zero)
        for one in stated {
            guard let counted = counted(one, atMilliseconds: time),
                let amount = total.amount + counted.amount
            else { return nil }
            total.amount = amount
            total.cited += counted.cited
        }
        return total
    }
}
