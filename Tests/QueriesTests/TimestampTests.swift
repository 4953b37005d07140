import Foundation
import Queries
import Testing

@Suite struct TimestampTests {
    private static let day: Int64 = 86_400_000

    @Test func `every day from 1970 to 2200 has the date that Foundation gives it`() {
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        // 2200-12-31 is day 84,370.
        for number in Int64(0)...84_370 {
            let date = Date(timeIntervalSince1970: Double(number * 86_400))
            let parts = utc.dateComponents([.year, .month, .day], from: date)
            let expected =
                pad(parts.year, 4) + "-" + pad(parts.month, 2) + "-" + pad(parts.day, 2)
            let text = Timestamp.text(milliseconds: number * Self.day)
            guard text == "\(expected)T00:00:00.000Z" else {
                Issue.record("day \(number): \(text), Foundation says \(expected)")
                return
            }
        }
        #expect(
            Timestamp.text(milliseconds: 84_370 * Self.day) == "2200-12-31T00:00:00.000Z")
    }

    private func pad(_ value: Int?, _ width: Int) -> String {
        let digits = String(value ?? -1)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (-86_400_000, "1969-12-31T00:00:00.000Z"),
        (-86_400_001, "1969-12-30T23:59:59.999Z"), (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_772_357_400_123, "2026-03-01T09:30:00.123Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"),
    ])
    func `a time is written with its date, time of day and milliseconds`(
        milliseconds: Int64, text: String
    ) {
        #expect(Timestamp.text(milliseconds: milliseconds) == text)
    }

    @Test func `every millisecond of a second and every second of a day is written`() {
        for value in Int64(0)..<1_000 {
            let text = Timestamp.text(milliseconds: value)
            #expect(text == "1970-01-01T00:00:00." + pad(Int(value), 3) + "Z")
        }
        for second in Int64(0)..<86_400 where second % 7 == 0 || second > 86_390 {
            let (hour, minute) = (Int(second / 3_600), Int(second / 60 % 60))
            let clock = "\(pad(hour, 2)):\(pad(minute, 2)):\(pad(Int(second % 60), 2))"
            #expect(Timestamp.text(milliseconds: second * 1_000) == "1970-01-01T\(clock).000Z")
        }
    }

    @Test(arguments: [Int64.min, .max, (1 << 53) - 1])
    func `no time is too far away to be written`(milliseconds: Int64) {
        #expect(Timestamp.text(milliseconds: milliseconds).hasSuffix("Z"))
    }
}
