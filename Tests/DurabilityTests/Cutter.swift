import Dispatch
import Foundation
import GRDB
import Sequencing
import Support
import Synchronization

@testable import Storage

/// How many cuts were made and what was found.
struct CutTally: Sendable {
    var cuts = 0
    var acknowledged = 0
    var unopened = 0
    var lost: [String] = []
    var fullChecks = 0
    /// Cuts whose outcome was looked at in pairs.
    var pairs = 0

    mutating func add(_ other: CutTally) {
        cuts += other.cuts
        acknowledged += other.acknowledged
        unopened += other.unopened
        lost += other.lost
        fullChecks += other.fullChecks
        pairs += other.pairs
    }
}

/// One cut after another in a directory of its own.
struct Cutter {
    let workload: Workload
    let directory: TemporaryDirectory
    var tally = CutTally()
    /// Every so many cuts the whole ledger is recomputed as `cairn check` does it.
    var fullCheckEvery = 200

    init(_ workload: Workload) throws {
        self.workload = workload
        directory = try TemporaryDirectory()
    }

    /// Starts from what is left and notes what is missing of what was acknowledged; of what was
    /// begun, as a rule one act more, all may be there.
    mutating func restart(
        _ left: FaultyDisk, acknowledged: Int, begun: Int? = nil, label: String
    ) {
        tally.cuts += 1
        tally.acknowledged += acknowledged
        left.mount(directory.path)
        defer { left.unmount() }
        do {
            if let complaint = try complaint(left, acknowledged...(begun ?? acknowledged + 1)) {
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

    private mutating func complaint(_ left: FaultyDisk, _ right: ClosedRange<Int>) throws -> String?
    {
        let ledger = try Ledger.open(directory: directory.path)
        defer { try? ledger.close() }
        let workload = workload
        let shown = try ledger.write { store -> Int? in
            let structure = try String.fetchAll(store.database, sql: "PRAGMA integrity_check")
            return structure == ["ok"] ? try workload.actsShown(by: store) : nil
        }
        guard let shown, right.contains(shown) else {
            let findings = try ledger.read {
                LedgerCheck.report(on: $0, genesis: workload.network.state).findings
            }
            return "\(shown ?? -1) acts are there, \(right) should be; \(findings)"
        }
        if right.lowerBound > workload.erasing, left.holds(Array(Workload.secret.utf8)) {
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
        let network = workload.network
        let before = try ledger.read { try $0.entries(0..<$0.size()) }
        var rig = try SequencerRig(network: network, ledger: ledger)
        try rig.register(try network.trade(batches: 1, name: "after"))
        let after = try ledger.read { try $0.entries(0..<$0.size()) }
        guard Array(after.prefix(before.count)) == before, after.count == before.count + 4 else {
            return "the next statements changed what was there"
        }
        let findings = try ledger.read {
            LedgerCheck.report(on: $0, genesis: network.state).findings
        }
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
