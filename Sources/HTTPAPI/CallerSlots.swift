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
        switch take(reader) {
        case .taken: break
        case .noneLeft: throw Responder.busy
        case .shareUsedUp:
            throw Refusal(
                code: "node.busy", field: "",
                reason: "as many questions of this caller are being answered as one may have at a "
                    + "time (\(share)); try again when one is")
        }
        defer { give(reader) }
        return try await body()
    }

    /// How it went to take one of them.
    enum Outcome {
        case taken
        case noneLeft
        case shareUsedUp
    }

    /// Takes one of them, to be given back.
    func take(_ reader: Reader) -> Outcome {
        guard together.take(1) else { return .noneLeft }
        guard takeShare(of: reader) else {
            together.give(1)
            return .shareUsedUp
        }
        return .taken
    }

    /// Gives one back.
    func give(_ reader: Reader) {
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
