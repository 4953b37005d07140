import Foundation
import Support
import Testing

@Suite struct `The command line` {
    @Test(arguments: [
        "network", "key", "init", "serve", "sign", "submit", "trace", "export", "audit", "verify",
        "check",
        "rebuild", "backup", "restore", "token", "import", "hash",
    ])
    func `each command has help`(command: String) throws {
        let help = try CairnProcess.run(["help", command])
        #expect(help.code == 0)
        #expect(help.output.contains("USAGE: cairn \(command)"))
    }

    @Test(arguments: [
        ["key", "new"], ["network", "new"], ["network", "show"],
        ["network", "join"], ["network", "amend"], ["network", "sign"], ["network", "register"],
        ["init"], ["serve"], ["sign"],
        ["submit"], ["import"], ["trace"], ["hash"], ["export"], ["audit"], ["verify"], ["check"],
        ["rebuild"], ["backup"],
        ["restore"],
        ["token", "new"], ["token", "list"], ["token", "revoke"],
    ])
    func `help shows an example`(command: [String]) throws {
        let help = try CairnProcess.run(["help"] + command)
        #expect(help.output.contains("Example:\n"))
        #expect(help.output.contains("cairn \(command.joined(separator: " "))"))
    }

    @Test(arguments: [
        [], ["key", "new"], ["network", "new"], ["network", "show"],
        ["network", "join"], ["network", "amend"], ["network", "sign"], ["network", "register"],
        ["init"], ["serve"], ["sign"],
        ["submit"], ["import"], ["trace"], ["hash"], ["export"], ["audit"], ["verify"], ["check"],
        ["rebuild"], ["backup"],
        ["restore"],
        ["token", "new"], ["token", "list"], ["token", "revoke"],
    ])
    func `help is wrapped once`(command: [String]) throws {
        let help = try CairnProcess.run(["help"] + command).output
        let discussion = help.components(separatedBy: "USAGE:")[0]
        let lines = discussion.components(separatedBy: "\n")
        for (line, next) in zip(lines, lines.dropFirst()) {
            #expect(line.count <= 80, "\(line)")
            // A line ends where the next word has no more room, or where the text wants it to.
            guard !line.isEmpty, !next.isEmpty, !next.hasPrefix(" "), !line.hasPrefix(" ") else {
                #expect(line.isEmpty || !line.hasPrefix(" ") || next.isEmpty || next.hasPrefix(" "))
                continue
            }
            let word = next.prefix { $0 != " " }
            #expect(line.count + 1 + word.count >= 80, "\(line)|\(next)")
        }
    }

    @Test(arguments: ["grant", "recall", "rekey", "witness", "verify", "trace", "export", "audit"])
    func `a command of an example stays whole`(command: String) throws {
        let help = try CairnProcess.run(["help", command]).output
        let example = try #require(help.components(separatedBy: "Example:\n").last)
        for line in try #require(example.components(separatedBy: "\n\n").first)
            .components(separatedBy: "\n")
        {
            #expect(line.hasPrefix("  ") && line.count <= 80, "\(line)")
        }
    }

    @Test(arguments: [["nosuch"], ["key", "nosuch"], ["sign", "nosuch"]])
    func `help for a command that there is not ends with 2`(words: [String]) throws {
        let run = try CairnProcess.run(["help"] + words)
        #expect(run.code == 2)
        #expect(run.errors.contains("there is no command 'nosuch'"))
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [
        "localhost", "ftp://127.0.0.1", "http://127.0.0.1:99999", "http://127.0.0.1:1/x",
        "http://127.0.0.1:1?x=y", "http://",
    ])
    func `what is no node's URL ends with 2 and names the option`(url: String) throws {
        for command in [["trace", "urn:x:1"], ["export", "urn:x:1", "-o", "x.evidence"]] {
            let run = try CairnProcess.run(command + ["--node", url])
            #expect(run.code == 2)
            #expect(run.errors.hasPrefix("Error: --node: '\(url)'"), "\(run.errors)")
        }
    }

    @Test func `what is no identifier ends with 2 before any node is asked`() throws {
        let run = try CairnProcess.run([
            "trace", "https://id.gs1.org/01/09520123456789", "--node", "http://127.0.0.1:9",
        ])
        #expect(run.code == 2)
        #expect(run.errors.contains("identifier.check-digit"))
    }

    @Test func `a file of another kind is called by its name`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        func file(_ name: String, _ bytes: [UInt8]) throws -> String {
            let url = place.folder.appending(path: name)
            try Data(bytes).write(to: url)
            return url.path()
        }
        let genesis = DemoPlace.genesis.path()
        let evidence = try file(
            "a.evidence", [0x87, 0x70] + Array("cairn-evidence-1".utf8) + [0x40])
        let csv = try file("a.csv", Array("lot,quantity\n1,2\n".utf8))
        let json = "genesis/demo/documents/01-farm.json"
        let node = ["--node", "http://127.0.0.1:9"]
        let sender = [
            "--key", DemoPlace.key("farm"), "--issuer", "https://id.gs1.org/417/9521101000009",
            "--genesis", genesis,
        ]
        let cases: [(arguments: [String], found: String, expected: String)] = [
            (["audit", genesis, "--genesis", genesis], "a genesis file", "an evidence file"),
            (["audit", csv, "--genesis", genesis], "text", "an evidence file"),
            (["audit", json, "--genesis", genesis], "JSON", "an evidence file"),
            (["audit", evidence, "--genesis", evidence], "an evidence file", "a genesis file"),
            (
                ["audit", evidence, "--genesis", DemoPlace.key("farm")], "a PEM key",
                "a genesis file"
            ),
            (
                ["submit", evidence] + node, "an evidence file", "a file of signed submissions"
            ),
            (["submit", csv] + node, "text", "a file of signed submissions"),
            (["sign", evidence, "-o", "x"] + sender, "an evidence file", "JSON"),
            (["network", "show", evidence], "an evidence file", "a genesis file"),
            (["key", "show", genesis], "a genesis file", "a PEM key"),
            (["check", "x", "--receipt", genesis], "a genesis file", "a receipt"),
            (["check", "x", "--checkpoint", csv], "text", "a checkpoint"),
        ]
        for (arguments, found, expected) in cases {
            let run = try CairnProcess.run(arguments)
            #expect(run.code == 2, "\(arguments)")
            // With --genesis the file may be read before or after; the fault is the same.
            #expect(
                run.errors.contains(": is \(found), expected \(expected) ("),
                "\(arguments): \(run.errors)")
        }
        let unsigned = try CairnProcess.run(["submit", json] + node)
        #expect(unsigned.code == 2)
        #expect(unsigned.errors.contains("is JSON; give --key"))
    }

    @Test(arguments: [
        ["sgin"], ["sign"], ["audit", "x"], ["audit", "x", "--genesis", "y", "--format", "xml"],
        ["trace", "x", "--direction", "sideways", "--node", "http://127.0.0.1:1"],
    ])
    func `wrong arguments end with 2 and say how it goes`(arguments: [String]) throws {
        let run = try CairnProcess.run(arguments)
        #expect(run.code == 2)
        #expect(run.errors.contains("Usage: cairn"))
        #expect(run.output.isEmpty)
    }

    @Test func `a missing file is named`() throws {
        let run = try CairnProcess.run([
            "audit", "nowhere.evidence", "--genesis", DemoPlace.genesis.path(),
        ])
        #expect(run.code == 2)
        #expect(run.errors == "Error: nowhere.evidence: there is no such file\n")
    }

    @Test func `a node out of reach ends with 3`() throws {
        let run = try CairnProcess.run([
            "export", "urn:uuid:1", "--node", "http://127.0.0.1:9", "-o", "x.evidence",
        ])
        #expect(run.code == 3)
        #expect(run.errors.contains("http://127.0.0.1:9"))
    }

    @Test func `a key is private, encrypted on wish, and never overwritten`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let key = place.folder.appending(path: "k.pem").path()
        let secret = place.folder.appending(path: "secret").path()
        try Data("correct horse\n".utf8).write(to: URL(filePath: secret))
        let made = try CairnProcess.run(["key", "new", "--passphrase-file", secret, "-o", key])
        #expect(made.code == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: key)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let pem = try String(contentsOfFile: key, encoding: .utf8)
        #expect(pem.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        let again = try CairnProcess.run(["key", "new", "-o", key])
        #expect(again.code == 2)
        #expect(try String(contentsOfFile: key, encoding: .utf8) == pem)
        let shown = try CairnProcess.run([
            "key", "show", key, "--passphrase-file", secret, "--format", "json",
        ])
        #expect(shown.output.contains(made.output.trimmingCharacters(in: .newlines)))
        let without = try CairnProcess.run(["key", "show", key])
        #expect(without.code == 2)
        #expect(without.errors.contains("passphrase"))
    }

    @Test func `the demo genesis follows from its description`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let output = place.folder.appending(path: "again.genesis")
        let made = try CairnProcess.run([
            "network", "new", "--from", "genesis/demo/network.json", "--governor-key",
            DemoPlace.key("governor-1"), "--governor-key", DemoPlace.key("governor-2"),
            "--issuer", "https://id.gs1.org/417/9521107000003", "--issuer-key",
            DemoPlace.key("wholesaler"), "-o", output.path(),
        ])
        #expect(made.code == 0, "\(made.errors)")
        #expect(try Data(contentsOf: output) == Data(contentsOf: DemoPlace.genesis))
        let shown = try CairnProcess.run(["network", "show", output.path(), "--format", "json"])
        #expect(shown.output.contains(made.output.trimmingCharacters(in: .newlines)))
    }

    @Test func `too few governors found nothing`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let output = place.folder.appending(path: "x.genesis").path()
        let made = try CairnProcess.run([
            "network", "new", "--from", "genesis/demo/network.json", "--governor-key",
            DemoPlace.key("governor-1"), "--issuer", "https://id.gs1.org/417/9521107000003",
            "--issuer-key", DemoPlace.key("wholesaler"), "-o", output,
        ])
        #expect(made.code == 2)
        #expect(made.errors.contains("governance.threshold"))
        #expect(!FileManager.default.fileExists(atPath: output))
    }
}
