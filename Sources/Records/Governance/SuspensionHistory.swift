/// When an organisation's statements count, as suspensions and reinstatements left it (SPEC §9.2).
///
/// Each step sets the standing from its time on, over any earlier step that named a later time.
package struct SuspensionHistory: Hashable, Sendable {
    /// From when an organisation's statements do not count, or count again.
    package struct Step: Hashable, Sendable {
        /// From which time of registration, in milliseconds since the epoch.
        package internal(set) var fromMilliseconds: UInt64
        /// Whether statements do not count from then on.
        package internal(set) var isSuspended: Bool
    }

    /// Ascending in time.
    package private(set) var steps: [Step] = []

    /// Whether statements registered at a time do not count.
    package func isSuspended(atMilliseconds time: UInt64) -> Bool {
        steps.last { $0.fromMilliseconds <= time }?.isSuspended ?? false
    }

    /// Whether there has been no suspension.
    package var isEmpty: Bool { steps.isEmpty }

    mutating func set(suspended: Bool, fromMilliseconds time: UInt64) {
        steps.removeAll { $0.fromMilliseconds >= time }
        steps.append(Step(fromMilliseconds: time, isSuspended: suspended))
    }
}
