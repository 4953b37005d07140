package import MerkleTrees
package import Records
package import Replication
package import Sequencing

/// The disk of a simulated node: what it holds outlives crashes.
///
/// Used from one thread at a time.
package final class SimulatedDisk: ReplicaStore {
    /// All that is durable.
    package struct Contents {
        /// The ledgers, by origin.
        package var logs: [String: SimulatedLog] = [:]
        /// The alarms kept.
        package var alarms: [Alarm] = []
        /// How much of the own log was lost.
        package var lostSize: UInt64 = 0
        /// Why logs are mirrored no further.
        package var stops: [String: MirrorStop] = [:]
    }

    /// What the next write does.
    package enum Fault {
        /// It is kept.
        case none
        /// It fails, and nothing is kept.
        case full
        /// It fails, and is there wholly or not at all.
        case torn(isKept: Bool)
    }

    /// What is durable.
    package internal(set) var contents = Contents()
    var fault = Fault.none
    var bug: PlantedBug?
    /// What was there before the newest commit: a disk with a bug goes back to it in a crash.
    private var beforeNewest: Contents?
    /// Told of each group and part that becomes durable.
    var onCommit: ((String, GroupToCommit) -> Void)?
    var onSupply: ((String, [Part]) -> Void)?

    /// An empty disk.
    package init() {}

    package func read<Value>(_ origin: String, _ body: (SimulatedLog) throws -> Value) throws
        -> Value
    {
        try body(contents.logs[origin] ?? SimulatedLog())
    }

    /// A log's ledger.
    package func log(_ origin: String) -> SimulatedLog { contents.logs[origin] ?? SimulatedLog() }

    private func write(_ body: (inout Contents) throws -> Void) throws {
        switch fault {
        case .none: try body(&contents)
        case .full: throw SimulatedFailure("no space is left")
        case .torn(let isKept):
            if isKept { try body(&contents) }
            throw SimulatedFailure("the power went")
        }
    }

    package func commit(_ groups: [GroupToCommit], to origin: String) throws {
        let before = contents
        try write { contents in
            for group in groups {
                try contents.logs[origin, default: SimulatedLog()].commit(group)
                onCommit?(origin, group)
            }
            if bug == .diskRots, let last = groups.last, last.firstIndex > 0 {
                contents.logs[origin]?.flipEntry(at: Int(last.firstIndex))
            }
        }
        if bug == .losesLastCommit { beforeNewest = before }
    }

    package func keep(checkpoint note: [UInt8], ofSeal index: UInt64, of origin: String) throws {
        try write { contents in
            try contents.logs[origin, default: SimulatedLog()]
                .keep(checkpoint: note, ofSeal: index)
        }
    }

    package func supply(_ parts: [Part], to origin: String) throws {
        try write {
            try $0.logs[origin, default: SimulatedLog()].supply(parts)
            onSupply?(origin, parts)
        }
    }

    package func absentParts(
        of origin: String, after number: Int64, limit: Int
    ) throws -> [(number: Int64, digest: Hash256)] {
        log(origin).absentParts(after: number, limit: limit)
    }

    package func drop(mirror origin: String) throws {
        try write {
            $0.logs[origin] = nil
            $0.stops[origin] = nil
        }
    }

    package func lostSize() throws -> UInt64 { contents.lostSize }

    package func note(lostSize size: UInt64) throws {
        try write { $0.lostSize = max($0.lostSize, size) }
    }

    package func keep(stop: MirrorStop?, of origin: String) throws {
        try write { $0.stops[origin] = stop }
    }

    package func stop(of origin: String) throws -> MirrorStop? { contents.stops[origin] }

    package func keep(alarm: Alarm) throws {
        guard bug != .forgetsAlarms else { return }
        try write { $0.alarms.append(alarm) }
    }

    package func alarms() throws -> [Alarm] { contents.alarms }

    /// The node goes down.
    func crash() {
        fault = .none
        if let beforeNewest { contents = beforeNewest }
        beforeNewest = nil
    }
}
