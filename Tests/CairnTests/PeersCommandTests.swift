import Foundation
import Support
import Testing

/// Nodes of one network, on the command line (SPEC §25).
@Suite struct `Several nodes` {
    /// Waits for the fourth node's quorum, ends it, and recomputes all it keeps.
    private static let show = """
        for i in $(seq 1 300); do
          cairn peers --node http://127.0.0.1:8084 | grep -q '4 with a quorum of 3' && break
          sleep 0.1
        done
        cairn peers --node http://127.0.0.1:8084
        kill $node; wait $node
        cairn check ./meridian
        cairn serve ./meridian --http 127.0.0.1:8085 &
        cairn peers --node http://127.0.0.1:8085 || echo "exit code $?"

        """

    @Test func `a fourth node joins a running network as the README says`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let commands = try DocumentedCommands(
            "README.md",
            chapters: ["A network of three nodes", "A fourth node joins a running network"])
        let run = try commands.run(in: place, then: Self.show).run
        #expect(
            run.output.contains(
                "log     ledger.meridian.example/cairn: 4 entries, 4 with a quorum of 3\nstatus  ok"
            ),
            "\(run.output)")
        for peer in ["harbour", "hearth", "lantern"] {
            let line = "peer    ledger.\(peer).example/cairn: connected, 4 entries, 0 behind, "
            #expect(run.output.contains(line), "\(run.output)")
        }
        #expect(run.output.contains("status  node.unconfirmed\n"))
        #expect(run.output.hasSuffix("exit code 1\n"))
    }

    @Test func `a log gets a new key as the README says`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let commands = try DocumentedCommands(
            "README.md", chapters: ["A network of three nodes", "A log gets a new key"])
        let more = """
            cairn peers --node http://127.0.0.1:8082
            kill $node; wait $node
            cairn check ./lantern

            """
        let run = try commands.run(in: place, then: more).run
        #expect(
            run.output.contains("log     ledger.lantern.example/cairn: 4 entries"),
            "\(run.output)")
        #expect(run.output.contains("status  ok\n"), "\(run.output)")
    }

    @Test func `a log begins with statements of governance and no others`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let other = place.folder.appending(path: "other.pem").path()
        #expect(try CairnProcess.run(["key", "new", "-o", other]).code == 0)
        let record = place.folder.appending(path: "farm.cairn").path()
        let signed = try CairnProcess.run([
            "sign", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", "https://id.gs1.org/417/9521101000009", "--genesis",
            DemoPlace.genesis.path(), "-o", record,
        ])
        #expect(signed.code == 0, "\(signed.errors)")
        let fourth = place.folder.appending(path: "fourth").path()
        let run = try CairnProcess.run([
            "init", fourth, "--genesis", DemoPlace.genesis.path(), "--amendments", record,
            "--origin", "fourth.example/log", "--log-key", other,
        ])
        #expect(run.code == 2)
        #expect(run.errors.contains("is no amendment (node.amendments)"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: fourth))
    }
}
