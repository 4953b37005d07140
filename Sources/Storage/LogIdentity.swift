package import MerkleTrees

/// Which log a ledger file holds, written once when it is made.
package struct LogIdentity: Hashable, Sendable {
    /// The log's origin (SPEC §9.1).
    package var origin: String
    /// The network's id.
    package var network: Hash256
    /// How many bits of a position number a bucket of the subject index; 18 in nodes.
    package var indexDepth: Int

    /// Names a log.
    package init(origin: String, network: Hash256, indexDepth: Int = 18) {
        precondition((1...24).contains(indexDepth), "an index has 2¹ to 2²⁴ buckets")
        self.origin = origin
        self.network = network
        self.indexDepth = indexDepth
    }
}
