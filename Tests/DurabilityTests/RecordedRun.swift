import GRDB
import Support

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
            try Self.settle(ledger, synchronous)
            try workload.perform(act, on: ledger)
            acknowledged.append(disk.recorded)
            if act == 3 { try ledger.checkpoint() }
            if act == workload.acts.count / 2 {
                try ledger.close()
                disk.mountFiles()
                ledger = try Ledger.open(directory: directory.path, checkpointPages: 30)
                disk.synchronizeDirectory()
            }
        }
        try ledger.close()
        self.acknowledged = acknowledged
    }

    /// Chooses how commits are synced.
    private static func settle(_ ledger: Ledger, _ synchronous: Int) throws {
        try ledger.write { try $0.database.execute(sql: "PRAGMA synchronous = \(synchronous)") }
    }

    /// How many acts were acknowledged before a change began.
    func actsAcknowledged(before change: UInt64) -> Int {
        acknowledged.prefix { $0 <= change }.count
    }
}

/// A disk on which everything before a recorded change was done, and the change begun.
struct Cursor {
    let recording: FaultyDisk
    let disk: FaultyDisk
    private var next: UInt64 = 0

    /// Starts from what the recorded disk held before.
    init(_ recording: FaultyDisk, from disk: FaultyDisk = FaultyDisk()) {
        self.recording = recording
        self.disk = disk
    }

    /// Goes on until the power can be cut in the middle of a change.
    mutating func advance(into change: UInt64) {
        while next < change { step() }
        // A sync that does not come to its end has no effect.
        if !recording.isSync(change) { step() }
    }

    private mutating func step() {
        disk.repeat(next, of: recording)
        next += 1
    }
}
