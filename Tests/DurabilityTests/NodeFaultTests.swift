import Foundation
import HTTPAPI
import Logging
import Node
import Records
import Signatures
import Storage
import Support
import Testing

/// A node of the demo network whose databases are on a disk that fails.
private struct FaultyNode {
    let network: DemoNetwork
    let disk: FaultyDisk
    let runtime: NodeRuntime
    private let parent: TemporaryDirectory

    /// Makes the node's directory, moves its databases to the disk, and starts it.
    init() async throws {
        network = try DemoNetwork()
        parent = try TemporaryDirectory()
        let directory = parent.path + "/node"
        try NodeRuntime.initialise(
            directory: directory, genesis: network.file.encoded(), origin: DemoNetwork.origin,
            logKeyPEM: try KeyFile.write(network.logKey), passphrase: nil)
        disk = FaultyDisk()
        let file = directory + "/" + Ledger.fileName
        disk.put([UInt8](try Data(contentsOf: URL(filePath: file))), as: Ledger.fileName)
        disk.mount(directory)
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        settings.viewsPatience = .seconds(20)
        runtime = try NodeRuntime(directory: directory, settings: settings)
        try await runtime.start()
    }

    /// The leaf of a new statement.
    func register(_ lot: String) async throws -> UInt64 {
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(network.supplier.batch(lot), "1")], site: network.supplier.site)
        let submission = try network.submission(event: event, by: network.supplier)
        let service = try #require(runtime.service)
        return try await service.submit(submission.encoded(), patiently: false).leafIndex
    }
}

@Suite(.serialized) struct NodeFaultTests {
    @Test func `a node whose disk is full says so, is read, and goes on with room`() async throws {
        let node = try await FaultyNode()
        defer { node.disk.unmount() }
        let first = try await node.register("A")
        node.disk.count(.changes)
        node.disk.fillUp(at: 1, allowsOverwriting: false)
        for lot in ["B", "C", "D"] {
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await node.register(lot)
            }
            #expect(refusal?.code == "storage.full")
            #expect(refusal.map { Problem($0).status } == 507)
        }
        let service = try #require(node.runtime.service)
        let checkpoint = try await service.checkpoint()
        #expect(String(decoding: checkpoint, as: UTF8.self).contains("\n\(first + 2)\n"))
        node.disk.makeRoom()
        try await Task.sleep(for: .seconds(1))
        // What was refused is new, at the leaf that it would have had.
        #expect(try await node.register("B") == first + 2)
        #expect(try await node.register("A") == first)
        try await node.runtime.stop()
    }

    @Test func `a node whose disk fails acknowledges nothing more and ends`() async throws {
        let node = try await FaultyNode()
        defer { node.disk.unmount() }
        _ = try await node.register("A")
        node.disk.count(.syncs)
        node.disk.fail(at: 1, times: .max, seed: 1)
        for lot in ["B", "C"] {
            let refusal = await #expect(throws: Refusal.self) {
                _ = try await node.register(lot)
            }
            #expect(refusal?.code == "node.failed")
        }
        let error = await #expect(throws: NodeError.self) { try await node.runtime.stop() }
        #expect(error?.code == "storage.io")
    }
}
