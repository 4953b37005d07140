import Crypto
import MerkleTrees
import Support
import Testing

@Suite struct HashTests {
    @Test func `SHA-256 of known inputs`() {
        #expect(
            Hash256.sha256().hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Hash256.sha256(Array("a".utf8), [], Array("bc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a hash is its 32 bytes`() {
        let bytes = (0..<32).map { UInt8($0 * 7) }
        #expect(Hash256(bytes)?.bytes == bytes)
        #expect(Hash256(bytes[...])?.hex == Hex.text(bytes))
        #expect(Hash256(hex: Hex.text(bytes))?.bytes == bytes)
        #expect(Hash256(hex: Hex.text(bytes).uppercased())?.bytes == bytes)
        #expect(Hash256(bytes.dropLast()) == nil && Hash256(bytes + [0]) == nil)
        #expect(Hash256(hex: "00") == nil)
        #expect(Hash256(hex: String(repeating: "g", count: 64)) == nil)
        #expect(Hash256.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test func `hashes are ordered as their bytes`() {
        var generator = SplitMix64(seed: 1)
        var hashes = (0..<200).map { _ in Hash256.random(&generator) }
        let base = hashes[0]
        hashes += (0..<256).map { base.flipping($0) }
        let sorted = hashes.sorted()
        #expect(
            sorted.map(\.bytes) == hashes.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `a builder hashes what its parts spell`() {
        var builder = HashBuilder()
        builder.update(domain: "cairn/test/v1")
        builder.update(UInt8(1))
        builder.update(UInt16(0x0203))
        builder.update(UInt32(0x0405_0607))
        builder.update(UInt64(0x0809_0a0b_0c0d_0e0f))
        builder.update(Hash256.sample(1))
        builder.update([0x10, 0x11])
        builder.update([0x12, 0x13, 0x14][1...])
        let bytes: [UInt8] =
            Array("cairn/test/v1\u{0}".utf8) + (1...15) + Hash256.sample(1).bytes
            + [0x10, 0x11, 0x13, 0x14]
        #expect(builder.finish().bytes == Array(SHA256.hash(data: bytes)))
        #expect(builder.finish() == Hash256.sha256(bytes))
    }

    @Test func `tree hashes carry their prefixes`() {
        let (left, right) = (Hash256.sample(1), Hash256.sample(2))
        #expect(TreeHash.leaf([7, 8]) == Hash256.sha256([0, 7, 8]))
        #expect(TreeHash.leaf([6, 7, 8][1...]) == Hash256.sha256([0, 7, 8]))
        #expect(TreeHash.leaf([]) == Hash256.sha256([0]))
        #expect(TreeHash.node(left, right) == Hash256.sha256([1] + left.bytes + right.bytes))
        #expect(TreeHash.empty == Hash256.sha256([]))
    }

    @Test func `a chain head is the hash of the head before and the link`() {
        let (leaf, row) = (Hash256.sample(1), Hash256.sample(2))
        let one = ChainHead.empty.appending(
            leafIndex: 0x0102, leafHash: leaf, row: 0x0a0b, rowHash: row)
        let domain = Array("cairn/chain/v1".utf8) + [0]
        let link: [UInt8] =
            [0, 0, 0, 0, 0, 0, 1, 2] + leaf.bytes + [0, 0, 0x0a, 0x0b] + row.bytes
        #expect(ChainHead.empty == ChainHead(count: 0, hash: .zero))
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(one == ChainHead(count: 1, hash: Hash256.sha256(domain + zeros + link)))
        let two = one.appending(leafIndex: 0x0102, leafHash: leaf, row: 0x0a0b, rowHash: row)
        #expect(two == ChainHead(count: 2, hash: Hash256.sha256(domain + one.hash.bytes + link)))
    }
}
