import Foundation
import Support
import Testing

@Suite struct `The command line` {
    @Test(arguments: [
        "network", "key", "init", "serve", "sign", "submit", "trace", "export", "audit", "check",
        "rebuild",
    ])
    func `each command has help`(command: String) throws {
        let help = try CairnProcess.run(["help", command])
        #expect(help.code == 0)
        #expect(help.output.contains("USAGE: cairn \(command)"))
    }

    @Test(arguments: [
        ["key", "new"], ["network", "new"], ["network", "show"], ["init"], ["serve"], ["sign"],
        ["submit"], ["trace"], ["export"], ["audit"], ["check"], ["rebuild"],
    ])
    func `help shows an example`(command: [String]) throws {
        let help = try CairnProcess.run(["help"] + command)
        #expect(help.output.contains("Example:\n"))
        #expect(help.output.contains("cairn \(command.joined(separator: " "))"))
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
