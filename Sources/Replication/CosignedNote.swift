package import Notes
package import Records

/// A checkpoint with the cosignatures that are known of it (SPEC §25.4).
///
/// Its lines are the log's and one for each cosigner, in the order of their names, so that nodes
/// that know the same lines hold the same bytes.
package struct CosignedNote: Hashable, Sendable {
    /// What was signed.
    package let checkpoint: Checkpoint
    /// The cosigners, by name.
    package var cosigners: [String] { lines.keys.sorted() }

    private let text: String
    private let logLine: NoteSignature
    private var lines: [String: NoteSignature] = [:]

    /// Checks a note: the log's line must be there and verify, and so must every line of a known
    /// cosigner; lines of others are dropped.
    ///
    /// - Throws: ``unknownKey`` if no line is of the log's key; `checkpoint.invalid`.
    package init(
        _ bytes: [UInt8], origin: String, under governance: GovernanceState
    ) throws(Refusal) {
        try Self.checkKey(bytes, origin: origin, under: governance)
        checkpoint = try SignedCheckpoint.verified(
            bytes, origin: origin, under: governance, field: "checkpoint")
        let cosigners = governance.cosigners
        do {
            let note = try SignedNote.parse(bytes)
            guard let key = governance.logVerifier(origin: origin, size: checkpoint.size),
                let line = note.signatures.first(where: {
                    $0.name == key.name && $0.keyID == key.keyID
                })
            else { throw NoteError(code: "note.unsigned", reason: "the log's line is missing") }
            _ = try note.verify(known: [key] + cosigners)
            text = note.text
            logLine = line
            for signature in note.signatures {
                let isKnown = cosigners.contains {
                    $0.name == signature.name && $0.keyID == signature.keyID
                }
                if isKnown { lines[signature.name] = signature }
            }
        } catch let error as NoteError {
            throw Refusal(code: "checkpoint.invalid", field: "checkpoint", reason: error.reason)
        } catch {
            throw Refusal(code: "checkpoint.invalid", field: "checkpoint", reason: "\(error)")
        }
    }

    /// The code of a refusal: the note may be the log's, under a key that is not known here.
    package static let unknownKey = "checkpoint.key"

    private static func checkKey(
        _ bytes: [UInt8], origin: String, under governance: GovernanceState
    ) throws(Refusal) {
        guard let note = try? SignedNote.parse(bytes),
            let checkpoint = try? Checkpoint(parsing: note.text),
            let key = governance.logVerifier(origin: origin, size: checkpoint.size)
        else { return }
        let isSigned = note.signatures.contains {
            $0.name == key.name && $0.keyID == key.keyID
        }
        guard !isSigned, note.signatures.contains(where: { $0.name == origin }) else { return }
        throw Refusal(
            code: unknownKey, field: "checkpoint",
            reason: "the network knows no key of \(origin) that has signed it")
    }

    /// Takes over the lines of another note of the same checkpoint.
    ///
    /// - Returns: whether there was a cosigner that was not known.
    package mutating func merge(_ other: CosignedNote) -> Bool {
        guard other.text == text else { return false }
        var isNew = false
        for (name, line) in other.lines where lines[name] == nil {
            lines[name] = line
            isNew = true
        }
        return isNew
    }

    /// Adds this node's cosignature, unless it is there.
    ///
    /// - Returns: whether it was added.
    /// - Throws: what the key fails with.
    package mutating func cosign(as cosigner: Cosigner, nowSeconds: UInt64) throws -> Bool {
        guard lines[cosigner.name] == nil else { return false }
        lines[cosigner.name] = try Cosignature.sign(
            checkpointText: text, timestampSeconds: nowSeconds, name: cosigner.name,
            key: cosigner.key)
        return true
    }

    /// The note's bytes.
    package var bytes: [UInt8] {
        let ordered = lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return Array(text.utf8)
            + Array(
                ("\n" + ([logLine] + ordered.map(\.value)).map(\.line).joined()).utf8)
    }
}
