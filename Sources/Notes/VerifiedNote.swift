import Signatures

/// A note of which at least one signature is by a known key, and every signature that claims to
/// be by a known key is.
package struct VerifiedNote: Hashable, Sendable {
    /// The text, its final newline included.
    package let text: String
    /// The known keys that signed, each once however often it signed, in the order of their first
    /// lines.
    package let signers: [NoteVerifier]
    /// When the cosigners among them say they did, in seconds since the Unix epoch; the latest
    /// time of one that signed several times.
    package let cosignedSeconds: [NoteVerifier: UInt64]
    /// How many signature lines are by keys that are not known; nothing is said about them.
    package let unknown: Int
}

extension SignedNote {
    /// Checks the note against known keys.
    ///
    /// A line is by a known key when name and key ID agree. Lines by other keys are counted and
    /// ignored.
    ///
    /// - Throws: `note.signature` when a line by a known key does not verify: then nothing in the
    ///   note counts. `note.unsigned` when no known key signed.
    package func verify(known: [NoteVerifier]) throws(NoteError) -> VerifiedNote {
        var signers: [NoteVerifier] = []
        var times: [NoteVerifier: UInt64] = [:]
        var unknown = 0
        for signature in signatures {
            let candidates = known.filter {
                $0.keyID == signature.keyID && NoteText.same($0.name, signature.name)
            }
            guard !candidates.isEmpty else {
                unknown += 1
                continue
            }
            guard let signer = candidates.first(where: { $0.signed(text, as: signature) }) else {
                throw NoteError(
                    code: "note.signature",
                    reason: "the signature of \(signature.name) does not verify")
            }
            if !signers.contains(signer) { signers.append(signer) }
            if signer.kind == .cosignature {
                times[signer] = max(times[signer] ?? 0, signature.timestampSeconds ?? 0)
            }
        }
        guard !signers.isEmpty else {
            throw NoteError(code: "note.unsigned", reason: "no known key signed this note")
        }
        return VerifiedNote(
            text: text, signers: signers, cosignedSeconds: times, unknown: unknown)
    }
}

extension NoteVerifier {
    /// Whether a signature line whose name and ID are this key's is its signature of a text.
    fileprivate func signed(_ text: String, as signature: NoteSignature) -> Bool {
        switch kind {
        case .signature: key.isValidSignature(signature.blob, for: Array(text.utf8))
        case .cosignature: Cosignature.timestamp(of: signature, over: text, by: self) != nil
        }
    }
}
