/// Proof of which of some keys have a chain, and where each chain stands (SPEC §11).
///
/// It is the trie, cut off where no asked key's walk goes, in pre-order: a branch, then its left
/// and its right subtree. A walk goes at each branch by the bit of the key's position and ends at a
/// leaf; the key is present if the leaf is its own, else absent. An empty index has an empty proof.
package struct IndexProof: Hashable, Sendable {
    /// A node of the trie.
    package enum Item: Hashable, Sendable {
        /// A branch at a bit; its left and right subtree follow.
        case branch(bit: UInt16)
        /// The hash of a subtree that no walk enters.
        case opaque(Hash256)
        /// A leaf: a key and the head of its chain.
        case leaf(key: Hash256, ChainHead)
    }

    /// The nodes in pre-order.
    package var items: [Item]

    /// A proof as received or made; nothing is checked yet.
    package init(items: [Item]) { self.items = items }

    /// Checks the proof and reads it.
    ///
    /// For a root and a set of keys exactly one proof is accepted. Time and memory are linear in
    /// the items and keys, times at most 256 levels.
    ///
    /// - Returns: the heads of the keys that are present; the other keys are proven absent.
    /// - Throws: `proof.root` if the proof leads to another root; `proof.form` unless bits strictly
    ///   increase downwards, every leaf's position agrees with the directions above it, every walk
    ///   ends at a leaf and every leaf ends a walk, only subtrees that no walk enters are cut off,
    ///   and nothing is left over.
    package func verify(
        root: Hash256, keys: [Hash256]
    ) throws(ProofError) -> [Hash256: ChainHead] {
        let asked = Set(keys).map { IndexWalk(key: $0, position: IndexLeaf.position(of: $0)) }
        guard let first = items.first else {
            guard root == .zero else { throw ProofError(.root, "the index is not empty") }
            return [:]
        }
        var reading = IndexProofReading(walks: asked)
        try reading.read(first)
        for item in items.dropFirst() { try reading.read(item) }
        guard let found = reading.root else {
            throw ProofError(.form, "the proof ends inside a branch")
        }
        guard found == root else { throw ProofError(.root, "the proof leads to another root") }
        return reading.present
    }
}

/// A key on its way through the trie.
private struct IndexWalk {
    let key: Hash256
    let position: Hash256
}

/// The state of reading a proof from its first item to its last.
private struct IndexProofReading {
    /// A branch of which not all has been read.
    private struct OpenBranch {
        let bit: Int
        /// The hash to the left, once that side has been read.
        var left: Hash256?
        /// The walks that go to the right.
        let right: [IndexWalk]
    }

    /// The branches above the next item, with ascending bits, so at most 256.
    private var open: [OpenBranch] = []
    /// The walks that come to the next item.
    private var walks: [IndexWalk]
    /// The hash of the whole trie, once it has been read.
    private(set) var root: Hash256?
    /// The keys whose own leaf has been read.
    private(set) var present: [Hash256: ChainHead] = [:]

    init(walks: [IndexWalk]) { self.walks = walks }

    mutating func read(_ item: IndexProof.Item) throws(ProofError) {
        guard root == nil else { throw ProofError(.form, "items follow the whole trie") }
        switch item {
        case .branch(let bit): try readBranch(Int(bit))
        case .opaque(let hash):
            guard walks.isEmpty else { throw ProofError(.form, "a walk ends at a cut subtree") }
            close(hash)
        case .leaf(let key, let head): try readLeaf(IndexLeaf(key: key, head: head))
        }
    }

    private mutating func readBranch(_ bit: Int) throws(ProofError) {
        guard bit < 256, bit > open.last?.bit ?? -1 else {
            throw ProofError(.form, "the branch at bit \(bit) is out of order")
        }
        guard !walks.isEmpty else { throw ProofError(.form, "no walk enters a branch") }
        let right = walks.filter { $0.position.bit(bit) }
        walks.removeAll { $0.position.bit(bit) }
        open.append(OpenBranch(bit: bit, left: nil, right: right))
    }

    private mutating func readLeaf(_ leaf: IndexLeaf) throws(ProofError) {
        guard !walks.isEmpty else { throw ProofError(.form, "no walk ends at a leaf") }
        for branch in open where leaf.position.bit(branch.bit) != (branch.left != nil) {
            throw ProofError(.form, "a leaf is on the wrong side of bit \(branch.bit)")
        }
        if walks.contains(where: { $0.key == leaf.key }) { present[leaf.key] = leaf.head }
        close(leaf.hash)
    }

    /// Takes the hash of a subtree that has been read to its end.
    private mutating func close(_ subtree: Hash256) {
        var hash = subtree
        while let branch = open.popLast() {
            guard let left = branch.left else {
                walks = branch.right
                open.append(OpenBranch(bit: branch.bit, left: hash, right: []))
                return
            }
            hash = IndexTrie.branch(branch.bit, left, hash)
        }
        root = hash
    }
}
