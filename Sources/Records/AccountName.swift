import GS1

/// The account of one material at one site in one month, as its URI names it (SPEC §4.2).
package struct AccountName: Hashable, Sendable {
    /// `YYYY-MM`, in UTC.
    package let month: String
    /// The canonical URI of the site.
    package let site: String
    /// The canonical URI of the product.
    package let material: String

    /// Reads an account's URI; nil for any other text.
    package init?(_ uri: String) {
        let lead = "urn:cairn:account:"
        guard uri.hasPrefix(lead) else { return nil }
        let rest = uri.utf8.dropFirst(lead.utf8.count)
        let names = rest.dropFirst(8).split(separator: 0x20, omittingEmptySubsequences: false)
        guard rest.dropFirst(7).first == 0x3A, names.count == 2,
            let month = String(rest.prefix(7)), Self.isMonth(month),
            let site = String(names[0]), let material = String(names[1]),
            Self.isCanonical(site), Self.isCanonical(material)
        else { return nil }
        self.month = month
        self.site = site
        self.material = material
    }

    /// Whether a text is a month: `YYYY-MM`, in ASCII.
    static func isMonth(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 7 && bytes[4] == 0x2D
            && [0, 1, 2, 3, 5, 6].allSatisfy { (0x30...0x39).contains(bytes[$0]) }
            && Int(text.suffix(2)).map { (1...12).contains($0) } ?? false
    }

    private static func isCanonical(_ uri: String) -> Bool {
        (try? CanonicalIdentifier(uri).uri).map { $0.utf8.elementsEqual(uri.utf8) } ?? false
    }
}
