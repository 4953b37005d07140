/// RFC 6962 trees whose leaves all lie in memory, such as the rows of a manifest.
///
/// Time is linear in the number of leaves; a log uses ``TreeFrontier`` and tiles instead. For
/// proofs see ``LevelledTree``.
package enum SmallTree {
    /// The root over leaf hashes (RFC 6962 §2.1).
    package static func root(of leaves: [Hash256]) -> Hash256 {
        var frontier = TreeFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }
}
