import Notes
import Signatures
import Testing

/// Who counts as a signer of a note, and what spoils it.
@Suite struct NoteVerificationTests {
    let text = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

    @Test func `a signed note verifies under its name and key only`() throws {
        let note = try SignedNote.sign(text: text, name: "example.com/log", key: signingKey(1))
        let right = try NoteVerifier(name: "example.com/log", key: signingKey(1).publicKey)
        let otherName = try NoteVerifier(name: "example.com/lox", key: signingKey(1).publicKey)
        let otherKey = try NoteVerifier(name: "example.com/log", key: signingKey(2).publicKey)
        let otherKind = try NoteVerifier(
            name: "example.com/log", key: signingKey(1).publicKey, kind: .cosignature)
        let verified = try note.verify(known: [otherName, otherKey, otherKind, right])
        #expect(verified.text == text)
        #expect(verified.signers == [right])
        #expect(verified.cosignedSeconds.isEmpty)
        #expect(verified.unknown == 0)
        for stranger in [otherName, otherKey, otherKind] {
            #expect(
                refusal { () throws(NoteError) in _ = try note.verify(known: [stranger]) }
                    == "note.unsigned")
        }
    }

    @Test func `one false line by a known key spoils the whole note`() throws {
        let note = try SignedNote.sign(text: text, name: "log", key: signingKey(1))
        let log = try NoteVerifier(name: "log", key: signingKey(1).publicKey)
        let peer = try NoteVerifier(name: "peer", key: signingKey(2).publicKey)
        let forged = NoteSignature(
            name: "peer", keyID: peer.keyID, blob: Array(repeating: 0, count: 64))
        let both = try note.adding(forged)
        #expect(try both.verify(known: [log]).unknown == 1)
        #expect(
            refusal { () throws(NoteError) in _ = try both.verify(known: [log, peer]) }
                == "note.signature")
    }

    @Test func `every changed byte of a note's text, name, ID or signature is noticed`() throws {
        let note = try SignedNote.sign(text: "a\n", name: "log", key: signingKey(1))
        let log = try NoteVerifier(name: "log", key: signingKey(1).publicKey)
        let bytes = note.serialized()
        var changed = 0
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            let refused = refusal { () throws(NoteError) in
                _ = try SignedNote.parse(damaged).verify(known: [log])
            }
            #expect(refused != nil, "byte \(index)")
            changed += 1
        }
        #expect(changed == bytes.count)
    }

    @Test func `a cosigner that signed twice counts once, with its latest time`() throws {
        var note = try SignedNote.sign(text: text, name: "log", key: signingKey(1))
        let log = try NoteVerifier(name: "log", key: signingKey(1).publicKey)
        let mirror = try NoteVerifier(
            name: "mirror", key: signingKey(3).publicKey, kind: .cosignature)
        for time in [200, 300, 100] as [UInt64] {
            note = try note.adding(
                Cosignature.sign(
                    checkpointText: text, timestampSeconds: time, name: "mirror", key: signingKey(3)
                ))
        }
        let verified = try note.verify(known: [mirror, log])
        #expect(verified.signers == [log, mirror])
        #expect(verified.cosignedSeconds == [mirror: 300])
    }

    @Test func `a cosignature's time is signed`() throws {
        let line = try Cosignature.sign(
            checkpointText: text, timestampSeconds: 1_700_000_000, name: "mirror",
            key: signingKey(3))
        let mirror = try NoteVerifier(
            name: "mirror", key: signingKey(3).publicKey, kind: .cosignature)
        #expect(line.blob.count == 72)
        #expect(
            try Cosignature.verify(line, checkpointText: text, by: mirror) == 1_700_000_000)
        for index in line.blob.indices {
            var blob = line.blob
            blob[index] ^= 0x80
            let damaged = NoteSignature(name: line.name, keyID: line.keyID, blob: blob)
            #expect(
                refusal { () throws(NoteError) in
                    _ = try Cosignature.verify(damaged, checkpointText: text, by: mirror)
                } == "note.signature", "byte \(index)")
        }
    }

    @Test func `a time beyond 63 bits is neither signed nor accepted`() throws {
        let limit = Cosignature.timestampSecondsLimit
        let mirror = try NoteVerifier(
            name: "mirror", key: signingKey(3).publicKey, kind: .cosignature)
        let last = try Cosignature.sign(
            checkpointText: text, timestampSeconds: limit, name: "mirror", key: signingKey(3))
        #expect(try Cosignature.verify(last, checkpointText: text, by: mirror) == limit)
        #expect(
            refusal { () throws(NoteError) in
                _ = try Cosignature.sign(
                    checkpointText: text, timestampSeconds: limit + 1, name: "mirror",
                    key: SigningKeys.three)
            } == "note.cosignature")
        // Signed over the right bytes by other software: the time alone is what is wrong.
        let message = Cosignature.message(checkpointText: text, timestampSeconds: limit + 1)
        let blob = [0x80, 0, 0, 0, 0, 0, 0, 0] + (try signingKey(3).sign(message))
        let beyond = NoteSignature(name: "mirror", keyID: mirror.keyID, blob: blob)
        #expect(
            refusal { () throws(NoteError) in
                _ = try Cosignature.verify(beyond, checkpointText: text, by: mirror)
            } == "note.signature")
    }

    @Test func `only Ed25519 keys and legal names sign notes`() throws {
        let p256 = try SigningKey(p256Scalar: Array(repeating: 7, count: 32))
        #expect(
            refusal { () throws(NoteError) in
                _ = try SignedNote.sign(text: "a\n", name: "log", key: p256)
            } == "note.key")
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", String(repeating: "n", count: 256)] {
            #expect(
                refusal { () throws(NoteError) in
                    _ = try SignedNote.sign(text: "a\n", name: name, key: SigningKeys.three)
                } == "note.name")
        }
        for text in ["", "a", "a\r\n", "a\u{0}\n"] {
            #expect(
                refusal { () throws(NoteError) in
                    _ = try SignedNote.sign(text: text, name: "log", key: SigningKeys.three)
                } == "note.malformed")
        }
    }
}

/// A key for closures with typed throws.
enum SigningKeys {
    static var three: SigningKey {
        get throws(NoteError) {
            do {
                return try SigningKey(ed25519Seed: Array(repeating: 3, count: 32))
            } catch {
                throw NoteError(code: error.code, reason: error.reason)
            }
        }
    }
}
