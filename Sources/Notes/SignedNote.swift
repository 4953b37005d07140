package import Signatures

/// One signature line of a note.
package struct NoteSignature: Sendable {
    /// The name of the key that is said to have signed.
    package let name: String
    /// The ID of that key.
    package let keyID: UInt32
    /// What follows the key ID: for type 01 the 64-byte signature, for type 04 the time and the
    /// signature.
    package let blob: [UInt8]

    /// Puts a signature line together; the name must be a legal one.
    package init(name: String, keyID: UInt32, blob: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.blob = blob
    }

    /// The line, newline included.
    package var line: String {
        "— \(name) \(Base64.standard.encode(NoteText.bigEndian(keyID) + blob))\n"
    }
}

extension NoteSignature: Hashable {
    /// Whether the lines are the same bytes.
    package static func == (left: NoteSignature, right: NoteSignature) -> Bool {
        left.keyID == right.keyID && left.blob == right.blob
            && NoteText.same(left.name, right.name)
    }

    /// Hashes the signature's bytes.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(keyID)
        hasher.combine(blob)
    }
}

/// A text with signatures under it (c2sp.org/signed-note).
///
/// A value is well formed, not verified: ``verify(known:)`` gives a ``VerifiedNote``.
/// What is read is written back byte for byte.
package struct SignedNote: Sendable {
    /// The text, its final newline included.
    package let text: String
    /// The signature lines in their order, 1 to 64.
    package let signatures: [NoteSignature]

    private init(text: String, signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note.
    ///
    /// - Throws: `note.too-large`; `note.malformed` for anything but UTF-8 text, an empty line
    ///   and signature lines.
    package static func parse(_ bytes: [UInt8]) throws(NoteError) -> SignedNote {
        guard bytes.count <= NoteLimits.noteByteCount else {
            throw NoteError(
                code: "note.too-large",
                reason: "a note has at most \(NoteLimits.noteByteCount) bytes")
        }
        guard let split = lastEmptyLine(in: bytes) else {
            throw .malformed("no empty line between text and signatures")
        }
        let text = try NoteText.text(bytes[...split])
        return SignedNote(text: text, signatures: try parseSignatures(bytes[(split + 2)...]))
    }

    /// Reads signature lines, one or more, each with its newline: the end of a note, or what a
    /// cosigner answers.
    ///
    /// - Throws: `note.too-large`, `note.malformed`.
    package static func parseSignatures(
        _ bytes: ArraySlice<UInt8>
    ) throws(NoteError) -> [NoteSignature] {
        guard bytes.count <= NoteLimits.noteByteCount else {
            throw NoteError(
                code: "note.too-large",
                reason: "a note has at most \(NoteLimits.noteByteCount) bytes")
        }
        let lines = try NoteText.lines(bytes)
        guard lines.count <= NoteLimits.signatures else {
            throw NoteError(
                code: "note.too-large",
                reason: "a note has at most \(NoteLimits.signatures) signatures")
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try signature(in: line)) }
        return signatures
    }

    /// The index of the first newline of the last two in a row.
    static func lastEmptyLine(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 2 else { return nil }
        return (0...(bytes.count - 2)).last {
            bytes[$0] == NoteText.newline && bytes[$0 + 1] == NoteText.newline
        }
    }

    private static func signature(in line: ArraySlice<UInt8>) throws(NoteError) -> NoteSignature {
        guard line.starts(with: NoteText.signatureMark) else {
            throw .malformed("a signature line begins with an em dash and a space")
        }
        let fields = line.dropFirst(4).split(separator: 0x20, omittingEmptySubsequences: false)
        guard fields.count == 2 else {
            throw .malformed("a signature line is an em dash, a name and a signature")
        }
        let name = try NoteText.text(fields[0])
        guard NoteText.isName(name) else { throw .malformed("an illegal key name") }
        guard let decoded = Base64.standard.decode(bytes: Array(fields[1])), decoded.count > 4
        else {
            throw .malformed("a signature is base64 of a key ID and at least one byte")
        }
        return NoteSignature(
            name: name, keyID: NoteText.number(bigEndian: decoded.prefix(4), as: UInt32.self),
            blob: Array(decoded.dropFirst(4)))
    }

    /// The note as bytes.
    package func serialized() -> [UInt8] {
        Array((text + "\n" + signatures.map(\.line).joined()).utf8)
    }

    /// Signs a text as a log does (type 01).
    ///
    /// - Throws: `note.malformed` when the text does not end with a newline or holds control
    ///   characters; `note.name`, `note.key`, `note.signing`.
    package static func sign(
        text: String, name: String, key: SigningKey
    ) throws(NoteError) -> SignedNote {
        let verifier = try NoteVerifier(name: name, key: key.publicKey)
        guard try NoteText.text(text.utf8).utf8.last == NoteText.newline else {
            throw .malformed("the text of a note ends with a newline")
        }
        let blob: [UInt8]
        do {
            blob = try key.sign(Array(text.utf8))
        } catch {
            throw NoteError(code: "note.signing", reason: error.reason)
        }
        let signature = NoteSignature(name: name, keyID: verifier.keyID, blob: blob)
        return SignedNote(text: text, signatures: [signature])
    }
}

extension SignedNote: Hashable {
    /// Whether the notes are the same bytes.
    package static func == (left: SignedNote, right: SignedNote) -> Bool {
        NoteText.same(left.text, right.text) && left.signatures == right.signatures
    }

    /// Hashes the signatures.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(signatures)
    }
}
