// Merkle trees: the log's tree, its tiles and proofs, and the index of subject chains.
//
// This module is mathematics over SHA-256. It does no I/O: whoever keeps the tiles and the leaves
// of the index hands them in through `HashTiles` and `IndexLeaves`. It knows nothing of what is
// hashed, of signatures, or of text formats other than the tile paths of C2SP tlog-tiles.
//
// - The log is the tree of RFC 6962 (`TreeHash`, `TreeProofs`, `TreeFrontier`, `SmallTree`), kept
//   in tiles of 256 hashes (`TilePath`, `TileWriter`, `TreeReader`).
// - Every subject has a hash chain (`ChainHead`).
// - The index is a path-compressed Merkle trie over the heads of all chains (`SubjectIndex`), which
//   proves for any set of keys, in one proof, which of them have a chain and where it stands
//   (`IndexProof`).
//
// Nothing read from a store is believed here, nor is it checked on the way: a proof made from wrong
// tiles or leaves is a proof that fails to verify.

/// A SHA-256 value of 32 bytes; ordered as its bytes are.
package struct Hash256: Hashable, Sendable {
    /// The four big-endian words, first bytes first.
    let word0, word1, word2, word3: UInt64

    /// 32 zero bytes: the head of an empty chain and the root of an empty index.
    package static let zero = Hash256(0, 0, 0, 0)

    @usableFromInline
    init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
        self.word3 = word3
    }

    /// Takes 32 bytes as they are; nil if there are more or fewer.
    @inlinable
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: [4 of UInt64] = [0, 0, 0, 0]
        var place = 0
        for byte in bytes {
            words[place >> 3] = words[place >> 3] << 8 | UInt64(byte)
            place += 1
        }
        self.init(words[0], words[1], words[2], words[3])
    }

    /// Reads 64 hexadecimal digits; nil for anything else.
    package init?(hex: some StringProtocol) {
        let digits = hex.utf8.map { Self.digit($0) }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes)
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        append(to: &bytes)
        return bytes
    }

    /// Appends the 32 bytes.
    package func append(to bytes: inout [UInt8]) {
        let words: [4 of UInt64] = [
            word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian,
        ]
        unsafe withUnsafeBytes(of: words) { unsafe bytes.append(contentsOf: $0) }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: word0
        case 1: word1
        case 2: word2
        default: word3
        }
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Hash256: Comparable, CustomStringConvertible {
    package static func < (left: Hash256, right: Hash256) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }

    package var description: String { hex }
}

// MARK: - Bits

extension Hash256 {
    /// One of the 256 bits; number 0 is the most significant of the first byte.
    func bit(_ number: Int) -> Bool {
        (word(number >> 6) >> UInt64(63 - (number & 63))) & 1 == 1
    }

    /// The number of the first bit in which two values differ; 256 if they are equal.
    func firstDifference(from other: Hash256) -> Int {
        if word0 != other.word0 { return (word0 ^ other.word0).leadingZeroBitCount }
        if word1 != other.word1 { return 64 + (word1 ^ other.word1).leadingZeroBitCount }
        if word2 != other.word2 { return 128 + (word2 ^ other.word2).leadingZeroBitCount }
        return 192 + (word3 ^ other.word3).leadingZeroBitCount
    }
}
