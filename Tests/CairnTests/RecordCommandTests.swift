import Foundation
import Support
import Testing

@Suite struct `Records on the command line` {
    private static let certifier = "https://id.gs1.org/417/9521109000001"
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let scheme = "https://schemes.harbourhome.example/organic-cotton"

    private static let certificate = """
        {"record": "certificate", "id": "https://certs.example/7", "about": ["\(farm)"],
         "from": "2026-03-01", "until": "2027-02-28",
         "scope": [["scheme", "\(scheme)"], ["criterion", "\(scheme)/kept-apart"],
          ["party", "\(farm)"]],
         "body": {"contentType": "application/pdf", "file": "scan.pdf"}}
        """

    private static let credential = """
        {"type": ["VerifiableCredential", "DigitalConformityCredential"],
         "id": "https://certs.example/8", "issuer": "\(certifier)",
         "validFrom": "2026-03-01T00:00:00Z",
         "credentialSubject": {"issuedToParty": {"id": "\(farm)"},
          "conformityAssessment": [{"assessmentCriteria": [{"id": "\(scheme)/kept-apart"}]}]}}
        """

    private func sign(
        _ texts: [String], in place: DemoPlace, key: String = "certifier",
        issuer: String = certifier, more: [String] = []
    ) throws -> CairnProcess.Outcome {
        var files: [String] = []
        for (index, text) in texts.enumerated() {
            let file = place.folder.appending(path: "\(index).json")
            try text.write(to: file, atomically: true, encoding: .utf8)
            files.append(file.path())
        }
        let output = place.folder.appending(path: "out.cairn").path()
        return try CairnProcess.run(
            ["sign"] + files + more + [
                "--key", DemoPlace.key(key), "--genesis", DemoPlace.genesis.path(), "--issuer",
                issuer, "-o", output,
            ])
    }

    @Test func `documents, records and credentials are signed in one call`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        try Data([1, 2, 3]).write(to: place.folder.appending(path: "scan.pdf"))
        let recall =
            #"{"record": "recall", "about": ["urn:x:a"], "from": "2026-03-01", "#
            + #""reason": "moths"}"#
        let run = try sign(
            [Self.certificate, Self.credential, "[\(recall), \(recall)]"], in: place,
            more: ["genesis/demo/documents/02-gin.json"])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("3 events and 4 records in 4 statements"), "\(run.errors)")
        #expect(!run.errors.contains("counts for no claim"))
    }

    @Test(arguments: [
        ("<?xml version=\"1.0\"?><epcis/>", "is XML, expected JSON (documents in XML are entered"),
        ("Lot,GTIN\nL1,9521101000016\n", "lists (CSV) are entered with cairn import)"),
        ("\u{FEFF}{}", "byte-order mark (BOM), expected JSON (save it as UTF-8 without"),
    ])
    func `what is not signed by this command is sent to the other`(
        text: String, expected: String
    ) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try sign([text], in: place)
        #expect(run.code == 2)
        #expect(run.errors.contains(expected), "\(run.errors)")
        #expect(!run.errors.contains("cairn sign)"), "\(run.errors)")
    }

    @Test func `errors name file, index and field`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let missing = try sign([Self.certificate], in: place)
        #expect(missing.code == 2)
        #expect(missing.errors.contains("0.json: record.body.file: "), "\(missing.errors)")
        #expect(missing.errors.contains("scan.pdf: there is no such file"))
        let list =
            #"[{"record": "recall", "about": ["urn:x:a"], "from": "2026-03-01", "#
            + #""reason": "moths"}, {"record": "recall", "about": ["x"]}]"#
        let indexed = try sign([list], in: place)
        #expect(indexed.code == 2)
        #expect(indexed.errors.contains("0.json: record[1].about[0]: "), "\(indexed.errors)")
    }

    @Test func `a body's file lies beside the record or below, and holds no key`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let outside = place.folder.appending(path: "outside")
        let inside = place.folder.appending(path: "inside")
        let below = inside.appending(path: "below")
        for folder in [outside, below] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data([1]).write(to: folder.appending(path: "scan.pdf"))
        }
        for (link, target) in [
            ("file", "../outside/scan.pdf"), ("folder", "../outside"), ("up", ".."),
            ("near", "below/scan.pdf"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: inside.appending(path: link).path(), withDestinationPath: target)
        }
        let key = try Data(contentsOf: URL(filePath: DemoPlace.key("farm")))
        try key.write(to: inside.appending(path: "key.txt"))
        func outcome(_ name: String) throws -> CairnProcess.Outcome {
            let file = inside.appending(path: "record.json")
            let text = Self.certificate.replacingOccurrences(of: "scan.pdf", with: name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            return try CairnProcess.run([
                "sign", file.path(), "--key", DemoPlace.key("certifier"), "--genesis",
                DemoPlace.genesis.path(), "--issuer", Self.certifier, "-o",
                place.folder.appending(path: "out.cairn").path(),
            ])
        }
        for name in ["below/scan.pdf", "./below//scan.pdf", "near"] {
            let run = try outcome(name)
            #expect(run.code == 0, "\(name): \(run.errors)")
        }
        for name in [
            "/etc/hostname", outside.appending(path: "scan.pdf").path(), "../outside/scan.pdf",
            "below/../below/scan.pdf", "..", "", ".", "file", "folder/scan.pdf",
            "up/outside/scan.pdf", "below/scan.pdf\\u0000",
        ] {
            let run = try outcome(name)
            #expect(run.code == 2, "\(name)")
            #expect(
                run.errors.contains("record.body.file: ") && run.errors.contains("or below"),
                "\(name): \(run.errors)")
        }
        let run = try outcome("key.txt")
        #expect(run.code == 2)
        #expect(run.errors.contains("holds a private key"), "\(run.errors)")
    }

    @Test func `a credential of another issuer is refused`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try sign([Self.credential], in: place, key: "farm", issuer: Self.farm)
        #expect(run.code == 2)
        #expect(run.errors.contains("record.body.issuer: "), "\(run.errors)")
        #expect(run.errors.contains("certificate.unreadable"))
    }

    @Test func `a certificate that counts for nothing is signed with a note`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        try Data([1]).write(to: place.folder.appending(path: "scan.pdf"))
        let text = Self.certificate.replacingOccurrences(of: #"["party""#, with: #"["maker""#)
        let run = try sign([text], in: place)
        #expect(run.code == 0)
        #expect(run.errors.contains("0.json: record: counts for no claim: "), "\(run.errors)")
        #expect(run.errors.contains("maker"))
    }

    @Test func `a node takes a certificate that is submitted at once`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "credential.json")
        try Self.credential.write(to: file, atomically: true, encoding: .utf8)
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let run = try CairnProcess.run([
            "submit", file.path(), "--node", node.url, "--key", DemoPlace.key("certifier"),
            "--issuer", Self.certifier, "--genesis", DemoPlace.genesis.path(),
        ])
        #expect(run.code == 0, "\(run.errors)")
        var shown = try CairnProcess.run(["network", "organisations", "--node", node.url])
        for _ in 0..<100 where !shown.output.contains("https://certs.example/8") {
            Thread.sleep(forTimeInterval: 0.05)
            shown = try CairnProcess.run(["network", "organisations", "--node", node.url])
        }
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(
            shown.output.contains(
                "  \(Self.farm)\n  certificate  https://certs.example/8\n"
                    + "    current  from 2026-03-01\n    by \(Self.certifier)\n"),
            "\(shown.output)")
        #expect(shown.output.contains("  no credentials that you may see\n"))
    }

    @Test func `a network's schemes are shown, and a broken one is named`() throws {
        let shown = try CairnProcess.run(["network", "show", DemoPlace.genesis.path()])
        #expect(shown.output.contains("claim schemes\n"))
        #expect(shown.output.contains("    \(Self.scheme)\n"))
        let json = try CairnProcess.run([
            "network", "show", DemoPlace.genesis.path(), "--format", "json",
        ])
        #expect(json.output.contains(#""id":"\#(Self.scheme)""#))
        let place = try DemoPlace()
        defer { place.remove() }
        for (scheme, words) in [
            (#"{"id": "urn:x:s"}"#, "network.json: schemes[0]: scheme.reach: is required"),
            (#""none.json""#, "none.json: there is no such file"),
            ("7", "schemes[0]: scheme: a scheme is"),
        ] {
            let file = place.folder.appending(path: "network.json")
            let text = """
                {"schemes": [\(scheme)], "name": "x", "created": "2026-06-01T00:00:00Z",
                 "governors": {"threshold": 1, "members": []}, "organisations": []}
                """
            try text.write(to: file, atomically: true, encoding: .utf8)
            let run = try CairnProcess.run([
                "network", "new", "--from", file.path(), "--governor-key",
                DemoPlace.key("governor-1"), "--issuer", Self.farm, "--issuer-key",
                DemoPlace.key("farm"), "-o", place.folder.appending(path: "x.genesis").path(),
            ])
            #expect(run.code == 2)
            #expect(run.errors.contains(words), "\(run.errors)")
        }
    }
}
