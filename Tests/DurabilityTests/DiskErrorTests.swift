import GRDB
import Support
import Synchronization
import Testing

@testable import Storage

/// A few acts in the middle of the workload, done on a disk that fails.
struct FailingRun: Sendable {
    let workload: Workload
    /// The disk before, after a stop in order.
    let disk: FaultyDisk
    /// The acts to do.
    let acts: Range<Int>
    /// After how many pages the WAL is copied back: often, so that every path is met.
    static let pages = 30

    init(_ workload: Workload, acts: Range<Int>) throws {
        self.workload = workload
        self.acts = acts
        disk = FaultyDisk()
        let directory = try TemporaryDirectory()
        disk.mount(directory.path)
        defer { disk.unmount() }
        let ledger = try Ledger.create(directory: directory.path, identity: workload.identity)
        for act in 0..<acts.lowerBound { try workload.perform(act, on: ledger) }
        try ledger.close()
    }

    struct Outcome {
        /// How many acts of the workload were acknowledged in all.
        var acknowledged: Int
        /// What ended the run; nil if nothing did.
        var error: StorageError?
        /// Whether the ledger took another act after the error.
        var wentOn = false
        /// The disk as it was then, as a killed process leaves it.
        var left: FaultyDisk?
    }

    /// Opens, acts and copies back, until something fails.
    func run(on disk: FaultyDisk, in directory: String) -> Outcome {
        disk.mount(directory)
        defer { disk.unmount() }
        var outcome = Outcome(acknowledged: acts.lowerBound)
        do {
            let ledger = try Ledger.open(directory: directory, checkpointPages: Self.pages)
            defer { try? ledger.close() }
            do {
                for act in acts {
                    try workload.perform(act, on: ledger)
                    outcome.acknowledged = act + 1
                }
                try ledger.checkpoint()
            } catch {
                outcome.left = disk.afterCrash()
                let next = outcome.acknowledged
                if next < acts.upperBound {
                    outcome.wentOn = (try? workload.perform(next, on: ledger)) != nil
                }
                throw error
            }
        } catch let error as StorageError {
            outcome.error = error
        } catch {
            outcome.error = StorageError(code: "none", place: "", reason: "\(error)")
        }
        return outcome
    }
}

@Suite(.serialized) struct `A disk that fails` {
    enum Fault: CaseIterable {
        case once, forEver, power

        /// Lets an operation fail, alone or with all after it, or takes the power away there.
        func happen(to disk: FaultyDisk, at operation: UInt64, seed: UInt64) {
            switch self {
            case .once: disk.fail(at: operation, times: 1, seed: seed)
            case .forEver: disk.fail(at: operation, times: .max, seed: seed)
            case .power: disk.cutPower(at: operation)
            }
        }
    }

    struct Errors: Sendable {
        var points = 0
        var wentOn: [String] = []
        var codes: [String: Int] = [:]
        var silentAt: [String] = []
    }

    /// Every operation fails, once or for ever; then the process starts again, or the machine.
    static func fail(_ run: FailingRun, seed: UInt64) throws -> (CutTally, Errors) {
        let clean = run.disk.afterCrash()
        clean.count(.all)
        let directory = try TemporaryDirectory()
        #expect(run.run(on: clean, in: directory.path).error == nil)
        let operations = clean.operations
        let errors = Mutex(Errors())
        let tally = try inTwo { worker in
            var cutter = try Cutter(run.workload)
            for operation in 1...operations where Int(operation % 2) == worker {
                for fault in Fault.allCases {
                    let disk = run.disk.afterCrash()
                    disk.count(.all)
                    fault.happen(to: disk, at: operation, seed: seed &+ operation)
                    let outcome = run.run(on: disk, in: cutter.directory.path)
                    let label = "operation \(operation), \(fault)"
                    errors.withLock { errors in
                        errors.points += 1
                        errors.codes[outcome.error?.code ?? "none", default: 0] += 1
                        if outcome.error == nil { errors.silentAt.append(label) }
                        if outcome.wentOn { errors.wentOn.append(label) }
                    }
                    if fault == .power {
                        cutter.restart(
                            disk.afterPowerCut(.some, seed: seed &+ operation),
                            acknowledged: outcome.acknowledged, label: label)
                    } else {
                        cutter.restart(afterError: disk, outcome, seed: seed &+ operation, label)
                    }
                }
            }
            return cutter.tally
        }
        return (tally, errors.withLock { $0 })
    }

    @Test func `once or for ever at any operation loses nothing`() throws {
        let start = ContinuousClock.now
        let workload = try Workload.shared()
        for round in 0..<longRun {
            for acts in [4..<7, workload.erasing - 1..<workload.erasing + 2] {
                let run = try FailingRun(workload, acts: acts)
                let (tally, errors) = try Self.fail(run, seed: 40 + round)
                #expect(tally.lost == [])
                #expect(errors.wentOn == [])
                #expect(tally.acknowledged > 0)
                report(
                    "D4",
                    "\(errors.points) points from act \(acts.lowerBound), \(tally.cuts) starts, "
                        + "\(tally.lost.count) lost, \(errors.codes) \(errors.silentAt.count) silent",
                    since: start)
            }
        }
    }

    /// What the next process can read after a failed sync need not be on the disk.
    ///
    /// Only that the ledger copies it back and syncs it before it goes on saves what is acknowledged
    /// then.
    @Test func `loses what is acknowledged by whoever takes what it reads for durable`() throws {
        let start = ContinuousClock.now
        let workload = try Workload.shared()
        let run = try FailingRun(workload, acts: 4..<7)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + Ledger.fileName
        var (acknowledged, lost) = (0, 0)
        for operation in 1...16 as ClosedRange<UInt64> {
            let disk = run.disk.afterCrash()
            disk.count(.syncs)
            disk.fail(at: operation, times: 1, seed: operation)
            guard let running = run.run(on: disk, in: directory.path).left else { continue }
            running.mount(directory.path)
            let sql = "INSERT INTO entry(place, bytes) VALUES(1000, x'00')"
            let queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: sql)
            }
            acknowledged += 1
            let left = running.afterPowerCut(.nothing, seed: operation)
            try queue.close()
            running.unmount()
            left.mount(directory.path)
            let count = "SELECT count(*) FROM entry WHERE place = 1000"
            let found = try? DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: count) }
            left.unmount()
            if found != 1 { lost += 1 }
        }
        #expect(lost > 0)
        report("D4 control", "\(lost) of \(acknowledged) acknowledged are lost", since: start)
    }
}

extension Cutter {
    /// Starts again after an error: on a machine that goes on, and on one whose power went too.
    mutating func restart(
        afterError disk: FaultyDisk, _ outcome: FailingRun.Outcome, seed: UInt64, _ label: String
    ) {
        let killed = outcome.left ?? disk
        for (left, survival) in [(disk, FaultyDisk.Survival.nothing), (killed, .some)] {
            restart(
                left.afterPowerCut(survival, seed: seed), acknowledged: outcome.acknowledged,
                label: label + ", power cut")
        }
        // The system has what the process wrote, and takes for durable what it could not sync.
        let running = killed.afterCrash()
        running.mount(directory.path)
        let then = acknowledgeOneMore(on: running, seed: seed)
        running.unmount()
        guard let (acknowledged, left) = then else {
            return tally.lost.append(label + ": it does not start again")
        }
        restart(
            left, acknowledged: acknowledged, begun: acknowledged,
            label: label + ", started again, acknowledged more, power cut")
    }

    /// Starts, does the next act, and loses power.
    private func acknowledgeOneMore(on disk: FaultyDisk, seed: UInt64) -> (Int, FaultyDisk)? {
        guard let ledger = try? Ledger.open(directory: directory.path) else { return nil }
        // The ledger did that on the real directory.
        disk.synchronizeDirectory()
        defer { try? ledger.close() }
        guard let shown = try? ledger.write({ try workload.actsShown(by: $0) }),
            (try? workload.perform(shown, on: ledger)) != nil
        else { return nil }
        return (shown + 1, disk.afterPowerCut(.nothing, seed: seed))
    }
}
