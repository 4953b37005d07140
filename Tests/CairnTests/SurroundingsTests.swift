import Foundation
import Support
import Testing

@Suite struct `A command and what surrounds it` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let signing = [
        "--key", DemoPlace.key("farm"), "--issuer", farm, "--genesis", DemoPlace.genesis.path(),
    ]

    /// Runs a line of bash in which `$CAIRN` is the program and `$PLACE` a folder.
    private static func shell(
        _ line: String, in place: DemoPlace
    ) throws -> CairnProcess.Outcome {
        try CairnProcess.run(
            URL(filePath: "/bin/bash"), ["-c", line],
            environment: [
                "CAIRN": CairnProcess.binary.path(), "PLACE": place.folder.path(),
                "GENESIS": DemoPlace.genesis.path(), "LOGKEY": DemoPlace.key("log"),
                "PATH": "/usr/bin:/bin",
            ])
    }

    @Test(arguments: [
        ("\"$CAIRN\" network show \"$GENESIS\" > /dev/full", 3, "No space left on device"),
        ("\"$CAIRN\" network show \"$GENESIS\" >&-", 3, "standard output: cannot be written"),
        ("\"$CAIRN\" help > /dev/full", 3, "No space left on device"),
        ("{ sleep 0.2; \"$CAIRN\" network show \"$GENESIS\"; echo $? >&2; } | true", 0, "141"),
    ])
    func `an answer that cannot be written is no crash`(
        line: String, code: Int32, words: String
    ) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try Self.shell(line, in: place)
        #expect(run.code == code)
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }

    @Test func `ids that could not be written are no success`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let file = place.folder.appending(path: "farm.cairn").path()
        let signed = try CairnProcess.run(
            ["sign", "genesis/demo/documents/01-farm.json", "-o", file] + Self.signing)
        #expect(signed.errors.contains("2 events in 1 statement, "), "\(signed.errors)")
        let run = try Self.shell(
            "\"$CAIRN\" submit \"\(file)\" --node \(node.url) --receipts \"$PLACE/r/\" > /dev/full",
            in: place)
        #expect(run.code == 3)
        let receipts = try FileManager.default.contentsOfDirectory(
            atPath: place.folder.appending(path: "r").path())
        #expect(receipts.count == 1)
        let hidden = try CairnProcess.run([
            "submit", file, "--node", node.url, "--visibility", "public",
        ])
        #expect(hidden.code == 2)
        #expect(hidden.errors.contains("--visibility goes with --key"))
    }

    @Test func `an interrupted submitter says how far it came`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "farm.cairn").path()
        _ = try CairnProcess.run(
            ["sign", "genesis/demo/documents/01-farm.json", "-o", file] + Self.signing)
        // Something that takes the call and never answers.
        let silent =
            "import socket,time; s=socket.create_server(('127.0.0.1',0)); "
            + "print(s.getsockname()[1], flush=True); time.sleep(20)"
        let run = try Self.shell(
            """
            exec 3< <(exec /usr/bin/python3 -c "\(silent)"); silent=$!; read -r port <&3
            "$CAIRN" submit "\(file)" --node http://127.0.0.1:$port &
            sleep 1; kill -INT $!; wait $!; code=$?; kill $silent; exit $code
            """, in: place)
        #expect(run.code == 130)
        #expect(
            run.errors == "Error: interrupted; 0 of 1 statements are acknowledged; run the same "
                + "command again, nothing is entered twice\n", "\(run.errors)")
    }

    @Test func `only members can be listed, and the issuer always is`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "farm.cairn")
        func sign(_ visibility: String) throws -> CairnProcess.Outcome {
            try CairnProcess.run(
                [
                    "sign", "genesis/demo/documents/01-farm.json", "-o", file.path(),
                    "--visibility", visibility,
                ] + Self.signing)
        }
        let stranger = try sign("https://id.gs1.org/417/9521102000008,urn:x:nobody")
        #expect(stranger.code == 2)
        #expect(stranger.errors.contains("urn:x:nobody is no member"), "\(stranger.errors)")
        #expect(try sign("https://id.gs1.org/417/9521102000008").code == 0)
        let bytes = try Data(contentsOf: file)
        // A list of two, the issuer first: CBOR's 0x82, then a text of 36 bytes.
        let listed = Data([0x82, 0x78, UInt8(Self.farm.utf8.count)]) + Data(Self.farm.utf8)
        #expect(bytes.firstRange(of: listed) != nil)
    }

    @Test func `secrets are read from pipes and not from devices`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let made = try Self.shell(
            "\"$CAIRN\" key new -o \"$PLACE/y.pem\" --passphrase-file <(echo secret) "
                + "&& \"$CAIRN\" key show \"$PLACE/y.pem\" --passphrase-file <(echo secret)",
            in: place)
        #expect(made.code == 0, "\(made.errors)")
        let device = try Self.shell(
            "\"$CAIRN\" key new -o \"$PLACE/z.pem\" --passphrase-file /dev/zero", in: place)
        #expect(device.code == 2)
        #expect(device.errors.contains("/dev/zero: is not a regular file"))
    }

    @Test(arguments: ["nodir/y.pub", "y.pem", "./y.pem"])
    func `a key is not made if its public key cannot be written`(name: String) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try CairnProcess.run(
            ["key", "new", "-o", "y.pem", "--public-key", name], in: place.folder)
        #expect(run.code == (name == "nodir/y.pub" ? 3 : 2))
        #expect(run.errors.contains(name))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.path()).isEmpty)
    }

    @Test func `a damaged ledger is not sound, and a lost one comes from a backup`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try place.makeNode()
        let ledger = node.appending(path: "ledger.sqlite")
        try Data(repeating: 0x5A, count: 8_192).write(to: ledger)
        #expect(try CairnProcess.run(["check", node.path()]).code == 2)
        try FileManager.default.removeItem(at: ledger)
        for command in [["check", node.path()], ["serve", node.path(), "--http", "127.0.0.1:0"]] {
            let run = try CairnProcess.run(command)
            #expect(run.code == 2)
            #expect(run.errors.contains("restore a backup"), "\(run.errors)")
        }
    }

    @Test(arguments: [
        ("2026-06-01T00:00:00Z", "2999-01-01T00:00:00Z", "created: is in the future"),
        (
            "\"9521107\"\n      ],\n      \"sites\": []", "\"952999\"],\"sites\": []",
            "does not own the prefix 952999"
        ),
        (
            "\"uri\": \"https://id.gs1.org/417/9521101000009\",", "",
            "organisations[0].uri is missing"
        ),
    ])
    func `what nobody can mean founds no network`(
        old: String, new: String, words: String
    ) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let demo = DemoPlace.genesis.deletingLastPathComponent()
        try FileManager.default.createSymbolicLink(
            at: place.folder.appending(path: "keys"),
            withDestinationURL: demo.appending(path: "keys"))
        var text = try String(contentsOf: demo.appending(path: "network.json"), encoding: .utf8)
        try #require(text.contains(old))
        text = text.replacingOccurrences(of: old, with: new)
        let schemes = demo.deletingLastPathComponent().appending(path: "schemes").path()
        text = text.replacingOccurrences(of: "../schemes", with: schemes)
        let description = place.folder.appending(path: "network.json")
        try text.write(to: description, atomically: true, encoding: .utf8)
        let run = try CairnProcess.run([
            "network", "new", "--from", description.path(), "--governor-key",
            DemoPlace.key("governor-1"), "--governor-key", DemoPlace.key("governor-2"), "--issuer",
            "https://id.gs1.org/417/9521107000003", "--issuer-key", DemoPlace.key("wholesaler"),
            "-o", place.folder.appending(path: "my.genesis").path(),
        ])
        #expect(run.code == 2)
        #expect(run.errors.contains(words), "\(run.errors)")
    }

    @Test(arguments: [("INT", 130), ("TERM", 143)])
    func `an interrupted init leaves no copy of the key`(signal: String, code: Int32) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try Self.shell(
            """
            cd "$PLACE"
            "$CAIRN" init node --genesis "$GENESIS" --log-key "$LOGKEY" \\
                --origin ledger.harbourhome.example/cairn & init=$!
            until compgen -G 'node*' > /dev/null; do sleep 0.002; done
            kill -\(signal) $init; wait $init; code=$?; ls -A; exit $code
            """, in: place)
        // Whoever is told late has a whole node.
        #expect(run.code == code || run.code == 0, "\(run.errors)")
        #expect(!run.output.contains(".new-"), "\(run.output)")
    }
}
