import MerkleTrees
import Records

// What is proven against logs and governors.
extension Replicator {
    /// Raises an alarm that was found here, under the newest governance known or that of a number.
    mutating func raise(_ kind: Alarm.Kind, upTo seq: UInt64? = nil) throws {
        let contents = amendments.filter { $0.key <= seq ?? .max }.sorted { $0.key < $1.key }
            .map(\.value.content)
        let alarm = Alarm(
            network: identity.genesis.network, amendments: contents, kind: kind)
        do {
            guard contents.count <= Limits.alarmAmendments,
                alarm.encoded().count <= Limits.alarmBytes
            else {
                throw Refusal(
                    code: "alarm.format", field: "alarm", reason: "the proof is too large")
            }
            _ = try alarm.accused(under: identity.genesis, newest: governance)
            try take(alarm)
        } catch let refusal as Refusal {
            // It does not prove itself to others, but it was seen here.
            guard let origin = alarm.origin, mirrors[origin]?.stopped == nil else { return }
            try stop(origin, refusal.reason, under: [])
        }
    }

    /// Keeps an alarm, and stops trusting whom it accuses.
    ///
    /// One that a newer key of its log has made void is passed by: who told it may not know that.
    ///
    /// - Throws: what refuses it: then it proves nothing. What the store throws.
    mutating func take(_ alarm: Alarm) throws {
        let digest = alarm.digest
        guard alarms[digest] == nil, !passedBy.contains(digest) else { return }
        if let origin = alarm.origin, governance.hasRemoved(log: origin) {
            return passBy(digest)
        }
        guard holds(alarm) else {
            _ = try alarm.accused(under: identity.genesis)
            return passBy(digest)
        }
        // One is proof enough: more of them would only fill the disk.
        guard
            alarms.values.count(where: { $0.origin == alarm.origin })
                < ReplicationLimits.alarmsOfOneLog
        else { return passBy(digest) }
        try store.keep(alarm: alarm)
        alarms[digest] = alarm
        stop(afterAlarm: alarm)
        effects.append(.alarmed(alarm))
        retell()
    }

    /// Whether an alarm convicts anybody by all that is known.
    private func holds(_ alarm: Alarm) -> Bool {
        (try? alarm.accused(under: identity.genesis, newest: governance)) != nil
    }

    /// Tells no more of alarms that governance has made void since, and trusts again whom they
    /// accused: a key that its log has given up convicts nobody.
    mutating func passByVoidAlarms() {
        for (digest, alarm) in alarms {
            guard let origin = alarm.origin, isKnown(origin), !holds(alarm) else { continue }
            alarms[digest] = nil
            passBy(digest)
            let reason = Self.reason(of: alarm)
            if mirrors[origin]?.stopped == reason { mirrors[origin]?.stopped = nil }
        }
    }

    private static func reason(of alarm: Alarm) -> String { "alarm \(alarm.digest.hex)" }

    private mutating func passBy(_ alarm: Hash256) {
        if passedBy.count < ReplicationLimits.alarmsPassedBy { passedBy.insert(alarm) }
    }

    mutating func stop(afterAlarm alarm: Alarm) {
        guard let origin = alarm.origin, mirrors[origin]?.stopped == nil else { return }
        mirrors[origin]?.halt(Self.reason(of: alarm))
    }
}
