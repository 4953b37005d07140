import Foundation
import Logging
import Records
import Storage
import Synchronization

/// Watches the room on the disk of a node: refuses new statements before it is full, tells how long
/// it will last, and lets go by itself when there is room again.
final class DiskWatch: Sendable {
    /// What is known now.
    struct Report: Hashable, Sendable {
        /// nil where the system does not tell.
        var space: DiskSpace?
        /// Free bytes under which no statement is taken.
        var reserveBytes: UInt64
        /// Bytes of the ledger, the views and their logs.
        var ledgerBytes: UInt64
        /// Growth of these; nil until it is known.
        var bytesPerDay: Double?
        /// Days until the reserve is reached.
        var daysLeft: Double?
        /// Whether statements are refused.
        var isLow: Bool
    }

    private struct State {
        var forecast = DiskForecast()
        var isLow = false
        var space: DiskSpace?
        var readAt: ContinuousClock.Instant?
        var warnedAtMilliseconds: UInt64?
    }

    /// How long a reading of the free space holds.
    private static let freshness = Duration.milliseconds(100)
    /// How often a short forecast is logged.
    private static let warningMilliseconds: UInt64 = 6 * 3_600_000

    private let directory: String
    private let read: @Sendable (String) -> DiskSpace?
    private let reserveBytes: UInt64?
    private let warningDays: Int
    private let nowMilliseconds: @Sendable () -> UInt64
    private let logger: Logger
    private let state = Mutex(State())

    init(directory: String, settings: NodeRuntime.Settings) {
        self.directory = directory
        read = settings.diskSpace
        reserveBytes = settings.diskReserveBytes
        warningDays = settings.diskWarningDays
        nowMilliseconds = settings.nowMilliseconds
        logger = settings.logger
    }

    /// Why no new statement is taken now; nil if one is.
    func refusal() -> Refusal? {
        let (isLow, space) = state.withLock { state in
            refresh(&state)
            return (state.isLow, state.space)
        }
        guard isLow, let space else { return nil }
        return Refusal(
            code: "storage.reserve", field: "disk",
            reason: "the node's disk has \(space.freeBytes) bytes free and keeps "
                + "\(reserve(space)) in reserve; nothing new is taken until its operator makes room"
        )
    }

    /// Looks at the disk and the files, and logs what has changed.
    func look() -> Report {
        let bytes = Self.fileBytes(directory)
        let now = nowMilliseconds()
        return state.withLock { state in
            refresh(&state)
            state.forecast.add(bytes: bytes, atMilliseconds: now)
            let free = state.space?.freeBytes ?? 0
            let reserve = state.space.map(reserve) ?? reserveBytes ?? 0
            let report = Report(
                space: state.space, reserveBytes: reserve, ledgerBytes: bytes,
                bytesPerDay: state.forecast.bytesPerDay,
                daysLeft: state.space == nil
                    ? nil : state.forecast.daysLeft(bytes: free > reserve ? free - reserve : 0),
                isLow: state.isLow)
            warn(report, &state, now)
            return report
        }
    }

    private func reserve(_ space: DiskSpace) -> UInt64 { reserveBytes ?? space.standardReserve }

    private func refresh(_ state: inout State) {
        let now = ContinuousClock.now
        if let readAt = state.readAt, now - readAt < Self.freshness { return }
        state.readAt = now
        guard let space = read(directory) else { return }
        state.space = space
        let reserve = reserve(space)
        // A little more than the reserve must be free again, so that it does not go to and fro.
        let isLow = space.freeBytes < (state.isLow ? reserve + reserve / 16 : reserve)
        guard isLow != state.isLow else { return }
        state.isLow = isLow
        logger.log(
            level: isLow ? .error : .notice,
            isLow
                ? "the disk is down to its reserve; new statements are refused"
                : "the disk has room again; statements are taken",
            metadata: [
                "code": isLow ? "disk.low" : "disk.enough",
                "free_bytes": .stringConvertible(space.freeBytes),
                "reserve_bytes": .stringConvertible(reserve),
            ])
    }

    private func warn(_ report: Report, _ state: inout State, _ now: UInt64) {
        guard let days = report.daysLeft, days < Double(warningDays) else { return }
        if let before = state.warnedAtMilliseconds, now >= before,
            now - before < Self.warningMilliseconds
        {
            return
        }
        state.warnedAtMilliseconds = now
        logger.warning(
            "the disk will soon be down to its reserve",
            metadata: [
                "code": "disk.forecast", "days_left": "\(Int(days))",
                "free_bytes": .stringConvertible(report.space?.freeBytes ?? 0),
                "growth_bytes_per_day": .stringConvertible(UInt64(report.bytesPerDay ?? 0)),
            ])
    }

    /// The bytes of a node's databases and their write-ahead logs.
    private static func fileBytes(_ directory: String) -> UInt64 {
        [Ledger.fileName, Views.fileName].flatMap { [$0, $0 + "-wal"] }.reduce(0) { sum, name in
            var status = stat()
            guard unsafe stat(directory + "/" + name, &status) == 0 else { return sum }
            return sum + UInt64(max(0, status.st_size))
        }
    }
}
