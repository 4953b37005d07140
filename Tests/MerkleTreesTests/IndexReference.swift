import MerkleTrees

/// The subject index as SPEC §11 defines it: a recursion over the bits of the positions.
struct IndexReference: IndexLeaves {
    var heads: [Hash256: ChainHead] = [:]

    static func bit(_ position: Hash256, _ number: Int) -> Bool {
        position.bytes[number / 8] & (0x80 >> UInt8(number % 8)) != 0
    }

    static func leafHash(_ leaf: IndexLeaf) -> Hash256 {
        let count = (0..<8).map { UInt8(truncatingIfNeeded: leaf.head.count >> (56 - 8 * $0)) }
        return Hash256.sha256(
            Array("cairn/index-leaf/v1\u{0}".utf8), leaf.key.bytes, count, leaf.head.hash.bytes)
    }

    static func branchHash(_ bit: Int, _ left: Hash256, _ right: Hash256) -> Hash256 {
        Hash256.sha256(
            Array("cairn/index-branch/v1\u{0}".utf8), [UInt8(bit >> 8), UInt8(bit & 0xff)],
            left.bytes, right.bytes)
    }

    var all: [IndexLeaf] {
        heads.map { IndexLeaf(key: $0.key, head: $0.value) }.sorted { $0.position < $1.position }
    }

    var root: Hash256 { Self.hash(all, 0) ?? .zero }

    /// The hash over leaves that agree in all bits before one; nil without leaves.
    static func hash(_ leaves: [IndexLeaf], _ bit: Int) -> Hash256? {
        guard leaves.count > 1 else { return leaves.first.map(leafHash) }
        let left = hash(leaves.filter { !Self.bit($0.position, bit) }, bit + 1)
        let right = hash(leaves.filter { Self.bit($0.position, bit) }, bit + 1)
        guard let left, let right else { return left ?? right }
        return branchHash(bit, left, right)
    }

    func proof(for keys: some Sequence<Hash256>) -> IndexProof {
        IndexProof(items: Self.items(all, 0, Set(keys.map { IndexLeaf.position(of: $0) })))
    }

    private static func items(
        _ leaves: [IndexLeaf], _ bit: Int, _ asked: Set<Hash256>
    ) -> [IndexProof.Item] {
        guard !leaves.isEmpty else { return [] }
        guard !asked.isEmpty else { return hash(leaves, bit).map { [.opaque($0)] } ?? [] }
        if leaves.count == 1 { return [.leaf(key: leaves[0].key, leaves[0].head)] }
        let left = leaves.filter { !Self.bit($0.position, bit) }
        let right = leaves.filter { Self.bit($0.position, bit) }
        guard !left.isEmpty && !right.isEmpty else { return items(leaves, bit + 1, asked) }
        return [.branch(bit: UInt16(bit))]
            + items(left, bit + 1, asked.filter { !Self.bit($0, bit) })
            + items(right, bit + 1, asked.filter { Self.bit($0, bit) })
    }

    func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] {
        all.filter { first <= $0.position && $0.position <= last }
    }

    /// An index of these leaves, made in one update.
    func index(depth: Int) -> SubjectIndex {
        var index = SubjectIndex(depth: depth)
        _ = index.update(heads, leaves: IndexReference())
        return index
    }
}

extension ChainHead {
    /// A head that depends on a number.
    static func sample(_ number: Int) -> ChainHead {
        ChainHead(count: UInt64(number + 1), hash: .sample(1_000_000 + number))
    }
}
