/// A time in the forms that partners write, made one of the standard's.
///
/// A calendar date, `T`, `t` or white space, hours and minutes, seconds or none, a fraction after
/// a full stop or comma, and a zone: `Z`, `z`, `UTC`, `+hh:mm`, `+hhmm`, `+hh`, or none.
struct LooseTime {
    /// Date and time, `T` between, seconds present.
    let local: String
    /// The zone in the standard's form; nothing if none was written.
    let zone: String?

    init?(_ text: String) {
        var rest = ArraySlice(text.utf8)
        let date = rest.prefix(10)
        rest = rest.dropFirst(10)
        guard let separator = rest.popFirst(), [0x54, 0x74, 0x20].contains(separator) else {
            return nil
        }
        let clock = rest.prefix { Self.isDigit($0) || $0 == 0x3A }
        rest = rest.dropFirst(clock.count)
        guard clock.count == 5 || clock.count == 8 else { return nil }
        var local = Self.text(date) + "T" + Self.text(clock) + (clock.count == 5 ? ":00" : "")
        if let mark = rest.first, mark == 0x2E || mark == 0x2C {
            let digits = rest.dropFirst().prefix(while: Self.isDigit)
            guard !digits.isEmpty else { return nil }
            local += "." + Self.text(digits)
            rest = rest.dropFirst(1 + digits.count)
        }
        if rest.first == 0x20 { rest.removeFirst() }
        if rest.isEmpty {
            zone = nil
        } else if Self.isUTC(rest) {
            zone = "Z"
        } else {
            guard let offset = Self.offset(Self.text(rest)) else { return nil }
            zone = offset
        }
        self.local = local
    }

    private static func isUTC(_ bytes: ArraySlice<UInt8>) -> Bool {
        ["Z", "z", "UTC", "GMT"].contains(text(bytes))
    }

    /// An offset in the standard's form: from `+hh:mm`, `+h:mm`, `+hhmm`, `+hh` or `Z`.
    static func offset(_ text: String) -> String? {
        if isUTC(ArraySlice(text.utf8)) { return "+00:00" }
        guard let sign = text.utf8.first, sign == 0x2B || sign == 0x2D else { return nil }
        let rest = text.utf8.dropFirst()
        let parts = rest.split(separator: 0x3A, omittingEmptySubsequences: false)
        var (hours, minutes) = (ArraySlice(rest), ArraySlice<UInt8>([0x30, 0x30]))
        if parts.count == 2 {
            (hours, minutes) = (ArraySlice(parts[0]), ArraySlice(parts[1]))
        } else if rest.count == 4 {
            (hours, minutes) = (ArraySlice(rest.prefix(2)), ArraySlice(rest.suffix(2)))
        }
        guard (1...2).contains(hours.count), minutes.count == 2 else { return nil }
        let padded = (hours.count == 1 ? "0" : "") + Self.text(hours)
        let offset = (sign == 0x2B ? "+" : "-") + padded + ":" + Self.text(minutes)
        return (try? ZonedTime.readOffset(offset)) == nil ? nil : offset
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
