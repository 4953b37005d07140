/// The verifiable map from every subject to the head of its chain: a path-compressed binary Merkle
/// trie (SPEC §11).
///
/// A branch stands where the positions below it first differ, and the hash over a set of leaves
/// follows from the set alone. This type keeps the hashes below every prefix of up to ``depth``
/// bits; the leaves below a prefix of `depth` bits are a *bucket*, which is read from
/// ``IndexLeaves`` and hashed anew when one of its leaves changes. With n leaves a change therefore
/// reads about n/2ᵈᵉᵖᵗʰ leaves and hashes `depth` branches; memory grows to 2ᵈᵉᵖᵗʰ⁺¹ hashes.
///
/// It is a value: a reader can hold a copy while the one writer goes on, and the two share all that
/// did not change.
package struct SubjectIndex: Sendable {
    /// How many bits of its position decide about a leaf's bucket.
    package var depth: Int { nodes.depth }
    private var nodes: PrefixNodes

    /// The depths an index can have.
    package static let depths = 1...24

    /// An index without leaves.
    package init(depth: Int) {
        precondition(Self.depths.contains(depth), "no index has depth \(depth)")
        nodes = PrefixNodes(depth: depth)
    }

    /// Takes up an index from the hashes of its buckets, as ``update(_:leaves:)`` returned them.
    ///
    /// Buckets without leaves can be left out. A bucket number beyond the depth is ignored: the
    /// root is to be compared with that of the last seal in any case.
    package init(depth: Int, bucketHashes: [(bucket: Int, hash: Hash256)]) {
        self.init(depth: depth)
        nodes.set(
            bucketHashes.filter { (0..<1 << depth).contains($0.bucket) }
                .sorted { $0.bucket < $1.bucket })
    }

    /// The hash over all leaves; 32 zero bytes if there are none.
    package var root: Hash256 { nodes.hash(bits: 0, prefix: 0) }

    /// The root of an index with these leaves, which must be in order of position.
    package static func root(of leaves: [IndexLeaf]) -> Hash256 { IndexTrie.root(of: leaves[...]) }

    /// Gives keys a new head, or their first.
    ///
    /// Each bucket concerned is read once, each branch above them hashed once. If a bucket cannot
    /// be read, the index stays as it was.
    ///
    /// - Parameters:
    ///   - changed: the keys concerned with the heads they have from now on.
    ///   - leaves: the leaves as they were *before* this change. Write the new ones to the store
    ///     afterwards, or with the buckets in one transaction.
    /// - Returns: the buckets that changed with their new hashes, in order, to be kept for
    ///   ``init(depth:bucketHashes:)``.
    /// - Throws: what the store throws.
    package mutating func update<Leaves: IndexLeaves>(
        _ changed: [Hash256: ChainHead], leaves: Leaves
    ) throws(Leaves.Failure) -> [(bucket: Int, hash: Hash256)] {
        let incoming = IndexTrie.sorted(changed)
        var buckets: [(bucket: Int, hash: Hash256)] = []
        var rest = incoming[...]
        while let first = rest.first {
            let bucket = bucket(of: first.position)
            let (start, end) = positions(of: bucket)
            let concerned = rest.prefix { $0.position <= end }
            let before = try leaves.leaves(from: start, through: end)
            let after = IndexTrie.merging(before, concerned)
            buckets.append((bucket, IndexTrie.root(of: after[...])))
            rest = rest[concerned.endIndex...]
        }
        nodes.set(buckets)
        return buckets
    }

    /// The first and last position in a bucket.
    private func positions(of bucket: Int) -> (first: Hash256, last: Hash256) {
        let low = UInt64(64 - depth)
        let word = UInt64(bucket) << low
        return (
            Hash256(word, 0, 0, 0), Hash256(word | ((1 << low) - 1), .max, .max, .max)
        )
    }

    private func bucket(of position: Hash256) -> Int { Int(position.word0 >> UInt64(64 - depth)) }
}

// MARK: - Proofs

extension SubjectIndex {
    /// Proves for some keys at once which of them have a chain, and where it stands.
    ///
    /// The order of the keys does not matter. The proof is the only one that
    /// ``IndexProof/verify(root:keys:)`` accepts for these keys and this root.
    package func proof<Leaves: IndexLeaves>(
        for keys: [Hash256], leaves: Leaves
    ) throws(Leaves.Failure) -> IndexProof {
        var items: [IndexProof.Item] = []
        // What is still to be written, the next on top. A walk that a key takes can lead past its
        // own position: where a prefix has leaves on one side only, all walks go to that side.
        var pending = [Subtree.prefix(bits: 0, 0, asked: Set(keys).map(IndexLeaf.position))]
        while let next = pending.popLast() {
            switch next {
            case .prefix(let bits, let prefix, let asked):
                let hash = nodes.hash(bits: bits, prefix: prefix)
                if hash == .zero { continue }
                if asked.isEmpty {
                    items.append(.opaque(hash))
                } else if bits == depth {
                    let (first, last) = positions(of: prefix)
                    let bucket = try leaves.leaves(from: first, through: last)
                    pending.append(.leaves(bucket[...], asked: asked))
                } else {
                    descend(bits, prefix, asked, &pending, &items)
                }
            case .leaves(let leaves, let asked):
                Self.descend(leaves, asked, &pending, &items)
            }
        }
        return IndexProof(items: items)
    }

    /// A part of the trie with the positions whose walks enter it.
    private enum Subtree {
        /// The leaves below a prefix of so many bits.
        case prefix(bits: Int, Int, asked: [Hash256])
        /// Leaves of one bucket, in order.
        case leaves(ArraySlice<IndexLeaf>, asked: [Hash256])
    }

    private func descend(
        _ bits: Int, _ prefix: Int, _ asked: [Hash256], _ pending: inout [Subtree],
        _ items: inout [IndexProof.Item]
    ) {
        let (left, right) = (2 * prefix, 2 * prefix + 1)
        let hasLeft = nodes.hash(bits: bits + 1, prefix: left) != .zero
        let hasRight = nodes.hash(bits: bits + 1, prefix: right) != .zero
        guard hasLeft && hasRight else {
            pending.append(.prefix(bits: bits + 1, hasLeft ? left : right, asked: asked))
            return
        }
        items.append(.branch(bit: UInt16(bits)))
        pending.append(.prefix(bits: bits + 1, right, asked: asked.filter { $0.bit(bits) }))
        pending.append(.prefix(bits: bits + 1, left, asked: asked.filter { !$0.bit(bits) }))
    }

    private static func descend(
        _ leaves: ArraySlice<IndexLeaf>, _ asked: [Hash256], _ pending: inout [Subtree],
        _ items: inout [IndexProof.Item]
    ) {
        if !asked.isEmpty, leaves.count == 1, let leaf = leaves.first {
            items.append(.leaf(key: leaf.key, leaf.head))
        } else if !asked.isEmpty, let (bit, start) = IndexTrie.split(leaves) {
            items.append(.branch(bit: UInt16(bit)))
            pending.append(.leaves(leaves[start...], asked: asked.filter { $0.bit(bit) }))
            pending.append(.leaves(leaves[..<start], asked: asked.filter { !$0.bit(bit) }))
        } else {
            // Leaves of a broken store end here too, and in a proof that does not verify.
            items.append(.opaque(IndexTrie.root(of: leaves)))
        }
    }
}

/// The hashes below all prefixes of up to `depth` bits; zero where there are no leaves.
///
/// The lower three eighths of the levels lie in blocks, one for each prefix of the levels above, so
/// that two copies of an index share the blocks in which they agree: larger blocks would be copied
/// whole for one bucket, more of them would make each copy of the index dearer. Within a block and
/// at the top the nodes stand as in a binary heap: the children of node n are 2n and 2n + 1, the
/// first node is 1.
private struct PrefixNodes: Sendable {
    let depth: Int
    private let upperDepth: Int
    private var top: [Hash256]
    private var blocks: [[Hash256]]

    init(depth: Int) {
        self.depth = depth
        upperDepth = depth * 5 / 8
        top = Array(repeating: .zero, count: 1 << upperDepth)
        let block = [Hash256](repeating: .zero, count: 2 << (depth - upperDepth))
        blocks = Array(repeating: block, count: 1 << upperDepth)
    }

    func hash(bits: Int, prefix: Int) -> Hash256 {
        guard bits >= upperDepth else { return top[1 << bits + prefix] }
        let (block, node) = place(bits, prefix)
        return blocks[block][node]
    }

    /// Sets the hashes of buckets, which come in order, and of everything above them.
    mutating func set(_ buckets: [(bucket: Int, hash: Hash256)]) {
        for (bucket, hash) in buckets { set(depth, bucket, hash) }
        var changed = buckets.map(\.bucket)
        for bits in stride(from: depth - 1, through: 0, by: -1) {
            var parents: [Int] = []
            for child in changed where parents.last != child >> 1 {
                let parent = child >> 1
                parents.append(parent)
                let left = hash(bits: bits + 1, prefix: 2 * parent)
                let right = hash(bits: bits + 1, prefix: 2 * parent + 1)
                set(bits, parent, IndexTrie.joining(bits, left, right))
            }
            changed = parents
        }
    }

    private mutating func set(_ bits: Int, _ prefix: Int, _ hash: Hash256) {
        guard bits >= upperDepth else {
            top[1 << bits + prefix] = hash
            return
        }
        let (block, node) = place(bits, prefix)
        blocks[block][node] = hash
    }

    private func place(_ bits: Int, _ prefix: Int) -> (block: Int, node: Int) {
        let below = bits - upperDepth
        return (prefix >> below, 1 << below + prefix & (1 << below - 1))
    }
}
