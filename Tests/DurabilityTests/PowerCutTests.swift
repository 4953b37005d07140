import Dispatch
import Foundation
import GRDB
import Sequencing
import Support
import Synchronization
import Testing

@testable import Storage

/// The workload done once on a disk that notes every change, so that the power can be cut at each.
struct RecordedRun: Sendable {
    let workload: Workload
    let disk: FaultyDisk
    /// After how many changes each act was acknowledged.
    let acknowledged: [UInt64]

    /// Does the whole workload: with copies of the WAL in between, a stop and a start in order.
    init(_ workload: Workload, synchronous: Int = 2) throws {
        self.workload = workload
        let disk = FaultyDisk()
        self.disk = disk
        disk.record()
        let directory = try TemporaryDirectory()
        disk.mount(directory.path)
        defer { disk.unmount() }
        var ledger = try Ledger.create(directory: directory.path, identity: workload.identity)
        var acknowledged: [UInt64] = []
        for act in workload.acts.indices {
            try Self.settle(ledger, synchronous, autocheckpoint: act % 3 == 2 ? 1 : 24)
            try workload.perform(act, on: ledger)
            acknowledged.append(disk.recorded)
            if act == 3 { try ledger.checkpoint() }
            if act == workload.acts.count / 2 {
                try ledger.close()
                disk.mountFiles()
                ledger = try Ledger.open(directory: directory.path)
            }
        }
        try ledger.close()
        self.acknowledged = acknowledged
    }

    /// Chooses how commits are synced and after how many pages SQLite copies the WAL back itself.
    private static func settle(_ ledger: Ledger, _ synchronous: Int, autocheckpoint: Int) throws {
        try ledger.write { store in
            try store.database.execute(sql: "PRAGMA synchronous = \(synchronous)")
            try store.database.execute(sql: "PRAGMA wal_autocheckpoint = \(autocheckpoint)")
        }
    }

    /// How many acts were acknowledged before a change began.
    func actsAcknowledged(before change: UInt64) -> Int {
        acknowledged.prefix { $0 <= change }.count
    }

    /// A disk on which everything before a change was done, and the change begun.
    struct Cursor {
        let run: RecordedRun
        let disk = FaultyDisk()
        private var next: UInt64 = 0

        init(_ run: RecordedRun) { self.run = run }

        /// Goes on until the power can be cut in the middle of a change.
        mutating func advance(into change: UInt64) {
            while next < change { step() }
            // A sync that does not come to its end has no effect.
            if !run.disk.isSync(change) { step() }
        }

        private mutating func step() {
            disk.repeat(next, of: run.disk)
            next += 1
        }
    }
}

/// How many cuts were made and what was found.
struct CutTally: Sendable {
    var cuts = 0
    var acknowledged = 0
    var unopened = 0
    var lost: [String] = []
    var fullChecks = 0

    mutating func add(_ other: CutTally) {
        cuts += other.cuts
        acknowledged += other.acknowledged
        unopened += other.unopened
        lost += other.lost
        fullChecks += other.fullChecks
    }
}

/// One cut after another in a directory of its own.
struct Cutter {
    let run: RecordedRun
    let directory: TemporaryDirectory
    var tally = CutTally()
    /// Every so many cuts the whole ledger is recomputed as `cairn check` does it.
    var fullCheckEvery = 200

    init(_ run: RecordedRun) throws {
        self.run = run
        directory = try TemporaryDirectory()
    }

    /// Starts from what is left and notes what is missing of what was acknowledged.
    mutating func restart(_ left: FaultyDisk, acknowledged: Int, label: String) {
        tally.cuts += 1
        tally.acknowledged += acknowledged
        left.mount(directory.path)
        defer { left.unmount() }
        do {
            if let complaint = try complaint(left, acknowledged) {
                tally.lost.append("\(label): \(complaint)")
            }
        } catch let error as StorageError
            where acknowledged == 0 && ["storage.missing", "storage.schema"].contains(error.code)
        {
            // `cairn init` had not ended, and is done again.
            tally.unopened += 1
        } catch {
            tally.lost.append("\(label): \(error)")
        }
    }

    private mutating func complaint(_ left: FaultyDisk, _ acknowledged: Int) throws -> String? {
        let ledger = try Ledger.open(directory: directory.path)
        defer { try? ledger.close() }
        let workload = run.workload
        let shown = try ledger.write { store -> Int? in
            let structure = try String.fetchAll(store.database, sql: "PRAGMA integrity_check")
            return structure == ["ok"] ? try workload.actsShown(by: store) : nil
        }
        guard let shown, shown >= acknowledged, shown <= acknowledged + 1 else {
            let findings = try ledger.read {
                LedgerCheck.findings(in: $0, genesis: workload.network.state)
            }
            return "\(shown ?? -1) acts are there, \(acknowledged) were acknowledged; \(findings)"
        }
        if acknowledged > workload.erasing, left.holds(Array(Workload.secret.utf8)) {
            return "an erased part is on the disk again"
        }
        if tally.cuts % fullCheckEvery == 0, shown > 0 {
            tally.fullChecks += 1
            if let complaint = try resume(ledger) { return complaint }
        } else if shown < workload.acts.count {
            try workload.perform(shown, on: ledger)
            let next = try ledger.write { try workload.actsShown(by: $0) }
            if next != shown + 1 { return "act \(shown) comes out differently" }
        }
        return nil
    }

    /// Checks everything and goes on through a sequencer that takes up the log.
    private func resume(_ ledger: Ledger) throws -> String? {
        let network = run.workload.network
        let before = try ledger.read { try $0.entries(0..<$0.size()) }
        var rig = try SequencerRig(network: network, ledger: ledger)
        try rig.register(try network.trade(batches: 1, name: "after"))
        let after = try ledger.read { try $0.entries(0..<$0.size()) }
        guard Array(after.prefix(before.count)) == before, after.count == before.count + 4 else {
            return "the next statements changed what was there"
        }
        let findings = try ledger.read { LedgerCheck.findings(in: $0, genesis: network.state) }
        return findings.isEmpty ? nil : "\(findings)"
    }
}

/// Splits work among two threads, each with a value of its own, and adds up what they found.
func inTwo(_ body: @Sendable (_ worker: Int) throws -> CutTally) throws -> CutTally {
    let results = Mutex<[Result<CutTally, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { worker in
        let result = Result { try body(worker) }
        results.withLock { $0.append(result) }
    }
    var tally = CutTally()
    for result in results.withLock({ $0 }) { tally.add(try result.get()) }
    return tally
}

/// The figures of one row of `tools/reliability.md`.
func report(_ row: String, _ text: String, since start: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    print("\(row): \(text) in \(String(format: "%.1f", seconds)) s")
}

/// How many rounds a long run makes of one in a build.
let longRun = ProcessInfo.processInfo.environment["CAIRN_FAULTS"].flatMap { UInt64($0) } ?? 1

@Suite(.serialized) struct `A power cut` {
    static func cuts(_ run: RecordedRun, count: UInt64, seed: UInt64) throws -> CutTally {
        let changes = run.disk.recorded
        let seeds = max(1, count / changes + 1)
        return try inTwo { worker in
            var cutter = try Cutter(run)
            var cursor = RecordedRun.Cursor(run)
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
