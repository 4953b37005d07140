import MerkleTrees
import Support

/// The definitions of RFC 6962 §2.1 written down as they stand there: plainly right.
///
/// Roots once computed are remembered, so that all trees to 256 leaves can be gone through.
final class NaiveTree {
    let leaves: [Hash256]
    private var known: [Range<Int>: Hash256] = [:]

    init(_ leaves: [Hash256]) { self.leaves = leaves }

    static func root(_ leaves: some Collection<Hash256>) -> Hash256 {
        NaiveTree(Array(leaves)).root(0..<leaves.count)
    }

    /// MTH(D[range]).
    func root(_ range: Range<Int>) -> Hash256 {
        guard let first = range.first else { return Hash256.sha256([]) }
        guard range.count > 1 else { return leaves[first] }
        if let root = known[range] { return root }
        let split = Self.split(range)
        let root = Self.node(root(first..<split), root(split..<range.upperBound))
        known[range] = root
        return root
    }

    /// PATH(m, D[range]), where m counts from the start of the range.
    func inclusion(_ index: Int, _ range: Range<Int>) -> [Hash256] {
        guard range.count > 1 else { return [] }
        let split = Self.split(range)
        let (left, right) = (range.lowerBound..<split, split..<range.upperBound)
        return index < left.count
            ? inclusion(index, left) + [root(right)]
            : inclusion(index - left.count, right) + [root(left)]
    }

    /// SUBPROOF(m, D[range], b).
    func consistency(_ old: Int, _ range: Range<Int>, whole: Bool = true) -> [Hash256] {
        guard old < range.count else { return whole ? [] : [root(range)] }
        let split = Self.split(range)
        let (left, right) = (range.lowerBound..<split, split..<range.upperBound)
        return old <= left.count
            ? consistency(old, left, whole: whole) + [root(right)]
            : consistency(old - left.count, right, whole: false) + [root(left)]
    }

    static func node(_ left: Hash256, _ right: Hash256) -> Hash256 {
        Hash256.sha256([1], left.bytes, right.bytes)
    }

    private static func split(_ range: Range<Int>) -> Int {
        var power = 1
        while power * 2 < range.count { power *= 2 }
        return range.lowerBound + power
    }

    /// The roots of all prefixes of the leaves, the empty one first.
    func roots() -> [Hash256] { (0...leaves.count).map { root(0..<$0) } }
}

extension Hash256 {
    /// The hash of a number: leaves, keys and rows of tests.
    static func sample(_ number: Int) -> Hash256 {
        Hash256.sha256(Array("sample \(number)".utf8))
    }

    static func random(_ generator: inout SplitMix64) -> Hash256 {
        Hash256(generator.bytes(32)) ?? .zero
    }

    /// This hash with one of its 256 bits turned over.
    func flipping(_ bit: Int) -> Hash256 {
        var bytes = self.bytes
        bytes[bit >> 3] ^= 0x80 >> UInt8(bit & 7)
        return Hash256(bytes) ?? .zero
    }
}
