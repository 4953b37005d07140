import MerkleTrees
import Notes
import Records
import Signatures

extension FuzzTarget {
    private static let origin = "log.example/fuzz"

    private static let checkpoint: SignedNote = {
        do {
            let text = try Checkpoint(origin: origin, size: 5, root: .zero).text
            return try SignedNote.sign(text: text, name: origin, key: FuzzKeys.ed25519)
        } catch {
            violated("a checkpoint of our own: \(error)")
        }
    }()

    private static let known: [NoteVerifier] = [.signature, .cosignature].compactMap {
        try? NoteVerifier(name: origin, key: FuzzKeys.ed25519.publicKey, kind: $0)
    }

    private static let noteSeeds: @Sendable () throws -> [[UInt8]] = {
        let cosignature = try Cosignature.sign(
            checkpointText: checkpoint.text, timestampSeconds: 1_700_000_000, name: origin,
            key: FuzzKeys.ed25519)
        return [
            checkpoint.serialized(), checkpoint.serialized() + Array(cosignature.line.utf8),
        ]
    }

    /// Signed notes and the checkpoints in them.
    static let note = FuzzTarget(
        "note", byteLimit: 4_096, pools: [.text], seeds: noteSeeds,
        check: { bytes in
            do throws(NoteError) {
                let note = try SignedNote.parse(bytes)
                expect(note.serialized() == bytes, "what is read is written byte for byte")
                checkCheckpoint(note.text)
                let verified = try note.verify(known: known)
                expect(
                    verified.text.utf8.elementsEqual(checkpoint.text.utf8),
                    "our key signed one text")
            } catch {
                expectCoded(error.code, error.reason)
            }
            do throws(NoteError) {
                let lines = try SignedNote.parseSignatures(bytes[...])
                let written = lines.map(\.line).joined()
                expect(Array(written.utf8) == bytes, "signature lines are written as read")
            } catch {
                expectCoded(error.code, error.reason)
            }
        })

    private static func checkCheckpoint(_ text: String) {
        do throws(NoteError) {
            let checkpoint = try Checkpoint(parsing: text)
            expect(checkpoint.text.utf8.elementsEqual(text.utf8), "a checkpoint is its text")
        } catch {
            expectCoded(error.code, error.reason)
        }
    }

    /// Verifier keys in C2SP's text form.
    static let verifierKey = FuzzTarget(
        "verifier-key", byteLimit: 512, seeds: { known.map { Array($0.vkey.utf8) } },
        check: { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do throws(NoteError) {
                let verifier = try NoteVerifier(vkey: text)
                expect(verifier.vkey.utf8.elementsEqual(text.utf8), "a verifier key is its text")
            } catch {
                expectCoded(error.code, error.reason)
            }
        })

    /// Receipts: a proof, its entry and its checkpoint.
    static let receipt = FuzzTarget("receipt", byteLimit: 4_096, pools: [.text]) { bytes in
        do throws(NoteError) {
            let receipt = try LogProof.parse(bytes)
            expect(receipt.serialized() == bytes, "what is read is written byte for byte")
            guard let entry = receipt.extra,
                let checkpoint = try? Checkpoint(parsing: receipt.checkpoint.text)
            else { return }
            do throws(ProofError) {
                try TreeProofs.checkInclusion(
                    leaf: TreeHash.leaf(entry), index: receipt.index, size: checkpoint.size,
                    root: checkpoint.root, proof: receipt.proof)
            } catch {
                expectCoded(error.code, error.reason)
            }
        } catch {
            expectCoded(error.code, error.reason)
        }
    }

    /// What a log asks of a witness: read from anybody.
    static let witness = FuzzTarget(
        "witness", byteLimit: 4_096, pools: [.text],
        seeds: {
            let proof = Base64.standard.encode(Hash256.zero.bytes)
            return ["old 0\n\n", "old 5\n\n", "old 3\n\(proof)\n\(proof)\n\n"].map {
                Array($0.utf8) + checkpoint.serialized()
            }
        },
        check: { bytes in
            do throws(WitnessObjection) {
                let request = try CheckpointRequest(parsing: bytes)
                let note = try request.verify(signedBy: known)
                expect(note.text.utf8.elementsEqual(request.text.utf8), "its note is its text")
                for size: UInt64 in [0, 3, 5] {
                    checkStep(request, after: size)
                }
            } catch {
                expectReason(error)
            }
        })

    private static func checkStep(_ request: CheckpointRequest, after size: UInt64) {
        do throws(WitnessObjection) {
            let next = try request.checkpoint(after: size == 0 ? nil : (size, .zero))
            expect(request.oldSize == size && next.size >= size, "it goes on from the last")
            expect(next.size > size || size == 0 || next.root == .zero, "one root for a size")
            expect(next.text.utf8.elementsEqual(request.text.utf8), "a checkpoint is its text")
        } catch {
            expectReason(error)
        }
    }

    private static func expectReason(_ objection: WitnessObjection) {
        switch objection {
        case .malformed(let reason), .unsigned(let reason), .inconsistent(let reason):
            expect(!reason.isEmpty, "a reason")
        case .unknownLog, .conflict: break
        }
    }
}
