import Foundation
import Support
import Testing

/// `cairn recall` against a node, and its dossier without one.
@Suite(.serialized) struct `A recall from the command line` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let towels = "https://id.gs1.org/01/09521107000126/10/T26-0455"
    private static let cotton = "urn:epc:class:lgtin:9521101.000001.H26-07"

    @Test func `a recall lists who has what, and its dossier says the same offline`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        let submitted = try CairnProcess.run([
            "submit", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", Self.farm, "--genesis", DemoPlace.genesis.path(), "--node", node.url,
        ])
        #expect(submitted.code == 0, "\(submitted.errors)")
        let file = place.folder.appending(path: "cotton.dossier").path()
        let asking = ["--genesis", DemoPlace.genesis.path(), "--node", node.url]
        let recall = try CairnProcess.run(["recall", Self.cotton] + asking + ["-o", file])
        #expect(recall.code == 0, "\(recall.errors)")
        #expect(recall.output.contains("on-the-way       Kesar Ginning Works (demo)"))
        #expect(recall.output.contains("1 thing affected"))
        let dot = try CairnProcess.run(["recall", Self.cotton] + asking + ["--format", "dot"])
        #expect(dot.output.hasPrefix("digraph recall {"))
        let unknown = try CairnProcess.run(["recall", "urn:example:nothing"] + asking)
        #expect(unknown.code == 1)
        #expect(node.stop() == 0)
        let arguments = ["audit", file, "--genesis", DemoPlace.genesis.path()]
        let audit = try CairnProcess.run(arguments)
        #expect(audit.code == 0 && audit.output == recall.output, "\(audit.errors)")
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: file))
        let rejected = try CairnProcess.run(arguments + ["--format", "json"])
        #expect(rejected.code == 2 && rejected.output.contains(#"{"rejected":"#))
    }

    @Test func `what holds the goods is listed apart, and is not affected itself`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let submitted = try CairnProcess.run([
            "submit", "genesis/demo/documents/05-sewing.json", "--key", DemoPlace.key("sewing"),
            "--issuer", "https://id.gs1.org/417/9521105000005", "--genesis",
            DemoPlace.genesis.path(), "--node", node.url,
        ])
        #expect(submitted.code == 0, "\(submitted.errors)")
        let recall = try CairnProcess.run([
            "recall", Self.towels, "--genesis", DemoPlace.genesis.path(), "--node", node.url,
        ])
        #expect(recall.code == 0, "\(recall.errors)")
        let lines = recall.output.split(separator: "\n").map(String.init)
        let carriers = lines.filter { $0.hasSuffix("(carrier)") }
        #expect(carriers.count == 1, "\(recall.output)")
        let carrier = try #require(carriers.first)
        #expect(carrier.hasPrefix("1  logisticUnit  00/395211050000000013  ←"), "\(carrier)")
        #expect(lines.contains { $0.hasPrefix("1 thing affected") }, "\(recall.output)")
    }
}
