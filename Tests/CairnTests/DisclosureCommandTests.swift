import Foundation
import Support
import Testing

/// `cairn grant`, `cairn export --for` and `cairn erase`, as an organisation uses them.
@Suite(.serialized) struct `Disclosure from the command line` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let wholesaler = "https://id.gs1.org/417/9521107000003"
    private static let mill = "https://id.gs1.org/417/9521103000007"
    private static let cotton = "urn:epc:class:lgtin:9521101.000001.H26-07"

    private struct Lineage: Decodable {
        struct Node: Decodable {
            struct Event: Decodable { let digest: String }
            let events: [Event]
        }
        let nodes: [Node]
    }

    private let place: DemoPlace
    private let node: ServingNode

    init() throws {
        place = try DemoPlace()
        node = try ServingNode(directory: try place.makeNode())
    }

    private var signing: [String] {
        [
            "--key", DemoPlace.key("farm"), "--issuer", Self.farm, "--genesis",
            DemoPlace.genesis.path(), "--node", node.url,
        ]
    }

    /// Submits the farm's events, for the farm alone.
    private func submit() throws {
        let run = try CairnProcess.run(
            ["submit", "genesis/demo/documents/01-farm.json", "--visibility", Self.farm] + signing)
        #expect(run.code == 0, "\(run.errors)")
    }

    private func trace() throws -> CairnProcess.Outcome {
        try CairnProcess.run(["trace", Self.cotton, "--node", node.url, "--format", "json"])
    }

    @Test func `a grant opens, a revocation closes, and a file shows its receiver what it may see`()
        throws
    {
        defer {
            _ = node.stop()
            place.remove()
        }
        try submit()
        #expect(try trace().code == 1)
        let past = try CairnProcess.run(
            ["grant", Self.cotton, "--to", Self.wholesaler, "--until", "2020-01-01"] + signing)
        #expect(past.code == 2 && past.errors.contains("has passed"), "\(past.errors)")
        let granted = try CairnProcess.run(
            ["grant", Self.cotton, "--to", Self.wholesaler, "--until", "2099-12-31", "--upstream"]
                + signing)
        #expect(granted.code == 0, "\(granted.errors)")
        let id = granted.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(id.hasPrefix("urn:uuid:"))
        #expect(try trace().code == 0)
        for (receiver, outcome) in [(Self.wholesaler, "verified"), (Self.mill, "withheld")] {
            let file = place.folder.appending(path: "given.evidence").path()
            let exported = try CairnProcess.run([
                "export", Self.cotton, "--node", node.url, "--for", receiver, "-o", file,
            ])
            #expect(exported.code == 0, "\(exported.errors)")
            for program in ["cairn", "verify.py"] {
                let arguments = [file, "--genesis", DemoPlace.genesis.path()]
                let audit =
                    program == "cairn"
                    ? try CairnProcess.run(["audit"] + arguments)
                    : try CairnProcess.run(
                        URL(filePath: "/usr/bin/python3"), ["tools/verify.py"] + arguments)
                #expect(audit.output.contains(outcome), "\(program) \(receiver) \(audit.output)")
            }
        }
        let revoked = try CairnProcess.run(["grant", "--revoke", id] + signing)
        #expect(revoked.code == 0, "\(revoked.errors)")
        #expect(try trace().code == 1)
    }

    @Test func `an erased part is named as erased, and the ledger checks out`() throws {
        defer { place.remove() }
        let run = try CairnProcess.run(
            ["submit", "genesis/demo/documents/01-farm.json"] + signing)
        #expect(run.code == 0, "\(run.errors)")
        let lineage = try JSONDecoder().decode(Lineage.self, from: Data(try trace().output.utf8))
        let digest = try #require(lineage.nodes.flatMap(\.events).first?.digest)
        let unknown = try CairnProcess.run(
            ["erase", String(repeating: "0", count: 64), "--reason", "x"] + signing)
        #expect(unknown.code == 2 && unknown.errors.contains("part.unknown"))
        let erased = try CairnProcess.run(
            ["erase", digest, "--reason", "names a person"] + signing)
        #expect(erased.code == 0, "\(erased.errors)")
        #expect(erased.errors.contains("Backups made before still hold it"))
        let again = try CairnProcess.run(["erase", digest, "--reason", "again"] + signing)
        #expect(again.code == 2 && again.errors.contains("part.unknown"))
        let file = place.folder.appending(path: "cotton.evidence").path()
        let exported = try CairnProcess.run([
            "export", Self.cotton, "--node", node.url, "-o", file,
        ])
        #expect(exported.code == 0, "\(exported.errors)")
        let audit = try CairnProcess.run(["audit", file, "--genesis", DemoPlace.genesis.path()])
        #expect(audit.code == 1)
        #expect(audit.output.contains("part.erased"), "\(audit.output)")
        #expect(!audit.output.contains("part.withheld"))
        #expect(node.stop() == 0)
        let directory = place.folder.appending(path: "node").path()
        #expect(try CairnProcess.run(["check", directory]).code == 0)
    }
}
