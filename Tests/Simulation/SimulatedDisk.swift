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
        /// What of the own log was lost.
        package var losses: [UInt64: Loss] = [:]
        /// The largest size that was ever lost.
        package var lostSize: UInt64 { losses.keys.max() ?? 0 }
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

    /// What is written.
    ///
    /// What is remembered of other logs and of losses is written as alarms are.
    enum Write: CaseIterable {
        case ownGroup, mirrorGroups, checkpoint, parts, alarm
    }

    /// What is durable.
    package internal(set) var contents = Contents()
    var fault = Fault.none
    /// Which writes it strikes; all if nil.
    var struck: Write?
    /// How many of them are kept before.
    var sparedWrites = 0
    var bug: PlantedBug?
    /// What was there before the newest commit: a disk with a bug goes back to it in a crash.
    private var beforeNewest: Contents?
    /// Told of each group and part that becomes durable.
    var onCommit: ((String, GroupToCommit) -> Void)?
    var onSupply: ((String, [Part]) -> Void)?
    /// Told of each write that fails, and of each part of a log that is erased.
    var onFault: ((Fault, Write) -> Void)?
    var onErase: ((String) -> Void)?
    /// Told of mirrors that are begun anew.
    var onDrop: ((String) -> Void)?
    /// Told of parts that come after their erasure.
    var onErased: (() -> Void)?

    /// The log of the node whose it is.
    private let origin: String

    /// An empty disk.
    init(of origin: String) { self.origin = origin }

    package func read<Value>(_ origin: String, _ body: (SimulatedLog) throws -> Value) throws
        -> Value
    {
        try body(contents.logs[origin] ?? SimulatedLog())
    }

    /// A log's ledger.
    package func log(_ origin: String) -> SimulatedLog { contents.logs[origin] ?? SimulatedLog() }

    private func write(_ what: Write, _ body: (inout Contents) throws -> Void) throws {
        guard struck == nil || struck == what else { return try body(&contents) }
        if sparedWrites > 0 {
            sparedWrites -= 1
            return try body(&contents)
        }
        switch fault {
        case .none: try body(&contents)
        case .full:
            onFault?(fault, what)
            throw SimulatedFailure("no space is left")
        case .torn(let isKept):
            onFault?(fault, what)
            if isKept { try body(&contents) }
            throw SimulatedFailure("the power went")
        }
    }

    private func erasing(_ origin: String, _ body: () throws -> Void) rethrows {
        let before = contents.logs[origin]?.erased.count ?? 0
        try body()
        if contents.logs[origin]?.erased.count ?? 0 > before { onErase?(origin) }
    }

    package func extend<Outcome>(
        _ origin: String,
        _ body: (SimulatedLog) throws -> (groups: [GroupToCommit], outcome: Outcome)
    ) throws -> Outcome {
        let (groups, outcome) = try body(log(origin))
        if !groups.isEmpty { try commit(groups, to: origin) }
        return outcome
    }

    private func commit(_ groups: [GroupToCommit], to origin: String) throws {
        let before = bug == .losesLastCommit ? contents : nil
        try erasing(origin) {
            try write(origin == self.origin ? .ownGroup : .mirrorGroups) { contents in
                for group in groups {
                    try contents.logs[origin, default: SimulatedLog()].commit(group)
                    onCommit?(origin, group)
                }
                if bug == .diskRots, let last = groups.last, last.firstIndex > 0 {
                    contents.logs[origin]?.flipEntry(at: Int(last.firstIndex))
                }
            }
        }
        if let before { beforeNewest = before }
    }

    package func keep(checkpoint note: [UInt8], ofSeal index: UInt64, of origin: String) throws {
        try write(.checkpoint) { contents in
            try contents.logs[origin, default: SimulatedLog()]
                .keep(checkpoint: note, ofSeal: index)
        }
    }

    package func supply(_ parts: [Part], to origin: String) throws {
        let erased = log(origin).erased
        if parts.contains(where: { erased.contains($0.digest) }) { onErased?() }
        try erasing(origin) {
            try write(.parts) {
                try $0.logs[origin, default: SimulatedLog()].supply(parts)
                onSupply?(origin, parts)
            }
        }
    }

    package func absentParts(
        of origin: String, after number: Int64, limit: Int
    ) throws -> [(number: Int64, digest: Hash256)] {
        log(origin).absentParts(after: number, limit: limit)
    }

    package func drop(mirror origin: String) throws {
        try write(.mirrorGroups) {
            $0.logs[origin] = nil
            $0.stops[origin] = nil
        }
        onDrop?(origin)
    }

    package func losses() throws -> [Loss] {
        contents.losses.values.sorted { $0.size < $1.size }
    }

    package func keep(loss: Loss) throws {
        try write(.alarm) { contents in
            contents.losses = contents.losses.filter {
                $0.value.keyChanges != loss.keyChanges || $0.key > loss.size
            }
            contents.losses[loss.size] = loss
        }
    }

    package func keep(stop: MirrorStop?, of origin: String) throws {
        try write(.alarm) { $0.stops[origin] = stop }
    }

    package func stop(of origin: String) throws -> MirrorStop? { contents.stops[origin] }

    package func keep(alarm: Alarm) throws {
        guard bug != .forgetsAlarms else { return }
        try write(.alarm) { $0.alarms.append(alarm) }
    }

    package func alarms() throws -> [Alarm] { contents.alarms }

    /// A log's statements may be registered twice.
    func beLax(about origin: String) { contents.logs[origin, default: SimulatedLog()].isLax = true }

    /// The next writes are kept.
    func repair() {
        fault = .none
        struck = nil
        sparedWrites = 0
    }

    /// The node goes down.
    func crash() {
        repair()
        if let beforeNewest { contents = beforeNewest }
        beforeNewest = nil
    }
}
