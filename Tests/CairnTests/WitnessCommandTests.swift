import Foundation
import Support
import Testing

/// A node as a witness, from the command line, asked by an independent implementation
/// (Tests/tools/witness_cases.py).
@Suite struct `A witness` {
    private static let python = URL(filePath: "/usr/bin/python3")

    private static func ask(_ words: String...) throws -> String {
        let run = try CairnProcess.run(python, ["Tests/tools/witness_cases.py"] + words)
        #expect(run.code == 0, "\(run.errors)")
        return run.output
    }

    @Test func `answers each case of tlog-witness as an independent log expects`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let key = place.folder.appending(path: "witness.pem").path()
        let logs = place.folder.appending(path: "logs.txt")
        try Self.ask("keys").write(to: logs, atomically: true, encoding: .utf8)
        let made = try CairnProcess.run(["witness", directory.path(), "-o", key])
        #expect(made.code == 0, "\(made.errors)")
        let vkey = made.output.trimmingCharacters(in: .newlines)
        #expect(vkey.hasPrefix("ledger.harbourhome.example/cairn/witness+"))
        let options = ["--witness-key", key, "--witness-logs", logs.path()]
        let node = try ServingNode(directory: directory, options: options)
        _ = try Self.ask("cases", node.url, vkey)
        // As a crash would end it.
        node.kill()
        let next = try ServingNode(directory: directory, options: options)
        _ = try Self.ask("again", next.url, vkey)
        let busy = try CairnProcess.run(["witness", directory.path(), "-o", key + "2"])
        #expect(busy.code == 3)
        #expect(busy.errors.contains("storage.locked"), "\(busy.errors)")
        #expect(!FileManager.default.fileExists(atPath: key + "2"))
        #expect(next.stop() == 0)
    }

    @Test func `serves only with a key that the node has made`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode().path()
        let key = place.folder.appending(path: "other.pem").path()
        #expect(try CairnProcess.run(["key", "new", "-o", key]).code == 0)
        let logs = place.folder.appending(path: "logs.txt")
        try "# none yet\n".write(to: logs, atomically: true, encoding: .utf8)
        let serve = ["serve", directory, "--http", "127.0.0.1:0", "--witness-key", key]
        let alone = try CairnProcess.run(serve)
        #expect(alone.code == 2)
        #expect(alone.errors.contains("witnessKey: needs witnessLogs"), "\(alone.errors)")
        let strange = try CairnProcess.run(serve + ["--witness-logs", logs.path()])
        #expect(strange.code == 2)
        #expect(strange.errors.contains("node.witness-key"), "\(strange.errors)")
        let again = try CairnProcess.run(["witness", directory, "-o", key])
        #expect(again.code == 2)
        #expect(again.errors.contains("exists already"), "\(again.errors)")
    }
}
