import MerkleTrees
import Support
import Testing

@Suite struct TreeProofTests {
    private static let leaves = (0..<256).map { Hash256.sample($0) }
    private static let roots = NaiveTree(leaves).roots()

    @Test func `a frontier has the root of every prefix`() throws {
        var frontier = TreeFrontier()
        for size in 0...Self.leaves.count {
            #expect(frontier.root == Self.roots[size])
            let again = try #require(TreeFrontier(size: frontier.size, peaks: frontier.peaks))
            #expect(again == frontier && again.root == frontier.root)
            if size < Self.leaves.count { frontier.append(Self.leaves[size]) }
        }
        #expect(TreeFrontier(size: 3, peaks: [.zero]) == nil)
    }

    @Test func `every leaf of every tree to 256 leaves is proven`() throws {
        let tree = NaiveTree(Self.leaves)
        for size in 1...Self.leaves.count {
            for index in 0..<size {
                let proof = tree.inclusion(index, 0..<size)
                let root = try TreeProofs.inclusionRoot(
                    leaf: Self.leaves[index], index: UInt64(index), size: UInt64(size),
                    proof: proof)
                guard root == Self.roots[size] else {
                    Issue.record("leaf \(index) of \(size) is not proven")
                    continue
                }
            }
        }
    }

    @Test func `paths that meet prove every leaf in any order, and no other`() throws {
        let tree = NaiveTree(Self.leaves)
        var random = SplitMix64(seed: 6_962)
        for size in [1, 2, 3, 7, 8, 13, 64, 65, 100] {
            let (root, count) = (Self.roots[size], UInt64(size))
            var known = KnownPaths(size: count, root: root)
            for index in (0..<size).shuffled(using: &random) {
                let (leaf, proof) = (Self.leaves[index], tree.inclusion(index, 0..<size))
                for place in proof.indices {
                    var changed = proof
                    changed[place] = leaf
                    #expect(throws: ProofError.self) {
                        try known.check(leaf: leaf, index: UInt64(index), proof: changed)
                    }
                }
                for wrong in [proof + [leaf], proof.dropLast()] where wrong != proof {
                    #expect(throws: ProofError.self) {
                        try known.check(leaf: leaf, index: UInt64(index), proof: wrong)
                    }
                }
                try known.check(leaf: leaf, index: UInt64(index), proof: proof)
                // Also once the right one is known.
                for other in [Self.leaves[size], Self.leaves[(index + 1) % size]]
                where other != leaf {
                    #expect(throws: ProofError.self) {
                        try known.check(leaf: other, index: UInt64(index), proof: proof)
                    }
                }
                for place in proof.indices {
                    var changed = proof
                    changed[place] = leaf
                    #expect(throws: ProofError.self) {
                        try known.check(leaf: leaf, index: UInt64(index), proof: changed)
                    }
                }
            }
            #expect(throws: ProofError.self) {
                try known.check(leaf: Self.leaves[0], index: count, proof: [])
            }
        }
    }

    @Test func `every two sizes to 256 are proven consistent`() throws {
        let tree = NaiveTree(Self.leaves)
        for new in 1...Self.leaves.count {
            for old in 1...new {
                try TreeProofs.checkConsistency(
                    oldSize: UInt64(old), oldRoot: Self.roots[old], newSize: UInt64(new),
                    newRoot: Self.roots[new], proof: tree.consistency(old, 0..<new))
            }
        }
    }

    @Test func `a levelled tree makes the proofs of RFC 6962`() {
        let tree = NaiveTree(Self.leaves)
        for size in [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 255, 256] {
            let levelled = LevelledTree(leaves: Array(Self.leaves[..<size]))
            for index in 0..<size where size < 40 || index % 29 == 0 || index == size - 1 {
                #expect(
                    levelled.inclusionProof(of: index) == tree.inclusion(index, 0..<size))
            }
        }
    }

    @Test func `a proof is bound to its index and size`() throws {
        for size in [1, 2, 3, 7, 8, 100, 255, 256] {
            let leaves = Array(Self.leaves[..<size])
            for index in Set([0, size / 2, size - 1]) {
                let proof = LevelledTree(leaves: leaves).inclusionProof(of: index)
                for other in 0..<size where other != index {
                    #expect(throws: ProofError.self) {
                        try TreeProofs.checkInclusion(
                            leaf: leaves[index], index: UInt64(other), size: UInt64(size),
                            root: Self.roots[size], proof: proof)
                    }
                }
            }
            #expect(throws: ProofError(.range, "")) {
                try TreeProofs.inclusionRoot(
                    leaf: leaves[0], index: UInt64(size), size: UInt64(size), proof: [])
            }
        }
    }

    @Test func `the largest tree has the longest proofs`() throws {
        let proof = (0..<66).map { Hash256.sample($0) }
        // Of the last leaf the path turns right at every bit set in its index, and nowhere left.
        for (index, length) in [(0, 64), (1, 64), (UInt64.max - 2, 64), (.max - 1, 63)] {
            for count in 0...66 {
                let accepted =
                    (try? TreeProofs.inclusionRoot(
                        leaf: .zero, index: index, size: .max, proof: Array(proof[..<count])))
                    != nil
                #expect(accepted == (count == length))
            }
        }
        #expect(TreeProofs.isSubtree(0..<(.max)))
        #expect(!TreeProofs.isSubtree(1..<(1 << 63 + 2)))
    }

    @Test func `subtrees are those that start at a multiple of their power of two`() {
        for start in 0..<40 as Range<UInt64> {
            for end in start..<80 {
                var power: UInt64 = 1
                while power < end - start { power *= 2 }
                #expect(TreeProofs.isSubtree(start..<end) == start.isMultiple(of: power))
            }
        }
    }

    @Test func `consistency from and to nothing`() throws {
        let (empty, one) = (TreeHash.empty, Self.roots[1])
        try TreeProofs.checkConsistency(
            oldSize: 0, oldRoot: empty, newSize: 0, newRoot: empty, proof: [])
        #expect(throws: ProofError(.root, "")) {
            try TreeProofs.checkConsistency(
                oldSize: 0, oldRoot: one, newSize: 0, newRoot: one, proof: [])
        }
        #expect(throws: ProofError(.range, "")) {
            try TreeProofs.checkConsistency(
                oldSize: 0, oldRoot: empty, newSize: 1, newRoot: one, proof: [])
        }
        #expect(throws: ProofError(.range, "")) {
            try TreeProofs.checkConsistency(
                oldSize: 2, oldRoot: one, newSize: 1, newRoot: one, proof: [])
        }
    }
}
