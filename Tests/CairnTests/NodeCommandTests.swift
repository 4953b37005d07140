import Foundation
import Support
import Testing

@Suite(.serialized) struct `A node from the command line` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let cotton = "urn:epc:class:lgtin:9521101.000001.H26-07"

    private static func sign(_ place: DemoPlace) throws -> String {
        let output = place.folder.appending(path: "farm.cairn").path()
        let signed = try CairnProcess.run([
            "sign", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", farm, "--genesis", DemoPlace.genesis.path(), "-o", output,
        ])
        #expect(signed.code == 0, "\(signed.errors)")
        return output
    }

    @Test func `a record's whole life, and both verifiers agree on it`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let node = try ServingNode(directory: directory)
        let file = try Self.sign(place)
        let first = try CairnProcess.run(["submit", file, "--node", node.url])
        let second = try CairnProcess.run(["submit", file, "--node", node.url])
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.output == second.output)

        let evidence = place.folder.appending(path: "cotton.evidence")
        let exported = try CairnProcess.run([
            "export", Self.cotton, "--node", node.url, "-o", evidence.path(),
        ])
        #expect(exported.code == 0, "\(exported.errors)")
        #expect(node.stop() == 0)
        try Self.expectAgreement(on: evidence, code: 0, outcome: "\"outcome\":\"verified\"")
        try Self.expectNarrowing(of: evidence)

        var bytes = try Data(contentsOf: evidence)
        for place in stride(from: 40, to: bytes.count, by: bytes.count / 12) {
            bytes[place] ^= 1
            let tampered = evidence.deletingLastPathComponent().appending(path: "t.evidence")
            try bytes.write(to: tampered)
            try Self.expectAgreement(on: tampered, code: 2, outcome: "\"rejected\"")
            bytes[place] ^= 1
        }
        #expect(try CairnProcess.run(["check", directory.path()]).code == 0)
    }

    /// What closes nothing, is for nobody, or would take the place of the file writes nothing.
    private static func expectNarrowing(of evidence: URL) throws {
        let folder = evidence.deletingLastPathComponent()
        let given = folder.appending(path: "given.evidence").path()
        let before = try Data(contentsOf: evidence)
        func narrow(_ options: [String], to output: String) throws -> Int32 {
            try CairnProcess.run(
                ["narrow", evidence.path(), "--genesis", DemoPlace.genesis.path(), "-o", output]
                    + options
            ).code
        }
        let stranger = "https://id.gs1.org/417/9521999000006"
        #expect(try narrow(["--without", String(repeating: "0", count: 64)], to: given) == 2)
        #expect(try narrow(["--for", stranger], to: given) == 2)
        #expect(!FileManager.default.fileExists(atPath: given))
        #expect(try narrow(["--for", farm], to: "\(folder.path())./cotton.evidence") == 2)
        #expect(try Data(contentsOf: evidence) == before)
        #expect(try narrow(["--for", farm], to: given) == 0)
    }

    private static func expectAgreement(
        on evidence: URL, code: Int32, outcome: String
    ) throws {
        let arguments = [
            evidence.path(), "--genesis", DemoPlace.genesis.path(), "--format", "json",
        ]
        let ours = try CairnProcess.run(["audit"] + arguments)
        let theirs = try CairnProcess.run(
            URL(filePath: "/usr/bin/python3"), ["tools/verify.py"] + arguments)
        #expect(ours.code == code, "\(ours.errors)")
        #expect(theirs.code == code, "\(theirs.errors)")
        #expect(ours.output.replacing(" ", with: "").contains(outcome))
        #expect(theirs.output.replacing(" ", with: "").contains(outcome))
        guard code == 2 else { return }
        // A changed byte can be two faults at once; then each names the one it meets first.
        let steps = [try step(ours.output), try step(theirs.output)]
        #expect(steps[0] == steps[1] || Set(steps) == ["entry", "governance"], "\(steps)")
    }

    private struct Rejected: Decodable {
        struct Reason: Decodable { let step: String }
        let rejected: Reason
    }

    private static func step(_ output: String) throws -> String {
        try JSONDecoder().decode(Rejected.self, from: Data(output.utf8)).rejected.step
    }

    @Test func `a refused statement is named, and the rest stands`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let run = try CairnProcess.run([
            "submit", "genesis/demo/documents/02-gin.json", "--node", node.url, "--key",
            DemoPlace.key("farm"), "--issuer", Self.farm, "--genesis", DemoPlace.genesis.path(),
        ])
        #expect(run.code == 2)
        #expect(run.errors.contains("authority.create-prefix"))
        #expect(run.errors.contains("https://id.gs1.org/417/9521102000008"))
        let other = try CairnProcess.run(["submit", try Self.sign(place), "--node", node.url])
        #expect(other.code == 0)
    }

    @Test func `errors name the file and the statement in it`() async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let good = try Self.sign(place)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: good)))
        let other = place.folder.appending(path: "other.cairn").path()
        let signed = try CairnProcess.run([
            "sign", "genesis/demo/documents/02-gin.json", "--key", DemoPlace.key("farm"),
            "--issuer", Self.farm, "--genesis", DemoPlace.genesis.path(), "-o", other,
        ])
        #expect(signed.code == 0, "\(signed.errors)")
        bytes += [UInt8](try Data(contentsOf: URL(filePath: other)))
        let both = place.folder.appending(path: "both.cairn").path()
        try Data(bytes).write(to: URL(filePath: both))
        let run = try CairnProcess.run([
            "submit", good, both, "--node", node.url, "--format", "json",
        ])
        #expect(run.code == 2)
        #expect(run.output.contains("\(both): statement 2 of 2"))
        let table = try CairnProcess.run(["submit", good, both, "--node", node.url])
        #expect(table.errors.contains("Error: \(both): statement 2 of 2: "), "\(table.errors)")
        #expect(table.output.split(separator: "\n").count == 2)
        try Data(bytes + [0x00]).write(to: URL(filePath: both))
        let malformed = try CairnProcess.run(["submit", good, both, "--node", node.url])
        #expect(malformed.code == 2)
        #expect(malformed.errors.contains("\(both): statement 3: "))
    }

    @Test func `of a batch that nobody spoke of there is no record, and that is proven`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        let batch = "https://id.gs1.org/01/09521107000126/10/NOBODY"
        let file = place.folder.appending(path: "none.evidence").path()
        let traced = try CairnProcess.run(["trace", batch, "--node", node.url])
        #expect(traced.code == 1)
        #expect(traced.errors.contains("\(batch): no record"))
        let exported = try CairnProcess.run(["export", batch, "--node", node.url, "-o", file])
        #expect(exported.code == 1)
        #expect(exported.errors.contains("no record; \(file) proves that the log holds none"))
        let product = "https://id.gs1.org/01/09521107000126"
        let hint = "this is a product; name a batch: \(product)/10/LOT"
        #expect(try CairnProcess.run(["trace", product, "--node", node.url]).errors.contains(hint))
        let other = place.folder.appending(path: "product.evidence").path()
        let asked = try CairnProcess.run(["export", product, "--node", node.url, "-o", other])
        #expect(asked.code == 1)
        #expect(asked.errors.contains(hint))
        #expect(node.stop() == 0)
        let audited = try CairnProcess.run([
            "audit", other, "--genesis", DemoPlace.genesis.path(), "--format", "json",
        ])
        #expect(audited.code == 1)
        #expect(audited.output.contains("not-applicable"))
        #expect(audited.errors.contains(hint))
    }

    @Test func `a cut end is found by what was acknowledged`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let cut = place.folder.appending(path: "cut")
        try FileManager.default.copyItem(at: directory, to: cut)
        let node = try ServingNode(directory: directory)
        let receipts = place.folder.appending(path: "receipts")
        let sent = try CairnProcess.run([
            "submit", try Self.sign(place), "--node", node.url, "--receipts", receipts.path(),
        ])
        #expect(sent.code == 0, "\(sent.errors)")
        #expect(node.stop() == 0)
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: receipts.path()).first)
        let receipt = receipts.appending(path: name)
        let text = try String(contentsOf: receipt, encoding: .utf8)
        let note = try #require(text.firstRange(of: "\n\n"))
        let checkpoint = place.folder.appending(path: "checkpoint")
        try text[note.upperBound...].write(to: checkpoint, atomically: true, encoding: .utf8)
        let kept = ["--receipt", receipt.path(), "--checkpoint", checkpoint.path()]

        let whole = try CairnProcess.run(["check", directory.path()] + kept)
        #expect(whole.code == 0, "\(whole.errors)")
        let root = try #require(text[note.upperBound...].split(separator: "\n").dropFirst(2).first)
        let bytes = try #require(Data(base64Encoded: String(root)))
        let hex = bytes.map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
        #expect(whole.output.contains("size      4\nroot      \(hex)\n"), "\(whole.output)")

        let alone = try CairnProcess.run(["check", cut.path()])
        #expect(alone.code == 0)
        for option in [Array(kept[..<2]), Array(kept[2...])] {
            let missing = try CairnProcess.run(["check", cut.path()] + option)
            #expect(missing.code == 2)
            #expect(missing.errors.contains("what was acknowledged is missing"))
        }
        let json = try CairnProcess.run(["check", cut.path(), "--format", "json"] + kept)
        #expect(json.code == 2)
        #expect(json.output.contains(#""sound":false,"size":2,"#), "\(json.output)")
        #expect(json.output.components(separatedBy: #""holds":false"#).count == 3)
    }

    @Test func `a second process on the directory is refused`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let node = try ServingNode(directory: directory)
        defer { _ = node.stop() }
        let second = try CairnProcess.run([
            "serve", directory.path(), "--http", "127.0.0.1:0",
        ])
        #expect(second.code == 3)
        #expect(second.errors.contains("storage.locked"))
    }

    @Test func `beyond loopback it does not listen`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let run = try CairnProcess.run(["serve", directory.path(), "--http", "0.0.0.0:0"])
        #expect(run.code == 2)
        #expect(run.errors.contains("loopback"))
    }

    @Test func `the views are made again`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        var node = try ServingNode(directory: directory)
        _ = try CairnProcess.run(["submit", try Self.sign(place), "--node", node.url])
        let before = try CairnProcess.run(["trace", Self.cotton, "--node", node.url])
        #expect(before.output.contains("shipping"))
        #expect(node.stop() == 0)
        try FileManager.default.removeItem(at: directory.appending(path: "views.sqlite"))
        #expect(try CairnProcess.run(["rebuild", directory.path()]).code == 0)
        node = try ServingNode(directory: directory)
        let after = try CairnProcess.run(["trace", Self.cotton, "--node", node.url])
        #expect(node.stop() == 0)
        #expect(after.output == before.output)
    }

    @Test func `the README's commands run as they stand`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let (script, run) = try DocumentedCommands(
            "README.md", chapters: ["From record to proof"]
        ).run(in: place)
        #expect(run.output.contains("outcome   verified"))
        #expect(run.output.contains("incomplete"))
        #expect(run.output.contains("H26-08"))
        let commands = script.split(separator: "\n").count { $0.hasPrefix("cairn ") }
        #expect(commands >= 9)
    }

    @Test func `and so do those for an ERP`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        _ = try place.makeNode()
        let (_, run) = try DocumentedCommands("README.md", having: "curl").run(in: place)
        #expect(run.output.contains("202 Accepted"))
        #expect(run.output.contains(#""captureErrorBehaviour":"rollback""#))
        #expect(run.output.contains(#""success":true"#))
    }
}
