package import EPCIS
import MerkleTrees
import Notes
package import Records

/// An alarm whose proof was checked, as it stands in evidence (SPEC §15.3, §25.5).
package struct ProvenAlarm: Hashable, Sendable {
    /// The proof.
    package let alarm: Alarm
    /// Whom it convicts.
    package let accused: Alarm.Accused

    /// Checks an alarm, with the newest governance known.
    ///
    /// - Throws: `cbor.*` or `alarm.*`: it proves nothing.
    package init(
        _ bytes: [UInt8], under genesis: GovernanceState, newest: GovernanceState? = nil
    ) throws(Refusal) {
        alarm = try Alarm.decode(bytes)
        accused = try alarm.accused(under: genesis, newest: newest)
    }

    /// For programs (SPEC §16): what was proven against whom, and between which checkpoints.
    package var json: JSONValue {
        var members = [
            JSONMember("digest", .string(alarm.digest.hex)),
            JSONMember("kind", .string(alarm.kindName)),
        ]
        if let origin = alarm.origin { members.append(JSONMember("origin", .string(origin))) }
        let checkpoints = alarm.checkpoints.map { checkpoint in
            JSONValue.object([
                JSONMember("size", .number(JSONNumber(checkpoint.size))),
                JSONMember("root", .string(checkpoint.root.hex)),
            ])
        }
        if !checkpoints.isEmpty { members.append(JSONMember("checkpoints", .array(checkpoints))) }
        return .object(members)
    }

    /// The member that lists alarms; nil where there are none.
    static func member(_ alarms: [ProvenAlarm]) -> JSONMember? {
        alarms.isEmpty ? nil : JSONMember("alarms", .array(alarms.map(\.json)))
    }
}
