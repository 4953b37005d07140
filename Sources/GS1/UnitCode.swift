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
}
