import Records
import Synchronization

/// Slots of which one organisation has a share only.
///
/// So its many questions leave room for another's. Callers without a name have one share together,
/// and so has the operator.
final class CallerSlots: Sendable {
    private let together: Slots
    private let share: Int
    private let taken = Mutex<[Reader: Int]>([:])

    /// Slots, all free, of which one caller has at most a share.
    init(_ capacity: Int, share: Int) {
        together = Slots(capacity)
        self.share = share
    }

    /// Does something in one of them.
    ///
    /// - Throws: `node.busy` where there is none for this caller; what `body` throws.
    func answering<Value>(
        _ reader: Reader, _ body: () async throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let holding = try holding(for: reader)
        defer { holding.release() }
        return try await body()
    }

    /// Takes one of them for as long as what is returned lives, or until it is released.
    ///
    /// - Throws: `node.busy` where there is none for this caller.
    func holding(for reader: Reader) throws(Refusal) -> Holding {
        switch take(reader) {
        case .taken(let holding): return holding
        case .noneLeft: throw Responder.busy
        case .shareUsedUp:
            throw Refusal(
                code: "node.busy", field: "",
                reason: "as many questions of this caller are being answered as one may have at a "
                    + "time (\(share)); try again when one is")
        }
    }

    /// One slot of a caller, for as long as this lives.
    final class Holding: Sendable {
        private let slots: CallerSlots
        private let reader: Reader
        private let isHeld = Mutex(true)

        fileprivate init(_ slots: CallerSlots, _ reader: Reader) {
            self.slots = slots
            self.reader = reader
        }

        /// Gives it back; further calls do nothing.
        func release() {
            let wasHeld = isHeld.withLock { isHeld in
                defer { isHeld = false }
                return isHeld
            }
            if wasHeld { slots.give(reader) }
        }

        deinit { release() }
    }

    /// How it went to take one of them.
    enum Outcome {
        case taken(Holding)
        case noneLeft
        case shareUsedUp
    }

    /// Takes one of them.
    func take(_ reader: Reader) -> Outcome {
        guard together.take(1) else { return .noneLeft }
        guard takeShare(of: reader) else {
            together.give(1)
            return .shareUsedUp
        }
        return .taken(Holding(self, reader))
    }

    private func give(_ reader: Reader) {
        giveShare(of: reader)
        together.give(1)
    }

    /// How many are taken now.
    var inUse: Int { together.inUse }

    private func takeShare(of reader: Reader) -> Bool {
        taken.withLock { taken in
            let count = taken[reader] ?? 0
            guard count < share else { return false }
            taken[reader] = count + 1
            return true
        }
    }

    private func giveShare(of reader: Reader) {
        taken.withLock { taken in
            let count = taken[reader] ?? 0
            taken[reader] = count > 1 ? count - 1 : nil
        }
    }
}
