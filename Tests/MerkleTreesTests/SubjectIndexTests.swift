import MerkleTrees
import Support
import Testing

@Suite struct SubjectIndexTests {
    @Test func `positions, leaves and branches are hashed as SPEC 11 says`() throws {
        let key = Hash256.sample(1)
        #expect(
            IndexLeaf.position(of: key)
                == Hash256.sha256(Array("cairn/index-position/v1\u{0}".utf8), key.bytes))
        let one = IndexReference(heads: [key: .sample(1)])
        #expect(one.index(depth: 8).root == IndexReference.leafHash(one.all[0]))
        let two = IndexReference(heads: [key: .sample(1), .sample(2): .sample(2)])
        let bit = try #require(
            (0..<256).first {
                IndexReference.bit(two.all[0].position, $0)
                    != IndexReference.bit(two.all[1].position, $0)
            })
        #expect(
            two.index(depth: 8).root
                == IndexReference.branchHash(
                    bit, IndexReference.leafHash(two.all[0]), IndexReference.leafHash(two.all[1])))
    }

    @Test func `an index without leaves has the root zero`() throws {
        let index = SubjectIndex(depth: 8)
        #expect(index.root == .zero)
        #expect(SubjectIndex.root(of: []) == .zero)
        let proof = index.proof(for: [.sample(1)], leaves: SortedIndexLeaves())
        #expect(proof.items == [])
        #expect(try proof.verify(root: .zero, keys: [.sample(1)]) == [:])
        #expect(throws: ProofError(.root, "")) {
            try proof.verify(root: .sample(1), keys: [.sample(1)])
        }
    }

    @Test(arguments: [1, 2, 5, 8, 9, 18, 24])
    func `the root follows from the leaves, whatever the depth and the order`(depth: Int) throws {
        var generator = SplitMix64(seed: UInt64(depth))
        var reference = IndexReference()
        var store = SortedIndexLeaves()
        var index = SubjectIndex(depth: depth)
        var buckets: [Int: Hash256] = [:]
        for round in 0..<12 {
            var changed: [Hash256: ChainHead] = [:]
            for _ in 0..<Int.random(in: 0...(round * 3), using: &generator) {
                changed[.sample(Int.random(in: 0..<150, using: &generator))] =
                    .sample(Int.random(in: 0..<1_000_000, using: &generator))
            }
            let written = index.update(changed, leaves: store)
            #expect(written.map(\.bucket) == Set(written.map(\.bucket)).sorted())
            for (bucket, hash) in written { buckets[bucket] = hash }
            store.update(changed)
            reference.heads.merge(changed) { $1 }
            #expect(store.all == reference.all)
            #expect(index.root == reference.root)
            #expect(SubjectIndex.root(of: store.all) == reference.root)
        }
        let kept = buckets.map { (bucket: $0.key, hash: $0.value) }
        #expect(SubjectIndex(depth: depth, bucketHashes: kept).root == index.root)
        let beyond = kept + [(bucket: 1 << depth, hash: .zero), (bucket: -1, hash: .zero)]
        #expect(SubjectIndex(depth: depth, bucketHashes: beyond).root == index.root)
        #expect(store.head(of: .sample(7)) == reference.heads[.sample(7)])
        #expect(store.head(of: .sample(-1)) == nil)
    }

    @Test func `leaves that agree in all but their last bits make a trie of 256 levels`() {
        let base = Hash256.sample(9)
        let leaves = ([base] + (0..<256).map { base.flipping($0) }).sorted().map {
            IndexLeaf(uncheckedPosition: $0, key: $0, head: .sample(1))
        }
        let root = SubjectIndex.root(of: leaves)
        #expect(root == IndexReference.hash(leaves, 0))
        #expect(SubjectIndex.root(of: Array(leaves.dropLast())) != root)
    }

    @Test func `a copy stays as it was while the index goes on`() throws {
        let before = IndexReference(heads: [.sample(1): .sample(1), .sample(2): .sample(2)])
        var index = before.index(depth: 8)
        let copy = index
        _ = index.update([.sample(3): .sample(3)], leaves: before)
        #expect(copy.root == before.root && index.root != before.root)
        let proof = copy.proof(for: [.sample(3)], leaves: before)
        #expect(try proof.verify(root: before.root, keys: [.sample(3)]) == [:])
    }

    @Test func `an index whose store fails stays as it was`() throws {
        struct Broken: Error {}
        struct FailingLeaves: IndexLeaves {
            let store: SortedIndexLeaves
            let limit: Hash256
            func leaves(
                from first: Hash256, through last: Hash256
            ) throws(Broken) -> [IndexLeaf] {
                guard last < limit else { throw Broken() }
                return store.leaves(from: first, through: last)
            }
        }
        let heads = Dictionary(
            uniqueKeysWithValues: (0..<50).map { (Hash256.sample($0), ChainHead.sample($0)) })
        let store = SortedIndexLeaves(heads)
        var index = IndexReference(heads: heads).index(depth: 8)
        let (root, middle) = (index.root, store.all[25].position)
        #expect(throws: Broken.self) {
            try index.update(
                heads.mapValues { ChainHead(count: $0.count + 1, hash: $0.hash) },
                leaves: FailingLeaves(store: store, limit: middle))
        }
        #expect(index.root == root)
        #expect(throws: Broken.self) {
            try index.proof(
                for: Array(heads.keys), leaves: FailingLeaves(store: store, limit: middle))
        }
    }

    @Test func `a store with missing, wrong or unordered leaves gives no proof that verifies`() {
        struct FixedLeaves: IndexLeaves {
            let all: [IndexLeaf]
            func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] { all }
        }
        let heads = Dictionary(
            uniqueKeysWithValues: (0..<9).map { (Hash256.sample($0), ChainHead.sample($0)) })
        let reference = IndexReference(heads: heads)
        let index = reference.index(depth: 1)
        let all = reference.all
        let broken: [[IndexLeaf]] = [
            [], Array(all.dropFirst()), all.reversed(), all + all, [all[0], all[0]],
            [all[0], all[0], all[3]], [all[8], all[1], all[0], all[2]],
        ]
        for leaves in broken {
            for key in heads.keys {
                let proof = index.proof(for: [key], leaves: FixedLeaves(all: leaves))
                #expect(throws: ProofError.self) { try proof.verify(root: index.root, keys: [key]) }
            }
        }
    }
}
