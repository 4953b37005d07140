/// The RFC 6962 tree over leaf hashes at hand, all its nodes kept: for many proofs from one tree.
///
/// Takes as much memory again as the leaves; a proof takes time logarithmic in their number.
package struct LevelledTree: Sendable {
    /// The leaves, then each level above them; an odd node at a level's end goes up unchanged.
    private let levels: [[Hash256]]

    /// Hashes the whole tree.
    package init(leaves: [Hash256]) {
        var levels = [leaves]
        while let last = levels.last, last.count > 1 {
            var above: [Hash256] = []
            above.reserveCapacity((last.count + 1) / 2)
            for left in stride(from: 0, to: last.count, by: 2) {
                above.append(
                    left + 1 < last.count
                        ? TreeHash.node(last[left], last[left + 1]) : last[left])
            }
            levels.append(above)
        }
        self.levels = levels
    }

    /// The inclusion proof of one leaf, from its sibling up to the root's child.
    ///
    /// The index must be that of a leaf.
    package func inclusionProof(of index: Int) -> [Hash256] {
        precondition(levels[0].indices.contains(index), "no leaf \(index)")
        var proof: [Hash256] = []
        var place = index
        for level in levels.dropLast() {
            let sibling = place ^ 1
            if sibling < level.count { proof.append(level[sibling]) }
            place >>= 1
        }
        return proof
    }
}
