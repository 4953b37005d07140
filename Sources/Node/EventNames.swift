import EPCIS
import MerkleTrees
import Records
import Storage
import Synchronization

/// An event that gives itself an ID, as a statement on its way into the log has it.
struct NamedEvent: Sendable {
    /// Whose event of which ID: two of one name are one event, or contradict each other.
    struct Name: Hashable, Sendable {
        var issuer: String
        var eventID: String
    }

    var name: Name
    /// The event as signed.
    var content: [UInt8]
    /// The digest of its part.
    var part: Hash256

    /// The events of a statement that must not contradict others: those that declare an error
    /// repeat an ID by right.
    static func of(_ admitted: AdmittedStatement) -> [NamedEvent] {
        admitted.parts.compactMap { part in
            guard case .event(let event) = part.content, !event.declaresError,
                let eventID = event.eventID
            else { return nil }
            let name = Name(issuer: admitted.verified.statement.issuer, eventID: eventID)
            return NamedEvent(name: name, content: part.part.content, part: part.part.digest)
        }
    }

    /// With how many events of one ID an event is compared; an ID has one, and its declarations.
    static let comparedLimit = 64

    /// Whether a part of the same issuer is another event of this ID.
    func contradicts(_ part: Part) -> Bool {
        guard part.content != content, case .event(let other)? = try? Content.read(part) else {
            return false
        }
        return other.eventID == name.eventID && !other.declaresError
    }
}

extension Refusal {
    /// Another event of the issuer has this ID (SPEC §17).
    static func taken(_ name: NamedEvent.Name) -> Refusal {
        Refusal(
            code: "event.id-taken", field: "eventID",
            reason: "\(name.issuer) has registered another event under the eventID "
                + "\(name.eventID), and what stands in the log stays: both would contradict each "
                + "other for good. Give this event an eventID of its own; if it puts the other "
                + "right, also send the other once more, unchanged but for an errorDeclaration "
                + "that names the new ID in correctiveEventIDs")
    }
}

/// The event IDs of statements between admission and the views (SPEC §17).
///
/// The views tell which IDs are taken, but only some time after an event stands in the log. What
/// they may not know yet is claimed here, before they are asked: so of two statements that come at
/// once one is refused. A courtesy to authors and no rule of the log: what is not claimed because
/// there is too much, or because the node has just started, is let pass.
final class EventNames: Sendable {
    private struct Claim {
        var content: Hash256
        /// Statements that are on their way.
        var holders = 0
        /// The last leaf that one of them was given.
        var leafIndex: UInt64 = 0

        /// Whether views that are so far may not know of it.
        func isNeeded(viewed: UInt64) -> Bool { holders > 0 || leafIndex >= viewed }
    }

    private struct State {
        var claims: [NamedEvent.Name: Claim] = [:]
        /// With how many claims it is next looked for those that the views have reached.
        var sweepCount = EventNames.sweepCount
    }

    /// The most claims there are.
    static let limit = 200_000
    private static let sweepCount = 4_096
    private let state = Mutex(State())

    /// Claims the IDs of events that are on their way; each claim is to be settled.
    ///
    /// - Parameters:
    ///   - events: the events of a statement.
    ///   - viewed: how far the views are.
    /// - Returns: the names that were claimed.
    /// - Throws: `event.id-taken`; nothing is claimed then.
    func claim(
        _ events: [NamedEvent], viewed: UInt64
    ) throws(Refusal) -> [NamedEvent.Name] {
        guard !events.isEmpty else { return [] }
        var contents: [NamedEvent.Name: Hash256] = [:]
        for event in events {
            let content = Hash256.sha256(event.content)
            guard contents.updateValue(content, forKey: event.name) ?? content == content else {
                throw .taken(event.name)
            }
        }
        return try state.withLock { state throws(Refusal) in
            Self.sweep(&state, viewed: viewed)
            for (name, content) in contents {
                guard let claim = state.claims[name], claim.content != content else { continue }
                guard !claim.isNeeded(viewed: viewed) else { throw .taken(name) }
                // Of what they know the views tell, also that it was erased.
                state.claims[name] = nil
            }
            guard state.claims.count + contents.count <= Self.limit else { return [] }
            for (name, content) in contents {
                state.claims[name, default: Claim(content: content)].holders += 1
            }
            return Array(contents.keys)
        }
    }

    /// What became of a statement: its leaf, nil if it has none.
    func settle(_ names: [NamedEvent.Name], leafIndex: UInt64?) {
        guard !names.isEmpty else { return }
        state.withLock { state in
            for name in names {
                guard var claim = state.claims[name] else { continue }
                claim.holders -= 1
                claim.leafIndex = max(claim.leafIndex, leafIndex ?? 0)
                state.claims[name] = claim.isNeeded(viewed: 1) ? claim : nil
            }
        }
    }

    /// Forgets what the views know now, now and then.
    private static func sweep(_ state: inout State, viewed: UInt64) {
        guard state.claims.count >= state.sweepCount else { return }
        state.claims = state.claims.filter { $0.value.isNeeded(viewed: viewed) }
        // Where the views are that far behind, only those on their way are kept apart.
        if state.claims.count > limit / 2 {
            state.claims = state.claims.filter { $0.value.holders > 0 }
        }
        state.sweepCount = min(limit, max(sweepCount, 2 * state.claims.count))
    }
}
