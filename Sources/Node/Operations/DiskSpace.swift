import Foundation

/// How much room a file system has.
package struct DiskSpace: Hashable, Sendable {
    /// Bytes free for a process without privileges.
    package var freeBytes: UInt64
    /// Bytes in all.
    package var totalBytes: UInt64

    /// States the room.
    package init(freeBytes: UInt64, totalBytes: UInt64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }

    /// The file system that a path is on; nil if it cannot be asked.
    @Sendable package static func of(_ path: String) -> DiskSpace? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        return DiskSpace(
            freeBytes: UInt64(status.f_bavail) * block, totalBytes: UInt64(status.f_blocks) * block)
    }

    /// What a node keeps free unless it is told otherwise: 256 MiB, or 2 % of a larger file system,
    /// at most 2 GiB.
    ///
    /// The least is what a group in hand, the WAL and its copying back can need.
    var standardReserve: UInt64 {
        min(max(256 << 20, totalBytes / 50), 2 << 30)
    }
}

/// How the room of a node's disk is used up.
///
/// Has no clock and reads no disk: its owner gives it both. It knows the last day.
struct DiskForecast: Hashable, Sendable {
    private struct Sample: Hashable {
        var milliseconds: UInt64
        var bytes: UInt64
    }

    /// The shortest time from which a growth is told.
    static let leastMilliseconds: UInt64 = 600_000
    private static let dayMilliseconds: UInt64 = 86_400_000
    private static let stepMilliseconds: UInt64 = 300_000
    private var samples: [Sample] = []
    private var newest: Sample?

    /// Takes note of how large the node's files are.
    mutating func add(bytes: UInt64, atMilliseconds now: UInt64) {
        // A clock that was set back begins anew.
        if let newest, now < newest.milliseconds { samples = [] }
        let sample = Sample(milliseconds: now, bytes: bytes)
        newest = sample
        samples.removeAll { now - $0.milliseconds > Self.dayMilliseconds }
        let isDue = samples.last.map { now - $0.milliseconds >= Self.stepMilliseconds } ?? true
        if isDue { samples.append(sample) }
    }

    /// By how many bytes the files grow a day; nil until ten minutes are known.
    var bytesPerDay: Double? {
        guard let first = samples.first, let newest,
            newest.milliseconds - first.milliseconds >= Self.leastMilliseconds
        else { return nil }
        let grown = newest.bytes > first.bytes ? newest.bytes - first.bytes : 0
        let time = Double(newest.milliseconds - first.milliseconds)
        return Double(grown) * Double(Self.dayMilliseconds) / time
    }

    /// In how many days so many bytes are used up; infinite without growth, nil if not known.
    func daysLeft(bytes: UInt64) -> Double? {
        bytesPerDay.map { $0 > 0 ? Double(bytes) / $0 : .infinity }
    }
}
