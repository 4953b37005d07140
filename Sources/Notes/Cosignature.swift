package import Signatures

/// Ed25519 cosignatures of checkpoints (c2sp.org/tlog-cosignature, type 04): a cosigner says that
/// at a time it had verified a checkpoint.
package enum Cosignature {
    /// The latest time a cosignature can carry, in seconds: 2⁶³ − 1.
    package static let timestampSecondsLimit = UInt64(Int64.max)

    /// What is signed: `cosignature/v1`, the time in seconds, and the whole text of the note.
    package static func message(checkpointText: String, timestampSeconds: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(timestampSeconds)\n\(checkpointText)".utf8)
    }

    /// Makes the signature line of a cosigner.
    ///
    /// - Throws: `note.name`, `note.key`; `note.cosignature` for a time beyond the limit;
    ///   `note.signing`.
    package static func sign(
        checkpointText: String, timestampSeconds: UInt64, name: String, key: SigningKey
    ) throws(NoteError) -> NoteSignature {
        let verifier = try NoteVerifier(name: name, key: key.publicKey, kind: .cosignature)
        guard timestampSeconds <= timestampSecondsLimit else {
            throw NoteError(
                code: "note.cosignature",
                reason: "the time \(timestampSeconds) is beyond 2⁶³ − 1 seconds")
        }
        let message = message(checkpointText: checkpointText, timestampSeconds: timestampSeconds)
        let signature: [UInt8]
        do {
            signature = try key.sign(message)
        } catch {
            throw NoteError(code: "note.signing", reason: error.reason)
        }
        return NoteSignature(
            name: name, keyID: verifier.keyID,
            blob: NoteText.bigEndian(timestampSeconds) + signature)
    }

    /// The time of a cosignature by a key over a note's text.
    ///
    /// - Throws: `note.signature` when it is not that.
    package static func verify(
        _ signature: NoteSignature, checkpointText: String, by verifier: NoteVerifier
    ) throws(NoteError) -> UInt64 {
        guard verifier.kind == .cosignature, verifier.keyID == signature.keyID,
            NoteText.same(verifier.name, signature.name),
            let time = timestamp(of: signature, over: checkpointText, by: verifier)
        else {
            throw NoteError(
                code: "note.signature",
                reason: "this is not a cosignature of \(verifier.name) over this checkpoint")
        }
        return time
    }

    /// The time, when the blob is the key's cosignature of the text; name and ID are the caller's
    /// matter.
    static func timestamp(
        of signature: NoteSignature, over text: String, by verifier: NoteVerifier
    ) -> UInt64? {
        guard let time = signature.timestampSeconds else { return nil }
        let message = message(checkpointText: text, timestampSeconds: time)
        let valid = verifier.key.isValidSignature(Array(signature.blob.dropFirst(8)), for: message)
        return valid ? time : nil
    }
}

extension NoteSignature {
    /// The time in the line if it is a cosignature (type 04): the first eight bytes of 72, at most
    /// 2⁶³ − 1 seconds.
    package var timestampSeconds: UInt64? {
        guard blob.count == 8 + SignatureAlgorithm.signatureByteCount else { return nil }
        let time = NoteText.number(bigEndian: blob.prefix(8), as: UInt64.self)
        return time <= Cosignature.timestampSecondsLimit ? time : nil
    }
}
