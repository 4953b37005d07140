import EPCIS
import Queries
import Records
import Support
import Testing

/// Schedules of subscriptions, against a walk over every second.
@Suite struct QueryScheduleTests {
    private static func schedule(_ json: String) throws -> QuerySchedule {
        try QuerySchedule(json: try JSONValue.parse(Array(json.utf8)))
    }

    private static func time(_ text: String) throws -> Int64 { try ZonedTime(text).milliseconds }

    @Test(arguments: [
        (#"{"hour":"1","minute":"5"}"#, "2026-03-01T00:00:00Z", "2026-03-01T01:05:00Z"),
        (#"{"hour":"1","minute":"5"}"#, "2026-03-01T01:05:00Z", "2026-03-02T01:05:00Z"),
        (#"{"hour":1,"minute":5}"#, "2026-03-01T01:04:59.999Z", "2026-03-01T01:05:00Z"),
        (#"{"second":"0/30"}"#, "2026-03-01T01:05:00Z", "2026-03-01T01:05:30Z"),
        (#"{"second":"[10-12],58"}"#, "2026-03-01T01:05:12Z", "2026-03-01T01:05:58Z"),
        (#"{"minute":"0"}"#, "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"),
        (#"{"dayOfWeek":"1"}"#, "2026-03-01T12:00:00Z", "2026-03-02T00:00:00Z"),
        (#"{"dayOfWeek":"7","hour":"12"}"#, "2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z"),
        (#"{"month":"6"}"#, "2026-03-01T12:00:00Z", "2026-06-01T00:00:00Z"),
        (#"{"dayOfMonth":"31","month":"[1-4]"}"#, "2026-02-01T00:00:00Z", "2026-03-31T00:00:00Z"),
        (#"{"dayOfMonth":"29","month":"2"}"#, "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        (
            #"{"dayOfMonth":"29","month":"2","dayOfWeek":"1"}"#, "2072-03-01T00:00:00Z",
            "2112-02-29T00:00:00Z"
        ),
    ])
    func `the next time of a schedule is the first that matches`(
        _ json: String, _ after: String, _ expected: String
    ) throws {
        let schedule = try Self.schedule(json)
        #expect(
            schedule.next(afterMilliseconds: try Self.time(after)) == (try Self.time(expected)))
    }

    @Test func `schedules agree with a walk over every second of a day and a half`() throws {
        var random = SplitMix64(seed: 41)
        let start = try Self.time("2028-02-28T00:00:00Z")
        for _ in 0..<12 {
            var texts: [QuerySchedule.Field: String] = [:]
            var meant: [QuerySchedule.Field: ClosedRange<Int>] = [:]
            for field in QuerySchedule.Field.allCases where random.next() % 2 == 0 {
                let low = field.range.lowerBound + Int(random.next() % UInt64(field.range.count))
                let high = low + Int(random.next() % UInt64(field.range.upperBound - low + 1))
                let isOne = random.next() % 2 == 0
                texts[field] = isOne ? "\(low)" : "[\(low)-\(high)]"
                meant[field] = low...(isOne ? low : high)
            }
            guard let schedule = try? QuerySchedule(texts) else { continue }
            let finest = texts.keys.map(Self.rank).max() ?? 0
            var at = start + Int64(random.next() % 86_400_000)
            for _ in 0..<3 {
                let walked = stride(from: at / 1_000 + 1, to: start / 1_000 + 129_600, by: 1)
                    .first { Self.matches($0, meant, finest) }
                let next = schedule.next(afterMilliseconds: at)
                if let walked {
                    #expect(next == walked * 1_000, "\(texts) after \(at)")
                    at = walked * 1_000
                } else {
                    #expect(next.map { $0 >= start + 129_600_000 } ?? true, "\(texts)")
                }
            }
        }
    }

    /// Month, day, hour, minute, second.
    private static func rank(_ field: QuerySchedule.Field) -> Int {
        switch field {
        case .month: 0
        case .dayOfMonth, .dayOfWeek: 1
        case .hour: 2
        case .minute: 3
        case .second: 4
        }
    }

    private static func matches(
        _ second: Int64, _ meant: [QuerySchedule.Field: ClosedRange<Int>], _ finest: Int
    ) -> Bool {
        // The walk begins on 2028-02-28, a Monday, and the year has a leap day.
        let day = Int((second - 1_835_308_800) / 86_400)
        return QuerySchedule.Field.allCases.reversed().allSatisfy { field in
            let value =
                switch field {
                case .month: 2
                case .dayOfMonth: 28 + day
                case .dayOfWeek: 1 + day
                case .hour: Int(second / 3_600 % 24)
                case .minute: Int(second / 60 % 60)
                case .second: Int(second % 60)
                }
            guard let range = meant[field] else {
                let isFree = rank(field) <= finest || field == .dayOfWeek
                return isFree || value == field.range.lowerBound
            }
            return range.contains(value)
        }
    }

    @Test(arguments: [
        "{}", #"{"hour":"24"}"#, #"{"hour":"-1"}"#, #"{"minute":"60"}"#, #"{"second":""}"#,
        #"{"second":"1,"}"#, #"{"second":"[5-3]"}"#, #"{"second":"[5]"}"#, #"{"second":"5-9"}"#,
        #"{"second":"1/0"}"#, #"{"second":"99999999999999999999"}"#, #"{"month":"0"}"#,
        #"{"dayOfMonth":"30","month":"2"}"#, #"{"dayOfMonth":"31","month":"4,6"}"#,
        #"{"dayOfWeek":"0"}"#, #"{"dayOfWeek":"8"}"#, #"{"week":"1"}"#, #"{"hour":true}"#,
        #"{"hour":1.5}"#, "[]", #""1""#,
    ])
    func `schedules that never come or are malformed are refused`(_ json: String) throws {
        #expect(throws: Refusal.self) { try Self.schedule(json) }
    }

    @Test func `a schedule is shown as it was given`() throws {
        let text = #"{"second":"0/30","hour":"[8-17]","dayOfWeek":"1,2"}"#
        #expect(try String(decoding: Self.schedule(text).json.serialized(), as: UTF8.self) == text)
    }
}
