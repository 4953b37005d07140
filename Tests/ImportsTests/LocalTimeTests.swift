import Imports
import Testing

@Suite struct `Local times` {
    static func read(
        _ text: String, format: String, zone: String? = nil, header: String = "t"
    ) throws -> String {
        let zone = zone.map { #", "zone": "\#($0)""# } ?? ""
        let mapping = try Tables.mapping(
            #""t": {"type": "time", "format": "\#(format)"\#(zone)}"#,
            target: #"""
                "event": {"type": "ObjectEvent", "eventTime": "{t}",
                  "eventTimeZoneOffset": "{t.offset}", "action": "OBSERVE",
                  "epcList": ["urn:epc:id:sscc:9521107.0000000001"], "ex:day": "{t.date}"}
                """#)
        let words = Tables.words(try Tables.run("\(header)\n\"\(text)\"\n", mapping))[0]
        guard words.hasPrefix("{") else { return words }
        let parts = words.split(separator: #""eventTime":""#)
        return String(try #require(parts.last).prefix { $0 != "\"" })
    }

    @Test(arguments: [
        ("2026-03-29 01:59", "2026-03-29T01:59:00.000+01:00"),
        ("2026-03-29 02:00", "1 t row.time-missing"),
        ("2026-03-29 02:59", "1 t row.time-missing"),
        ("2026-03-29 03:00", "2026-03-29T03:00:00.000+02:00"),
        ("2026-10-25 01:59", "2026-10-25T01:59:00.000+02:00"),
        ("2026-10-25 02:00", "1 t row.time-ambiguous"),
        ("2026-10-25 02:59", "1 t row.time-ambiguous"),
        ("2026-10-25 03:00", "2026-10-25T03:00:00.000+01:00"),
    ])
    func `times that never were or were twice are errors`(text: String, expected: String) throws {
        #expect(
            try Self.read(text, format: "yyyy-MM-dd HH:mm", zone: "Europe/Berlin") == expected)
    }

    @Test(arguments: [
        // Half an hour is put forward and back on Lord Howe Island.
        ("Australia/Lord_Howe", "2026-10-04 02:15", "1 t row.time-missing"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "1 t row.time-ambiguous"),
        ("Australia/Lord_Howe", "2026-04-05 02:00", "2026-04-05T02:00:00.000+10:30"),
        ("Asia/Dhaka", "2026-03-01 08:00", "2026-03-01T08:00:00.000+06:00"),
        ("Asia/Kathmandu", "2026-03-01 08:00", "2026-03-01T08:00:00.000+05:45"),
        ("+05:30", "2026-03-01 08:00", "2026-03-01T08:00:00.000+05:30"),
        ("UTC", "2026-03-01 08:00", "2026-03-01T08:00:00.000+00:00"),
        // A day that Samoa left out.
        ("Pacific/Apia", "2011-12-30 12:00", "1 t row.time-missing"),
    ])
    func `zones of the world are known`(zone: String, text: String, expected: String) throws {
        #expect(try Self.read(text, format: "yyyy-MM-dd HH:mm", zone: zone) == expected)
    }

    @Test(arguments: [
        ("dd.MM.yyyy HH:mm:ss", "01.03.2026 08:05:06", "2026-03-01T08:05:06.000+00:00"),
        ("d/M/yyyy H:mm", "1/3/2026 8:05", "2026-03-01T08:05:00.000+00:00"),
        ("d/M/yyyy H:mm", "31/12/2026 23:05", "2026-12-31T23:05:00.000+00:00"),
        ("MM/dd/yyyy hh:mm a", "03/01/2026 12:05 AM", "2026-03-01T00:05:00.000+00:00"),
        ("MM/dd/yyyy hh:mm a", "03/01/2026 12:05 pm", "2026-03-01T12:05:00.000+00:00"),
        ("MM/dd/yyyy hh:mm a", "03/01/2026 13:05 PM", "1 t row.time"),
        (
            "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-01T08:05:06.789+06:00",
            "2026-03-01T08:05:06.789+06:00"
        ),
        ("yyyy-MM-dd'T'HH:mmXXX", "2026-03-01T08:05Z", "2026-03-01T08:05:00.000+00:00"),
        ("dd.MM.yyyy HH:mm", "29.02.2026 08:00", "1 t row.time"),
        ("dd.MM.yyyy HH:mm", "29.02.2028 08:00", "2028-02-29T08:00:00.000+00:00"),
        ("dd.MM.yyyy HH:mm", "1.3.2026 08:00", "1 t row.time"),
        ("dd.MM.yyyy HH:mm", "01.03.2026 24:00", "1 t row.time"),
        ("dd.MM.yyyy HH:mm", "01.03.26 08:00", "1 t row.time"),
        ("dd.MM.yyyy HH:mm", "01.03.2026 08:00 ", "2026-03-01T08:00:00.000+00:00"),
        ("dd.MM.yyyy HH:mm", "01.03.1969 08:00", "1 t row.time"),
    ])
    func `dates are read as their pattern says and no other way`(
        format: String, text: String, expected: String
    ) throws {
        let zone = format.contains("XXX") ? nil : "UTC"
        #expect(try Self.read(text, format: format, zone: zone) == expected)
    }
}
