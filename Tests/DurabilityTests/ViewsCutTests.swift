import GRDB
import Support
import Testing

@testable import Storage

/// The views are filled behind the ledger and synced less: a power cut may set them back, and must
/// leave nothing else behind.
@Suite struct `The views after a power cut` {
    private static func fill(_ views: Views, from ledger: Ledger, _ workload: Workload) throws {
        try ledger.read { store in
            let facts = try SnapshotHistory(store, genesis: workload.network.state)
            let size = try store.size()
            while try views.size() < size {
                _ = try views.fill(from: store, to: size) { facts.facts(before: $0) }
            }
        }
    }

    /// The workload with the views filled after each act; the counts by size of the log.
    private static func record(
        _ workload: Workload, on disk: FaultyDisk
    ) throws -> [UInt64: ViewCounts] {
        let directory = try TemporaryDirectory()
        disk.record()
        disk.mount(directory.path)
        defer { disk.unmount() }
        let ledger = try Ledger.create(directory: directory.path, identity: workload.identity)
        let views = try Views(directory: directory.path, identity: workload.identity)
        var counts: [UInt64: ViewCounts] = [:]
        for act in workload.acts.indices {
            try workload.perform(act, on: ledger)
            try fill(views, from: ledger, workload)
            counts[try views.size()] = try views.counts()
        }
        try views.close()
        try ledger.close()
        return counts
    }

    @Test func `are behind the ledger at most, and come to the same`() throws {
        let start = ContinuousClock.now
        let workload = try Workload.shared()
        let run = FaultyDisk()
        let counts = try Self.record(workload, on: run)
        let directory = try TemporaryDirectory()
        var cursor = Cursor(run)
        var (cuts, behind) = (0, 0)
        for change in 0..<run.recorded {
            cursor.advance(into: change)
            let left = cursor.disk.afterPowerCut(.some, seed: change)
            left.mount(directory.path)
            defer { left.unmount() }
            guard let ledger = try? Ledger.open(directory: directory.path),
                case let size = try ledger.read({ try $0.size() }), size > 0
            else { continue }
            defer { try? ledger.close() }
            let views = try Views(directory: directory.path, identity: workload.identity)
            defer { try? views.close() }
            let before = try views.size()
            #expect(before <= size, "change \(change)")
            if before < size { behind += 1 }
            try Self.fill(views, from: ledger, workload)
            #expect(try views.counts() == counts[size], "change \(change)")
            cuts += 1
        }
        #expect(behind > 0 && cuts > 300)
        report("D1 views", "\(cuts) cuts, \(behind) set back, all come to the same", since: start)
    }
}
