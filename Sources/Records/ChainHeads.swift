package import MerkleTrees

/// Where the heads of subject chains are kept, as of the last seal (SPEC §11).
///
/// A store implements it over its tables; ``MemoryHeads`` holds them all. What it gives is trusted
/// as far as the store is: a wrong head shows in the index root that a replay recomputes.
package protocol ChainHeads: IndexLeaves {
    /// The head of a subject's chain, or nil when it has none.
    func head(of key: Hash256) throws(Failure) -> ChainHead?
}

/// Heads of subject chains in memory: for tests, and for replays of logs that fit.
package struct MemoryHeads: ChainHeads, Sendable {
    private var heads: [Hash256: ChainHead] = [:]
    /// Leaves by the first 16 bits of their positions, each list sorted by position.
    private var buckets: [UInt16: [IndexLeaf]] = [:]

    /// No heads.
    package init() {}

    /// How many subjects have a chain.
    package var count: Int { heads.count }

    /// The head of a subject's chain.
    package func head(of key: Hash256) -> ChainHead? { heads[key] }

    /// Takes over the heads that a seal changed.
    package mutating func update(_ changed: [Hash256: ChainHead]) {
        for (key, head) in changed {
            let leaf = IndexLeaf(key: key, head: head)
            let bucket = Self.bucket(leaf.position)
            let isNew = heads.updateValue(head, forKey: key) == nil
            Self.put(leaf, isNew: isNew, into: &buckets[bucket, default: []])
        }
    }

    /// The leaves with positions in a range, ends included, in order of position.
    package func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] {
        var found: [IndexLeaf] = []
        for bucket in Self.bucket(first)...max(Self.bucket(first), Self.bucket(last)) {
            for leaf in buckets[bucket] ?? []
            where leaf.position >= first && leaf.position <= last {
                found.append(leaf)
            }
        }
        return found
    }

    private static func put(_ leaf: IndexLeaf, isNew: Bool, into leaves: inout [IndexLeaf]) {
        var low = 0
        var high = leaves.count
        while low < high {
            let middle = (low + high) / 2
            if leaves[middle].position < leaf.position { low = middle + 1 } else { high = middle }
        }
        if isNew {
            leaves.insert(leaf, at: low)
        } else {
            leaves[low] = leaf
        }
    }

    private static func bucket(_ position: Hash256) -> UInt16 {
        position.bytes.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
    }
}
