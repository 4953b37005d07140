/// A leaf of the subject index: a subject's key and the head of its chain.
package struct IndexLeaf: Hashable, Sendable {
    /// The subject key.
    package let key: Hash256
    /// The head of the subject's chain.
    package let head: ChainHead
    /// Where the leaf stands in the trie: H("cairn/index-position/v1" 0x00 ‖ key).
    package let position: Hash256

    /// A leaf at the position that follows from its key.
    package init(key: Hash256, head: ChainHead) {
        self.init(uncheckedPosition: Self.position(of: key), key: key, head: head)
    }

    /// A leaf at a position that was computed before.
    ///
    /// For a store that keeps its leaves by position. A wrong position gives a wrong root.
    package init(uncheckedPosition position: Hash256, key: Hash256, head: ChainHead) {
        self.key = key
        self.head = head
        self.position = position
    }

    /// The position of a key.
    package static func position(of key: Hash256) -> Hash256 {
        ShortMessage.sha256(capacity: 64) { message in
            message.append(domain: "cairn/index-position/v1")
            message.append(key)
        }
    }

    /// The hash of the leaf: H("cairn/index-leaf/v1" 0x00 ‖ key ‖ u64 count ‖ head).
    var hash: Hash256 { Self.hash(key: key, head: head) }

    static func hash(key: Hash256, head: ChainHead) -> Hash256 {
        ShortMessage.sha256(capacity: 96) { message in
            message.append(domain: "cairn/index-leaf/v1")
            message.append(key)
            message.append(head.count)
            message.append(head.hash)
        }
    }
}

/// Where the leaves of the index are kept.
///
/// Whoever controls the leaves can make roots and proofs wrong, which shows against the sealed
/// root, and nothing else.
package protocol IndexLeaves {
    /// Why leaves cannot be read.
    associatedtype Failure: Error

    /// The leaves at the positions of a closed range, in order of position.
    func leaves(from first: Hash256, through last: Hash256) throws(Failure) -> [IndexLeaf]
}

/// The leaves of an index in memory, for checks and rebuilds.
package struct SortedIndexLeaves: IndexLeaves, Hashable, Sendable {
    /// All leaves, in order of position.
    package private(set) var all: [IndexLeaf] = []

    /// No leaves.
    package init() {}

    /// The leaves of some keys.
    package init(_ heads: [Hash256: ChainHead]) { update(heads) }

    /// The leaves at the positions of a closed range, in order of position.
    package func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] {
        let start = lowerBound(of: first)
        return Array(all[start...].prefix { $0.position <= last })
    }

    /// The head of a key's chain; nil if the index has no such leaf.
    package func head(of key: Hash256) -> ChainHead? {
        let place = lowerBound(of: IndexLeaf.position(of: key))
        guard place < all.count, all[place].key == key else { return nil }
        return all[place].head
    }

    /// Adds leaves and replaces those of keys that are there, in time linear in all leaves.
    package mutating func update(_ heads: [Hash256: ChainHead]) {
        all = IndexTrie.merging(all, IndexTrie.sorted(heads)[...])
    }

    private func lowerBound(of position: Hash256) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The trie over leaves in order of position.
enum IndexTrie {
    /// The hash of a branch: H("cairn/index-branch/v1" 0x00 ‖ u16 bit ‖ left ‖ right).
    static func branch(_ bit: Int, _ left: Hash256, _ right: Hash256) -> Hash256 {
        ShortMessage.sha256(capacity: 96) { message in
            message.append(domain: "cairn/index-branch/v1")
            message.append(UInt16(truncatingIfNeeded: bit))
            message.append(left)
            message.append(right)
        }
    }

    /// The hash over the leaves below two sibling prefixes, either of which may have none.
    ///
    /// Zero stands for no leaves; SHA-256 does not come to it by any known input.
    static func joining(_ bit: Int, _ left: Hash256, _ right: Hash256) -> Hash256 {
        if left == .zero { return right }
        if right == .zero { return left }
        return branch(bit, left, right)
    }

    /// The hash over leaves in order of position; zero for none.
    ///
    /// Between two neighbours stands the branch at the first bit in which they differ. A branch is
    /// complete when a later neighbour differs in an earlier bit, so those that are not complete
    /// have ascending bits, at most 256 of them.
    static func root(of leaves: ArraySlice<IndexLeaf>) -> Hash256 {
        guard var last = leaves.first else { return .zero }
        var open: [(bit: Int, left: Hash256)] = []
        var hash = last.hash
        for leaf in leaves.dropFirst() {
            let bit = leaf.position.firstDifference(from: last.position)
            while let branch = open.last, branch.bit > bit {
                hash = self.branch(branch.bit, branch.left, hash)
                open.removeLast()
            }
            open.append((bit, hash))
            hash = leaf.hash
            last = leaf
        }
        for branch in open.reversed() { hash = self.branch(branch.bit, branch.left, hash) }
        return hash
    }

    /// The bit of the branch over two leaves or more, and where the leaves to its right begin.
    ///
    /// Nil if the leaves are fewer or, as a broken store may give them, not in order.
    static func split(_ leaves: ArraySlice<IndexLeaf>) -> (bit: Int, start: Int)? {
        guard let first = leaves.first, let last = leaves.last, first.position < last.position
        else { return nil }
        let bit = first.position.firstDifference(from: last.position)
        var (left, right) = (leaves.startIndex, leaves.endIndex - 1)
        while right - left > 1 {
            let middle = (left + right) / 2
            if leaves[middle].position.bit(bit) { right = middle } else { left = middle }
        }
        return (bit, right)
    }

    /// Leaves in order of position.
    static func sorted(_ heads: [Hash256: ChainHead]) -> [IndexLeaf] {
        heads.map { IndexLeaf(key: $0.key, head: $0.value) }
            .sorted { $0.position < $1.position }
    }

    /// The leaves of two lists; where both have a position, the newer leaf.
    static func merging(_ old: [IndexLeaf], _ new: ArraySlice<IndexLeaf>) -> [IndexLeaf] {
        var merged: [IndexLeaf] = []
        merged.reserveCapacity(old.count + new.count)
        var rest = old[...]
        for leaf in new {
            while let first = rest.first, first.position < leaf.position {
                merged.append(first)
                rest.removeFirst()
            }
            if rest.first?.position == leaf.position { rest.removeFirst() }
            merged.append(leaf)
        }
        return merged + rest
    }
}
