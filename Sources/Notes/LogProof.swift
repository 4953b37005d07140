package import MerkleTrees
import Signatures

/// A proof that an entry is in a log, with the checkpoint it is in (c2sp.org/tlog-proof): what a
/// receipt is.
///
/// Well formed, not verified: the caller computes the leaf hash, verifies the note and its
/// quorum, and checks the path with `TreeProofs`. What is read is written back byte for byte.
package struct LogProof: Hashable, Sendable {
    /// The first line of every proof.
    package static let header = "c2sp.org/tlog-proof@v1"

    /// The index of the entry.
    package let index: UInt64
    /// The inclusion proof, from the leaf's sibling to the root's child (RFC 6962 §2.1.1).
    package let proof: [Hash256]
    /// Data that nothing vouches for; in a receipt the entry itself, which the proof then covers.
    package let extra: [UInt8]?
    /// The checkpoint with its signatures.
    package let checkpoint: SignedNote

    /// Puts a proof together.
    ///
    /// - Throws: `note.proof` for more than 64 hashes or 65,535 bytes of extra data.
    package init(
        index: UInt64, proof: [Hash256], extra: [UInt8]?, checkpoint: SignedNote
    ) throws(NoteError) {
        guard proof.count <= NoteLimits.proofHashes else {
            throw .proof("an inclusion proof has at most \(NoteLimits.proofHashes) hashes")
        }
        guard extra?.count ?? 0 <= NoteLimits.extraByteCount else {
            throw .proof("the extra data has at most \(NoteLimits.extraByteCount) bytes")
        }
        self.index = index
        self.proof = proof
        self.extra = extra
        self.checkpoint = checkpoint
    }

    /// Reads a proof.
    ///
    /// - Throws: `note.proof`, and what ``SignedNote/parse(_:)`` throws for the checkpoint.
    package static func parse(_ bytes: [UInt8]) throws(NoteError) -> LogProof {
        guard bytes.count <= NoteLimits.proofByteCount else {
            throw .proof("a proof has at most \(NoteLimits.proofByteCount) bytes")
        }
        var rest = bytes[...]
        guard try takeLine(&rest).elementsEqual(header.utf8) else {
            throw .proof("the first line is not \(header)")
        }
        var line = try takeLine(&rest)
        var extra: [UInt8]?
        if let encoded = value(of: "extra", in: line) {
            guard let decoded = Base64.standard.decode(bytes: Array(encoded)) else {
                throw .proof("the extra data is not base64")
            }
            extra = decoded
            line = try takeLine(&rest)
        }
        guard let index = value(of: "index", in: line).flatMap({ NoteText.decimal($0) }) else {
            throw .proof("no line with the index, a decimal number without leading zeros")
        }
        let proof = try takeHashes(&rest)
        return try LogProof(
            index: index, proof: proof, extra: extra, checkpoint: try SignedNote.parse(Array(rest)))
    }

    /// The proof as bytes.
    package func serialized() -> [UInt8] {
        var text = Self.header + "\n"
        if let extra { text += "extra \(Base64.standard.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in proof { text += Base64.standard.encode(hash.bytes) + "\n" }
        return Array((text + "\n").utf8) + checkpoint.serialized()
    }

    /// The hashes up to the empty line, and that line.
    private static func takeHashes(
        _ rest: inout ArraySlice<UInt8>
    ) throws(NoteError) -> [Hash256] {
        var hashes: [Hash256] = []
        while true {
            let line = try takeLine(&rest)
            guard !line.isEmpty else { return hashes }
            guard hashes.count < NoteLimits.proofHashes else {
                throw .proof("an inclusion proof has at most \(NoteLimits.proofHashes) hashes")
            }
            guard let hash = Base64.standard.decode(bytes: Array(line)).flatMap(Hash256.init) else {
                throw .proof("a line of the inclusion proof is not base64 of 32 bytes")
            }
            hashes.append(hash)
        }
    }

    private static func takeLine(
        _ rest: inout ArraySlice<UInt8>
    ) throws(NoteError) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: NoteText.newline) else {
            throw .proof("the proof ends before its checkpoint")
        }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// What follows a word and a space on a line, or nil when the line begins otherwise.
    private static func value(
        of word: String, in line: ArraySlice<UInt8>
    ) -> ArraySlice<UInt8>? {
        line.starts(with: Array("\(word) ".utf8)) ? line.dropFirst(word.utf8.count + 1) : nil
    }
}
