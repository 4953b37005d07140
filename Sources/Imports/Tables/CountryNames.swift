import Foundation

/// Countries by the names that people write for them.
enum CountryNames {
    private static let codes: [String: String] = {
        var codes: [String: String] = [:]
        let locale = Locale(identifier: "en_US_POSIX")
        for region in Locale.Region.isoRegions where region.identifier.utf8.count == 2 {
            codes[folded(region.identifier)] = region.identifier
            if let name = locale.localizedString(forRegionCode: region.identifier) {
                codes[folded(name)] = region.identifier
            }
        }
        for (name, code) in others { codes[folded(name)] = code }
        return codes
    }()

    /// Names in use beside those of the locale database.
    private static let others = [
        ("Bosnia", "BA"), ("Burma", "MM"), ("China", "CN"), ("Czech Republic", "CZ"),
        ("Great Britain", "GB"),
        ("Holland", "NL"), ("Hong Kong", "HK"), ("Ivory Coast", "CI"), ("Korea", "KR"),
        ("Korea, Republic of", "KR"), ("Republic of Korea", "KR"), ("Lao PDR", "LA"),
        ("Lao People's Democratic Republic", "LA"), ("Macau", "MO"), ("Macedonia", "MK"),
        ("Moldova, Republic of", "MD"), ("Myanmar", "MM"), ("Palestine", "PS"),
        ("Peoples Republic of China", "CN"), ("People's Republic of China", "CN"), ("PRC", "CN"),
        ("Russian Federation", "RU"), ("Swaziland", "SZ"), ("Syrian Arab Republic", "SY"),
        ("Taiwan, Province of China", "TW"), ("Tanzania, United Republic of", "TZ"),
        ("Turkey", "TR"), ("UAE", "AE"), ("UK", "GB"), ("United States of America", "US"),
        ("USA", "US"), ("Viet Nam", "VN"),
    ]

    /// The code of ISO 3166-1, two letters, for a code or a name in English; nil if unknown.
    static func code(_ text: String) -> String? {
        codes[folded(text)]
    }

    /// Letters and digits alone, small and without accents; "and" as a sign is as the word.
    private static func folded(_ text: String) -> String {
        let plain = text.folding(
            options: [.caseInsensitive, .diacriticInsensitive], locale: nil
        ).replacingOccurrences(of: "&", with: "and")
        return String(plain.unicodeScalars.filter(CharacterSet.alphanumerics.contains))
    }
}
