import GRDB
import Support
import Testing

@testable import Storage

/// A start after a power cut, recorded so that the power can be cut again at each change it makes.
struct RecordedRecovery {
    /// What the first cut left.
    let before: FaultyDisk
    let disk: FaultyDisk
    /// How many acts were there.
    let shown: Int
    /// How many changes opening made.
    let opened: UInt64
    /// After how many changes one act more was acknowledged.
    let acknowledged: UInt64

    /// Starts, does one act, copies the WAL back, stops; nil if there was no ledger yet.
    init?(_ workload: Workload, of cut: () -> FaultyDisk, in directory: String) throws {
        let disk = cut()
        before = cut()
        self.disk = disk
        disk.record()
        disk.mount(directory)
        defer { disk.unmount() }
        guard let ledger = try? Ledger.open(directory: directory) else { return nil }
        defer { try? ledger.close() }
        opened = disk.recorded
        guard let shown = try ledger.write({ try workload.actsShown(by: $0) }),
            shown < workload.acts.count
        else { return nil }
        self.shown = shown
        try workload.perform(shown, on: ledger)
        acknowledged = disk.recorded
        try ledger.checkpoint()
        try ledger.close()
    }
}

@Suite(.serialized) struct `A second power cut` {
    @Test func `during recovery loses nothing and recovers the same`() throws {
        let start = ContinuousClock.now
        let run = try RecordedRun(try Workload.shared())
        let stride = max(1, run.disk.recorded * 40 / (1_000 * longRun))
        let tally = try inTwo { worker in
            var cutter = try Cutter(run.workload)
            var cursor = Cursor(run.disk)
            for change in Swift.stride(from: stride, to: run.disk.recorded, by: Int(stride))
            where Int(change / stride % 2) == worker {
                cursor.advance(into: change)
                let seed = change &* 7_919
                let recovery = try RecordedRecovery(
                    run.workload, of: { cursor.disk.afterPowerCut(.some, seed: seed) },
                    in: cutter.directory.path)
                guard let recovery else { continue }
                cutter.cut(recovery, label: "change \(change), seed \(seed)")
            }
            return cutter.tally
        }
        #expect(tally.lost == [])
        #expect(tally.pairs >= 1_000 && tally.acknowledged > 0)
        report(
            "D2", "\(tally.pairs) pairs, \(tally.lost.count) lost or different", since: start)
    }

    /// What SQLite recovers it holds in memory until the WAL is copied back, and that is synced
    /// before the WAL is given up: this is what makes a second cut harmless.
    @Test func `during recovery without syncs loses what was acknowledged`() throws {
        let start = ContinuousClock.now
        let run = try RecordedRun(try Workload.shared())
        var cutter = try Cutter(run.workload)
        var cursor = Cursor(run.disk)
        for change in stride(from: UInt64(20), to: run.disk.recorded, by: 40) {
            cursor.advance(into: change)
            let before = cursor.disk.afterPowerCut(.everything, seed: change)
            let disk = cursor.disk.afterPowerCut(.everything, seed: change)
            disk.record()
            disk.mount(cutter.directory.path)
            do {
                let queue = try DatabaseQueue(path: cutter.directory.path + "/" + Ledger.fileName)
                try queue.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA synchronous = OFF")
                    _ = try database.checkpoint(.truncate)
                }
                try queue.close()
            }
            disk.unmount()
            var again = Cursor(disk, from: before)
            for second in 0..<disk.recorded {
                again.advance(into: second)
                cutter.restart(
                    again.disk.afterPowerCut(.some, seed: second),
                    acknowledged: run.actsAcknowledged(before: change),
                    label: "change \(change), then \(second)")
            }
        }
        let tally = cutter.tally
        #expect(tally.lost.count > 5)
        report("D2 control", "\(tally.lost.count) of \(tally.cuts) pairs lose", since: start)
    }
}

extension Cutter {
    /// Cuts the power at every change of a recovery.
    mutating func cut(_ recovery: RecordedRecovery, label: String) {
        var cursor = Cursor(recovery.disk, from: recovery.before)
        for change in 0..<recovery.disk.recorded {
            cursor.advance(into: change)
            let shown = recovery.shown
            // Until recovery is over, a second one must come to what the first one came to.
            let right =
                change < recovery.opened
                ? shown...shown
                : change < recovery.acknowledged ? shown...shown + 1 : shown + 1...shown + 1
            tally.pairs += 1
            restart(
                cursor.disk.afterPowerCut(.some, seed: change), acknowledged: right.lowerBound,
                begun: right.upperBound, label: "\(label), then \(change)")
        }
    }
}
