import Synchronization

/// A number of slots that are taken and given back, never waited for.
///
/// Used for what is refused with `node.busy` when too much of it goes on at once: bytes of
/// submissions in memory, streams, evidence answers.
final class Slots: Sendable {
    private let capacity: Int
    private let taken = Mutex(0)

    /// Slots, all free.
    init(_ capacity: Int) {
        self.capacity = capacity
    }

    /// Takes that many, all or none.
    func take(_ count: Int) -> Bool {
        taken.withLock { taken in
            guard count <= capacity - taken else { return false }
            taken += count
            return true
        }
    }

    /// Gives back what was taken.
    func give(_ count: Int) {
        taken.withLock { taken in
            precondition(count <= taken, "more slots are given back than were taken")
            taken -= count
        }
    }

    /// How many are taken now.
    var inUse: Int { taken.withLock { $0 } }
}

/// Slots held for as long as this value lives, or until `release()`.
final class SlotHolding: Sendable {
    private let slots: Slots
    private let held: Mutex<Int>

    /// Takes slots; nil if there are not that many.
    init?(_ slots: Slots, _ count: Int) {
        guard slots.take(count) else { return nil }
        self.slots = slots
        self.held = Mutex(count)
    }

    /// Takes more of them, all or none.
    func grow(by count: Int) -> Bool {
        guard slots.take(count) else { return false }
        held.withLock { $0 += count }
        return true
    }

    /// Gives them all back; further calls do nothing.
    func release() {
        let count = held.withLock { held in
            defer { held = 0 }
            return held
        }
        slots.give(count)
    }

    deinit { release() }
}
