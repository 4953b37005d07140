/// Checks inclusion proofs of many leaves of one tree, where two paths meet only once.
///
/// It accepts what ``TreeProofs/checkInclusion(leaf:index:size:root:proof:)`` accepts, and nothing
/// else: above a node that was proven, a further proof must have the very hashes that proved it.
package struct KnownPaths: Sendable {
    private let size: UInt64
    private let root: Hash256
    private var proofs: [[Hash256]] = []
    /// Nodes that were proven, by level and place, each with the first proof that led through it.
    private var nodes: [UInt64: (hash: Hash256, proof: Int)] = [:]

    /// Nothing is proven yet of the tree of a size.
    package init(size: UInt64, root: Hash256) {
        self.size = size
        self.root = root
    }

    /// Checks that a leaf is in the tree.
    ///
    /// - Throws: as ``TreeProofs/checkInclusion(leaf:index:size:root:proof:)``.
    package mutating func check(
        leaf: Hash256, index: UInt64, proof: [Hash256]
    ) throws(ProofError) {
        let inner = index < size ? 64 - (index ^ (size - 1)).leadingZeroBitCount : 0
        guard index < size, index < 1 << 56, proof.count >= inner else {
            return try TreeProofs.checkInclusion(
                leaf: leaf, index: index, size: size, root: root, proof: proof)
        }
        var fresh: [(place: UInt64, hash: Hash256)] = []
        var hash = leaf
        for level in 0..<inner {
            let place = UInt64(level) << 56 | index >> UInt64(level)
            if let known = nodes[place] {
                guard known.hash == hash, proofs[known.proof][level...] == proof[level...] else {
                    break
                }
                return keep(fresh, proof)
            }
            fresh.append((place, hash))
            let sibling = proof[level]
            let isLeft = index >> UInt64(level) & 1 == 0
            hash = isLeft ? TreeHash.node(hash, sibling) : TreeHash.node(sibling, hash)
        }
        try TreeProofs.checkInclusion(
            leaf: leaf, index: index, size: size, root: root, proof: proof)
        keep(fresh, proof)
    }

    private mutating func keep(_ fresh: [(place: UInt64, hash: Hash256)], _ proof: [Hash256]) {
        guard !fresh.isEmpty else { return }
        for node in fresh { nodes[node.place] = (node.hash, proofs.count) }
        proofs.append(proof)
    }
}
