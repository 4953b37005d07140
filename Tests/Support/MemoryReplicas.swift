package import MerkleTrees
package import Records
package import Replication
package import Sequencing

/// A node's own log and its mirrors, in memory: what survives when a simulated node stops.
///
/// Used from one thread at a time.
package final class MemoryReplicas: ReplicaStore, @unchecked Sendable {
    /// The node's own log.
    package let origin: String
    /// The ledger of the node's own log, which its owner writes.
    package let own: MemoryLedger
    private var mirrors: [String: MemoryLedger] = [:]
    private var kept: [Alarm] = []
    private var lost: [UInt64: Loss] = [:]
    private var stops: [String: MirrorStop] = [:]

    /// A node without mirrors.
    package init(origin: String, own: MemoryLedger) {
        self.origin = origin
        self.own = own
    }

    private func ledger(_ origin: String) -> MemoryLedger {
        if origin == self.origin { return own }
        if let mirror = mirrors[origin] { return mirror }
        let mirror = MemoryLedger(isMirror: true)
        mirrors[origin] = mirror
        return mirror
    }

    package func read<Value>(
        _ origin: String, _ body: (MemoryLedger) throws -> Value
    ) throws -> Value {
        try body(ledger(origin))
    }

    package func extend<Outcome>(
        _ origin: String,
        _ body: (MemoryLedger) throws -> (groups: [GroupToCommit], outcome: Outcome)
    ) throws -> Outcome {
        let ledger = ledger(origin)
        let (groups, outcome) = try body(ledger)
        try ledger.commit(groups)
        return outcome
    }

    package func keep(
        checkpoint note: [UInt8], ofSeal index: UInt64, of origin: String
    ) throws {
        try ledger(origin).keep(checkpoint: note, ofSeal: index)
    }

    package func supply(_ parts: [Part], to origin: String) throws {
        try ledger(origin).supply(parts)
    }

    package func absentParts(
        of origin: String, after number: Int64, limit: Int
    ) throws -> [(number: Int64, digest: Hash256)] {
        ledger(origin).absentParts(after: number, limit: limit)
    }

    package func drop(mirror origin: String) throws {
        mirrors[origin] = nil
        stops[origin] = nil
    }

    package func losses() throws -> [Loss] { lost.values.sorted { $0.size < $1.size } }

    package func keep(loss: Loss) throws {
        lost = lost.filter { $0.value.keyChanges != loss.keyChanges || $0.key > loss.size }
        lost[loss.size] = loss
    }
    package func keep(stop: MirrorStop?, of origin: String) throws {
        stops[origin] = stop
    }

    package func stop(of origin: String) throws -> MirrorStop? {
        return stops[origin]
    }

    package func keep(alarm: Alarm) throws {
        guard !kept.contains(alarm),
            kept.count(where: { $0.origin == alarm.origin }) < ReplicationLimits.alarmsOfOneLog
        else { return }
        kept.append(alarm)
    }

    package func alarms() throws -> [Alarm] { kept }
}

extension ReplicaStore {
    /// Makes groups durable, whatever the ledger holds.
    package func commit(_ groups: [GroupToCommit], to origin: String) throws {
        try extend(origin) { _ in (groups, ()) }
    }
}
