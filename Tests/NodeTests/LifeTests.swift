import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Signatures
import Storage
import Support
import Testing

@testable import Node

@Suite struct LifeTests {
    @Test func `a new directory holds the genesis statement under its first seal`() async throws {
        let node = try TestNode()
        #expect(
            Set(try node.files()).isSuperset(of: [
                "genesis", "ledger.sqlite", "lock", "log-key.pem", "node.json",
            ]))
        let attributes = try FileManager.default.attributesOfItem(
            atPath: node.directory + "/log-key.pem")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let folder = try FileManager.default.attributesOfItem(atPath: node.directory)
        #expect(folder[.posixPermissions] as? Int == 0o700)
        try await node.serve { _, caller in
            let log = try await PublicLog(caller, network: node.network)
            #expect(log.entries.count == 2)
            let first = try LogEntry.decode(log.entries[0])
            guard case .statement(_, let bytes) = first else {
                Issue.record("index 0 is a seal")
                return
            }
            #expect(bytes == node.network.file.statement)
        }
    }

    @Test func `a directory that is not empty is refused and left as it was`() throws {
        let node = try TestNode()
        let before = try node.files()
        #expect(throws: NodeError.self) { try node.initialise() }
        #expect(try node.files() == before)
    }

    @Test func `another key or origin than genesis names leaves nothing behind`() throws {
        let node = try TestNode()
        let other = node.sibling("other")
        let key = try DemoNetwork.key("another")
        let wrongKey = #expect(throws: NodeError.self) {
            try node.initialise(at: other, key: key)
        }
        #expect(wrongKey?.code == "node.key")
        let wrongOrigin = #expect(throws: NodeError.self) {
            try node.initialise(at: other, origin: "other.example/log")
        }
        #expect(wrongOrigin?.code == "node.origin")
        #expect(try node.files(node.sibling("")) == ["node"])
    }

    @Test func `an encrypted log key stays encrypted and opens with its passphrase only`()
        async throws
    {
        let node = try TestNode()
        let path = node.sibling("encrypted")
        let passphrase = Array("correct horse".utf8)
        try NodeRuntime.initialise(
            directory: path, genesis: node.network.file.encoded(), origin: DemoNetwork.origin,
            logKeyPEM: try KeyFile.write(node.network.logKey, passphrase: passphrase),
            passphrase: passphrase)
        let stored = try String(contentsOfFile: path + "/log-key.pem", encoding: .utf8)
        #expect(stored.contains("ENCRYPTED PRIVATE KEY"))
        let closed = try NodeRuntime(directory: path, settings: .quiet)
        let error = await #expect(throws: NodeError.self) { try await closed.start() }
        #expect(error?.code == "key.passphrase-missing")
        let open = try NodeRuntime(directory: path, passphrase: passphrase, settings: .quiet)
        try await open.start()
        try await open.stop()
    }

    @Test func `a node goes on where it stopped`() async throws {
        let node = try TestNode()
        let first = try node.commissioning("LOT1")
        let before = try await node.serve { _, caller in
            #expect(try await caller.post(first).status == 201)
            return try await PublicLog(caller, network: node.network)
        }
        try await node.serve { _, caller in
            let taken = try await PublicLog(caller, network: node.network)
            #expect(taken.entries == before.entries)
            #expect(try await caller.post(first).status == 200)
            #expect(try await caller.post(try node.commissioning("LOT2")).status == 201)
            let after = try await PublicLog(caller, network: node.network)
            #expect(Array(after.entries.prefix(4)) == before.entries)
            #expect(after.checkpoint.size == 6)
            let old = before.checkpoint
            let proof = try await caller.get("/log/consistency/4/6")
            #expect(proof.status == 200)
            #expect(old.root != after.checkpoint.root)
        }
        #expect(try node.findings() == [])
    }

    @Test func `a second node on one directory is refused while the first runs`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            let second = try NodeRuntime(directory: node.directory, settings: .quiet)
            let error = await #expect(throws: NodeError.self) { try await second.start() }
            #expect(error?.code == "storage.locked")
            #expect(try await caller.get("/healthz").status == 200)
        }
        try await node.serve { _, caller in
            let answer = try await caller.get("/readyz")
            #expect(answer.status == 200)
        }
    }

    @Test func `a genesis file of another network is refused`() async throws {
        let node = try TestNode()
        let other = try DemoNetwork {
            GenesisDocument(
                name: "Another", createdMilliseconds: $0.createdMilliseconds,
                governors: $0.governors, organisations: $0.organisations, nodes: $0.nodes,
                policy: $0.policy)
        }
        try Data(other.file.encoded()).write(to: URL(filePath: node.directory + "/genesis"))
        let runtime = try NodeRuntime(directory: node.directory, settings: .quiet)
        let error = await #expect(throws: NodeError.self) { try await runtime.start() }
        #expect(error?.code == "node.genesis")
    }

    @Test func `a port in use is told, and the directory is free again`() async throws {
        let node = try TestNode()
        let other = try TestNode()
        try await node.serve { runtime, _ in
            let second = try NodeRuntime(
                directory: other.directory, http: "\(runtime.address)", settings: .quiet)
            let error = await #expect(throws: NodeError.self) { try await second.start() }
            #expect(error?.code == "node.listen")
        }
        try await other.serve { _, caller in
            let answer = try await caller.get("/healthz")
            #expect(answer.status == 200)
        }
    }

    @Test func `a cancelled run ends in order`() async throws {
        let node = try TestNode()
        let runtime = try NodeRuntime(directory: node.directory, settings: .quiet)
        try await runtime.start()
        let caller = HTTPCaller(address: runtime.address)
        let running = Task { try await runtime.run() }
        #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
        running.cancel()
        try await running.value
        try await node.serve { _, caller in
            let answer = try await caller.post(try node.commissioning("LOT1"))
            #expect(answer.status == 200)
        }
    }
}
