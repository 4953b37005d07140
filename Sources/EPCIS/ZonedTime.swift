/// An instant with the zone it was written in: `2026-03-01T08:30:00.123+01:00`.
///
/// The text must satisfy both `xsd:dateTimeStamp` (the standard) and RFC 3339 (GS1's schema):
/// four-digit year, capital `T`, seconds present, a fraction after a full stop, and a zone, `Z`
/// or an offset to ±14:00. Hour 24 and second 60 are refused, for one of the two forbids each.
/// Years run from 1970 to 9999, and so does the instant in UTC. Fractions finer than a
/// millisecond are cut off, never rounded: two times a microsecond apart may become equal, but
/// no time moves forward.
package struct ZonedTime: Hashable, Sendable {
    /// Milliseconds since the Unix epoch, 0…253,402,300,799,999.
    package let milliseconds: Int64
    /// The zone's distance from UTC in minutes, −840…840.
    package let offsetMinutes: Int

    /// The last millisecond of the year 9999.
    package static let latestMilliseconds: Int64 = 253_402_300_799_999

    /// Reads a time; the error carries the code `epcis.time` and an empty field.
    package init(_ text: String) throws(EPCISError) {
        var scanner = TimeScanner(text)
        let year = try scanner.number(4, 1970...9999, "the year")
        try scanner.separator("-")
        let month = try scanner.number(2, 1...12, "the month")
        try scanner.separator("-")
        let length = CivilDate.dayCount(ofMonth: month, year: year)
        let day = try scanner.number(2, 1...length, "the day")
        try scanner.separator("T")
        let hour = try scanner.number(2, 0...23, "the hour")
        try scanner.separator(":")
        let minute = try scanner.number(2, 0...59, "the minute")
        try scanner.separator(":")
        let second = try scanner.number(2, 0...59, "the second")
        let fraction = try scanner.fractionMilliseconds()
        offsetMinutes = try scanner.zone()
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let minutes = (days * 24 + hour) * 60 + minute - offsetMinutes
        milliseconds = Int64(minutes * 60 + second) * 1000 + Int64(fraction)
        guard (0...Self.latestMilliseconds).contains(milliseconds) else {
            throw EPCISError("epcis.time", "the time in UTC lies outside the years 1970 to 9999")
        }
    }

    /// Reads an offset alone: the `eventTimeZoneOffset` pattern, in minutes.
    static func readOffset(_ text: String) throws(EPCISError) -> Int {
        var scanner = TimeScanner(text)
        return try scanner.offset()
    }

    /// The instant in UTC with three fractional digits: `2026-03-01T07:30:00.123Z`.
    ///
    /// Milliseconds before 1970 or after 9999 are written as those limits.
    package static func text(milliseconds: Int64) -> String {
        let inRange = min(max(milliseconds, 0), latestMilliseconds)
        let (seconds, fraction) = inRange.quotientAndRemainder(dividingBy: 1000)
        let (minutes, second) = Int(seconds).quotientAndRemainder(dividingBy: 60)
        let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        let (days, hour) = hours.quotientAndRemainder(dividingBy: 24)
        let time = [hour, minute, second].map { CivilDate.padded($0, 2) }.joined(separator: ":")
        let date = CivilDate(daysSinceEpoch: days)
        return "\(date.text)T\(time).\(CivilDate.padded(Int(fraction), 3))Z"
    }
}

/// Walks over the characters of a time.
private struct TimeScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        rest = ArraySlice(text.utf8)
    }

    /// An error that explains what was expected.
    private func failure(_ expected: String) -> EPCISError {
        EPCISError("epcis.time", "\(expected): a time reads like 2026-03-01T08:30:00.000+01:00")
    }

    /// Reads exactly `digits` decimal digits whose value lies in a range.
    mutating func number(
        _ digits: Int, _ range: ClosedRange<Int>, _ name: String
    ) throws(EPCISError) -> Int {
        let field = rest.prefix(digits)
        guard field.count == digits, field.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw failure("\(name) needs \(digits) digits")
        }
        let value = field.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard range.contains(value) else {
            throw failure("\(name) must lie in \(range.lowerBound) to \(range.upperBound)")
        }
        rest = rest.dropFirst(digits)
        return value
    }

    /// Steps over one fixed character.
    mutating func separator(_ character: Unicode.Scalar) throws(EPCISError) {
        guard rest.first == UInt8(ascii: character) else {
            throw failure("\"\(character)\" is missing")
        }
        rest = rest.dropFirst()
    }

    /// Reads an optional fraction of a second; digits past the third are checked and dropped.
    mutating func fractionMilliseconds() throws(EPCISError) -> Int {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { throw failure("digits are missing after the full stop") }
        rest = rest.dropFirst(1 + digits.count)
        let padded = digits.prefix(3) + [UInt8](repeating: 0x30, count: max(0, 3 - digits.count))
        return padded.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Reads the zone at the end: `Z` or an offset.
    mutating func zone() throws(EPCISError) -> Int {
        guard rest.elementsEqual("Z".utf8) else { return try offset() }
        return 0
    }

    /// Reads `+hh:mm` or `-hh:mm` to ±14:00, which must be the rest of the text.
    mutating func offset() throws(EPCISError) -> Int {
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
            throw failure("the zone must be Z or an offset")
        }
        rest = rest.dropFirst()
        let hours = try number(2, 0...14, "the zone's hours")
        try separator(":")
        let minutes = try number(2, hours == 14 ? 0...0 : 0...59, "the zone's minutes")
        guard rest.isEmpty else { throw failure("something follows the zone") }
        let total = hours * 60 + minutes
        return sign == UInt8(ascii: "-") ? -total : total
    }
}
