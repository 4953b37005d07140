/// A unit of measure as UN/ECE Recommendation 20 codes it, such as `KGM` or `C62`.
package struct UnitCode: Hashable, Sendable {
    /// The code.
    package let text: String

    /// Two or three capital letters or digits, as EPCIS 2.0 demands; nothing for any other text.
    ///
    /// Whether the recommendation lists the code is not judged: partners use codes of every
    /// revision, and quantities are only ever compared under equal codes.
    package init?(_ text: String) {
        guard (2...3).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isDigit || $0.isUpperCaseLetter })
        else { return nil }
        self.text = text
    }

    /// Codes for pieces, of which EPCIS also counts without a unit.
    package static let pieces: Set<String> = ["H87", "C62", "EA", "PCE"]

    /// Units as people write them, and their codes; capitals matter, as `Mg` is no milligram.
    package static let spellings: KeyValuePairs = [
        "kg": "KGM", "g": "GRM", "mg": "MGM", "t": "TNE", "l": "LTR", "ml": "MLT", "m": "MTR",
        "cm": "CMT", "mm": "MMT", "m2": "MTK", "m3": "MTQ",
    ]

    /// The code that a spelling stands for, or a code in small letters.
    ///
    /// Nothing where that is not sure: `KG` is the code of a keg.
    package static func spelled(_ spelling: String) -> UnitCode? {
        if let spelled = spellings.first(where: { $0.key == spelling }) {
            return UnitCode(spelled.value)
        }
        let capitals = spelling.uppercased()
        let isKnown = pieces.contains(capitals) || spellings.contains { $0.value == capitals }
        return isKnown ? UnitCode(capitals) : nil
    }
}
