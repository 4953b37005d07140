import GRDB
import Support
import Testing

@testable import Storage

@Suite(.serialized) struct `A power cut` {
    static func cuts(_ run: RecordedRun, count: UInt64, seed: UInt64) throws -> CutTally {
        let changes = run.disk.recorded
        let seeds = max(1, count / changes + 1)
        return try inTwo { worker in
            var cutter = try Cutter(run.workload)
            var cursor = Cursor(run.disk)
            for change in 0..<changes where Int(change % 2) == worker {
                cursor.advance(into: change)
                let acknowledged = run.actsAcknowledged(before: change)
                for number in 0..<seeds {
                    let survival: FaultyDisk.Survival =
                        number == 0 ? .nothing : number == 1 ? .everything : .some
                    let seed = seed &+ change &* 1_000_003 &+ number
                    cutter.restart(
                        cursor.disk.afterPowerCut(survival, seed: seed),
                        acknowledged: acknowledged,
                        label: "change \(change), \(survival), seed \(seed)")
                }
            }
            return cutter.tally
        }
    }

    @Test func `at any moment loses nothing that was acknowledged`() throws {
        let start = ContinuousClock.now
        let run = try RecordedRun(try Workload.shared())
        let tally = try Self.cuts(run, count: 10_000 * longRun, seed: 1)
        #expect(tally.lost == [])
        #expect(tally.acknowledged > 0)
        report(
            "D1",
            "\(tally.cuts) cuts at \(run.disk.recorded) changes, \(tally.acknowledged) "
                + "acknowledged acts, \(tally.lost.count) lost, \(tally.fullChecks) full checks, "
                + "\(tally.unopened) before the first", since: start)
    }

    @Test func `loses what was acknowledged if commits are not synced`() throws {
        let start = ContinuousClock.now
        let run = try RecordedRun(try Workload.shared(), synchronous: 1)
        let tally = try Self.cuts(run, count: 500, seed: 2)
        #expect(tally.lost.count > 20)
        report("D1 control", "\(tally.lost.count) of \(tally.cuts) cuts lose", since: start)
    }
}
