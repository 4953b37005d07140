import MerkleTrees
import Records
import Synchronization
import Verdicts

/// Verdicts that were given, for as long as nothing they rest on has moved (SPEC §17.7).
///
/// A verdict holds while every chain that its evidence asks has the head it had: a new record about
/// any thing upstream, a revocation and an amendment each move one. Other traffic moves none. What
/// is kept is bounded in number and bytes; what was asked for longest ago goes first.
final class VerdictCache: Sendable {
    /// What was asked, and by whom: readers see different records.
    struct Question: Hashable, Sendable {
        var uri: String
        var request: ClaimRequest
        var reader: Reader
    }

    /// A chain that a verdict rests on, and where it ended.
    struct Chain: Hashable, Sendable {
        var key: Hash256
        var head: ChainHead
    }

    /// A verdict and what it rests on.
    struct Entry: Sendable {
        var json: [UInt8]
        var chains: [Chain]
        /// The log's size when the chains were last looked at.
        var size: UInt64
        /// How far the mirrors were, and how many alarms there were.
        var peers: PeersMark
        /// The stretch of time it was asked in, where the question left a time open.
        var period: UInt64

        fileprivate var byteCount: Int {
            json.count + chains.count * MemoryLayout<Chain>.stride
        }
    }

    /// Verdicts kept (SPEC §19).
    static let entriesLimit = 1_024
    /// Their bytes, with what they rest on (SPEC §19).
    static let bytesLimit = 64 << 20

    fileprivate struct State {
        var entries: [Question: (entry: Entry, used: UInt64)] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
        var builds = 0
    }

    private let state = Mutex(State())

    /// How many verdicts were made from evidence gathered for them.
    var builds: Int { state.withLock { $0.builds } }

    /// What is kept for a question.
    func entry(for question: Question) -> Entry? {
        state.withLock { state in
            guard let found = state.entries[question] else { return nil }
            state.clock += 1
            state.entries[question]?.used = state.clock
            return found.entry
        }
    }

    /// Keeps a verdict that was just made; nil forgets what was kept, for one that may change
    /// without a chain's moving.
    func keep(_ entry: Entry?, for question: Question) {
        state.withLock { state in
            state.builds += 1
            state.remove(question)
            if let entry { state.put(entry, question) }
        }
    }

    /// Notes that a verdict still holds at a size.
    func renew(_ question: Question, at size: UInt64) {
        state.withLock { $0.entries[question]?.entry.size = size }
    }
}

extension VerdictCache.State {
    fileprivate mutating func put(
        _ entry: VerdictCache.Entry, _ question: VerdictCache.Question
    ) {
        guard entry.byteCount <= VerdictCache.bytesLimit / 4 else { return }
        clock += 1
        entries[question] = (entry, clock)
        byteCount += entry.byteCount
        while entries.count > VerdictCache.entriesLimit || byteCount > VerdictCache.bytesLimit,
            let oldest = entries.min(by: { $0.value.used < $1.value.used })?.key
        {
            remove(oldest)
        }
    }

    fileprivate mutating func remove(_ question: VerdictCache.Question) {
        guard let old = entries.removeValue(forKey: question) else { return }
        byteCount -= old.entry.byteCount
    }
}
