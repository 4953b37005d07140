/// What the value of a data attribute may say, beyond its characters and lengths.
///
/// The rules of the syntax dictionary for dates, times, positions and flags. They judge the query
/// of a Digital Link only: no identity depends on them. Code lists (countries, currencies, kinds
/// of packages) and coupons are not judged: they change, and nothing here reads them.
enum AttributeContent {
    /// Refuses a part of a value that breaks a rule; `name` is for the message.
    static func check(
        _ part: ArraySlice<UInt8>, by rule: String, as name: String
    ) throws(IdentifierError) {
        guard let expected = expectation(rule), !holds(rule, part) else { return }
        throw IdentifierError(
            "identifier.malformed", part, "\(name) must be \(expected), not \(part.asText)")
    }

    /// What a rule asks for, in words; nothing for rules that are judged elsewhere or not at all.
    private static func expectation(_ rule: String) -> String? {
        switch rule {
        case "yymmd0": "a date YYMMDD, the day 00 where only the month is meant"
        case "yymmdd": "a date YYMMDD"
        case "yyyymmdd": "a date YYYYMMDD"
        case "hhmi": "a time HHMM"
        case "hh": "an hour, 00 to 23"
        case "mi", "ss": "00 to 59"
        case "nonzero": "other than zero"
        case "yesno": "0 or 1"
        case "winding": "0, 1 or 9"
        case "iso5218": "0, 1, 2 or 9"
        case "hyphen": "a hyphen"
        case "latitude": "a latitude, 0000000000 to 1800000000"
        case "longitude": "a longitude, 0000000000 to 3600000000"
        case "pcenc": "a text whose % signs begin percent-encodings"
        case "posinseqslash": "a position and a total such as 1/3"
        case "mediatype": "a media type, 01 to 10 or 80 to 99"
        default: nil
        }
    }

    private static func holds(_ rule: String, _ part: ArraySlice<UInt8>) -> Bool {
        switch rule {
        case "yymmd0": isDate(part, yearDigits: 2, mayLackDay: true)
        case "yymmdd": isDate(part, yearDigits: 2, mayLackDay: false)
        case "yyyymmdd": isDate(part, yearDigits: 4, mayLackDay: false)
        case "hhmi": number(part.prefix(2)) < 24 && number(part.dropFirst(2)) < 60
        case "hh": number(part) < 24
        case "mi", "ss": number(part) < 60
        case "nonzero": number(part) != 0
        case "yesno": number(part) <= 1
        case "winding": [0, 1, 9].contains(number(part))
        case "iso5218": [0, 1, 2, 9].contains(number(part))
        case "hyphen": part.elementsEqual([0x2D])
        case "latitude": number(part) <= 1_800_000_000
        case "longitude": number(part) <= 3_600_000_000
        case "pcenc": PercentEncoding.decode(part) != nil
        case "posinseqslash": isPosition(part)
        case "mediatype": (1...10).contains(number(part)) || (80...99).contains(number(part))
        default: true
        }
    }

    /// The number that at most 18 digits write.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.prefix(18).reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    private static func isDate(
        _ part: ArraySlice<UInt8>, yearDigits: Int, mayLackDay: Bool
    ) -> Bool {
        let year = number(part.prefix(yearDigits))
        let month = number(part.dropFirst(yearDigits).prefix(2))
        let day = number(part.suffix(2))
        guard (1...12).contains(month) else { return false }
        // Two digits stand for 1950 to 2049, of which every fourth year is a leap year.
        let isLeap =
            year.isMultiple(of: 4)
            && (yearDigits == 2 || !year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        return day <= days && (day > 0 || mayLackDay)
    }

    /// One digit, a slash, one digit that is not smaller (General Specifications §3.9.7).
    private static func isPosition(_ part: ArraySlice<UInt8>) -> Bool {
        let digits = part.split(separator: 0x2F, omittingEmptySubsequences: false)
        guard digits.count == 2, digits.allSatisfy({ $0.count == 1 && $0.allSatisfy(\.isDigit) })
        else { return false }
        return number(digits[0]) >= 1 && number(digits[0]) <= number(digits[1])
    }
}

extension ApplicationIdentifier {
    /// Refuses a data attribute that breaks its format or says what cannot be.
    func checkAttribute(_ value: [UInt8]) throws(IdentifierError) {
        try check(value)
        for (component, part) in parts(of: value) {
            for rule in component.rules {
                try AttributeContent.check(part, by: rule, as: name)
            }
        }
    }
}
