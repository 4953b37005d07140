import DeterministicCBOR
import MerkleTrees
import Records
import Support
import Testing

@Suite struct ManifestTests {
    private func row(_ part: UInt8, _ key: UInt8, _ role: Role = .mention) -> Row {
        Row(part: Hash256.sha256([part]), key: Hash256.sha256([key]), role: role)
    }

    private func cbor(_ rows: [Row]) -> CBORValue {
        let items: [CBORValue] = rows.map { row in
            let role = CBORValue.unsigned(UInt64(row.role.rawValue))
            return .array([.bytes(row.part.bytes), .bytes(row.key.bytes), role])
        }
        return .array(items)
    }

    private func sampleRow(_ number: Int) -> Row {
        let key: [UInt8] = [UInt8(number & 0xFF), UInt8(number >> 8)]
        return Row(
            part: Hash256.sha256([UInt8(number % 7)]), key: Hash256.sha256(key),
            role: Role(rawValue: UInt8(number % 6)) ?? .mention)
    }

    @Test(arguments: [1, 2, 23, 24, 255, 256, 1_000])
    func `a manifest is the sorted array of its rows`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let rows: [Row] = (0..<count).map(sampleRow)
        let manifest = try Manifest(rows: (rows + rows).shuffled(using: &random))
        let sorted = rows.sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
        #expect(manifest.rows == sorted)
        #expect(manifest.encoded() == cbor(sorted).encoded())
        #expect(try Manifest.decode(manifest.encoded()) == manifest)
        #expect(manifest.partCount == min(count, 7))
        #expect(manifest.partDigests == Set(rows.map(\.part)).sorted())
        let data = Array("cairn/row/v1".utf8) + [0]
        #expect(manifest.rowHashes == sorted.map { TreeHash.leaf(data + $0.encoded) })
        #expect(manifest.rowHashes == sorted.map(\.hash))
        let path = manifest.tree.inclusionProof(of: count - 1)
        let root = try TreeProofs.inclusionRoot(
            leaf: manifest.rowHashes[count - 1], index: UInt64(count - 1), size: UInt64(count),
            proof: path)
        #expect(root == manifest.root)
    }

    @Test func `rows out of order or twice are refused`() throws {
        let rows = [row(1, 1), row(2, 2), row(3, 3)].sorted()
        expectRefusal("manifest.order") {
            try Manifest.decode(cbor([rows[1], rows[0], rows[2]]).encoded())
        }
        expectRefusal("manifest.order") {
            try Manifest.decode(cbor([rows[0], rows[0], rows[2]]).encoded())
        }
        let roles = [row(1, 1, .create), row(1, 1, .mention)]
        #expect(try Manifest.decode(cbor(roles).encoded()).rows == roles)
    }

    @Test func `anything but rows is refused`() {
        expectRefusal("manifest.format") { try Manifest.decode([0x80]) }
        expectRefusal("manifest.format") { try Manifest.decode(CBORValue.text("x").encoded()) }
        var wrongRole = cbor([row(1, 1)]).encoded()
        wrongRole[wrongRole.count - 1] = 6
        expectRefusal("manifest.format") { try Manifest.decode(wrongRole) }
        let bytes = cbor([row(1, 1)]).encoded()
        expectRefusal("cbor.truncated") { try Manifest.decode(Array(bytes.dropLast())) }
        expectRefusal("cbor.trailing-bytes") { try Manifest.decode(bytes + [0]) }
        // The same array with its length in a longer form than needed.
        expectRefusal("cbor.non-deterministic") { try Manifest.decode([0x98, 1] + bytes[1...]) }
        expectRefusal("cbor.truncated") { try Manifest.decode([]) }
    }

    @Test func `the limit of rows is tested on both sides`() throws {
        let part = Hash256.sha256([1])
        var rows: [Row] = []
        for number in 0...Limits.manifestRows {
            var key = HashBuilder()
            key.update(UInt64(number))
            rows.append(Row(part: part, key: key.finish(), role: .mention))
        }
        rows.sort()
        expectRefusal("manifest.format") { try Manifest(rows: rows) }
        expectRefusal("manifest.format") { try Manifest(rows: []) }
        expectRefusal("manifest.format") { try Manifest.decode(cbor(rows).encoded()) }
        let most = try Manifest(rows: rows.dropLast())
        #expect(try Manifest.decode(most.encoded()).root == most.root)
    }
}
