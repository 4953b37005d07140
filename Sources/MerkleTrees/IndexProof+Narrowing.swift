extension IndexProof {
    /// The proof for fewer keys: what none of their walks enters is cut off.
    ///
    /// The proof must have been verified for keys among which these are.
    ///
    /// - Throws: `proof.form` if it is not whole.
    package func narrowed(to keys: [Hash256]) throws(ProofError) -> IndexProof {
        var cutting = IndexProofCutting(positions: Set(keys).map(IndexLeaf.position))
        for item in items { cutting.take(item) }
        guard cutting.isWhole || items.isEmpty else {
            throw ProofError(.form, "the proof ends inside a branch")
        }
        return IndexProof(items: cutting.items)
    }
}

/// The state of cutting a proof, from its first item to its last.
private struct IndexProofCutting {
    private struct OpenBranch {
        let bit: Int
        /// Whether a walk enters it; else it is cut off as a whole.
        let isEntered: Bool
        var left: Hash256?
        /// The positions whose walks go to the right.
        let right: [Hash256]
    }

    private(set) var items: [IndexProof.Item] = []
    private(set) var isWhole = false
    private var open: [OpenBranch] = []
    /// The positions whose walks come to the next item.
    private var walks: [Hash256]

    init(positions: [Hash256]) { walks = positions }

    /// Whether what stands here is written, cut or not: all around it is entered.
    private var isShown: Bool { open.last?.isEntered ?? true }

    mutating func take(_ item: IndexProof.Item) {
        switch item {
        case .branch(let number):
            let bit = Int(number)
            let isEntered = isShown && !walks.isEmpty
            if isEntered { items.append(item) }
            open.append(
                OpenBranch(
                    bit: bit, isEntered: isEntered, left: nil,
                    right: walks.filter { $0.bit(bit) }))
            walks.removeAll { $0.bit(bit) }
        case .opaque(let hash):
            if isShown { items.append(item) }
            close(hash)
        case .leaf(let key, let head):
            let hash = IndexLeaf(key: key, head: head).hash
            if isShown { items.append(walks.isEmpty ? .opaque(hash) : item) }
            close(hash)
        }
    }

    private mutating func close(_ subtree: Hash256) {
        var hash = subtree
        while let branch = open.popLast() {
            guard let left = branch.left else {
                walks = branch.right
                open.append(
                    OpenBranch(
                        bit: branch.bit, isEntered: branch.isEntered, left: hash, right: []))
                return
            }
            hash = IndexTrie.branch(branch.bit, left, hash)
            if !branch.isEntered, isShown { items.append(.opaque(hash)) }
        }
        isWhole = true
    }
}
