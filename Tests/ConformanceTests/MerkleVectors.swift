import Foundation
import MerkleTrees
import Support
import Testing

/// All 518 cases of transparency-dev/merkle: right proofs, and proofs with one thing changed.
@Suite struct MerkleVectors {
    @Test func `inclusion proofs are judged as transparency-dev judges them`() throws {
        try check("inclusion", cases: 98, wrongLength: 26) { vector in
            let leaf = try vector.hash(vector.leafHash)
            let root = try vector.hash(vector.root)
            try TreeProofs.checkInclusion(
                leaf: leaf, index: vector.number(\.leafIdx), size: vector.number(\.treeSize),
                root: root, proof: vector.hashes())
        }
    }

    @Test func `consistency proofs are judged as transparency-dev judges them`() throws {
        try check("consistency", cases: 98, wrongLength: 16) { vector in
            let old = try vector.hash(vector.root1)
            let new = try vector.hash(vector.root2)
            try TreeProofs.checkConsistency(
                oldSize: vector.number(\.size1), oldRoot: old,
                newSize: vector.number(\.size2), newRoot: new, proof: vector.hashes())
        }
    }

    @Test func `subtree inclusion proofs are judged as transparency-dev judges them`() throws {
        try check("subtreeinclusion", cases: 204, wrongLength: 52) { vector in
            let leaf = try vector.hash(vector.leafHash)
            let root = try vector.hash(vector.root)
            let found = try TreeProofs.inclusionRoot(
                leaf: leaf, index: vector.number(\.leafIdx), inSubtree: vector.subtree(),
                proof: vector.hashes())
            guard found == root else { throw ProofError(.root, "another root") }
        }
    }

    @Test func `subtree consistency proofs are judged as transparency-dev judges them`() throws {
        try check("subtreeconsistency", cases: 118, wrongLength: 16) { vector in
            let inner = try vector.hash(vector.root1)
            let outer = try vector.hash(vector.root2)
            try TreeProofs.checkConsistency(
                ofSubtree: vector.subtree(), hash: inner, size: vector.number(\.size), root: outer,
                proof: vector.hashes())
        }
    }

    /// Runs every case of a folder.
    ///
    /// `wrongLength` cases name a hash that is not 32 bytes long, which our type cannot even hold.
    private func check(
        _ folder: String, cases: Int, wrongLength: Int, verify: (MerkleVector) throws -> Void
    ) throws {
        let files = Vectors.files(
            under: "transparency-dev-merkle/testdata/\(folder)", extension: "json")
        #expect(files.count == cases)
        var unheld = 0
        for file in files {
            let vector = try JSONDecoder().decode(MerkleVector.self, from: Data(contentsOf: file))
            var refusal: (any Error)?
            do { try verify(vector) } catch { refusal = error }
            if refusal is WrongHashLength { unheld += 1 }
            #expect((refusal != nil) == vector.wantErr, "\(file.path()): \(vector.desc)")
            #expect(refusal == nil || refusal is ProofError || refusal is WrongHashLength)
        }
        #expect(unheld == wrongLength)
    }
}

/// A hash in a vector that is not 32 bytes long.
private struct WrongHashLength: Error {}

/// One case; which members there are depends on the folder.
private struct MerkleVector: Decodable {
    var leafIdx, treeSize, size1, size2, start, end, size: UInt64?
    var root, leafHash, root1, root2: String?
    var proof: [String]?
    var desc: String
    var wantErr: Bool

    func number(_ member: KeyPath<MerkleVector, UInt64?>) throws -> UInt64 {
        try #require(self[keyPath: member])
    }

    func subtree() throws -> Range<UInt64> {
        let (start, end) = (try number(\.start), try number(\.end))
        guard start <= end else { throw ProofError(.range, "the range ends before it starts") }
        return start..<end
    }

    func hashes() throws -> [Hash256] { try (proof ?? []).map { try hash($0) } }

    /// The hash that base64 spells.
    ///
    /// Roots about which the vectors say "don't care 1" are given 32 bytes: they stand for some
    /// hash or other, and two of them are equal if their texts are.
    func hash(_ text: String?) throws -> Hash256 {
        let data = try #require(Data(base64Encoded: text ?? "?"))
        let isAnything = String(decoding: data, as: UTF8.self).hasPrefix("don't care")
        let bytes = isAnything ? data + Data(count: 32 - data.count) : data
        guard let hash = Hash256(bytes) else { throw WrongHashLength() }
        return hash
    }
}
