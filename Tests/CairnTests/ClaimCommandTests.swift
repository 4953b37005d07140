import Foundation
import Support
import Testing

@Suite(.serialized) struct `Claims from the command line` {
    private static let scheme = "https://schemes.harbourhome.example/organic-cotton"
    private static let cotton = "https://id.gs1.org/01/09521101000016/10/H26-07"
    private static let genesis = DemoPlace.genesis.path()

    /// A serving node that has what the farm says.
    private static func farmNode(_ place: DemoPlace) throws -> ServingNode {
        let node = try ServingNode(directory: try place.makeNode())
        let run = try CairnProcess.run([
            "submit", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", "https://id.gs1.org/417/9521101000009", "--genesis", genesis, "--node",
            node.url,
        ])
        #expect(run.code == 0, "\(run.errors)")
        return node
    }

    /// The members of a JSON document.
    private static func members(_ text: String) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(json as? [String: Any])
    }

    private static func judgement(_ text: String) throws -> [String: Any] {
        try #require(try members(text)["judgement"] as? [String: Any])
    }

    @Test func `a batch is judged alike from a file, from a node, and by the node`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try Self.farmNode(place)
        defer { _ = node.stop() }
        let file = place.folder.appending(path: "cotton.evidence").path()
        // Later than what the demo tells: all of it counts.
        let known = Date.now.addingTimeInterval(60).ISO8601Format()
        let times = ["--valid-at", "2026-12-31", "--known-at", known]
        let claim = ["--claim", Self.scheme, "--genesis", Self.genesis] + times
        let verified = try CairnProcess.run(
            ["verify", Self.cotton, "--node", node.url, "-o", file, "--format", "json"] + claim)
        #expect(verified.code == 1, "\(verified.errors)")
        let audited = try CairnProcess.run(["audit", file, "--format", "json"] + claim)
        #expect(audited.code == 1, "\(audited.errors)")
        #expect(audited.output == verified.output)
        #expect(audited.errors.contains("be it a revocation, is not in it"))

        let judgement = try Self.judgement(audited.output)
        #expect(judgement["outcome"] as? String == "incomplete")
        #expect(judgement["subject"] as? String == Self.cotton)
        let findings = try #require(judgement["findings"] as? [[String: Any]])
        #expect(findings.contains { $0["code"] as? String == "certificate.missing" })

        let query =
            "\(node.url)/verdicts?subject=\(Self.cotton)&claim=\(Self.scheme)"
            + "&validAt=2026-12-31&knownAt=\(known)"
        let body = try Data(contentsOf: try #require(URL(string: query)))
        let answer = String(decoding: body, as: UTF8.self)
        #expect(answer + "\n" == audited.output)
    }

    @Test func `a list that holds no batch, and one in another encoding, are told`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let list = place.folder.appending(path: "lots.csv")
        func verify(_ bytes: [UInt8]) throws -> CairnProcess.Outcome {
            try Data(bytes).write(to: list)
            return try CairnProcess.run([
                "verify", "--file", list.path(), "--claim", Self.scheme, "--genesis",
                Self.genesis, "--node", "http://127.0.0.1:9",
            ])
        }
        for text in ["", "lot\n", "\n\n"] {
            let run = try verify(Array(text.utf8))
            #expect(run.code == 2)
            #expect(run.errors.contains("the list holds no batch"), "\(run.errors)")
        }
        let latin = try verify(Array("lot\nurn:x:".utf8) + [0xDC, 0x0A])
        #expect(latin.code == 2 && latin.errors.contains("save the list as UTF-8"))
        #expect(!latin.errors.contains("mapping"), "\(latin.errors)")
    }

    @Test func `the table says outcome, ground and whom to ask, in two languages`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try Self.farmNode(place)
        defer { _ = node.stop() }
        let arguments = [
            "verify", Self.cotton, "--claim", Self.scheme, "--genesis", Self.genesis, "--node",
            node.url, "--valid-at", "2026-12-31",
        ]
        let english = try CairnProcess.run(arguments + ["--language", "en"])
        #expect(english.code == 1, "\(english.errors)")
        let lines = english.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "incomplete")
        #expect(english.output.contains("UNWITNESSED"))
        #expect(english.output.contains("01/09521101000016/10/H26-07"))
        #expect(english.output.contains("Ask Sandalfield Organic Cotton Farm (demo) about"))
        #expect(english.output.contains("certificate.missing"))
        #expect(lines.allSatisfy { $0.count <= 100 }, "\(english.output)")
        let german = try CairnProcess.run(arguments + ["--language", "de"])
        #expect(german.output.hasPrefix("incomplete – unvollständig\n"))
        #expect(german.output.contains("Fragen Sie Sandalfield Organic Cotton Farm (demo) nach"))
    }

    @Test func `a claim that cannot be made, and options without one, end with 2`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try Self.farmNode(place)
        defer { _ = node.stop() }
        let file = place.folder.appending(path: "cotton.evidence").path()
        let exported = try CairnProcess.run(["export", Self.cotton, "--node", node.url, "-o", file])
        #expect(exported.code == 0, "\(exported.errors)")
        let audit = ["audit", file, "--genesis", Self.genesis]
        for (arguments, words) in [
            (["--claim", "urn:x:nothing"], "claim.scheme"),
            (["--claim", Self.scheme, "--share", "0.4"], "claim.share"),
            (["--claim", Self.scheme, "--model", "mixed"], "claim.model"),
            (["--claim", Self.scheme, "--known-at", "soon"], "claim.time"),
            (["--claim", Self.scheme, "--known-at", "2999-01-01"], "knownAt: this time has not"),
            (["--share", "0.4"], "--share goes with --claim"),
        ] {
            let run = try CairnProcess.run(audit + arguments)
            #expect(run.code == 2, "\(arguments)")
            #expect(run.errors.contains(words), "\(run.errors)")
            #expect(run.output.isEmpty)
        }
        // Without a claim all is as before.
        #expect(try CairnProcess.run(audit).output.contains("outcome   verified"))
    }

    @Test func `of a delivery a bad line is told and the others are judged`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try Self.farmNode(place)
        defer { _ = node.stop() }
        let list = place.folder.appending(path: "lots.csv")
        let text =
            "order,lot\n1,urn:epc:class:lgtin:9521101.000001.H26-07\n"
            + "2,https://id.gs1.org/01/09520123456789/10/X\n3,\(Self.cotton)\n4,urn:x:unheard\n"
        try Data(text.utf8).write(to: list)
        let arguments = [
            "verify", "--file", list.path(), "--claim", Self.scheme, "--genesis", Self.genesis,
            "--node", node.url, "--language", "en",
        ]
        let table = try CairnProcess.run(arguments)
        #expect(table.code == 2)
        #expect(table.errors.contains("line 3: "), "\(table.errors)")
        #expect(table.errors.contains("identifier.check-digit"), "\(table.errors)")
        #expect(table.output.contains("incomplete: 2 of 4 batches"), "\(table.output)")
        #expect(table.output.contains("nothing is recorded: 1 of 4 batches"))
        #expect(table.output.contains("UNWITNESSED"))
        #expect(table.output.contains("known at "))
        #expect(table.output.contains("Ask Sandalfield"), "\(table.output)")

        let german = try CairnProcess.run(Array(arguments.dropLast()) + ["de"])
        let refused = german.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(refused.contains("eine Prüfziffer stimmt nicht"), "\(german.output)")
        #expect(german.errors.contains("eine Prüfziffer stimmt nicht"), "\(german.errors)")
        #expect(!refused.contains("check digit"), "\(german.output)")

        let json = try CairnProcess.run(arguments + ["--format", "json"])
        #expect(json.code == 2)
        let document = try Self.members(json.output)
        let lots = try #require(document["lots"] as? [[String: Any]])
        #expect(lots.compactMap { $0["line"] as? Int } == [2, 3, 4, 5])
        #expect(lots[1]["error"] != nil && lots[0]["verdict"] != nil)
        let summary = try #require(document["summary"] as? [String: Any])
        #expect(summary["outcomes"] as? [String: Int] == ["incomplete": 2, "not-applicable": 1])
        #expect(summary["unreadable"] as? Int == 1)
    }

    @Test func `a delivery is named by GTIN and lot as well, and a bad line by row and column`()
        throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try Self.farmNode(place)
        defer { _ = node.stop() }
        let list = place.folder.appending(path: "note.csv")
        let text = """
            Pos;GTIN;Menge;Lot
            1;9521101000016;12;H26-07
            2;09521101000016;12;H26-07
            3;09521101000017;12;H26-07
            4;9,5211E+12;12;H26-07
            5;09521101000016;12;
            6;;12;H26-07
            7;;12;urn:epc:class:lgtin:9521101.000001.H26-07
            8;09521101000016;12;much too long for a lot of GS1
            ;;;
            9;9521101000016;12;A/1
            """
        try Data(text.utf8).write(to: list)
        let run = try CairnProcess.run([
            "verify", "--file", list.path(), "--claim", Self.scheme, "--genesis", Self.genesis,
            "--node", node.url, "--language", "en", "--format", "json",
        ])
        #expect(run.code == 2)
        for words in [
            "line 4: GTIN: ", "line 5: GTIN: \"9,5211E+12\" is no GTIN", "line 6: Lot: is empty",
            "line 7: GTIN: is empty", "line 9: Lot: ", "identifier.check-digit", "row.value",
        ] { #expect(run.errors.contains(words), "\(words)\n\(run.errors)") }
        let lots = try #require(try Self.members(run.output)["lots"] as? [[String: Any]])
        let judged = lots.filter { $0["verdict"] != nil }
        #expect(judged.compactMap { $0["line"] as? Int } == [2, 3, 8, 11])
        let named = judged.compactMap { $0["lot"] as? String }
        #expect(named.prefix(2).allSatisfy { $0 == Self.cotton })
        #expect(named.last == "https://id.gs1.org/01/09521101000016/10/A%2F1")
    }

    @Test(arguments: [
        ("GTIN;Menge;Charge", ";"), ("Batch,Quantity,gtin", ","),
        ("Chargennummer\tMenge\tGTIN", "\t"),
    ])
    func `the lot's column has one of several names`(head: String, separator: String) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { node.kill() }
        let list = place.folder.appending(path: "note.csv")
        let isFirst = head.hasPrefix("GTIN")
        let fields = ["9521101000016", "1", "H26-07"]
        let row = (isFirst ? fields : fields.reversed()).joined(separator: separator)
        try Data("\(head)\n\(row)\n".utf8).write(to: list)
        let run = try CairnProcess.run([
            "verify", "--file", list.path(), "--claim", Self.scheme, "--genesis", Self.genesis,
            "--node", node.url, "--format", "json",
        ])
        let lots = try #require(try Self.members(run.output)["lots"] as? [[String: Any]])
        #expect(lots.compactMap { $0["lot"] as? String } == [Self.cotton], "\(run.errors)")
        #expect(lots.first?["verdict"] != nil)
    }

    @Test func `a list of GTINs without lots is told what columns it has, and which it lacks`()
        throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let list = place.folder.appending(path: "note.csv")
        try Data("Pos,GTIN,Menge\n1,9521101000016,5\n".utf8).write(to: list)
        let run = try CairnProcess.run([
            "verify", "--file", list.path(), "--claim", Self.scheme, "--genesis", Self.genesis,
            "--node", "http://127.0.0.1:1",
        ])
        #expect(run.code == 2)
        #expect(
            run.errors.contains("columns Pos, GTIN, Menge, and beside GTIN none of the lot"),
            "\(run.errors)")
    }

    @Test func `verify wants a batch or a list, and names a node out of reach`() throws {
        let claim = ["--claim", Self.scheme, "--genesis", Self.genesis]
        let neither = try CairnProcess.run(["verify", "--node", "http://127.0.0.1:1"] + claim)
        #expect(neither.code == 2)
        let away = try CairnProcess.run(
            ["verify", Self.cotton, "--node", "http://127.0.0.1:1"] + claim)
        #expect(away.code == 3, "\(away.errors)")
    }
}
