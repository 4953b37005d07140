import MerkleTrees
import Support
import Testing

@Suite struct IndexProofTests {
    /// The elements of a list that the bits of a number choose.
    private static func subset<Element>(_ number: Int, of list: [Element]) -> [Element] {
        list.indices.filter { number >> $0 & 1 == 1 }.map { list[$0] }
    }

    private static func reference(_ keys: [Hash256]) -> IndexReference {
        IndexReference(
            heads: Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, .sample($0)) }))
    }

    @Test(arguments: [(depth: 1, keys: 5), (depth: 3, keys: 6), (depth: 8, keys: 5)])
    func `every set of keys is proven in every small trie`(depth: Int, count: Int) throws {
        let universe = (0..<count).map { Hash256.sample($0) }
        for presence in 0..<1 << count {
            let reference = Self.reference(Self.subset(presence, of: universe))
            let store = SortedIndexLeaves(reference.heads)
            let index = reference.index(depth: depth)
            #expect(index.root == reference.root)
            for asking in 0..<1 << count {
                let keys = Self.subset(asking, of: universe)
                let proof = index.proof(for: keys.reversed(), leaves: store)
                let found = try proof.verify(root: index.root, keys: keys)
                guard proof == reference.proof(for: keys),
                    found == reference.heads.filter({ keys.contains($0.key) })
                else {
                    Issue.record("present \(presence), asked \(asking)")
                    continue
                }
            }
        }
    }

    @Test func `for each set of keys exactly one proof is accepted`() throws {
        let universe = (0..<6).map { Hash256.sample($0) }
        for present in [[0, 1, 2], [0, 1, 2, 3, 4], [5], [1, 4]] {
            let reference = Self.reference(present.map { universe[$0] })
            let root = reference.root
            let proofs = (0..<64).map { reference.proof(for: Self.subset($0, of: universe)) }
            for (made, proof) in proofs.enumerated() {
                for (asked, canonical) in proofs.enumerated() {
                    let keys = Self.subset(asked, of: universe)
                    let accepted = (try? proof.verify(root: root, keys: keys)) != nil
                    guard accepted == (proof == canonical) else {
                        Issue.record("proof for \(made), asked \(asked)")
                        continue
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<6)
    func `large tries prove many keys at once`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let count = 600
        let reference = Self.reference((0..<count).map { .sample($0 + 10_000 * Int(seed)) })
        let store = SortedIndexLeaves(reference.heads)
        let index = reference.index(depth: 4 + Int(seed))
        #expect(index.root == reference.root)
        for size in [1, 2, 17, 200] {
            let keys = (0..<size).map { _ in
                let number = Int.random(in: 0..<2 * count, using: &generator)
                return Hash256.sample(number + 10_000 * Int(seed))
            }
            let proof = index.proof(for: keys, leaves: store)
            #expect(proof == reference.proof(for: keys))
            #expect(
                try proof.verify(root: index.root, keys: keys)
                    == reference.heads.filter { keys.contains($0.key) })
        }
    }

    @Test func `a proof without its last items is refused, and one with more`() throws {
        let reference = Self.reference((0..<40).map { .sample($0) })
        let keys = [1, 7, 50, 51].map { Hash256.sample($0) }
        let proof = reference.proof(for: keys)
        let root = reference.root
        for end in 0..<proof.items.count {
            #expect(throws: ProofError.self) {
                try IndexProof(items: Array(proof.items[..<end]))
                    .verify(root: root, keys: keys)
            }
        }
        for item in proof.items + [.opaque(.zero), .branch(bit: 255)] {
            for place in 0...proof.items.count {
                var items = proof.items
                items.insert(item, at: place)
                #expect(throws: ProofError.self) {
                    try IndexProof(items: items).verify(root: root, keys: keys)
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 12, 40])
    func `every item dropped, swapped or edited is noticed`(count: Int) throws {
        let reference = Self.reference((0..<count).map { .sample($0) })
        let keys = [0, 7, 50, 51].map { Hash256.sample($0) }
        let items = reference.proof(for: keys).items
        var forgeries: [[IndexProof.Item]] = []
        for place in items.indices {
            var dropped = items
            dropped.remove(at: place)
            forgeries.append(dropped)
            for other in items[(place + 1)...].indices where items[place] != items[other] {
                var swapped = items
                swapped.swapAt(place, other)
                forgeries.append(swapped)
            }
            for edit in Self.edits(of: items[place]) {
                var edited = items
                edited[place] = edit
                forgeries.append(edited)
            }
        }
        #expect(forgeries.count >= items.count * 8)
        let root = reference.root
        for forgery in forgeries {
            guard (try? IndexProof(items: forgery).verify(root: root, keys: keys)) != nil
            else { continue }
            Issue.record("accepted: \(forgery)")
        }
    }

    private static func edits(of item: IndexProof.Item) -> [IndexProof.Item] {
        let common: [IndexProof.Item] = [
            .branch(bit: 0), .branch(bit: 256), .branch(bit: .max), .opaque(.zero),
            .leaf(key: .sample(0), .sample(77)), .leaf(key: .sample(50), .sample(0)),
        ]
        let own: [IndexProof.Item] =
            switch item {
            case .branch(let bit):
                [.branch(bit: bit + 1), .branch(bit: bit &- 1), .branch(bit: bit + 8)]
            case .opaque(let hash):
                stride(from: 0, to: 256, by: 15).map { .opaque(hash.flipping($0)) }
            case .leaf(let key, let head):
                stride(from: 0, to: 256, by: 15).flatMap { bit -> [IndexProof.Item] in
                    [
                        .leaf(key: key.flipping(bit), head),
                        .leaf(
                            key: key, ChainHead(count: head.count, hash: head.hash.flipping(bit))),
                    ]
                } + [
                    .leaf(key: key, ChainHead(count: head.count + 1, hash: head.hash)),
                    .leaf(key: key, ChainHead(count: head.count - 1, hash: head.hash)),
                    .leaf(key: key, .empty),
                    .opaque(IndexReference.leafHash(IndexLeaf(key: key, head: head))),
                ]
            }
        return (common + own).filter { $0 != item }
    }

    /// The form is checked apart from the hashes: these proofs lead to the root they are given.
    @Test func `a trie that is no index is refused though its hashes agree`() throws {
        let leaves = Self.reference((0..<8).map { .sample($0) }).all
        let (left, right) = (leaves[0], leaves[7])
        func root(_ bit: Int, _ left: Hash256, _ right: Hash256) -> Hash256 {
            IndexReference.branchHash(bit, left, right)
        }
        func item(_ leaf: IndexLeaf) -> IndexProof.Item { .leaf(key: leaf.key, leaf.head) }
        func refusal(
            _ items: [IndexProof.Item], _ root: Hash256, _ keys: [Hash256]
        ) -> ProofError.Code? {
            do throws(ProofError) {
                _ = try IndexProof(items: items).verify(root: root, keys: keys)
                return nil
            } catch {
                return error.kind
            }
        }
        let hashes = (IndexReference.leafHash(left), IndexReference.leafHash(right))
        let both = [left.key, right.key]
        #expect(!IndexReference.bit(left.position, 0) && IndexReference.bit(right.position, 0))
        // The control: in the right order, with the right bit, it is an index.
        let good: [IndexProof.Item] = [.branch(bit: 0), item(left), item(right)]
        #expect(refusal(good, root(0, hashes.0, hashes.1), both) == nil)
        // The leaves on each other's side.
        let mixed: [IndexProof.Item] = [.branch(bit: 0), item(right), item(left)]
        #expect(refusal(mixed, root(0, hashes.1, hashes.0), both) == .form)
        // A branch below itself.
        let twice = root(0, root(0, hashes.0, .zero), hashes.1)
        let nested: [IndexProof.Item] = [
            .branch(bit: 0), .branch(bit: 0), item(left), .opaque(.zero), item(right),
        ]
        #expect(refusal(nested, twice, both) == .form)
        // A branch beyond the last bit.
        let beyond: [IndexProof.Item] = [.branch(bit: 256), item(left), item(right)]
        #expect(refusal(beyond, root(256, hashes.0, hashes.1), both) == .form)
        // A walk that ends at a cut subtree, and a leaf that ends no walk.
        let cut: [IndexProof.Item] = [.branch(bit: 0), item(left), .opaque(hashes.1)]
        #expect(refusal(cut, root(0, hashes.0, hashes.1), both) == .form)
        #expect(refusal(good, root(0, hashes.0, hashes.1), [left.key]) == .form)
        #expect(refusal(cut, root(0, hashes.0, hashes.1), [left.key]) == nil)
        // Nothing asked: only the root itself may stand there.
        let whole = root(0, hashes.0, hashes.1)
        #expect(refusal([.opaque(whole)], whole, []) == nil)
        #expect(
            refusal([.branch(bit: 0), .opaque(hashes.0), .opaque(hashes.1)], whole, []) == .form)
        // Something after the whole trie, and the wrong root.
        #expect(refusal(good + [item(left)], whole, both) == .form)
        #expect(refusal(good, .sample(5), both) == .root)
        #expect(refusal(Array(good.dropLast()), whole, both) == .form)
    }
}
