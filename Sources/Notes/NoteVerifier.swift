import MerkleTrees
package import Signatures

/// A key that signs notes, under its name: what C2SP writes as a verifier key ("vkey").
///
/// Only Ed25519 keys sign notes here, in two ways that cannot be taken for each other because
/// the key ID depends on the kind (c2sp.org/signed-note, c2sp.org/tlog-cosignature).
package struct NoteVerifier: Sendable {
    /// What a signature of the key is over.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// The note's text (type 01): what a log does to its checkpoint.
        case signature = 0x01
        /// A time and the note's text (type 04): what a cosigner does to it.
        case cosignature = 0x04
    }

    /// The key's name: normally a log's origin or a cosigner's schema-less URL.
    package let name: String
    /// The Ed25519 key.
    package let key: VerificationKey
    /// What its signatures are over.
    package let kind: Kind
    /// The first four bytes of SHA-256(name ‖ 0A ‖ kind ‖ key).
    package let keyID: UInt32

    /// Gives a key its name and kind.
    ///
    /// - Throws: `note.name`, `note.key` for a key that is not Ed25519.
    package init(
        name: String, key: VerificationKey, kind: Kind = .signature
    ) throws(NoteError) {
        guard NoteText.isName(name) else {
            throw NoteError(
                code: "note.name",
                reason: "a key name has 1 to \(NoteLimits.nameByteCount) bytes without spaces, "
                    + "plus signs or control characters")
        }
        guard let raw = key.rawEd25519 else {
            throw NoteError(code: "note.key", reason: "only Ed25519 keys sign notes")
        }
        let digest = Hash256.sha256(Array(name.utf8), [NoteText.newline, kind.rawValue], raw)
        self.name = name
        self.key = key
        self.kind = kind
        keyID = NoteText.number(bigEndian: digest.bytes.prefix(4), as: UInt32.self)
    }

    /// Reads `<name>+<key ID in hex>+<base64 of kind and key>`.
    ///
    /// - Throws: `note.key` for another form, another kind, or an ID that is not the key's; and
    ///   `note.name`.
    package init(vkey: String) throws(NoteError) {
        let parts = vkey.utf8.split(
            separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(parts[0]), let hex = String(parts[1]),
            let material = Base64.standard.decode(bytes: Array(parts[2]))
        else {
            throw NoteError(code: "note.key", reason: "a verifier key is <name>+<hex>+<base64>")
        }
        guard let kind = material.first.flatMap(Kind.init(rawValue:)) else {
            throw NoteError(
                code: "note.key",
                reason: "only Ed25519 signatures (01) and cosignatures (04) are known")
        }
        let key: VerificationKey
        do {
            key = try VerificationKey(ed25519: Array(material.dropFirst()))
        } catch {
            throw NoteError(code: "note.key", reason: error.reason)
        }
        try self.init(name: name, key: key, kind: kind)
        guard hex == Self.hex(keyID) else {
            throw NoteError(
                code: "note.key", reason: "the key ID \(hex) is not that of the key, \(idText)")
        }
    }

    /// The verifier key as text, the form ``init(vkey:)`` reads.
    package var vkey: String {
        let material = [kind.rawValue] + (key.rawEd25519 ?? [])
        return "\(name)+\(idText)+\(Base64.standard.encode(material))"
    }

    /// The key ID as eight hexadecimal digits.
    private var idText: String { Self.hex(keyID) }

    private static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension NoteVerifier: Hashable {
    /// Whether name, kind and key are the same, byte for byte.
    package static func == (left: NoteVerifier, right: NoteVerifier) -> Bool {
        NoteText.same(left.name, right.name) && left.kind == right.kind && left.key == right.key
    }

    /// Hashes the key and its kind.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(keyID)
        hasher.combine(key)
    }
}
