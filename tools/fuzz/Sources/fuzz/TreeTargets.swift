import MerkleTrees

/// A tree with its proofs, made as RFC 6962 §2.1 writes them and by none of the program's code but
/// its hashes.
struct SampleTree: Sendable {
    static let shared = SampleTree(leaves: 1_024)

    /// The root of every size from 0.
    let roots: [Hash256]
    /// The hashes of the complete subtrees of each level, the leaves first.
    private var levels: [[Hash256]]

    var leaves: [Hash256] { levels[0] }

    init(leaves count: Int) {
        levels = [(0..<count).map { TreeHash.leaf([UInt8($0 >> 8), UInt8($0 & 0xff)]) }]
        while let last = levels.last, last.count > 1 {
            levels.append(
                (0..<last.count / 2).map { TreeHash.node(last[2 * $0], last[2 * $0 + 1]) })
        }
        let levels = levels
        roots = [TreeHash.empty] + (1...count).map { Self.hash(0..<$0, levels) }
    }

    /// MTH of a range that begins at a multiple of a power of two not less than its length.
    private static func hash(_ range: Range<Int>, _ levels: [[Hash256]]) -> Hash256 {
        if range.count & (range.count - 1) == 0 {
            return levels[range.count.trailingZeroBitCount][range.lowerBound / range.count]
        }
        let middle = split(range)
        return TreeHash.node(
            hash(range.lowerBound..<middle, levels), hash(middle..<range.upperBound, levels))
    }

    private static func split(_ range: Range<Int>) -> Int {
        range.lowerBound + (1 << (Int.bitWidth - 1 - (range.count - 1).leadingZeroBitCount))
    }

    /// PATH of RFC 6962 §2.1.1.
    func inclusion(_ index: Int, size: Int) -> [Hash256] {
        var (range, path) = (0..<size, [Hash256]())
        while range.count > 1 {
            let middle = Self.split(range)
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            path.append(Self.hash(index < middle ? right : left, levels))
            range = index < middle ? left : right
        }
        return path.reversed()
    }

    /// PROOF of RFC 6962 §2.1.2.
    func consistency(_ old: Int, _ new: Int) -> [Hash256] {
        var (range, proof, isWhole) = (0..<new, [Hash256](), true)
        while range.upperBound != old {
            let middle = Self.split(range)
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            proof.append(Self.hash(old <= middle ? right : left, levels))
            if old > middle { isWhole = false }
            range = old <= middle ? left : right
        }
        if !isWhole { proof.append(Self.hash(range, levels)) }
        return proof.reversed()
    }
}

extension FuzzTarget {
    /// Paths of tiles, entry bundles, the numbers of a tile.
    static let tile = FuzzTarget(
        "tile", byteLimit: 1_024, pools: [.bytes, .text],
        seeds: {
            [
                "tile/0/x001/234.p/5", "tile/entries/000",
                "tile/63/x018/x446/x744/x073/x709/x551/615",
            ]
            .map { Array($0.utf8) }
        },
        check: { bytes in
            if let text = String(validating: bytes, as: UTF8.self),
                let path = TilePath(parsing: text)
            {
                expect(path.path.utf8.elementsEqual(text.utf8), "a tile's path is its text")
                expect((1...256).contains(path.width), "a tile's width lies in its range")
            }
            var input = InputReader(bytes)
            let width = 1 + Int(input.byte())
            let (index, size) = (input.word(), input.word())
            for level in TilePath.levels {
                let width = TilePath.width(level: level, index: index, size: size)
                expect((0...256).contains(width), "a tile has 0 to 256 hashes")
            }
            let bundle = Array(bytes.dropFirst())
            if let entries = EntryBundle.decode(bundle, width: width) {
                expect(entries.count == width, "a bundle has as many entries as its path says")
                expect(EntryBundle.encode(entries) == bundle, "a bundle is its bytes")
            }
        })

    /// Inclusion and consistency proofs: true ones with edits, and numbers and hashes at random.
    static let treeProof = FuzzTarget("tree-proof", byteLimit: 1_024) { bytes in
        var input = InputReader(bytes)
        switch input.byte() % 3 {
        case 0: checkInclusion(&input)
        case 1: checkConsistency(&input)
        default: checkAnything(&input)
        }
    }

    private static func checkInclusion(_ input: inout InputReader) {
        let tree = SampleTree.shared
        // In a tree of one leaf the root is the leaf, and changing both alike makes another truth.
        let size = 2 + input.number(below: tree.leaves.count - 1)
        let truth = input.number(below: size)
        var (leaf, index, root) = (tree.leaves[truth], UInt64(truth), tree.roots[size])
        var proof = tree.inclusion(truth, size: size)
        while !input.isAtEnd {
            switch input.byte() % 4 {
            case 0: leaf = leaf.flipping(bit: Int(input.byte()))
            case 1: root = root.flipping(bit: Int(input.byte()))
            case 2: index = index &+ UInt64(input.byte())
            default: edit(&proof, &input)
            }
        }
        do throws(ProofError) {
            try TreeProofs.checkInclusion(
                leaf: leaf, index: index, size: UInt64(size), root: root, proof: proof)
            expect(
                leaf == tree.leaves[truth] && index == UInt64(truth) && root == tree.roots[size]
                    && proof == tree.inclusion(truth, size: size),
                "only the true proof is accepted")
        } catch {
            expectCoded(error.code, error.reason)
            expect(
                leaf != tree.leaves[truth] || index != UInt64(truth) || root != tree.roots[size]
                    || proof != tree.inclusion(truth, size: size), "the true proof is accepted")
        }
    }

    private static func checkConsistency(_ input: inout InputReader) {
        let tree = SampleTree.shared
        var new = 1 + input.number(below: tree.leaves.count)
        var old = 1 + input.number(below: new)
        var proof = tree.consistency(old, new)
        var (oldFlip, newFlip) = (0, 0)
        while !input.isAtEnd {
            switch input.byte() % 5 {
            case 0: old = 1 + input.number(below: tree.leaves.count)
            case 1: new = 1 + input.number(below: tree.leaves.count)
            case 2: oldFlip = 1 + Int(input.byte())
            case 3: newFlip = 1 + Int(input.byte())
            default: edit(&proof, &input)
            }
        }
        let oldRoot = oldFlip == 0 ? tree.roots[old] : tree.roots[old].flipping(bit: oldFlip - 1)
        let newRoot = newFlip == 0 ? tree.roots[new] : tree.roots[new].flipping(bit: newFlip - 1)
        // A tree is consistent with itself, whatever its root.
        let areRoots = oldFlip == 0 && newFlip == 0 || old == new && oldFlip == newFlip
        let isTrue = areRoots && old <= new && proof == tree.consistency(old, new)
        do throws(ProofError) {
            try TreeProofs.checkConsistency(
                oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(new), newRoot: newRoot,
                proof: proof)
            expect(isTrue, "only the true proof is accepted")
        } catch {
            expectCoded(error.code, error.reason)
            expect(!isTrue, "the true proof is accepted")
        }
    }

    /// Whatever numbers: refused or led to some root, in at most 64 steps.
    private static func checkAnything(_ input: inout InputReader) {
        let (first, second) = (input.word(), input.word())
        let (leaf, root) = (input.hash(), input.hash())
        var proof: [Hash256] = []
        while !input.isAtEnd { proof.append(input.hash()) }
        let inclusion = try? TreeProofs.inclusionRoot(
            leaf: leaf, index: first, size: second, proof: proof)
        expect(inclusion == nil || first < second, "a leaf is in its tree")
        let isConsistent: Void? = try? TreeProofs.checkConsistency(
            oldSize: first, oldRoot: leaf, newSize: second, newRoot: root, proof: proof)
        expect(isConsistent == nil || first <= second, "a tree only grows")
        if first <= second {
            let isSubtree: Void? = try? TreeProofs.checkConsistency(
                ofSubtree: first..<second, hash: leaf, size: second, root: root, proof: proof)
            expect(
                isSubtree == nil || TreeProofs.isSubtree(first..<second), "a range is a subtree")
        }
        if let frontier = TreeFrontier(size: first, peaks: proof) {
            expect(frontier.peaks == proof && frontier.size == first, "a frontier is its peaks")
        }
    }

    private static func edit(_ proof: inout [Hash256], _ input: inout InputReader) {
        switch input.byte() % 4 {
        case 0 where !proof.isEmpty:
            let place = input.number(below: proof.count)
            proof[place] = proof[place].flipping(bit: Int(input.byte()))
        case 1: proof.insert(input.hash(), at: input.number(below: proof.count + 1))
        case 2 where !proof.isEmpty: proof.remove(at: input.number(below: proof.count))
        case 3 where !proof.isEmpty: proof.append(proof[input.number(below: proof.count)])
        default: break
        }
    }
}

// MARK: - The index

extension FuzzTarget {
    private static let keys = (0..<96).map { TreeHash.leaf([UInt8($0)]) }

    /// An index of the first 64 keys; the other 32 are absent.
    private static let index: (index: SubjectIndex, leaves: SortedIndexLeaves) = {
        var heads: [Hash256: ChainHead] = [:]
        for key in keys.prefix(64) { heads[key] = ChainHead(count: 1, hash: key) }
        var index = SubjectIndex(depth: 4)
        _ = index.update(heads, leaves: SortedIndexLeaves())
        return (index, SortedIndexLeaves(heads))
    }()

    /// Index proofs: true ones with edits.
    static let indexProof = FuzzTarget("index-proof", byteLimit: 512) { bytes in
        var input = InputReader(bytes)
        // A proof for no key says nothing, and is one of any root.
        let asked = (0...Int(input.byte() % 5)).map { _ in keys[input.number(below: keys.count)] }
        let truth = index.index.proof(for: asked, leaves: index.leaves)
        var (items, root) = (truth.items, index.index.root)
        while !input.isAtEnd { edit(&items, &root, &input) }
        let isTrue = items == truth.items && root == index.index.root
        do throws(ProofError) {
            let found = try IndexProof(items: items).verify(root: root, keys: asked)
            expect(isTrue, "only the true proof is accepted")
            for key in asked {
                expect(found[key] == index.leaves.head(of: key), "a proof says what is there")
            }
        } catch {
            expectCoded(error.code, error.reason)
            expect(!isTrue, "the true proof is accepted")
        }
    }

    private static func edit(
        _ items: inout [IndexProof.Item], _ root: inout Hash256, _ input: inout InputReader
    ) {
        let place = input.number(below: max(items.count, 1))
        switch input.byte() % 6 {
        case 0 where !items.isEmpty: items[place] = changed(items[place], &input)
        case 1 where !items.isEmpty: items.remove(at: place)
        case 2 where !items.isEmpty: items.insert(items[place], at: input.number(below: place + 1))
        case 3: root = root.flipping(bit: Int(input.byte()))
        case 4: items.append(.branch(bit: UInt16(input.byte())))
        case 5: items.insert(.opaque(input.hash()), at: min(place, items.count))
        default: break
        }
    }

    private static func changed(
        _ item: IndexProof.Item, _ input: inout InputReader
    ) -> IndexProof.Item {
        switch item {
        case .branch: return .branch(bit: UInt16(input.byte()) + UInt16(input.byte()))
        case .opaque(let hash): return .opaque(hash.flipping(bit: Int(input.byte())))
        case .leaf(let key, var head):
            switch input.byte() % 3 {
            case 0: return .leaf(key: key.flipping(bit: Int(input.byte())), head)
            case 1: head.hash = head.hash.flipping(bit: Int(input.byte()))
            default: head.count &+= UInt64(input.byte())
            }
            return .leaf(key: key, head)
        }
    }
}
