import Notes
import Signatures
import Testing

/// The form of signed notes, on both sides of each rule.
@Suite struct SignedNoteTests {
    static let line = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn\n"

    private func code(of note: String) -> String? {
        refusal { () throws(NoteError) in _ = try SignedNote.parse(Array(note.utf8)) }
    }

    @Test func `a note is written back byte for byte`() throws {
        let bytes = Array("one\n\ntwo\n\n\(Self.line)— é.example AAAAAAE=\n".utf8)
        let note = try SignedNote.parse(bytes)
        #expect(note.text == "one\n\ntwo\n")
        #expect(note.signatures.map(\.name) == ["example.com/foo", "é.example"])
        #expect(note.signatures[1].keyID == 0 && note.signatures[1].blob == [1])
        #expect(note.serialized() == bytes)
    }

    @Test(arguments: [
        "", "\n", "text\n", "text\n\n", "text\n\(line)", "text\n\n\(line)x", "text\n\n\(line)\n",
        "text\r\n\r\n\(line)", "te\u{0}xt\n\n\(line)", "te\txt\n\n\(line)",
        "text\n\n- example.com/foo Uw2QOg==\n", "text\n\n—example.com/foo Uw2QOkk=\n",
        "text\n\n— example.com/foo\n", "text\n\n— example.com/foo  Uw2QOkk=\n",
        "text\n\n— example.com/foo Uw2QOkk= \n", "text\n\n— exa+mple Uw2QOkk=\n",
        "text\n\n— exa\u{2003}mple Uw2QOkk=\n", "text\n\n—  Uw2QOkk=\n",
        "text\n\n— example.com/foo Uw2QOg==\n", "text\n\n— example.com/foo Uw2QOkk\n",
        "text\n\n— example.com/foo Uw2QOkl=\n", "text\n\n— example.com/foo \n",
    ])
    func `a damaged note is refused`(note: String) {
        #expect(code(of: note) == "note.malformed")
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let bytes = Array("te".utf8) + [0xff] + Array("xt\n\n\(Self.line)".utf8)
        #expect(
            refusal { () throws(NoteError) in _ = try SignedNote.parse(bytes) }
                == "note.malformed")
    }

    @Test func `64 signatures are read and 65 refused`() {
        #expect(code(of: "text\n\n" + String(repeating: Self.line, count: 64)) == nil)
        #expect(
            code(of: "text\n\n" + String(repeating: Self.line, count: 65)) == "note.too-large")
    }

    @Test func `a name of 255 bytes is read and one of 256 refused`() {
        for (count, expected) in [(255, nil), (256, "note.malformed")] {
            let name = String(repeating: "n", count: count)
            #expect(code(of: "text\n\n— \(name) Uw2QOkk=\n") == expected)
        }
    }

    @Test func `a note of one mebibyte is read and one byte more refused`() {
        let text = String(repeating: "x", count: (1 << 20) - 2 - Self.line.utf8.count)
        #expect(code(of: "\(text)\n\n\(Self.line)") == nil)
        #expect(code(of: "\(text)x\n\n\(Self.line)") == "note.too-large")
    }

    @Test func `notes that differ only in Unicode normalisation are different notes`() throws {
        let composed = try SignedNote.parse(Array("caf\u{e9}\n\n\(Self.line)".utf8))
        let decomposed = try SignedNote.parse(Array("cafe\u{301}\n\n\(Self.line)".utf8))
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
    }

    @Test func `signature lines alone are read as a cosigner answers them`() throws {
        let answer = Array((Self.line + Self.line)[...].utf8)
        #expect(try SignedNote.parseSignatures(answer[...]).count == 2)
        let smuggled = Array("note\n\n\(Self.line)".utf8)
        #expect(
            refusal { () throws(NoteError) in _ = try SignedNote.parseSignatures(smuggled[...]) }
                == "note.malformed")
    }
}

/// The code with which a body refuses, or nil when it does not.
func refusal(_ body: () throws(NoteError) -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return error.code
    }
}

/// Keys for tests, from seeds of one repeated byte.
func signingKey(_ byte: UInt8) throws -> SigningKey {
    try SigningKey(ed25519Seed: Array(repeating: byte, count: 32))
}

extension SignedNote {
    /// The note with one more signature line, as whoever passes it on may write it.
    func adding(_ signature: NoteSignature) throws -> SignedNote {
        try SignedNote.parse(serialized() + Array(signature.line.utf8))
    }
}
