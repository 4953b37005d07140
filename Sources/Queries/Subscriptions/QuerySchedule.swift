package import EPCIS
package import Records

/// When the standing query of a subscription is run (EPCIS 2.0 §8.2.5.3, SPEC §17.4).
///
/// A time matches if each of its parts, in UTC, is one of the values of the field of that name;
/// days must match `dayOfMonth` and `dayOfWeek` both. A field that is absent takes every value if
/// a finer one is present, else its lowest: `{"hour": "1", "minute": "5"}` is 01:05:00 each day,
/// as GS1's document explains it, and not sixty times in that minute.
package struct QuerySchedule: Hashable, Sendable {
    /// A part of a time, by the name it has in JSON.
    package enum Field: String, CaseIterable, Hashable, Sendable {
        case second, minute, hour, dayOfMonth, month, dayOfWeek

        /// The values it can have; the days of a week are 1, Monday, to 7.
        package var range: ClosedRange<Int> {
            switch self {
            case .second, .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            case .dayOfWeek: 1...7
            }
        }

        /// Coarse fields come first.
        fileprivate var fineness: Int {
            switch self {
            case .month: 0
            case .dayOfMonth, .dayOfWeek: 1
            case .hour: 2
            case .minute: 3
            case .second: 4
            }
        }
    }

    /// The most bytes of one field's text.
    package static let textByteCount = 256

    /// The fields as they were given.
    package let texts: [Field: String]
    /// For each field the values that match, as bits.
    private let values: [Field: UInt64]

    /// Reads the object `schedule` of a subscription.
    ///
    /// - Throws: `subscription.controls`.
    package init(json: JSONValue) throws(Refusal) {
        guard let members = json.asObject else {
            throw .controls("schedule", "an object such as {\"hour\": \"1\", \"minute\": \"5\"}")
        }
        var texts: [Field: String] = [:]
        for member in members {
            guard let field = Field(rawValue: member.name) else {
                let names = Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw .controls("schedule.\(member.name)", "a schedule has \(names)")
            }
            guard let text = member.value.asString ?? member.value.asNumber?.text else {
                throw .controls("schedule.\(member.name)", Self.grammar)
            }
            texts[field] = text
        }
        try self.init(texts)
    }

    /// Reads the fields' texts.
    ///
    /// - Throws: `subscription.controls` if a text is malformed, a value out of range, nothing is
    ///   given, or no day ever matches.
    package init(_ texts: [Field: String]) throws(Refusal) {
        guard let finest = texts.keys.map(\.fineness).max() else {
            throw .controls("schedule", "at least one field says when the query is run")
        }
        var values: [Field: UInt64] = [:]
        for field in Field.allCases {
            let every = field.range.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
            if let text = texts[field] {
                values[field] = try Self.values(text, field)
            } else if field.fineness > finest, field != .dayOfWeek {
                values[field] = 1 << UInt64(field.range.lowerBound)
            } else {
                values[field] = every
            }
        }
        self.texts = texts
        self.values = values
        guard next(afterMilliseconds: 0) != nil else {
            throw .controls("schedule", "there is no such day in any year")
        }
    }

    /// The schedule as it was given.
    package var json: JSONValue {
        .object(
            Field.allCases.compactMap { field in
                texts[field].map { JSONMember(field.rawValue, .string($0)) }
            })
    }

    // MARK: Reading

    private static let grammar =
        "numbers and ranges such as 5 or 1,3,[8-17], or 0/15 for every fifteenth from 0"

    private static func values(_ text: String, _ field: Field) throws(Refusal) -> UInt64 {
        let place = "schedule.\(field.rawValue)"
        guard text.utf8.count <= textByteCount else {
            throw .controls(place, "at most \(textByteCount) bytes")
        }
        var bits: UInt64 = 0
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let (first, last, step) = bounds(element, field) else {
                throw .controls(place, grammar)
            }
            guard field.range.contains(first), field.range.contains(last), first <= last else {
                throw .controls(
                    place,
                    "values lie in \(field.range.lowerBound) to \(field.range.upperBound), "
                        + "a range begins with the lower")
            }
            for value in stride(from: first, through: last, by: step) { bits |= 1 << UInt64(value) }
        }
        return bits
    }

    /// First and last value of an element and the step between; nil if it is malformed.
    private static func bounds(
        _ element: Substring, _ field: Field
    ) -> (first: Int, last: Int, step: Int)? {
        if element.hasPrefix("["), element.hasSuffix("]") {
            let ends = element.dropFirst().dropLast()
                .split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else {
                return nil
            }
            return (first, last, 1)
        }
        let halves = element.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = number(halves[0]) else { return nil }
        guard halves.count > 1 else { return (first, first, 1) }
        guard halves.count == 2, let step = number(halves[1]), step > 0 else { return nil }
        return (first, field.range.upperBound, step)
    }

    /// A number of one to four digits.
    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    // MARK: Time

    /// A leap day falls on a given day of the week at least every 40 years.
    private static let daysAhead = 41 * 366

    /// The first time after another that matches, both in milliseconds since the Unix epoch.
    ///
    /// Times match to the second, with no milliseconds.
    package func next(afterMilliseconds time: Int64) -> Int64? {
        let firstSecond = Self.floor(time, 1_000) + 1
        let firstDay = Self.floor(firstSecond, 86_400)
        var from = Int(firstSecond - firstDay * 86_400)
        for day in firstDay...firstDay + Int64(Self.daysAhead) {
            if matches(day: day), let second = firstTime(from: from) {
                return (day * 86_400 + Int64(second)) * 1_000
            }
            from = 0
        }
        return nil
    }

    private func matches(day: Int64) -> Bool {
        let (_, month, dayOfMonth) = Timestamp.civil(day)
        // 1970-01-01 was a Thursday.
        let dayOfWeek = Int(((day + 3) % 7 + 7) % 7) + 1
        return has(.month, Int(month)) && has(.dayOfMonth, Int(dayOfMonth))
            && has(.dayOfWeek, dayOfWeek)
    }

    /// The first second of a day, from a given one on, that matches.
    private func firstTime(from start: Int) -> Int? {
        let (startHour, startMinute) = (start / 3_600, start / 60)
        for hour in startHour...23 where has(.hour, hour) {
            for minute in max(startMinute, hour * 60)..<(hour + 1) * 60
            where has(.minute, minute % 60) {
                for second in max(start, minute * 60)..<(minute + 1) * 60
                where has(.second, second % 60) {
                    return second
                }
            }
        }
        return nil
    }

    private func has(_ field: Field, _ value: Int) -> Bool {
        (values[field] ?? 0) & 1 << UInt64(value) != 0
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}

extension Refusal {
    /// The refusal of a subscription's controls, GS1's `SubscriptionControlsException`.
    static func controls(_ field: String, _ reason: String) -> Refusal {
        Refusal(
            code: "subscription.controls", field: QueryRefusal.shown(field),
            reason: "\(QueryRefusal.shown(field)): \(reason)")
    }
}
