/// A day of the Gregorian calendar, for times between 1970 and 9999.
package struct CivilDate: Hashable, Sendable {
    /// The year.
    var year: Int
    /// The month, 1…12.
    var month: Int
    /// The day of the month, 1…31.
    var day: Int

    /// `2026-03-01`.
    package var text: String {
        "\(monthText)-\(Self.padded(day, 2))"
    }

    /// `2026-03`.
    var monthText: String {
        "\(Self.padded(year, 4))-\(Self.padded(month, 2))"
    }

    /// Days in a month, leap years counted.
    static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2:
            year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
                ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// A number with leading zeros.
    static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension CivilDate {
    // The year is taken to begin in March, so that the leap day is its last; 400 years (an era)
    // have 146,097 days, and 719,468 days lie between 0000-03-01 and 1970-01-01.

    /// Days since 1970-01-01.
    var daysSinceEpoch: Int {
        let shiftedYear = month > 2 ? year : year - 1
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    /// The date of a day since 1970-01-01; negative days down to the year 1 are allowed.
    init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Reads a day of the years 1970 to 9999 as `2026-03-01`; nil for any other text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
            let year = Self.number(bytes[0..<4]), (1970...9999).contains(year),
            let month = Self.number(bytes[5..<7]), (1...12).contains(month),
            let day = Self.number(bytes[8..<10]),
            (1...Self.dayCount(ofMonth: month, year: year)).contains(day)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The value of decimal digits; nil if another character is among them.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Milliseconds from the Unix epoch to the beginning of the day in UTC.
    package var startMilliseconds: Int64 { Int64(daysSinceEpoch) * 86_400_000 }

    /// The date on which an instant falls in a zone.
    package init(milliseconds: Int64, offsetMinutes: Int) {
        let local = milliseconds + Int64(offsetMinutes) * 60_000
        let day: Int64 = 86_400_000
        self.init(daysSinceEpoch: Int((local - (local % day + day) % day) / day))
    }
}
