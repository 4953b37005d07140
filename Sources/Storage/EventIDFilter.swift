import Synchronization

/// Which event IDs the views may hold: a Bloom filter of 4 MiB over ``EventKey``, two bits each.
///
/// Nearly every event that is handed in has a new ID. Looking each up in SQLite took a quarter of
/// the CPU of ingest, as each commit of the views makes their reader forget its pages. What the
/// filter has not seen is not there; what it has may be gone, or another's with the same bits: with
/// a million IDs one in three hundred, with a hundred million all, and then each is looked up.
final class EventIDFilter: Sendable {
    private static let bits: UInt64 = 1 << 25

    private struct State {
        var words = [UInt64](repeating: 0, count: Int(bits / 64))
        /// Whether it has seen all that the views held when they were opened.
        var isWhole = false
    }

    private let state = Mutex(State())

    /// Whether the views may hold an ID with this key.
    func mayHold(_ key: Int64) -> Bool {
        state.withLock { state in
            guard state.isWhole else { return true }
            return Self.places(key).allSatisfy { state.words[$0.word] & $0.bit != 0 }
        }
    }

    /// Takes in keys, before the views hold them.
    func insert(_ keys: some Sequence<Int64>) {
        state.withLock { state in
            for key in keys {
                for place in Self.places(key) { state.words[place.word] |= place.bit }
            }
        }
    }

    /// Whether it has seen all that the views held when they were opened.
    var isWhole: Bool { state.withLock { $0.isWhole } }

    /// Says that it has.
    func becomeWhole() { state.withLock { $0.isWhole = true } }

    private static func places(_ key: Int64) -> [(word: Int, bit: UInt64)] {
        let hash = UInt64(bitPattern: key)
        return [hash, hash >> 32].map { half in
            let number = half & (bits - 1)
            return (Int(number / 64), 1 << (number % 64))
        }
    }
}
