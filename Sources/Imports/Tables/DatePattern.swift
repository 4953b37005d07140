/// How a table writes dates: a pattern in the letters of Unicode (UTS #35).
///
/// `dd.MM.yyyy HH:mm` is one. `yyyy` `MM` `M` `dd` `d` `HH` `H` `hh` `h` `a` `mm` `ss` `SSS` `xxx`
/// have their meaning; one letter takes one or two digits; letters in quotation marks ' stand for
/// themselves, as does every other character.
struct DatePattern: Hashable, Sendable {
    private enum Item: Hashable {
        case year, month(Int), day(Int), hour(Int), halfDayHour(Int), half, minute, second
        case fraction, offset
        case literal(UInt8)
    }

    /// What a text said.
    struct Reading: Hashable {
        var year = 0
        var month = 1
        var day = 1
        var hour = 0
        var minute = 0
        var second = 0
        var millisecond = 0
        /// The distance from UTC in minutes, where the text has one.
        var offsetMinutes: Int?
    }

    /// The pattern as written.
    let text: String
    private let items: [Item]

    /// Whether texts carry their offset from UTC.
    var hasOffset: Bool { items.contains(.offset) }
    /// Whether texts carry a time of day.
    var hasTime: Bool { items.contains { if case .hour = $0 { true } else { false } } || hasHalf }
    private var hasHalf: Bool { items.contains(.half) }

    /// Reads a pattern; nil if it has letters without meaning or lacks year, month or day.
    init?(_ text: String) {
        var items: [Item] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "'") {
                guard let end = rest.dropFirst().firstIndex(of: byte) else { return nil }
                items += rest[(rest.startIndex + 1)..<end].map(Item.literal)
                rest = rest[(end + 1)...]
                continue
            }
            let run = rest.prefix { $0 == byte }
            rest = rest.dropFirst(run.count)
            guard (byte | 0x20) >= 0x61, (byte | 0x20) <= 0x7a else {
                items += run.map(Item.literal)
                continue
            }
            guard let item = Self.item(byte, run.count) else { return nil }
            items.append(item)
        }
        let hasDay = items.contains { if case .day = $0 { true } else { false } }
        let hasMonth = items.contains { if case .month = $0 { true } else { false } }
        guard items.contains(.year), hasMonth, hasDay else { return nil }
        let halves = items.count { if case .halfDayHour = $0 { true } else { $0 == .half } }
        guard halves == 0 || halves == 2 else { return nil }
        self.text = text
        self.items = items
    }

    private static func item(_ letter: UInt8, _ count: Int) -> Item? {
        switch (letter, count) {
        case (UInt8(ascii: "y"), 4): .year
        case (UInt8(ascii: "M"), 1...2): .month(count)
        case (UInt8(ascii: "d"), 1...2): .day(count)
        case (UInt8(ascii: "H"), 1...2): .hour(count)
        case (UInt8(ascii: "h"), 1...2): .halfDayHour(count)
        case (UInt8(ascii: "a"), 1): .half
        case (UInt8(ascii: "m"), 2): .minute
        case (UInt8(ascii: "s"), 2): .second
        case (UInt8(ascii: "S"), 3): .fraction
        case (UInt8(ascii: "x"), 3), (UInt8(ascii: "X"), 3): .offset
        default: nil
        }
    }

    /// What a text says; nil if it is not of the pattern, or names a day that there is not.
    func read(_ text: String) -> Reading? {
        var rest = Array(text.utf8)[...]
        var reading = Reading()
        var isAfternoon: Bool?
        for item in items {
            switch item {
            case .literal(let byte):
                guard rest.popFirst() == byte else { return nil }
            case .half:
                guard let half = Self.half(&rest) else { return nil }
                isAfternoon = half
            case .offset:
                guard let offset = Self.offset(&rest) else { return nil }
                reading.offsetMinutes = offset
            default:
                guard Self.readNumber(item, &rest, &reading) else { return nil }
            }
        }
        if let isAfternoon { reading.hour = reading.hour % 12 + (isAfternoon ? 12 : 0) }
        return rest.isEmpty && reading.isReal ? reading : nil
    }

    private static func readNumber(
        _ item: Item, _ rest: inout ArraySlice<UInt8>, _ reading: inout Reading
    ) -> Bool {
        switch item {
        case .year: number(4...4, &rest).map { reading.year = $0 } != nil
        case .month(let digits): number(digits...2, &rest).map { reading.month = $0 } != nil
        case .day(let digits): number(digits...2, &rest).map { reading.day = $0 } != nil
        case .hour(let digits): number(digits...2, &rest).map { reading.hour = $0 } != nil
        case .halfDayHour(let digits):
            number(digits...2, &rest).flatMap { (1...12).contains($0) ? $0 : nil }
                .map { reading.hour = $0 } != nil
        case .minute: number(2...2, &rest).map { reading.minute = $0 } != nil
        case .second: number(2...2, &rest).map { reading.second = $0 } != nil
        case .fraction: number(3...3, &rest).map { reading.millisecond = $0 } != nil
        default: false
        }
    }

    private static func number(_ digits: ClosedRange<Int>, _ rest: inout ArraySlice<UInt8>) -> Int?
    {
        let found = rest.prefix(digits.upperBound).prefix { (0x30...0x39).contains($0) }
        guard digits.contains(found.count) else { return nil }
        rest = rest.dropFirst(found.count)
        return found.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func half(_ rest: inout ArraySlice<UInt8>) -> Bool? {
        let word = rest.prefix(2).map { $0 | 0x20 }
        rest = rest.dropFirst(2)
        if word == Array("am".utf8) { return false }
        return word == Array("pm".utf8) ? true : nil
    }

    /// `Z`, or sign, hours and minutes.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let sign = rest.popFirst()
        if sign == UInt8(ascii: "Z") { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(2...2, &rest), rest.popFirst() == UInt8(ascii: ":"),
            let minutes = number(2...2, &rest), minutes < 60, hours * 60 + minutes <= 840
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }
}

extension DatePattern.Reading {
    /// Whether there is such a day and time; years run from 1970 to 9999, as in EPCIS.
    var isReal: Bool {
        (1970...9999).contains(year) && (1...12).contains(month)
            && (1...Self.dayCount(month, year)).contains(day) && hour < 24 && minute < 60
            && second < 60
    }

    private static func dayCount(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2:
            year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
                ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Milliseconds since 1970 as if the time were of UTC.
    var wallMilliseconds: Int64 {
        // The year is taken to begin in March, so that the leap day is its last.
        let shifted = month > 2 ? year : year - 1
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let era = shifted / 400
        let ofEra = shifted % 400
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        return Int64((days * 24 + hour) * 3600 + minute * 60 + second) * 1000 + Int64(millisecond)
    }
}
