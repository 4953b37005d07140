/// The right edge of a growing tree: all that is needed to append leaves and to know the root.
///
/// It holds the roots of the complete subtrees that make up the tree, largest first: one for each
/// bit set in the size, at most 64. (Also known as a compact range.)
package struct TreeFrontier: Hashable, Sendable {
    /// How many leaves the tree has.
    package private(set) var size: UInt64 = 0
    /// The roots of the complete subtrees, largest and leftmost first.
    package private(set) var peaks: [Hash256] = []

    /// The tree without leaves.
    package init() {}

    /// Takes up a tree from its size and complete subtrees; nil unless there is one for each bit
    /// set in the size.
    package init?(size: UInt64, peaks: [Hash256]) {
        guard peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    /// Appends a leaf, given its hash.
    package mutating func append(_ leaf: Hash256) {
        append(leaf) { _, _ in }
    }

    /// Appends a leaf and reports every subtree that it completes, from the leaf itself (level 0)
    /// upwards.
    mutating func append(_ leaf: Hash256, completed: (_ level: Int, Hash256) -> Void) {
        precondition(size < .max, "a tree has at most 2⁶⁴ − 1 leaves")
        var hash = leaf
        completed(0, hash)
        // Each trailing one bit of the old size is a subtree that now finds its right half.
        for level in 0..<(~size).trailingZeroBitCount {
            hash = TreeHash.node(peaks.removeLast(), hash)
            completed(level + 1, hash)
        }
        peaks.append(hash)
        size += 1
    }

    /// The root of the tree.
    package var root: Hash256 {
        guard var hash = peaks.last else { return TreeHash.empty }
        for peak in peaks.dropLast().reversed() { hash = TreeHash.node(peak, hash) }
        return hash
    }
}
