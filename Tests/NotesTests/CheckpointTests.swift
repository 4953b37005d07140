import MerkleTrees
import Notes
import Signatures
import Testing

/// The texts of checkpoints, verifier keys and proofs.
@Suite struct CheckpointTests {
    static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    static let emptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

    @Test func `a checkpoint is written back byte for byte`() throws {
        let text = "example.com/behind-the-sofa\n20852163\n\(Self.root)\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.extensions.isEmpty)
        #expect(checkpoint.text == text)
        let made = try Checkpoint(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root)
        #expect(made == checkpoint)
        let extended = try Checkpoint(parsing: text + "one\ntwo\n")
        #expect(extended.extensions == ["one", "two"])
        #expect(extended.text == text + "one\ntwo\n")
        #expect(extended != checkpoint)
    }

    @Test(arguments: [
        "log\n1\n", "log\n1\n\(root)\n\n", "\n1\n\(root)\n", "log\n01\n\(root)\n",
        "log\n+1\n\(root)\n", "log\n-1\n\(root)\n", "log\n\n\(root)\n", "log\n1 \n\(root)\n",
        "log\n18446744073709551616\n\(root)\n", "log\n1\nAAAA\n", "log\n1\n\(root) \n",
        "log\n0\n\(root)\n", "log\n٣\n\(root)\n",
        String(repeating: "o", count: 256) + "\n1\n\(root)\n",
    ])
    func `a damaged checkpoint is refused`(text: String) {
        #expect(
            refusal { () throws(NoteError) in _ = try Checkpoint(parsing: text) }
                == "note.checkpoint")
    }

    @Test func `the sizes 0 and 2⁶⁴ − 1 are read`() throws {
        #expect(try Checkpoint(parsing: "log\n0\n\(Self.emptyRoot)\n").size == 0)
        #expect(
            try Checkpoint(parsing: "log\n18446744073709551615\n\(Self.root)\n").size == .max)
    }

    @Test func `a verifier key is written back, and refused when its ID or kind is not right`()
        throws
    {
        let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        #expect(try NoteVerifier(vkey: vkey).vkey == vkey)
        let wrong = [
            vkey.replacing("530d903a", with: "530d903b"),
            vkey.replacing("530d903a", with: "530D903A"),
            vkey.replacing("530d903a", with: "530d903"),
            vkey.replacing("example.com/foo", with: "example.com/fop"),
            vkey.replacing("Aeky", with: "Auky"), vkey + "=", "", "++", "a+b",
            "example.com/foo+530d903a+", "example.com/foo+530d903a+AQ==",
        ]
        for text in wrong {
            #expect(
                refusal { () throws(NoteError) in _ = try NoteVerifier(vkey: text) } == "note.key",
                "\(text)")
        }
    }

    @Test func `a log proof is written back byte for byte, with and without extra data`() throws {
        let note = try SignedNote.sign(
            text: "log\n2\n\(Self.root)\n", name: "log", key: signingKey(1))
        let hash = Hash256.sha256([1])
        for (extra, proof) in [(nil, [hash]), ([], []), ([1, 2, 3], [hash, hash])]
            as [([UInt8]?, [Hash256])]
        {
            let made = try LogProof(index: 1, proof: proof, extra: extra, checkpoint: note)
            let bytes = made.serialized()
            #expect(try LogProof.parse(bytes) == made)
            #expect(try LogProof.parse(bytes).serialized() == bytes)
        }
        let text = String(
            decoding: try LogProof(index: 1, proof: [hash], extra: [9], checkpoint: note)
                .serialized(), as: UTF8.self)
        #expect(text.hasPrefix("c2sp.org/tlog-proof@v1\nextra CQ==\nindex 1\nS/USLzRFVMU7"))
    }

    @Test func `a damaged log proof is refused`() throws {
        let note = try SignedNote.sign(
            text: "log\n2\n\(Self.root)\n", name: "log", key: signingKey(1))
        let tail = "\n" + String(decoding: note.serialized(), as: UTF8.self)
        let head = "c2sp.org/tlog-proof@v1\n"
        let line = Self.root + "\n"
        let wrong = [
            "", head, head + tail, head + "index 1\n", head + "index 01\n" + tail,
            head + "index x\n" + tail, head + "index -1\n" + tail, head + "index\n" + tail,
            head + "index 1\nextra CQ==\n" + tail, head + "extra CR==\nindex 1\n" + tail,
            head + "extra CQ==\nextra CQ==\nindex 1\n" + tail, head + "index 1\nAAAA\n" + tail,
            "c2sp.org/tlog-proof@v2\nindex 1\n" + tail,
            head + "index 1\n" + String(repeating: line, count: 65) + tail,
        ]
        for text in wrong {
            #expect(
                refusal { () throws(NoteError) in _ = try LogProof.parse(Array(text.utf8)) }
                    == "note.proof", "\(text.prefix(60))")
        }
        let whole = head + "index 1\n" + String(repeating: line, count: 64) + tail
        #expect(try LogProof.parse(Array(whole.utf8)).proof.count == 64)
        #expect(
            refusal { () throws(NoteError) in
                _ = try LogProof.parse(Array((head + "index 1\n\nlog\n").utf8))
            } == "note.malformed")
    }
}
