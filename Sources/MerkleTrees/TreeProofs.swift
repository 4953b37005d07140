/// Checks proofs about RFC 6962 trees (RFC 9162 §2.1.3 and §2.1.4).
///
/// A proof must have exactly as many hashes as its indices and sizes require: what is left over or
/// missing is refused, not ignored, so that one fact has one proof.
package enum TreeProofs {
    /// The root that a leaf and its inclusion proof lead to.
    ///
    /// The caller compares it with a root it trusts; or calls
    /// ``checkInclusion(leaf:index:size:root:proof:)``.
    ///
    /// - Throws: `proof.range` unless index < size, `proof.length`.
    package static func inclusionRoot(
        leaf: Hash256, index: UInt64, size: UInt64, proof: [Hash256]
    ) throws(ProofError) -> Hash256 {
        guard index < size else {
            throw ProofError(.range, "leaf \(index) is not in a tree of \(size)")
        }
        // Below the level where the paths of this leaf and of the last one part, every level has a
        // sibling; above it only those where the path turns right, since nothing is further right.
        let inner = 64 - (index ^ (size - 1)).leadingZeroBitCount
        let border = (index >> UInt64(inner)).nonzeroBitCount
        guard proof.count == inner + border else {
            throw ProofError(.length, "\(proof.count) hashes, \(inner + border) expected")
        }
        var hash = leaf
        for (level, sibling) in proof.enumerated() {
            let isLeft = level < inner && index >> UInt64(level) & 1 == 0
            hash = isLeft ? TreeHash.node(hash, sibling) : TreeHash.node(sibling, hash)
        }
        return hash
    }

    /// Checks that a leaf is in a tree.
    ///
    /// - Throws: as ``inclusionRoot(leaf:index:size:proof:)``; `proof.root` if it leads elsewhere.
    package static func checkInclusion(
        leaf: Hash256, index: UInt64, size: UInt64, root: Hash256, proof: [Hash256]
    ) throws(ProofError) {
        let found = try inclusionRoot(leaf: leaf, index: index, size: size, proof: proof)
        guard found == root else {
            throw ProofError(.root, "leaf \(index) leads to another root than that of \(size)")
        }
    }

    /// Checks that a tree begins with all leaves of an older one.
    ///
    /// Between equal sizes the roots must be equal and the proof empty. An older tree without
    /// leaves is consistent with every tree, and there is nothing to prove: from size 0 to any
    /// other size every proof is refused.
    ///
    /// - Throws: `proof.range` unless 0 < old size ≤ new size or both are 0; `proof.length`;
    ///   `proof.root`.
    package static func checkConsistency(
        oldSize: UInt64, oldRoot: Hash256, newSize: UInt64, newRoot: Hash256, proof: [Hash256]
    ) throws(ProofError) {
        guard oldSize <= newSize, oldSize > 0 || newSize == 0 else {
            throw ProofError(.range, "no consistency proof leads from \(oldSize) to \(newSize)")
        }
        guard oldSize < newSize || oldRoot == newRoot else {
            throw ProofError(.root, "two roots for the same size \(newSize)")
        }
        try checkConsistency(
            ofSubtree: 0..<oldSize, hash: oldRoot, size: newSize, root: newRoot, proof: proof)
    }
}

// MARK: - Subtrees

extension TreeProofs {
    /// Whether some leaves form a subtree.
    ///
    /// They do if they start at a multiple of the smallest power of two that is not less than
    /// their number (draft-ietf-plants-merkle-tree-certs §4.1). A range without leaves counts.
    package static func isSubtree(_ range: Range<UInt64>) -> Bool {
        let count = range.upperBound - range.lowerBound
        guard count > 1 else { return true }
        let levels = 64 - (count - 1).leadingZeroBitCount
        return range.lowerBound.trailingZeroBitCount >= levels
    }

    /// The root of a subtree that a leaf and its inclusion proof lead to.
    ///
    /// `index` counts in the whole tree.
    ///
    /// - Throws: `proof.range` if the range is no subtree or lacks the leaf; `proof.length`.
    package static func inclusionRoot(
        leaf: Hash256, index: UInt64, inSubtree range: Range<UInt64>, proof: [Hash256]
    ) throws(ProofError) -> Hash256 {
        guard isSubtree(range), range.contains(index) else {
            throw ProofError(.range, "leaf \(index) is in no subtree \(range)")
        }
        return try inclusionRoot(
            leaf: leaf, index: index - range.lowerBound,
            size: range.upperBound - range.lowerBound, proof: proof)
    }

    /// Checks that a tree has the given subtree.
    ///
    /// With a range from 0 this is consistency of two trees, with a range of one leaf inclusion
    /// (draft-ietf-plants-merkle-tree-certs §4.4). A range without leaves has the hash of an empty
    /// tree and an empty proof, and says nothing about the root.
    ///
    /// - Throws: `proof.range` if the range is no subtree or ends beyond `size`; `proof.length`;
    ///   `proof.root` if either hash does not follow from the proof.
    package static func checkConsistency(
        ofSubtree range: Range<UInt64>, hash: Hash256, size: UInt64, root: Hash256,
        proof: [Hash256]
    ) throws(ProofError) {
        guard isSubtree(range), range.upperBound <= size else {
            throw ProofError(.range, "\(range) is no subtree of a tree of \(size)")
        }
        guard !range.isEmpty else {
            guard proof.isEmpty else { throw ProofError(.length, "nothing to prove about nothing") }
            guard hash == TreeHash.empty else { throw ProofError(.root, "no hash of nothing") }
            return
        }
        let path = SubtreePath(from: range, in: size)
        // The walk starts at the subtree itself, or at the part of it that the proof names first.
        let seeds = path.endsAtWhole ? 0 : 1
        guard proof.count == path.steps.count + seeds else {
            throw ProofError(
                .length, "\(proof.count) hashes, \(path.steps.count + seeds) expected")
        }
        var inside = path.endsAtWhole ? hash : proof[0]
        var outside = inside
        for (step, sibling) in zip(path.steps.reversed(), proof.dropFirst(seeds)) {
            switch step {
            case .right: outside = TreeHash.node(outside, sibling)
            case .left: outside = TreeHash.node(sibling, outside)
            case .leftWithin:
                inside = TreeHash.node(sibling, inside)
                outside = TreeHash.node(sibling, outside)
            }
        }
        guard inside == hash else {
            throw ProofError(.root, "the proof does not lead to the hash of \(range)")
        }
        guard outside == root else {
            throw ProofError(.root, "the proof does not lead to the root of \(size)")
        }
    }
}

/// The way from the root of a tree down to a subtree.
///
/// This is SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs §4.4.1, unrolled: where the
/// subtree reaches over the split of a node, the left half belongs to the subtree as a whole, and
/// the walk goes on for the rest in the right half. It takes at most 64 steps.
struct SubtreePath {
    /// Which sibling the proof supplies at a node.
    enum Step {
        /// What lies to the right, outside the subtree.
        case right
        /// What lies to the left, outside the subtree.
        case left
        /// What lies to the left, inside the subtree.
        case leftWithin
    }

    /// The steps from the root downwards, each with the leaves of the sibling.
    private(set) var steps: [Step] = []
    /// The leaves of the sibling at each step.
    private(set) var siblings: [Range<UInt64>] = []
    /// The leaves at which the walk ends.
    private(set) var end: Range<UInt64>
    /// Whether the walk ends at the subtree as a whole, and not at a part of it.
    private(set) var endsAtWhole = true

    /// Walks to a subtree that is not empty and ends at or before `size`.
    init(from range: Range<UInt64>, in size: UInt64) {
        end = range
        var node: Range<UInt64> = 0..<size
        while node != end {
            let split = node.lowerBound + TreeHash.split(node.upperBound - node.lowerBound)
            if end.upperBound <= split {
                add(.right, split..<node.upperBound)
                node = node.lowerBound..<split
                continue
            }
            if end.lowerBound >= split {
                add(.left, node.lowerBound..<split)
            } else {
                add(.leftWithin, node.lowerBound..<split)
                end = split..<end.upperBound
                endsAtWhole = false
            }
            node = split..<node.upperBound
        }
    }

    private mutating func add(_ step: Step, _ sibling: Range<UInt64>) {
        steps.append(step)
        siblings.append(sibling)
    }
}
