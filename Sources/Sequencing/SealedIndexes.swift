package import MerkleTrees

/// The subject index at the last few seals, for readers whose snapshot is a little old.
///
/// A proof needs the index of exactly the seal whose leaves it is made from. The writer adds the
/// index of a group *before* it commits it, so whatever snapshot a reader gets, its index is here,
/// unless the reader was overtaken by many groups: then it reads anew. Copies share what did not
/// change.
package struct SealedIndexes: Sendable {
    /// How many seals are kept.
    package static let limit = 4

    private var indexes: [(size: UInt64, index: SubjectIndex)] = []

    /// Keeps none yet.
    package init() {}

    /// Keeps the index after the seal with which a log has this size.
    package mutating func add(_ index: SubjectIndex, size: UInt64) {
        indexes.append((size, index))
        if indexes.count > Self.limit { indexes.removeFirst() }
    }

    /// The index of a log of this size; nil if it is no longer, or not yet, kept.
    package func index(size: UInt64) -> SubjectIndex? {
        indexes.last { $0.size == size }?.index
    }
}
