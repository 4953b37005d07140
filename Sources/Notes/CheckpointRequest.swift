package import MerkleTrees
import Signatures

/// Why a witness does not cosign a checkpoint, as c2sp.org/tlog-witness tells the cases apart.
package enum WitnessObjection: Error, Hashable, Sendable {
    /// The request is not one, or its old size is beyond the checkpoint (400).
    case malformed(String)
    /// The checkpoint is of a log that the witness does not know (404).
    case unknownLog
    /// No trusted key of the log has signed it, or a line of one does not verify (403).
    case unsigned(String)
    /// The old size is not that of the last checkpoint cosigned, which is told (409).
    case conflict(UInt64)
    /// The checkpoint does not go on from the one cosigned last (422).
    case inconsistent(String)
}

/// What a log asks of a witness: its newest checkpoint, and the proof that it goes on from the one
/// cosigned last (c2sp.org/tlog-witness, `add-checkpoint`).
///
/// Well formed, not verified: ``verify(signedBy:)`` checks the log's signature, and
/// ``checkpoint(after:)`` that nothing was taken back.
package struct CheckpointRequest: Hashable, Sendable {
    /// The longest request, in bytes: 63 hashes, and a note of 16 signatures of 5,000 bytes.
    package static let byteCountLimit = 128 << 10
    /// The most hashes of a consistency proof.
    package static let proofHashes = 63
    /// Sizes are below this: what keeps them has signed numbers.
    package static let sizeLimit = UInt64(Int64.max)

    /// The size of the checkpoint that the witness cosigned last, as the log believes.
    package let oldSize: UInt64
    /// The RFC 6962 consistency proof from that size on.
    package let proof: [Hash256]
    /// The text of the checkpoint.
    package let text: String
    /// The checkpoint's first line.
    package let origin: String

    /// The checkpoint with its signatures, if they can be read.
    private let note: SignedNote?
    private let size: UInt64
    private let root: Hash256

    /// Reads the body of a request.
    ///
    /// - Throws: ``WitnessObjection/malformed(_:)``.
    package init(parsing bytes: [UInt8]) throws(WitnessObjection) {
        guard bytes.count <= Self.byteCountLimit else {
            throw .malformed("a request has at most \(Self.byteCountLimit) bytes")
        }
        var rest = bytes[...]
        let word = Array("old ".utf8)
        let first = try Self.takeLine(&rest)
        guard first.starts(with: word), let old = NoteText.decimal(first.dropFirst(word.count))
        else {
            throw .malformed("the first line is 'old' and a decimal number without leading zeros")
        }
        oldSize = old
        proof = try Self.takeProof(&rest)
        let signed = Array(rest)
        note = try? SignedNote.parse(signed)
        guard let end = SignedNote.lastEmptyLine(in: signed) else {
            throw .malformed("the checkpoint: no empty line between text and signatures")
        }
        do throws(NoteError) {
            text = try NoteText.text(signed[...end])
            let lines = try NoteText.lines(Array(text.utf8)[...])
            guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }),
                let size = NoteText.decimal(lines[1]), size <= Self.sizeLimit,
                let root = Self.hash(lines[2])
            else { throw .checkpoint("it is not origin, size and root, each on its line") }
            self.size = size
            self.root = root
            origin = try NoteText.text(lines[0])
        } catch {
            throw .malformed("the checkpoint: \(error.reason)")
        }
    }

    /// Checks that a trusted key of its log has signed the checkpoint.
    ///
    /// - Parameter known: the keys that are trusted for the origin.
    /// - Returns: the checkpoint with its signatures.
    /// - Throws: ``WitnessObjection/unsigned(_:)``, also where the signatures cannot be read;
    ///   ``WitnessObjection/malformed(_:)`` for an old size beyond the checkpoint.
    package func verify(
        signedBy known: [NoteVerifier]
    ) throws(WitnessObjection) -> SignedNote {
        guard let note else { throw .unsigned("the signature lines cannot be read") }
        do throws(NoteError) {
            _ = try note.verify(known: known)
        } catch {
            throw .unsigned(error.reason)
        }
        guard oldSize <= size else {
            throw .malformed("the old size \(oldSize) is beyond the checkpoint's, \(size)")
        }
        return note
    }

    /// The checkpoint, once it is known to go on from the one that was cosigned last.
    ///
    /// - Parameter last: size and root of that one; nil if the witness has cosigned none of this
    ///   log.
    /// - Returns: what may be cosigned.
    /// - Throws: ``WitnessObjection/conflict(_:)``, ``WitnessObjection/inconsistent(_:)``.
    package func checkpoint(
        after last: (size: UInt64, root: Hash256)?
    ) throws(WitnessObjection) -> Checkpoint {
        guard oldSize == last?.size ?? 0 else { throw .conflict(last?.size ?? 0) }
        guard let checkpoint = try? Checkpoint(parsing: text) else {
            guard size == 0 else {
                throw .malformed("the origin has more than \(NoteLimits.nameByteCount) bytes")
            }
            throw .inconsistent("the root of an empty tree is SHA-256 of nothing")
        }
        guard let last, last.size > 0 else {
            guard proof.isEmpty else {
                throw .inconsistent("from an empty tree the proof is empty")
            }
            return checkpoint
        }
        do throws(ProofError) {
            try TreeProofs.checkConsistency(
                oldSize: last.size, oldRoot: last.root, newSize: size, newRoot: root,
                proof: proof)
        } catch {
            throw .inconsistent(error.reason)
        }
        return checkpoint
    }

    /// Whether the checkpoint has another root at a size: together with that one it proves a fork.
    package func isFork(at size: UInt64, _ root: Hash256) -> Bool {
        self.size == size && self.root != root
    }

    // MARK: Lines

    /// The hashes up to the empty line, and that line.
    private static func takeProof(
        _ rest: inout ArraySlice<UInt8>
    ) throws(WitnessObjection) -> [Hash256] {
        var hashes: [Hash256] = []
        while true {
            let line = try takeLine(&rest)
            guard !line.isEmpty else { return hashes }
            guard hashes.count < proofHashes else {
                throw .malformed("a consistency proof has at most \(proofHashes) hashes")
            }
            guard let hash = hash(line) else {
                throw .malformed("a line of the consistency proof is not base64 of 32 bytes")
            }
            hashes.append(hash)
        }
    }

    private static func takeLine(
        _ rest: inout ArraySlice<UInt8>
    ) throws(WitnessObjection) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: NoteText.newline) else {
            throw .malformed("the request ends before its checkpoint")
        }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    private static func hash(_ line: ArraySlice<UInt8>) -> Hash256? {
        Base64.standard.decode(bytes: Array(line)).flatMap(Hash256.init)
    }
}
