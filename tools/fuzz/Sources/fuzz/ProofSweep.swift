import Glibc
import MerkleTrees

/// The long run of F3: every proof of every tree to a size, and bits turned over in them.
struct ProofSweep {
    private let sizes: Int
    private let tree: SampleTree

    init(sizes: Int) {
        self.sizes = sizes
        tree = SampleTree(leaves: sizes)
    }

    /// Prints what was found; whether every true proof and no false one was accepted.
    func run(flips: Int) -> Bool {
        let refused = refusedProofs()
        var random = SplitMix64(state: 1)
        var accepted = 0
        for _ in 0..<flips where acceptsFlip(&random) { accepted += 1 }
        let forged = acceptedByCarelessVerifier()
        let pairs = sizes * (sizes + 1) / 2
        write(
            to: STDOUT_FILENO,
            """
            F3: \(pairs) pairs (leaf, size) and \(pairs) pairs (old, new) to \(sizes), \
            \(refused) true proofs refused; \(flips) flips, \(accepted) accepted; \
            control: without the length check \(forged) of \(sizes - 1) forgeries are accepted

            """)
        return refused == 0 && accepted == 0 && forged == sizes - 1
    }

    private func refusedProofs() -> Int {
        var refused = 0
        for size in 1...sizes {
            for index in 0..<size where !includes(index, size, tree.inclusion(index, size: size)) {
                refused += 1
            }
            for old in 1...size where !extends(old, size, tree.consistency(old, size)) {
                refused += 1
            }
        }
        return refused
    }

    private func includes(_ index: Int, _ size: Int, _ proof: [Hash256]) -> Bool {
        includes(tree.leaves[index], index, size, tree.roots[size], proof)
    }

    private func includes(
        _ leaf: Hash256, _ index: Int, _ size: Int, _ root: Hash256, _ proof: [Hash256]
    ) -> Bool {
        (try? TreeProofs.checkInclusion(
            leaf: leaf, index: UInt64(index), size: UInt64(size), root: root, proof: proof)) != nil
    }

    private func extends(_ old: Int, _ new: Int, _ proof: [Hash256]) -> Bool {
        extends(old, tree.roots[old], new, tree.roots[new], proof)
    }

    private func extends(
        _ old: Int, _ oldRoot: Hash256, _ new: Int, _ newRoot: Hash256, _ proof: [Hash256]
    ) -> Bool {
        (try? TreeProofs.checkConsistency(
            oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(new), newRoot: newRoot,
            proof: proof)) != nil
    }

    /// Turns one bit of a true claim over: of a leaf or a root, or of a hash of the proof.
    private func acceptsFlip(_ random: inout SplitMix64) -> Bool {
        let size = 1 + random.number(below: sizes)
        let other = random.number(below: size)
        let bit = random.number(below: 256)
        if random.number(below: 2) == 0 {
            var (leaf, root) = (tree.leaves[other], tree.roots[size])
            var proof = tree.inclusion(other, size: size)
            switch random.number(below: proof.count + 2) {
            case 0: leaf = leaf.flipping(bit: bit)
            case 1: root = root.flipping(bit: bit)
            case let place: proof[place - 2] = proof[place - 2].flipping(bit: bit)
            }
            return includes(leaf, other, size, root, proof)
        }
        let old = other + 1
        var (oldRoot, newRoot) = (tree.roots[old], tree.roots[size])
        var proof = tree.consistency(old, size)
        switch random.number(below: proof.count + 2) {
        case 0: oldRoot = oldRoot.flipping(bit: bit)
        case 1: newRoot = newRoot.flipping(bit: bit)
        case let place: proof[place - 2] = proof[place - 2].flipping(bit: bit)
        }
        return extends(old, oldRoot, size, newRoot, proof)
    }

    /// The control: an inner node passed off as a leaf, with the rest of a true proof.
    ///
    /// A verifier that hashes as many steps as the proof has, and does not ask how many there
    /// should be, takes it.
    private func acceptedByCarelessVerifier() -> Int {
        (2...sizes).count { size in
            let proof = tree.inclusion(0, size: size)
            let inner = TreeHash.node(tree.leaves[0], proof[0])
            let rest = Array(proof.dropFirst())
            // Leaf 0 is to the left at every level.
            let careless = rest.reduce(inner) { TreeHash.node($0, $1) }
            return careless == tree.roots[size] && !includes(inner, 0, size, careless, rest)
        }
    }
}

/// A small seeded generator, so that a run can be repeated.
struct SplitMix64 {
    var state: UInt64

    mutating func number(below bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
