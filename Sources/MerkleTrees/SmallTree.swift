/// RFC 6962 trees whose leaves all lie in memory, such as the rows of a manifest.
///
/// Time is linear in the number of leaves; a log uses ``TreeFrontier`` and tiles instead.
package enum SmallTree {
    /// The root over leaf hashes (RFC 6962 §2.1).
    package static func root(of leaves: [Hash256]) -> Hash256 {
        var frontier = TreeFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }

    /// The inclusion proof of one leaf, from its sibling up to the root's child.
    ///
    /// The index must be that of a leaf.
    package static func inclusionProof(of index: Int, in leaves: [Hash256]) -> [Hash256] {
        precondition(leaves.indices.contains(index), "no leaf \(index) among \(leaves.count)")
        let path = SubtreePath(
            from: UInt64(index)..<UInt64(index) + 1, in: UInt64(leaves.count))
        return path.siblings.reversed().map { sibling in
            root(of: Array(leaves[Int(sibling.lowerBound)..<Int(sibling.upperBound)]))
        }
    }
}
