import MerkleTrees
import Support
import Testing

@Suite struct TreeReaderTests {
    private static let leaves = (0..<70_000).map { Hash256.sample($0) }
    private static let store = TileStore.filled(with: leaves)

    /// Counts the tiles that one answer reads.
    private final class CountingTiles: HashTiles {
        let store: TileStore
        var reads = 0

        init(_ store: TileStore) { self.store = store }

        func tile(
            level: Int, index: UInt64, width: Int
        ) throws(TileStore.Missing) -> [Hash256] {
            reads += 1
            return try store.tile(level: level, index: index, width: width)
        }
    }

    @Test func `tiles give the proofs of RFC 6962`() throws {
        let tree = NaiveTree(Array(Self.leaves[..<600]))
        for size in [1, 2, 3, 6, 7, 8, 13, 31, 32, 33, 64, 127, 255, 256, 257, 511, 512, 513, 600] {
            let reader = TreeReader(tiles: Self.store, size: UInt64(size))
            #expect(try reader.root() == tree.root(0..<size))
            for index in 0..<size where size < 20 || index % 41 == size % 41 || index == size - 1 {
                #expect(
                    try reader.inclusionProof(of: UInt64(index)) == tree.inclusion(index, 0..<size))
                #expect(
                    try reader.consistencyProof(from: UInt64(index) + 1)
                        == tree.consistency(index + 1, 0..<size))
            }
        }
    }

    @Test func `every subtree of every tree to 24 is proven from tiles`() throws {
        let roots = NaiveTree(Array(Self.leaves[..<40])).roots()
        var proven = 0
        for size in 1...24 as ClosedRange<UInt64> {
            let reader = TreeReader(tiles: Self.store, size: size)
            for start in 0..<size {
                for end in start + 1...size where TreeProofs.isSubtree(start..<end) {
                    let proof = try reader.subtreeProof(of: start..<end)
                    try TreeProofs.checkConsistency(
                        ofSubtree: start..<end,
                        hash: NaiveTree.root(Self.leaves[Int(start)..<Int(end)]), size: size,
                        root: roots[Int(size)], proof: proof)
                    proven += 1
                }
            }
        }
        #expect(proven > 800)
    }

    @Test func `large trees are proven with a handful of tiles`() throws {
        var generator = SplitMix64(seed: 5)
        for size in [65_535, 65_536, 65_537, 69_999, 70_000] {
            let tiles = CountingTiles(Self.store)
            let reader = TreeReader(tiles: tiles, size: UInt64(size))
            let root = try reader.root()
            #expect(root == SmallTree.root(of: Array(Self.leaves[..<size])))
            for _ in 0..<15 {
                tiles.reads = 0
                let index = UInt64.random(in: 0..<UInt64(size), using: &generator)
                try TreeProofs.checkInclusion(
                    leaf: Self.leaves[Int(index)], index: index, size: UInt64(size), root: root,
                    proof: try reader.inclusionProof(of: index))
                #expect(tiles.reads <= 6)
                tiles.reads = 0
                let proof = try reader.consistencyProof(from: index + 1)
                #expect(tiles.reads <= 6)
                try TreeProofs.checkConsistency(
                    oldSize: index + 1,
                    oldRoot: try TreeReader(tiles: Self.store, size: index + 1).root(),
                    newSize: UInt64(size), newRoot: root, proof: proof)
            }
        }
    }

    @Test func `leaves are read across tiles`() throws {
        let reader = TreeReader(tiles: Self.store, size: 69_000)
        for range in [0..<0, 0..<1, 255..<257, 256..<512, 1_000..<3_000, 68_990..<69_000] {
            #expect(
                try reader.leaves(UInt64(range.lowerBound)..<UInt64(range.upperBound))
                    == Array(Self.leaves[range]))
        }
    }

    @Test func `what a tree does not have is refused`() {
        let reader = TreeReader(tiles: Self.store, size: 100)
        let questions: [() throws -> [Hash256]] = [
            { try reader.inclusionProof(of: 100) }, { try reader.inclusionProof(of: .max - 1) },
            { try reader.consistencyProof(from: 0) }, { try reader.consistencyProof(from: 101) },
            { try reader.subtreeProof(of: 1..<3) }, { try reader.subtreeProof(of: 64..<101) },
            { try reader.leaves(99..<101) },
        ]
        for question in questions {
            #expect {
                _ = try question()
            } throws: { error in
                guard case TileError<TileStore.Missing>.range = error else { return false }
                return true
            }
        }
        #expect(throws: Never.self) { try reader.consistencyProof(from: 100).isEmpty }
    }
}

/// Proofs with one bit turned over, one hash too many or one too few.
@Suite struct ForgedProofTests {
    private static let leaves = (0..<256).map { Hash256.sample($0) }
    private static let store = TileStore.filled(with: leaves)
    private static let roots = NaiveTree(leaves).roots()

    @Test(arguments: 0..<10)
    func `no bit of an inclusion proof can be turned over`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var flips = 0
        while flips < 5_000 {
            let size = UInt64.random(in: 1...256, using: &generator)
            let index = UInt64.random(in: 0..<size, using: &generator)
            let leaf = Self.leaves[Int(index)]
            let proof = try TreeReader(tiles: Self.store, size: size).inclusionProof(of: index)
            let root = Self.roots[Int(size)]
            #expect(Self.includes(leaf, index, size, root, proof))
            for _ in 0..<25 {
                let bit = Int.random(in: 0..<256, using: &generator)
                let place = Int.random(in: 0...proof.count + 1, using: &generator)
                var (badLeaf, badRoot, badProof) = (leaf, root, proof)
                switch place {
                case proof.count: badLeaf = leaf.flipping(bit)
                case proof.count + 1: badRoot = root.flipping(bit)
                default: badProof[place] = proof[place].flipping(bit)
                }
                #expect(!Self.includes(badLeaf, index, size, badRoot, badProof))
                flips += 1
            }
        }
    }

    @Test(arguments: 10..<20)
    func `no bit of a consistency proof can be turned over`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var flips = 0
        while flips < 5_000 {
            let new = UInt64.random(in: 2...256, using: &generator)
            let old = UInt64.random(in: 1...new, using: &generator)
            let proof = try TreeReader(tiles: Self.store, size: new).consistencyProof(from: old)
            let (oldRoot, newRoot) = (Self.roots[Int(old)], Self.roots[Int(new)])
            #expect(Self.consistent(old, oldRoot, new, newRoot, proof))
            for _ in 0..<25 {
                let bit = Int.random(in: 0..<256, using: &generator)
                let place = Int.random(in: 0...proof.count + 1, using: &generator)
                var (badOld, badNew, badProof) = (oldRoot, newRoot, proof)
                switch place {
                case proof.count: badOld = oldRoot.flipping(bit)
                case proof.count + 1: badNew = newRoot.flipping(bit)
                default: badProof[place] = proof[place].flipping(bit)
                }
                #expect(!Self.consistent(old, badOld, new, badNew, badProof))
                flips += 1
            }
        }
    }

    @Test func `a proof with a hash more or less is refused, whatever the hash`() throws {
        for size in 1...32 as ClosedRange<UInt64> {
            let reader = TreeReader(tiles: Self.store, size: size)
            for index in 0..<size {
                let proof = try reader.inclusionProof(of: index)
                let (leaf, root) = (Self.leaves[Int(index)], Self.roots[Int(size)])
                for extra in [root, leaf, .zero] {
                    #expect(!Self.includes(leaf, index, size, root, proof + [extra]))
                    #expect(!Self.includes(leaf, index, size, root, [extra] + proof))
                }
                for place in proof.indices {
                    var short = proof
                    short.remove(at: place)
                    #expect(!Self.includes(leaf, index, size, root, short))
                }
            }
            for old in 1...size {
                let proof = try reader.consistencyProof(from: old)
                let (oldRoot, newRoot) = (Self.roots[Int(old)], Self.roots[Int(size)])
                for extra in [oldRoot, newRoot, .zero] {
                    #expect(!Self.consistent(old, oldRoot, size, newRoot, proof + [extra]))
                    #expect(!Self.consistent(old, oldRoot, size, newRoot, [extra] + proof))
                }
                for place in proof.indices {
                    var short = proof
                    short.remove(at: place)
                    #expect(!Self.consistent(old, oldRoot, size, newRoot, short))
                }
            }
        }
    }

    /// The control of the test before: what the exact length keeps out.
    @Test func `a verifier that ignores the length accepts a node as a leaf and a proof twice`()
        throws
    {
        // Taking hashes as long as there are any, by the bits of the index, is how proofs are
        // often checked. A node then passes for a leaf of the same index…
        let (size, index): (UInt64, UInt64) = (8, 0)
        let proof = try TreeReader(tiles: Self.store, size: size).inclusionProof(of: index)
        let root = Self.roots[Int(size)]
        let node = TreeHash.node(Self.leaves[0], Self.leaves[1])
        let short = Array(proof.dropFirst())
        #expect(Self.lengthBlindRoot(node, index, short) == root)
        #expect(!Self.includes(node, index, size, root, short))
        // …and the root itself for a leaf that needs no proof.
        #expect(Self.lengthBlindRoot(root, index, []) == root)
        #expect(!Self.includes(root, index, size, root, []))
        // The right proof passes both.
        #expect(Self.lengthBlindRoot(Self.leaves[0], index, proof) == root)
        #expect(Self.includes(Self.leaves[0], index, size, root, proof))
    }

    private static func lengthBlindRoot(
        _ leaf: Hash256, _ index: UInt64, _ proof: [Hash256]
    ) -> Hash256 {
        var (hash, rest) = (leaf, index)
        for sibling in proof {
            hash = rest & 1 == 0 ? TreeHash.node(hash, sibling) : TreeHash.node(sibling, hash)
            rest >>= 1
        }
        return hash
    }

    private static func includes(
        _ leaf: Hash256, _ index: UInt64, _ size: UInt64, _ root: Hash256, _ proof: [Hash256]
    ) -> Bool {
        (try? TreeProofs.checkInclusion(
            leaf: leaf, index: index, size: size, root: root, proof: proof)) != nil
    }

    private static func consistent(
        _ old: UInt64, _ oldRoot: Hash256, _ new: UInt64, _ newRoot: Hash256, _ proof: [Hash256]
    ) -> Bool {
        (try? TreeProofs.checkConsistency(
            oldSize: old, oldRoot: oldRoot, newSize: new, newRoot: newRoot, proof: proof)) != nil
    }
}
