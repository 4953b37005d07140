import GRDB
import Support
import Synchronization
import Testing

@testable import Storage

@Suite(.serialized) struct `A disk without space` {
    struct Figures: Sendable {
        var points = 0
        var refused = 0
        var wrong: [String] = []
    }

    /// The disk is full from a write on, and has room again later.
    struct Trial {
        let run: FailingRun
        let directory: String
        let disk: FaultyDisk
        var acknowledged: Int
        var wasRefused = false

        init(_ run: FailingRun, in directory: String) {
            self.run = run
            self.directory = directory
            acknowledged = run.acts.lowerBound
            disk = run.disk.afterCrash()
            disk.mount(directory)
        }

        /// Begins to count, and fills the disk up when so much was done.
        func fillUp(at operation: UInt64, overwrites: Bool) {
            disk.count(.changes)
            disk.fillUp(at: operation, allowsOverwriting: overwrites)
        }

        /// Acts until all is done; makes room once the ledger has said that there is none.
        ///
        /// - Returns: what is not as it should be.
        mutating func complaint(_ ledger: Ledger) throws -> String? {
            for act in run.acts {
                do {
                    try run.workload.perform(act, on: ledger)
                } catch let error as StorageError where error.code == "storage.full" {
                    wasRefused = true
                    if let complaint = try readingComplaint(ledger, act) { return complaint }
                    // It is refused again, until there is room.
                    do {
                        try run.workload.perform(act, on: ledger)
                    } catch let error as StorageError where error.code == "storage.full" {
                        disk.makeRoom()
                        try run.workload.perform(act, on: ledger)
                    }
                }
                acknowledged = act + 1
            }
            return nil
        }

        /// Reading goes on while there is no space.
        private func readingComplaint(_ ledger: Ledger, _ act: Int) throws -> String? {
            let shown = try ledger.read { try run.workload.actsShown(by: $0) }
            // An erasure is there before the WAL that still holds the part could be emptied.
            return shown == act || (act == run.workload.erasing && shown == act + 1)
                ? nil : "\(shown ?? -1) acts can be read, \(act) were acknowledged"
        }
    }

    private static func fill(_ run: FailingRun) throws -> (CutTally, Figures) {
        let figures = Mutex(Figures())
        let tally = try inTwo { worker in
            var cutter = try Cutter(run.workload)
            let directory = cutter.directory.path
            var operation: UInt64 = 0
            while true {
                operation += 1
                let overwrites = worker == 0
                var trial = Trial(run, in: directory)
                let label = "full at \(operation), overwriting \(overwrites)"
                var complaint: String?
                do {
                    let ledger = try Ledger.open(
                        directory: directory, checkpointPages: FailingRun.pages)
                    defer { try? ledger.close() }
                    trial.fillUp(at: operation, overwrites: overwrites)
                    complaint = try trial.complaint(ledger)
                } catch {
                    complaint = "\(error)"
                }
                trial.disk.unmount()
                figures.withLock { figures in
                    figures.points += 1
                    if trial.wasRefused { figures.refused += 1 }
                    if let complaint { figures.wrong.append("\(label): \(complaint)") }
                }
                for survival in [FaultyDisk.Survival.nothing, .some] {
                    cutter.restart(
                        trial.disk.afterPowerCut(survival, seed: operation),
                        acknowledged: trial.acknowledged, label: label)
                }
                if trial.disk.failures == 0 { return cutter.tally }
            }
        }
        return (tally, figures.withLock { $0 })
    }

    @Test func `refuses, is read, goes on when there is room, and loses nothing`() throws {
        let start = ContinuousClock.now
        let workload = try Workload.shared()
        for acts in [4..<7, workload.erasing - 1..<workload.erasing + 2] {
            let run = try FailingRun(workload, acts: acts)
            let (tally, figures) = try Self.fill(run)
            #expect(tally.lost == [])
            #expect(figures.wrong == [])
            #expect(figures.refused > 20)
            report(
                "D5",
                "\(figures.points) points from act \(acts.lowerBound), \(figures.refused) refused "
                    + "and resumed, \(figures.wrong.count) wrong, \(tally.lost.count) lost",
                since: start)
        }
    }

    @Test func `refuses to start, says why, and starts when there is room`() throws {
        let workload = try Workload.shared()
        let run = try FailingRun(workload, acts: 4..<7)
        var cutter = try Cutter(workload)
        var refused = 0
        for operation in 1...UInt64.max {
            let trial = Trial(run, in: cutter.directory.path)
            trial.fillUp(at: operation, overwrites: false)
            do {
                try Ledger.open(directory: cutter.directory.path).close()
            } catch {
                #expect(["storage.full", "storage.io"].contains(error.code), "\(error)")
                refused += 1
            }
            trial.disk.unmount()
            cutter.restart(trial.disk.afterCrash(), acknowledged: 4, begun: 4, label: "start")
            if trial.disk.failures == 0 { break }
        }
        #expect(cutter.tally.lost == [])
        #expect(refused > 5)
    }
}
