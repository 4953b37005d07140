import Foundation

/// The zone in which a table writes its times.
struct LocalZone: Sendable {
    /// A local time's place on the world's clock.
    enum Instant: Hashable {
        /// So many milliseconds since 1970, so many minutes from UTC.
        case one(milliseconds: Int64, offsetMinutes: Int)
        /// The clocks were put forward: there was no such time.
        case missing
        /// The clocks were put back: there were two, with these distances from UTC.
        case ambiguous(offsetMinutes: [Int])
    }

    /// The zone as written: `Europe/Berlin`, `+05:30`, `UTC`.
    let name: String
    private let fixedMinutes: Int?
    private let zone: TimeZone

    /// Finds a zone by its name in the IANA database or by its distance from UTC.
    init?(_ name: String) {
        self.name = name
        let offset = name == "UTC" ? "Z" : name
        if let fixed = DatePattern("yyyyMMddxxx")?.read("20000101\(offset)")?.offsetMinutes {
            fixedMinutes = fixed
            zone = .gmt
            return
        }
        // Abbreviations such as EST mean different zones to different people.
        guard name.contains("/"), let zone = TimeZone(identifier: name) else {
            return nil
        }
        fixedMinutes = nil
        self.zone = zone
    }

    /// When a local time was.
    func instant(_ reading: DatePattern.Reading) -> Instant {
        let wall = reading.wallMilliseconds
        if let offset = reading.offsetMinutes ?? fixedMinutes {
            return .one(milliseconds: wall - Int64(offset) * 60_000, offsetMinutes: offset)
        }
        // Whatever holds then, held a day before or holds a day after.
        let day: Int64 = 86_400_000
        let candidates = Set([wall - day, wall + day].map(seconds(at:))).sorted(by: >)
        let fitting = candidates.filter { seconds(at: wall - Int64($0) * 1000) == $0 }
        guard let first = fitting.first else { return .missing }
        guard fitting.count == 1 else {
            return .ambiguous(offsetMinutes: fitting.map { $0 / 60 })
        }
        return .one(milliseconds: wall - Int64(first) * 1000, offsetMinutes: first / 60)
    }

    private func seconds(at milliseconds: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }

    /// A distance from UTC as EPCIS writes it: `+01:00`.
    static func offsetText(_ minutes: Int) -> String {
        let size = abs(minutes)
        let parts = [size / 60, size % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return (minutes < 0 ? "-" : "+") + parts.joined(separator: ":")
    }
}
