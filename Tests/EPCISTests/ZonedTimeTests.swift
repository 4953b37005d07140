import EPCIS
import Testing

@Suite struct `Zoned time` {
    static func refusal(_ text: String) -> String? {
        do throws(EPCISError) {
            _ = try ZonedTime(text)
            return nil
        } catch {
            return error.code
        }
    }

    // Expected values computed with Python's datetime.
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, 0), ("1970-01-01T14:00:00+14:00", 0, 840),
        ("2000-02-29T12:34:56.789Z", 951_827_696_789, 0),
        ("2005-04-03T20:33:31.116000-06:00", 1_112_582_011_116, -360),
        ("2024-02-29T23:59:59.999+05:45", 1_709_230_499_999, 345),
        ("2038-01-19T03:14:08Z", 2_147_483_648_000, 0),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000, 0),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999, 0),
    ])
    func `times are read to the millisecond`(text: String, expected: Int64, offset: Int) throws {
        let time = try ZonedTime(text)
        #expect(time.milliseconds == expected)
        #expect(time.offsetMinutes == offset)
    }

    @Test(arguments: [
        (".1", 100), (".12", 120), (".123", 123), (".1239", 123), (".9999999999999999999999", 999),
        (".0009", 0), ("", 0),
    ])
    func `finer fractions are cut off, never rounded`(fraction: String, expected: Int64) throws {
        #expect(try ZonedTime("1970-01-01T00:00:00\(fraction)Z").milliseconds == expected)
    }

    @Test(arguments: [
        "", "2026", "2026-03-01", "2026-03-01T08:30", "2026-03-01T08:30Z", "2026-03-01T08:30:00",
        "2026-03-01 08:30:00Z", "2026-03-01t08:30:00Z", "2026-03-01T08:30:00z",
        "2026-03-01T08:30:00.Z", "2026-03-01T08:30:00,5Z", "2026-03-01T24:00:00Z",
        "2026-03-01T08:60:00Z", "2026-06-30T23:59:60Z", "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-03-00T00:00:00Z",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z", "026-03-01T00:00:00Z", "+2026-03-01T00:00:00Z",
        "2026-03-01T08:30:00+0100", "2026-03-01T08:30:00+01", "2026-03-01T08:30:00+1:00",
        "2026-03-01T08:30:00+14:01", "2026-03-01T08:30:00+15:00", "2026-03-01T08:30:00+01:60",
        "2026-03-01T08:30:00ZZ", " 2026-03-01T08:30:00Z", "2026-03-01T08:30:00Z ",
        "2026-03-01T08:30:00+01:00Z", "２026-03-01T08:30:00Z", "2026-03-01T-8:30:00Z",
        "2026-3-01T08:30:00Z", "2026-W09-7T08:30:00Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(Self.refusal(text) == "epcis.time")
    }

    @Test func `every day of two eras is written and read back`() throws {
        let day: Int64 = 86_400_000
        var previous = ""
        // 1970 to 2150, and the turn of the millennia up to the end.
        for first in [0, 11_016, 376_200, 1_106_600, 2_900_000] as [Int64] {
            for number in first..<(first + (first == 0 ? 66_000 : 900)) {
                let instant = number * day + number % 86_399_999
                guard instant <= ZonedTime.latestMilliseconds else { continue }
                let text = ZonedTime.text(milliseconds: instant)
                #expect(try ZonedTime(text).milliseconds == instant)
                if number != first { #expect(previous < text) }
                previous = text
            }
        }
    }

    @Test func `writing stays within the years it can write`() {
        #expect(ZonedTime.text(milliseconds: -1) == "1970-01-01T00:00:00.000Z")
        #expect(ZonedTime.text(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
        #expect(ZonedTime.text(milliseconds: 951_827_696_007) == "2000-02-29T12:34:56.007Z")
    }
}
