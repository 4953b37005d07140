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

    /// Waits for cosignatures; then two of three nodes are killed, and no quorum comes.
    private static let waiting = """
        sign() {
          cairn sign genesis/demo/documents/$1.json --key $keys/sewing.pem \\
            --issuer $org/9521105000005 --genesis our.genesis -o $1.cairn
        }
        wait="--node http://127.0.0.1:8081 --wait cosigned"
        sign 05-sewing
        cairn submit 05-sewing.cairn $wait --genesis our.genesis --receipts ./final --format json
        grep -c '^— ledger' final/*.tlog-proof
        cairn submit 05-sewing.cairn $wait || echo "without genesis: $?"
        cairn submit 05-sewing.cairn $wait --genesis genesis/demo/demo.genesis \\
          || echo "other network: $?"
        set -- $nodes; kill $2 $3
        while cairn peers --node http://127.0.0.1:8081 > /dev/null; do sleep 0.1; done
        sed 's/T26/T27/g;s/4000-8000-/4000-9000-/' genesis/demo/documents/05-sewing.json > later.json
        cairn sign later.json --key $keys/sewing.pem --issuer $org/9521105000005 \\
          --genesis our.genesis -o later.cairn
        cairn submit later.cairn $wait --genesis our.genesis --wait-seconds 2 --receipts ./late \\
          || echo "in vain: $?"
        ls late | wc -l
        cairn submit later.cairn --node http://127.0.0.1:8081 && echo "it stands"

        """

    @Test func `submit waits for the cosignatures of a quorum, and says when they do not come`()
        throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let commands = try DocumentedCommands("README.md", chapters: ["A network of three nodes"])
        let run = try commands.run(in: place, then: Self.waiting).run
        let lines = run.output.split(separator: "\n")
        let answer = try #require(lines.first { $0.hasPrefix("[{") })
        let cosigners = try #require(answer.firstMatch(of: /"cosigners":\[([^\]]*)\]/)?.1)
        #expect(cosigners.split(separator: ",").count >= 2, "\(answer)")
        // The log's own line, and at least two more.
        let signatures = lines.compactMap { Int($0) }.first ?? 0
        #expect(signatures >= 3)
        #expect(run.output.contains("without genesis: 2\n"))
        #expect(run.output.contains("other network: 2\n"))
        #expect(run.output.contains("in vain: 1\n1\n"), "\(run.output)")
        #expect(run.output.hasSuffix("it stands\n"), "\(run.output)")
        for words in [
            "no quorum of 2 cosignatures within 2 s for 1 of 1 statement registered, which stands",
            "run the same command again: nothing is entered twice",
            "--wait cosigned goes with --genesis",
        ] {
            #expect(run.errors.contains(words), "\(run.errors)")
        }
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
