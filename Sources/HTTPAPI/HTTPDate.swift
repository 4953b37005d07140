/// The current time in the form of the `Date` header field (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The text of a time in whole seconds since 1970.
    static func text(seconds: Int64) -> String {
        let day = seconds / 86_400
        let rest = seconds % 86_400
        // Gregorian date by eras of 400 years, counted from 1 March of the year 0.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let monthIndex = Int(month < 10 ? month + 2 : month - 10)
        let fullYear = year + era * 400 + (month >= 10 ? 1 : 0)
        let time = [rest / 3_600, rest / 60 % 60, rest % 60].map(padded).joined(separator: ":")
        return "\(days[Int(day % 7)]), \(padded(date)) \(months[monthIndex]) \(fullYear) "
            + "\(time) GMT"
    }

    /// The text of this moment.
    static func now() -> String {
        let clock = SystemClock.nowMilliseconds()
        return text(seconds: Int64(clock / 1_000))
    }

    private static func padded(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
