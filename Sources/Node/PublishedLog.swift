import MerkleTrees
import Sequencing
import Synchronization

/// The log as readers and admission see it: always a whole number of groups, all of them durable.
///
/// The writer owns it; everybody else reads. Nothing here is ahead of the disk but the indexes,
/// which are only found by the size that a read snapshot of the ledger has.
final class PublishedLog: Sendable {
    /// The log after one seal.
    struct Snapshot: Sendable {
        /// How many entries it has; the last is a seal.
        var size: UInt64
        /// The signed checkpoint of that size.
        var checkpoint: [UInt8]
        /// What statements are admitted under.
        var basis: AdmissionBasis
    }

    private let snapshot: Mutex<Snapshot>
    private let indexes = Mutex(SealedIndexes())

    /// The log as it was taken up, with the index of its last seal.
    init(_ first: Snapshot, index: SubjectIndex) {
        snapshot = Mutex(first)
        indexes.withLock { $0.add(index, size: first.size) }
    }

    /// The newest durable state.
    var newest: Snapshot { snapshot.withLock { $0 } }

    /// Makes a new state the newest.
    func publish(_ next: Snapshot) { snapshot.withLock { $0 = next } }

    /// Keeps the index of a group that is about to be committed.
    func prepare(_ index: SubjectIndex, size: UInt64) {
        indexes.withLock { $0.add(index, size: size) }
    }

    /// The subject index of the log at a size; nil if that is too long ago.
    func index(size: UInt64) -> SubjectIndex? { indexes.withLock { $0.index(size: size) } }
}
