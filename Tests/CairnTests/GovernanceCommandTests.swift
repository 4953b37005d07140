import Foundation
import Support
import Testing

/// Amendments on the command line, with the demonstration's network (SPEC §9.4).
@Suite struct `Changing a network` {
    private static let wholesaler = "https://id.gs1.org/417/9521107000003"
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let birch = "https://id.gs1.org/417/9521111000006"
    private static let genesis = DemoPlace.genesis.path()
    private static let network =
        "urn:cairn:network:2ea49891e6a5b5791776a4ba3eb425f8d7c60fec7a475d559073553723a4e1ae"
    private static let show = """
        cairn export \(network) --scope subject --node http://127.0.0.1:8080 -o end.evidence
        cairn network show genesis/demo/demo.genesis --governance end.evidence

        """

    let place: DemoPlace

    init() throws { place = try DemoPlace() }

    private func path(_ name: String) -> String { place.folder.appending(path: name).path() }

    private func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: place.folder.appending(path: name))
        return path(name)
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: place.folder.appending(path: name)))
    }

    /// Runs a command of `cairn network` that must go well.
    @discardableResult
    private func network(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CairnProcess.Outcome {
        let run = try CairnProcess.run(["network"] + arguments, in: place.folder)
        #expect(run.code == 0, "\(run.errors)", sourceLocation: sourceLocation)
        return run
    }

    /// Runs one that must end with 2 and these words.
    private func refuse(
        _ words: String, _ arguments: [String], code: Int32 = 2,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let run = try CairnProcess.run(["network"] + arguments, in: place.folder)
        #expect(run.code == code, "\(run.errors)", sourceLocation: sourceLocation)
        #expect(run.errors.contains(words), "\(run.errors)", sourceLocation: sourceLocation)
    }

    private func refuseChanges(
        _ words: String, _ changes: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = try write(#"{"changes": [\#(changes)]}"#, to: "bad.json")
        try refuse(
            words, ["amend", "--from", file, "--genesis", Self.genesis, "-o", "bad.amendment"],
            sourceLocation: sourceLocation)
        #expect(!FileManager.default.fileExists(atPath: path("bad.amendment")))
    }

    /// An amendment of the network as it was founded.
    private func amendment(
        _ changes: String = #"{"anchors": []}"#, _ name: String = "a.amendment"
    ) throws -> String {
        let file = try write(#"{"changes": [\#(changes)]}"#, to: "changes.json")
        try network("amend", "--from", file, "--genesis", Self.genesis, "-o", name)
        return name
    }

    private func joinRequest() throws -> String {
        let key = try CairnProcess.run(["key", "new", "-o", path("birch.pem")])
        #expect(key.code == 0)
        let run = try network(
            "join", "--genesis", Self.genesis, "--name", "Birch Mill", "--uri", Self.birch,
            "--prefix", "9521111", "--site", "https://id.gs1.org/414/9521111001010", "--role",
            "supplier", "--key", "birch.pem", "-o", "join.json")
        #expect(run.output == "issuer \(key.output)")
        return try String(contentsOfFile: path("join.json"), encoding: .utf8)
    }

    // MARK: Walk-throughs

    @Test(arguments: [
        (
            "A new supplier in ten minutes",
            ["  Birch Mill  (supplier)", "amendment 1, registered ", "  signed by Harbour Home"]
        ),
        ("A key is lost", [", revoked from ", "  gives Blue Heron Spinning Mill (demo) "]),
        (
            "A key is stolen",
            [
                "outcome   verified\n", "outcome   invalid\n", "finding ! key.revoked: ",
                "exit code 1\n", "no issuer key is left to it",
            ]
        ),
        (
            "A company is renamed, or merged into another",
            [
                "  Lantern and Two Rivers (demo)  (supplier)", "    prefixes 9521104, 9521105\n",
                "it loses the prefix 9521104: it creates nothing under it any more",
                "    urn:cairn:demo:delegation:looms, from 2026-11-01T00:00:00.000Z until ",
            ]
        ),
        ("A governor's key is lost", ["(https://id.gs1.org/417/9521108000002) with key "]),
    ])
    func `a walk-through runs as it stands`(chapter: String, expected: [String]) throws {
        defer { place.remove() }
        let commands = try DocumentedCommands(
            "genesis/README.md", chapters: ["Changing a network", chapter])
        let run = try commands.run(in: place, then: Self.show).run
        for text in expected { #expect(run.output.contains(text), "\(text)") }
        #expect(run.output.contains("governance  seq 1, head "))
        guard chapter == "A key is stolen" else { return }
        let honest = run.output.components(separatedBy: "subject   ").suffix(2).first
        #expect(honest?.contains("H26-07\noutcome   verified\n") == true)
    }

    // MARK: Descriptions

    @Test func `what is wrong in a description is named with its place`() throws {
        defer { place.remove() }
        let known = "known are add-key, admit, anchors, delegate, describe, end-delegation, "
        try refuseChanges("changes[0].expel: is no known change; \(known)", #"{"expel": {}}"#)
        try refuseChanges("changes[0].charter: is no known change", #"{"charter": {}}"#)
        try refuseChanges("changes[0].scheme", #"{"scheme": {"id": "urn:example:scheme"}}"#)
        try refuseChanges("changes[0]: a change is an object with one member", "7")
        try refuseChanges(
            "changes[1]: a change is an object with one member", #"{"anchors": []}, {}"#)
        try refuseChanges(
            "changes[0].suspend.form: is no known member; known are from, organisation",
            #"{"suspend": {"organisation": "\#(Self.farm)", "form": "2026-07-01T00:00:00Z"}}"#)
        try refuseChanges(
            "changes[0].suspend.from: is missing",
            #"{"suspend": {"organisation": "\#(Self.farm)"}}"#)
        try refuseChanges(
            "changes[0].suspend.from: yesterday is no time; write 2026-06-01T00:00:00Z",
            #"{"suspend": {"organisation": "\#(Self.farm)", "from": "yesterday"}}"#)
        try refuseChanges(
            "changes[0].suspend: urn:x:y is no member of the network (governance.change)",
            #"{"suspend": {"organisation": "urn:x:y", "from": "2026-07-01T00:00:00Z"}}"#)
        try refuseChanges(
            "changes[0].revoke-key.key: governance has listed no key with this thumbprint",
            #"{"revoke-key": {"key": "\#(String(repeating: "0", count: 64))", "from": "x"}}"#)
        try refuseChanges(
            "changes[0].add-key.key: \(place.folder.path())/nokey.pem: there is no such file",
            #"{"add-key": {"organisation": "u", "purpose": "issuer", "key": "nokey.pem"}}"#)
        try refuseChanges(
            "changes[0].add-key.purpose: signer is no purpose of a key; known are issuer",
            #"{"add-key": {"organisation": "u", "purpose": "signer", "key": "x.pem"}}"#)
        try refuseChanges(
            "changes[0].admit.prefixes: 95211 overlaps a prefix of",
            #"{"admit": {"uri": "urn:x:y", "name": "X", "prefixes": ["95211"], "keys": []}}"#)
        try refuseChanges(
            "changes[0].admit.roles: king is no role; known are supplier",
            #"{"admit": {"uri": "urn:x:y", "name": "X", "roles": ["king"], "keys": []}}"#)
        try refuseChanges(
            "changes[0].admit.uri: HTTPS://id.gs1.org/417/9521111000006 is not in canonical form",
            #"{"admit": {"uri": "HTTPS://id.gs1.org/417/9521111000006", "name": "", "keys": []}}"#)
        try refuseChanges(
            "amendment: n = 0 cosigners and f = 0 liars", #"{"policy": {"quorum": 1}}"#)
        try refuseChanges(
            "changes[0].policy.retention[0].kinds: events is no kind of part; known are ",
            #"{"policy": {"retention": [{"name": "law", "kinds": ["events"], "days": 1}]}}"#)
        try refuseChanges(
            "changes[0].erase.part: 64 hexadecimal digits are expected here",
            #"{"erase": {"part": "5f0c", "reason": "names a person"}}"#)
        try refuseChanges(
            "changes[0].delegate.prefixes: \(Self.farm) does not own the prefix 9521102",
            """
            {"delegate": {"id": "urn:x:d", "by": "\(Self.farm)", "to": "\(Self.wholesaler)",
             "prefixes": ["9521102"], "from": "2026-07-01T00:00:00Z"}}
            """)
        for text in ["{}", "[]", #"{"changes": [], "x": 1}"#] {
            let file = try write(text, to: "odd.json")
            try refuse(
                "one member, changes",
                ["amend", "--from", file, "--genesis", Self.genesis, "-o", "x"])
        }
    }

    @Test func `each change of a description is told in words`() throws {
        defer { place.remove() }
        let key = try CairnProcess.run(["key", "new", "-o", path("new.pem")]).output.prefix(64)
        let file = try write(
            """
            {"changes": [
              {"suspend": {"organisation": "\(Self.farm)", "from": "2026-07-01T02:00:00+02:00"}},
              {"reinstate": {"organisation": "\(Self.farm)", "from": "2026-08-01T00:00:00Z"}},
              {"node": {"origin": "ledger.harbourhome.example/cairn", "address": "10.0.0.1:80"}},
              {"rotate-log-key": {"origin": "ledger.harbourhome.example/cairn", "key": "new.pem",
                "size": 100, "root": "\(String(repeating: "ab", count: 32))"}},
              {"end-delegation": {"id": "urn:cairn:demo:delegation:maple-to-desk",
                "from": "2026-09-01T00:00:00Z"}},
              {"anchors": ["\(Self.wholesaler)", "\(Self.farm)"]},
              {"policy": {"furthestFutureSeconds": 60}},
              {"scheme": "\(CairnProcess.root.path())/genesis/schemes/no-forced-labour.json"}]}
            """, to: "changes.json")
        let run = try network(
            "amend", "--from", file, "--genesis", Self.genesis, "-o", "all.amendment")
        #expect(run.errors.contains("takes the network as it was founded"))
        for line in [
            "1. suspends Sandalfield Organic Cotton Farm (demo) (\(Self.farm)): what it registered "
                + "or registers from 2026-07-01T00:00:00.000Z on does not count",
            "2. reinstates ", "3. changes the node ledger.harbourhome.example/cairn; it does not",
            "reached at 10.0.0.1:80\n",
            "4. gives the log ledger.harbourhome.example/cairn the key \(key): what the old key",
            "5. ends the delegation urn:cairn:demo:delegation:maple-to-desk: from 2026-09-01",
            "6. accepts the accreditations of Sandalfield", "before 600\n",
            "8. sets the terms of the claim scheme https://schemes.harbourhome.example/",
            "0 of the 2 governors needed have signed",
        ] { #expect(run.output.contains(line), "\(line)\n\(run.output)") }
    }

    // MARK: Join requests

    @Test func `a join request is admitted as it is, and refused when it was changed`() throws {
        defer { place.remove() }
        let request = try joinRequest()
        #expect(!request.contains("PRIVATE"))
        let embedded = try network(
            "amend", "--from", try write(#"{"changes": [{"admit": \#(request)}]}"#, to: "c.json"),
            "--genesis", Self.genesis, "-o", "one.amendment")
        let named = try network(
            "amend", "--from", try write(#"{"changes": [{"admit": "join.json"}]}"#, to: "c.json"),
            "--genesis", Self.genesis, "-o", "two.amendment")
        for run in [embedded, named] { #expect(run.output.contains("1. admits Birch Mill ")) }
        for (old, new) in [
            ("9521111\"", "9521112\""), ("Birch", "Beech"), ("supplier", "carrier"),
            ("\"issuer\"", "\"reader\""), ("001010", "001027"),
        ] {
            try refuseChanges(
                "changes[0].admit.keys[0]: key ",
                #"{"admit": \#(request.replacing(old, with: new))}"#)
        }
        try refuseChanges(
            "changes[0].admit.network: the request is for network 0",
            #"{"admit": \#(request.replacing("2ea49891", with: "00000000"))}"#)
        let unproven = request.replacing(#/,"proof":"[^"]*"/#, with: "")
        try refuseChanges(
            "changes[0].admit.keys[0].proof: is missing", #"{"admit": \#(unproven)}"#)
        // From when a key counts is the governors' to say.
        let dated = request.replacing(
            "{\"purpose\"", with: #"{"from":"2026-07-01T00:00:00Z","purpose""#)
        let run = try network(
            "amend", "--from", try write(#"{"changes": [{"admit": \#(dated)}]}"#, to: "c.json"),
            "--genesis", Self.genesis, "-o", "three.amendment")
        #expect(run.output.contains(" counts from 2026-07-01T00:00:00.000Z on"))
        try refuseChanges(
            "changes[0].admit.cairnJoinRequest: this program knows version 1 only",
            #"{"admit": \#(request.replacing("\"cairnJoinRequest\":1", with: "\"cairnJoinRequest\":2"))}"#
        )
        try refuseChanges(
            "is no join request; cairn network join makes one", #"{"admit": "bad.json"}"#)
    }

    @Test func `a join request needs the private key, and what the network has not given yet`()
        throws
    {
        defer { place.remove() }
        let made = try CairnProcess.run([
            "key", "new", "-o", path("k.pem"), "--public-key", path("k.pub.pem"),
        ])
        #expect(made.code == 0)
        func join(_ key: String, _ prefix: String) -> [String] {
            [
                "join", "--genesis", Self.genesis, "--name", "X", "--uri", "urn:x:y", "--prefix",
                prefix, "--key", key, "-o", "join.json",
            ]
        }
        try refuse("is a public key; give the private one", join("k.pub.pem", "9521111"))
        try refuse("governance.prefix-taken", join("k.pem", "9521101"))
        try refuse("governance.key-reused", join(DemoPlace.key("farm"), "9521111"))
        try refuse("governance.format", join("k.pem", "952"))
        #expect(!FileManager.default.fileExists(atPath: path("join.json")))
    }

    // MARK: Signing

    private func sign(_ files: [String], _ keys: [String], _ more: [String] = []) -> [String] {
        ["sign"] + files + ["--genesis", Self.genesis]
            + keys.flatMap { ["--governor-key", DemoPlace.key($0)] } + more
    }

    @Test func `who is no governor, or has signed, does not sign`() throws {
        defer { place.remove() }
        let file = try amendment()
        let before = try bytes(file)
        try refuse("is no governor's of the state", sign([file], ["farm"], ["--yes"]))
        try refuse(
            "has signed this amendment already",
            sign([file], ["governor-1", "governor-1"], ["--yes"]))
        try refuse("nothing is signed: give --yes", sign([file], ["governor-1"]))
        #expect(try bytes(file) == before)
        #expect(try CairnProcess.run(["network"] + sign([file], []), in: place.folder).code == 0)
        #expect(try bytes(file) == before)
        let signed = try CairnProcess.run(
            ["network"] + sign([file], ["governor-3"], ["--yes"]), in: place.folder)
        #expect(signed.errors.contains("1 of the 2 governors needed have signed"))
        #expect(!signed.output.contains("governors needed"), "\(signed.output)")
        try refuse("has signed this amendment already", sign([file], ["governor-3"], ["--yes"]))
    }

    @Test func `a signature counts for the amendment that was signed, and for no other`() throws {
        defer { place.remove() }
        let file = try amendment()
        let other = try amendment(#"{"policy": {"furthestFutureSeconds": 60}}"#, "b.amendment")
        try refuse("signatures of one do not count", sign([file, other], []))
        try refuse(
            "holds another amendment, number 1",
            sign([file], ["governor-1"], ["--yes", "-o", other]))
        #expect(
            try CairnProcess.run(
                ["network"] + sign([file], ["governor-1"], ["--yes"]), in: place.folder
            ).code == 0)
        let good = try bytes(file)
        for index in stride(from: 0, to: good.count, by: 7) {
            var bad = good
            bad[index] ^= 1
            try Data(bad).write(to: place.folder.appending(path: "t.amendment"))
            let run = try CairnProcess.run(
                ["network"] + sign(["t.amendment"], []), in: place.folder)
            #expect(run.code == 2, "byte \(index)")
        }
    }

    @Test func `an amendment is registered once its threshold holds`() throws {
        defer { place.remove() }
        let file = try amendment()
        func register(as key: String = "wholesaler", _ more: [String]) -> [String] {
            [
                "register", file, "--genesis", Self.genesis, "--issuer", Self.wholesaler, "--key",
                DemoPlace.key(key),
            ] + more
        }
        let output = ["--submission", "s.cairn"]
        try refuse("no governor has signed (governance.threshold)", register(output))
        for (governor, copy) in [("governor-1", "1.amendment"), ("governor-2", "2.amendment")] {
            let run = try CairnProcess.run(
                ["network"] + sign([file], [governor], ["--yes", "-o", copy]), in: place.folder)
            #expect(run.code == 0, "\(run.errors)")
        }
        #expect(
            try CairnProcess.run(
                ["network"] + sign([file, "1.amendment"], []), in: place.folder
            ).code == 0)
        try refuse(
            "1 of the 2 governors needed have signed (governance.threshold); cairn network sign",
            register(output))
        #expect(
            try CairnProcess.run(
                ["network"] + sign([file, "2.amendment"], []), in: place.folder
            ).code == 0)
        try refuse("--node is missing", register([]))
        try refuse("not an issuer key of \(Self.wholesaler)", register(as: "farm", output))
        #expect(!FileManager.default.fileExists(atPath: path("s.cairn")))
        #expect(try CairnProcess.run(["network"] + register(output), in: place.folder).code == 0)

        let node = try ServingNode(directory: try place.makeNode())
        let sent = try CairnProcess.run(["submit", path("s.cairn"), "--node", node.url])
        #expect(sent.code == 0, "\(sent.errors)")
        let again = try CairnProcess.run(
            ["network"] + register(["--node", node.url]), in: place.folder)
        #expect(again.code == 0)
        #expect(again.errors.contains("is registered already"))
        // What was made of the state before does not follow any more.
        let stale = try amendment(#"{"policy": {"furthestFutureSeconds": 60}}"#, "stale.amendment")
        try refuse(
            "the next amendment has number 2, not 1 (governance.seq); by \(node.url), as sealed at ",
            sign([stale], ["governor-1"], ["--yes", "--node", node.url]))
        #expect(node.stop() == 0)
        try refuse("cannot reach \(node.url)", register(["--node", node.url]), code: 3)
    }

    // MARK: Signing records under amendments

    @Test func `members admitted later and keys revoked are known from evidence`() throws {
        defer { place.remove() }
        _ = try joinRequest()
        let file = try amendment(
            """
            {"admit": "join.json"}, {"revoke-key": {"key": "\(DemoPlace.key("gin"))",
             "from": "2026-07-01T00:00:00Z"}}
            """)
        let all = ["governor-1", "governor-2"]
        #expect(
            try CairnProcess.run(["network"] + sign([file], all, ["--yes"]), in: place.folder).code
                == 0)
        let node = try ServingNode(directory: try place.makeNode())
        try network(
            "register", file, "--genesis", Self.genesis, "--issuer", Self.wholesaler, "--key",
            DemoPlace.key("wholesaler"), "--node", node.url)
        let evidence = path("now.evidence")
        let exported = try CairnProcess.run([
            "export", Self.network, "--scope", "subject", "--node", node.url, "-o", evidence,
        ])
        #expect(exported.code == 0, "\(exported.errors)")
        #expect(node.stop() == 0)

        func record(_ document: String, _ issuer: String, _ key: String, _ more: [String]) throws
            -> CairnProcess.Outcome
        {
            try CairnProcess.run(
                [
                    "sign", "genesis/demo/documents/\(document).json", "--issuer", issuer, "--key",
                    key, "--genesis", Self.genesis, "-o", path("\(document).cairn"),
                ] + more)
        }
        let shown = ["--governance", evidence]
        let visible = ["--visibility", Self.birch]
        let farm = DemoPlace.key("farm")
        let blind = try record("01-farm", Self.farm, farm, visible)
        #expect(blind.code == 2)
        #expect(blind.errors.contains("is no member of the network by the genesis file"))
        let seeing = try record("01-farm", Self.farm, farm, visible + shown)
        #expect(seeing.code == 0, "\(seeing.errors)")

        let birch = path("birch.pem")
        let unknown = try record("03-spinner", Self.birch, birch, [])
        #expect(unknown.errors.contains("the genesis file does not know this key"))
        #expect(try !record("03-spinner", Self.birch, birch, shown).errors.contains("not know"))
        let other = path("other.pem")
        #expect(try CairnProcess.run(["key", "new", "-o", other]).code == 0)
        let later = try record("03-spinner", Self.birch, other, shown)
        #expect(
            later.errors.contains("governance after amendment 1, by \(evidence), as sealed at "))
        #expect(later.errors.contains("only if a later amendment gave it to \(Self.birch)"))
        let gin = "https://id.gs1.org/417/9521102000008"
        let revoked = try record("02-gin", gin, DemoPlace.key("gin"), shown)
        #expect(revoked.code == 2)
        #expect(revoked.errors.contains("is revoked, by \(evidence)"))
        let json = try network("show", Self.genesis, "--governance", evidence, "--format", "json")
        #expect(json.output.contains(#""revokedFrom":"2026-07-01T00:00:00.000Z""#))
        #expect(json.output.contains(#""amendments":[{"seq":1,"#))
        try refuse(
            "expected an evidence file", ["show", Self.genesis, "--governance", Self.genesis])
    }
}
