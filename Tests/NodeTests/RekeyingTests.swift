import Foundation
import MerkleTrees
import Notes
import Records
import Replication
import Signatures
import Storage
import Support
import Testing

@testable import Node

/// Logs that change their key: because it is time, or because their node has lost what it signed.
@Suite struct RekeyingTests {
    typealias Ring = PeersTests.Ring

    private static func newKey(_ name: String) throws -> SigningKey {
        try SigningKey(ed25519Seed: Hash256.sha256(Array("rekeying \(name)".utf8)).bytes)
    }

    private static func rekey(_ directory: String, _ name: String) throws -> Change {
        let change = try NodeRuntime.rekey(
            directory: directory, logKeyPEM: try KeyFile.write(try newKey(name)), passphrase: nil)
        return .rotateLogKey(
            origin: change.origin, key: change.key, size: change.size, root: change.root)
    }

    private static func rotation(_ change: Change, in network: DemoNetwork) throws -> Submission {
        try network.submission(try network.amendment([change], after: network.state))
    }

    @Test func `a node with a new log key takes the amendment that lists it, and nothing before`()
        async throws
    {
        let node = try TestNode()
        let first = try node.commissioning("LOT1")
        try await node.serve { _, caller in
            let answer = try await caller.post(first)
            #expect(answer.status == 201)
        }
        let change = try Self.rekey(node.directory, "one")
        let elsewhere: Change
        guard case .rotateLogKey(let origin, let key, let size, let root) = change else { return }
        #expect(size == 4)
        elsewhere = .rotateLogKey(origin: origin, key: key, size: size - 2, root: root)
        try await node.serve { _, caller in
            let early = try await caller.post(try node.commissioning("LOT2"))
            #expect(early.status == 503)
            #expect(early.code == "node.key-pending")
            let wrong = try await caller.post(try Self.rotation(elsewhere, in: node.network))
            #expect(wrong.code == "log.rotation")
            let rotation = try Self.rotation(change, in: node.network)
            #expect(try await caller.post(rotation).status == 201)
            #expect(try await caller.post(try node.commissioning("LOT2")).status == 201)
            // What the old key had signed is proven under the new one.
            let id = try UnverifiedStatement.decode(first.statement).id
            #expect(try await caller.get("/entries/\(id.hex)").status == 200)
        }
        // It is taken up again, and holds.
        try await node.serve { _, caller in
            let answer = try await caller.post(try node.commissioning("LOT3"))
            #expect(answer.status == 201)
        }
        let report = try NodeRuntime.check(directory: node.directory) { _, _ in }
        #expect(report.findings.isEmpty)
        #expect(report.size == 10)
    }

    @Test func `a key that the network knows, and a running node, are refused`() async throws {
        let node = try TestNode()
        let known = try KeyFile.write(try DemoNetwork.key("supplier"))
        #expect(throws: NodeError.self) {
            try NodeRuntime.rekey(directory: node.directory, logKeyPEM: known, passphrase: nil)
        }
        _ = try await node.serve { _, _ in
            #expect(throws: NodeError.self) { _ = try Self.rekey(node.directory, "one") }
        }
    }

    /// Waits until a node's log has so many entries.
    private static func reaches(_ size: UInt64, _ node: NodeRuntime) async throws -> Bool {
        try await PeersTests.waits { node.running?.published.newest.size ?? 0 >= size }
    }

    private static func mirrors(_ size: UInt64, _ node: NodeRuntime) async throws -> Bool {
        try await PeersTests.waits {
            node.running?.peers?.state.newest.mirrors
                .first { $0.origin == Ring.origins[0] }?.checkpoint?.size == size
        }
    }

    /// Registers two lots with the first node, and puts it back to what it was before, or to what
    /// it was after the first lot.
    private static func lose(_ ring: Ring, afterFirst: Bool) async throws {
        let copy = ring.directory + "/copy"
        if !afterFirst {
            try FileManager.default.copyItem(atPath: ring.path(0), toPath: copy)
        }
        try await PeersTests.serving(ring) { nodes, callers in
            let answer = try await callers[0].post(try ring.commissioning("LOT1"))
            #expect(answer.status == 201)
            #expect(try await mirrors(4, nodes[1]))
            #expect(try await mirrors(4, nodes[2]))
        }
        if afterFirst {
            try FileManager.default.copyItem(atPath: ring.path(0), toPath: copy)
        }
        try await PeersTests.serving(ring) { nodes, callers in
            let answer = try await callers[0].post(try ring.commissioning("LOT2"))
            #expect(answer.status == 201)
            #expect(try await mirrors(6, nodes[1]))
            #expect(try await mirrors(6, nodes[2]))
        }
        try FileManager.default.removeItem(atPath: ring.path(0))
        try FileManager.default.moveItem(atPath: copy, toPath: ring.path(0))
    }

    /// Starts the nodes; the first takes so many entries back from the others, registers nothing,
    /// and stops.
    private static func recover(
        _ size: UInt64, _ ring: Ring
    ) async throws -> (NodeRuntime, NodeRuntime) {
        let second = try ring.node(1)
        try await second.start()
        let third = try ring.node(2, calling: [1: second])
        try await third.start()
        let node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        #expect(try await reaches(size, node))
        let refused = try await HTTPCaller(address: node.address).post(
            try ring.commissioning("LOT3"))
        #expect(refused.code == "node.behind")
        try await node.stop()
        return (second, third)
    }

    /// Registers a third lot with all nodes up, and compares what they hold.
    private static func goOn(
        _ ring: Ring, _ nodes: [NodeRuntime], size: UInt64
    ) async throws {
        let caller = HTTPCaller(address: nodes[0].address)
        let isOpen = try await PeersTests.waits {
            try await caller.post(try ring.commissioning("LOT3")).status == 201
        }
        #expect(isOpen)
        #expect(try await reaches(size, nodes[0]))
        for node in nodes.dropFirst() { #expect(try await mirrors(size, node)) }
        for node in nodes {
            let newest = try #require(node.running?.peers?.state.newest)
            #expect(newest.alarms.isEmpty)
            #expect(newest.mirrors.allSatisfy { $0.stopped == nil })
        }
    }

    @Test func `a node put back to an old copy recovers its log and goes on under a new key`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await Self.lose(ring, afterFirst: false)
        let (second, third) = try await Self.recover(6, ring)
        // The key that has signed what was lost signs nothing more, whoever answers.
        var node = try ring.node(0, alone: true)
        try await node.start()
        let again = try await HTTPCaller(address: node.address).post(
            try ring.commissioning("LOT3"))
        #expect(again.code == "node.behind")
        try await node.stop()

        let change = try Self.rekey(ring.path(0), "two")
        node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        let caller = HTTPCaller(address: second.address)
        #expect(try await caller.post(try Self.rotation(change, in: ring.network)).status == 201)
        let nodes = [node, second, third]
        // Its own log has the amendment, and so have the others'.
        try await Self.goOn(ring, nodes, size: 10)
        #expect(try await Self.reaches(4, third))
        let service = HTTPCaller(address: node.address)
        for lot in ["LOT1", "LOT2", "LOT3"] {
            let thing = HTTPCaller.segment(ring.network.supplier.batch(lot))
            #expect(try await service.get("/trace/\(thing)").text.contains(lot))
        }
        for node in nodes { try await node.stop() }
        for number in Ring.origins.indices {
            let report = try NodeRuntime.check(directory: ring.path(number)) { _, _ in }
            #expect(report.findings.isEmpty)
        }
    }

    @Test func `a node whose directory is lost and made anew recovers its log, and forks nothing`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await PeersTests.serving(ring) { nodes, callers in
            let answer = try await callers[0].post(try ring.commissioning("LOT1"))
            #expect(answer.status == 201)
            for node in nodes.dropFirst() { #expect(try await Self.mirrors(4, node)) }
        }
        try FileManager.default.removeItem(atPath: ring.path(0))
        try ring.initialise(0)
        let (second, third) = try await Self.recover(4, ring)
        let change = try Self.rekey(ring.path(0), "seven")
        let node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        let caller = HTTPCaller(address: second.address)
        #expect(try await caller.post(try Self.rotation(change, in: ring.network)).status == 201)
        try await Self.goOn(ring, [node, second, third], size: 8)
        for node in [node, second, third] {
            #expect(node.running?.peers?.state.newest.alarms.isEmpty ?? false)
            try await node.stop()
        }
    }

    @Test func `a node that was shown what a stolen key signed goes on under another`() async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await PeersTests.serving(ring) { _, callers in
            let answer = try await callers[0].post(try ring.commissioning("LOT1"))
            #expect(answer.status == 201)
        }
        let ledger = try Ledger.open(directory: ring.path(0))
        try ledger.write { try $0.keep(loss: Loss(size: 1 << 39, keyChanges: 0)) }
        try ledger.close()
        let second = try ring.node(1, alone: true)
        try await second.start()
        let third = try ring.node(2, calling: [1: second], alone: true)
        try await third.start()
        var node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        let refused = try await HTTPCaller(address: node.address).post(
            try ring.commissioning("LOT2"))
        #expect(refused.code == "node.behind")
        #expect(refused.text.contains("--give-up-lost"))
        try await node.stop()
        let pem = try KeyFile.write(try Self.newKey("five"))
        let refusal = #expect(throws: NodeError.self) {
            try NodeRuntime.rekey(directory: ring.path(0), logKeyPEM: pem, passphrase: nil)
        }
        #expect(refusal?.code == "node.behind")
        let change = try NodeRuntime.rekey(
            directory: ring.path(0), logKeyPEM: pem, passphrase: nil, givesUpLost: true)
        #expect(change.size == 4)
        let rotation = try Self.rotation(
            .rotateLogKey(
                origin: change.origin, key: change.key, size: change.size, root: change.root),
            in: ring.network)
        node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        #expect(try await HTTPCaller(address: second.address).post(rotation).status == 201)
        try await Self.goOn(ring, [node, second, third], size: 8)
        // And is so when it starts again.
        try await node.stop()
        node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        let isReady = try await PeersTests.waits {
            try await HTTPCaller(address: node.address).get("/readyz").status == 200
        }
        #expect(isReady)
        for node in [node, second, third] { try await node.stop() }
        // What is void stands in the way of no other key.
        guard case .rotateLogKey(_, _, let size, _) = try Self.rekey(ring.path(0), "six") else {
            return
        }
        #expect(size == 8)
    }

    @Test func `a node whose key is replaced in another log signs nothing with it`() async throws {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await PeersTests.serving(ring) { nodes, callers in
            let newest = try #require(nodes[0].running?.published.newest)
            let note = try SignedNote.parse(newest.checkpoint)
            let change = Change.rotateLogKey(
                origin: Ring.origins[0], key: try Self.newKey("four").publicKey,
                size: newest.size, root: try Checkpoint(parsing: note.text).root)
            let taken = try await callers[1].post(try Self.rotation(change, in: ring.network))
            #expect(taken.status == 201)
            let isRefused = try await PeersTests.waits {
                try await callers[0].get("/readyz").text.contains("key-replaced")
            }
            #expect(isRefused)
            let answer = try await callers[0].post(try ring.commissioning("LOT1"))
            #expect(answer.code == "node.key-replaced")
        }
    }

    @Test func `what governors cut off is dropped by the mirrors, and is no fork`() async throws {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await Self.lose(ring, afterFirst: true)
        let change = try Self.rekey(ring.path(0), "three")
        guard case .rotateLogKey(_, _, let size, _) = change else { return }
        #expect(size == 4)
        // One has the amendment in its own log before its mirrors are looked at again.
        let away = try ring.node(2, alone: true, isPeer: false)
        try await away.start()
        let first = try await HTTPCaller(address: away.address).post(
            try Self.rotation(change, in: ring.network))
        #expect(first.status == 201)
        try await away.stop()
        // Who starts before the amendment is registered recovers what the mirrors still have.
        let second = try ring.node(1, alone: true)
        try await second.start()
        let third = try ring.node(2, calling: [1: second], alone: true)
        try await third.start()
        let caller = HTTPCaller(address: second.address)
        let taken = try await caller.post(try Self.rotation(change, in: ring.network))
        #expect(taken.status == 201)
        #expect(try await Self.reaches(4, third))
        let node = try ring.node(0, calling: [1: second, 2: third])
        try await node.start()
        try await Self.goOn(ring, [node, second, third], size: 8)
        for node in [node, second, third] { try await node.stop() }
        for number in Ring.origins.indices {
            let report = try NodeRuntime.check(directory: ring.path(number)) { _, _ in }
            #expect(report.findings.isEmpty)
        }
    }
}
