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
    /// - Parameters:
    ///   - bytes: the note.
    ///   - origin: the log whose it must be.
    ///   - governance: tells the keys.
    ///   - known: a note whose lines were checked; those that it shares are not checked again.
    /// - Throws: ``unknownKey`` if no line is of the log's key; `checkpoint.invalid`.
    package init(
        _ bytes: [UInt8], origin: String, under governance: GovernanceState,
        known: CosignedNote? = nil
    ) throws(Refusal) {
        try Self.checkKey(bytes, origin: origin, under: governance)
        do {
            let note = try SignedNote.parse(bytes)
            let known = known.flatMap { $0.isShared(by: note) ? $0 : nil }
            text = note.text
            if let known {
                checkpoint = known.checkpoint
                logLine = known.logLine
            } else {
                checkpoint = try SignedCheckpoint.verified(
                    bytes, origin: origin, under: governance, field: "checkpoint")
                logLine = try Self.logLine(of: note, checkpoint, under: governance)
            }
            guard checkpoint.size > 0 else {
                throw Refusal(
                    code: "checkpoint.invalid", field: "checkpoint", reason: "the log is empty")
            }
            lines = [:]
            let cosigners = governance.cosigners
            var unchecked: [NoteVerifier] = []
            for signature in note.signatures {
                let cosigner = cosigners.first {
                    $0.name == signature.name && $0.keyID == signature.keyID
                }
                guard let cosigner else { continue }
                if known?.lines[signature.name] != signature { unchecked.append(cosigner) }
                lines[signature.name] = signature
            }
            if !unchecked.isEmpty { _ = try note.verify(known: unchecked) }
        } catch let refusal as Refusal {
            throw refusal
        } catch let error as NoteError {
            throw Refusal(code: "checkpoint.invalid", field: "checkpoint", reason: error.reason)
        } catch {
            throw Refusal(code: "checkpoint.invalid", field: "checkpoint", reason: "\(error)")
        }
    }

    private static func logLine(
        of note: SignedNote, _ checkpoint: Checkpoint, under governance: GovernanceState
    ) throws(NoteError) -> NoteSignature {
        let key = governance.logVerifier(origin: checkpoint.origin, size: checkpoint.size)
        let line = note.signatures.first { $0.name == key?.name && $0.keyID == key?.keyID }
        guard let line else {
            throw NoteError(code: "note.unsigned", reason: "the log's line is missing")
        }
        return line
    }

    /// Whether a note has this one's text and log line, and each name once.
    private func isShared(by note: SignedNote) -> Bool {
        note.text.utf8.elementsEqual(text.utf8) && note.signatures.contains(logLine)
            && Set(note.signatures.map(\.name)).count == note.signatures.count
    }

    /// Whether a note begins with this one's text.
    func hasText(of bytes: [UInt8]) -> Bool { bytes.starts(with: text.utf8) }

    /// The code of a refusal: the note may be the log's, under a key that is not known here.
    package static let unknownKey = "checkpoint.key"

    /// The code of a refusal: the note is of a key that the log gave up at a smaller size.
    package static let voidKey = "checkpoint.void"

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
        let former = governance.formerLogVerifiers(origin: origin, size: checkpoint.size)
        let isFormer = former.contains { key in
            note.signatures.contains { $0.name == key.name && $0.keyID == key.keyID }
        }
        if isFormer {
            throw Refusal(
                code: voidKey, field: "checkpoint",
                reason: "\(origin) gave up the key that has signed it before it was so large")
        }
        throw Refusal(
            code: unknownKey, field: "checkpoint",
            reason: "the network knows no key of \(origin) that has signed it")
    }

    /// Takes over the lines of another note of the same checkpoint.
    ///
    /// - Returns: whether there was a cosigner that was not known.
    package mutating func merge(_ other: CosignedNote) -> Bool {
        guard other.text.utf8.elementsEqual(text.utf8) else { return false }
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

    /// The note with the log's own line alone: as it stands in alarms, whoever has cosigned.
    package var logNote: [UInt8] { Array(text.utf8) + Array(("\n" + logLine.line).utf8) }

    /// The note's bytes.
    package var bytes: [UInt8] {
        let ordered = lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return Array(text.utf8)
            + Array(
                ("\n" + ([logLine] + ordered.map(\.value)).map(\.line).joined()).utf8)
    }
}
