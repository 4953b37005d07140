import MerkleTrees
import Notes
import Signatures
import Support
import Testing

/// Notes that other software signed.
@Suite struct NotesVectorTests {
    @Test func `the example of the signed-note specification verifies`() throws {
        let verifier = try NoteVerifier(
            vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
        #expect(verifier.keyID == 0x530d_903a)
        let note = try SignedNote.parse(
            Array(
                """
                This is an example message.

                — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

                """.utf8))
        let verified = try note.verify(known: [verifier])
        #expect(verified.text == "This is an example message.\n")
        #expect(verified.signers.count == 1 && verified.unknown == 0)
    }

    @Test func `all checkpoints of the Tessera test log verify and grow by one`() throws {
        let verifier = try NoteVerifier(
            vkey: "example.com/log/testdata+33d7b496+"
                + "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
        for size in 0...15 {
            let bytes = try Vectors.bytes(
                "transparency-dev-tessera/testdata/log/checkpoint.\(size)")
            let note = try SignedNote.parse(bytes)
            #expect(note.serialized() == bytes)
            let verified = try note.verify(known: [verifier])
            let checkpoint = try Checkpoint(parsing: verified.text)
            #expect(checkpoint.origin == "example.com/log/testdata")
            #expect(checkpoint.size == UInt64(size))
            #expect(checkpoint.text == verified.text)
        }
    }

    /// A public test log's checkpoint with the log's signature, its RFC 6962 signature (type 05)
    /// and the cosignatures of four witnesses run by four operators.
    static let cosigned = """
        arche2025h1.staging.ct.transparency.dev
        1432088532
        U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

        — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
        — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
        — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
        — witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
        — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
        — witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==

        """

    static let vkeys = [
        "arche2025h1.staging.ct.transparency.dev+ba2f06c0+"
            + "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
        "transparency.dev/DEV:witness-little-garden+d8042a87+"
            + "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
        "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    ]

    @Test func `a public checkpoint verifies with the cosignatures of four witnesses`() throws {
        let note = try SignedNote.parse(Array(Self.cosigned.utf8))
        var known: [NoteVerifier] = []
        for vkey in Self.vkeys { known.append(try NoteVerifier(vkey: vkey)) }
        let verified = try note.verify(known: known)
        #expect(verified.signers.map(\.vkey) == Self.vkeys)
        #expect(verified.cosignedSeconds.count == 4)
        #expect(Set(verified.cosignedSeconds.values) == [1_779_573_024])
        #expect(verified.unknown == 1)
        #expect(try Checkpoint(parsing: verified.text).size == 1_432_088_532)
    }

    @Test func `the same checkpoint with another size is refused`() throws {
        let changed = Self.cosigned.replacing("1432088532", with: "1432088533")
        let note = try SignedNote.parse(Array(changed.utf8))
        for vkey in Self.vkeys {
            #expect(throws: NoteError.self) {
                try note.verify(known: [NoteVerifier(vkey: vkey)])
            }
        }
    }
}
