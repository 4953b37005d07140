import EPCIS
import GS1
import MerkleTrees
import Records

/// An amount in the unit in which a scheme counts, and the master data it was converted by.
struct CountedAmount: Hashable {
    var amount: ExactDecimal
    var cited: [Hash256] = []
}

/// Brings stated amounts into one unit, the scheme's if none is said, by master data only
/// (SPEC §24.5).
struct Amounts {
    private let facts: ClaimFacts
    private let unit: String

    init(facts: ClaimFacts, unit: String? = nil) {
        self.facts = facts
        // Without a unit of the scheme's own, pieces are what is counted.
        self.unit = Self.unit(unit ?? facts.terms.scheme.unit?.text)
    }

    /// The amount in that unit, at a time; nil where it is missing or nobody says what one
    /// of it is in that unit.
    func counted(_ stated: StatedAmount, atMilliseconds time: Int64) -> CountedAmount? {
        guard let amount = stated.amount else { return nil }
        let from = Self.unit(stated.unit)
        if let converted = Self.converted(amount, from: from, to: unit) {
            return CountedAmount(amount: converted)
        }
        guard let product = stated.product else { return nil }
        for (data, part) in facts.masterData(about: product, atMilliseconds: time) {
            for conversion in data.conversions
            where Self.unit(conversion.from.text) == from && Self.unit(conversion.to.text) == unit {
                return (amount * conversion.factor).map {
                    CountedAmount(amount: $0, cited: [part])
                }
            }
        }
        return nil
    }

    /// What a record says, counted like something else; nil where it cannot be.
    func counted(
        _ quantity: RecordQuantity, like stated: StatedAmount?, atMilliseconds time: Int64
    ) -> ExactDecimal? {
        guard var stated else { return nil }
        stated.amount = quantity.number
        stated.unit = quantity.unit
        return counted(stated, atMilliseconds: time)?.amount
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
        Self.unit(from) == Self.unit(unit)
            ? amount : known[from]?[unit].flatMap { amount * $0 }
    }

    /// A unit; the codes of pieces are one, and it is meant where there is none.
    static func unit(_ unit: String?) -> String {
        unit.map { UnitCode.pieces.contains($0) ? "H87" : $0 } ?? "H87"
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

extension RecordQuantity {
    /// The amount as a number, whatever zeros stand in front; nil where it does not fit.
    var number: ExactDecimal? {
        let digits = amount.drop { $0 == "-" }
        let plain = digits.drop { $0 == "0" }
        let isBare = plain.isEmpty || plain.first == "."
        return ExactDecimal(
            (digits.count < amount.count ? "-" : "") + (isBare ? "0" : "") + plain)
    }
}
