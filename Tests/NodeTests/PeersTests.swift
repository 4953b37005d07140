import EPCIS
import Foundation
import MerkleTrees
import Notes
import PeerTransport
import Records
import Replication
import Signatures
import Storage
import Support
import Testing
import Verdicts

@testable import Node

/// Nodes of one network that mirror and cosign each other over real connections.
@Suite struct PeersTests {
    /// A network whose three members run a node each, two of which make a quorum.
    struct Ring {
        static let origins = [DemoNetwork.origin, "supplier.example/log", "carrier.example/log"]

        let network: DemoNetwork
        let directory: String

        init() throws {
            network = try DemoNetwork { document in
                let members = [
                    document.nodes[0].organisation, document.organisations[0].uri,
                    document.organisations[1].uri,
                ]
                let nodes = zip(Self.origins, members).map { origin, member in
                    LogNode(
                        origin: origin, organisation: member,
                        logKey: Self.key("log", origin).publicKey,
                        cosignerKey: Self.key("cosigner", origin).publicKey,
                        tlsKey: Self.key("tls", origin).publicKey)
                }
                return GenesisDocument(
                    name: document.name, createdMilliseconds: document.createdMilliseconds,
                    governors: document.governors, organisations: document.organisations,
                    nodes: nodes,
                    policy: Policy(quorum: 2, toleratedLiars: 0, furthestFutureSeconds: 300))
            }
            directory = NSTemporaryDirectory() + "cairn-peers-" + UUID().uuidString
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            for number in Self.origins.indices { try initialise(number) }
        }

        func initialise(_ number: Int) throws {
            try NodeRuntime.initialise(
                directory: path(number), genesis: network.file.encoded(),
                origin: Self.origins[number],
                logKeyPEM: try KeyFile.write(Self.key("log", Self.origins[number])),
                passphrase: nil)
        }

        func path(_ number: Int) -> String { "\(directory)/\(number)" }

        static func key(_ purpose: String, _ origin: String) -> SigningKey {
            let seed = Hash256.sha256(Array("peers test \(purpose) \(origin)".utf8)).bytes
            guard let key = try? SigningKey(ed25519Seed: seed) else {
                preconditionFailure("32 bytes are a seed")
            }
            return key
        }

        /// A node that calls those before it.
        func node(
            _ number: Int, calling others: [Int: NodeRuntime] = [:], alone: Bool = false,
            isPeer: Bool = true, keysOf owner: String? = nil
        ) throws -> NodeRuntime {
            let origin = Self.origins[number]
            var settings = NodeRuntime.Settings.quiet
            var addresses: [String: String] = [:]
            for (other, runtime) in others {
                addresses[Self.origins[other]] = runtime.running?.peers?.address?.description
            }
            settings.peers = PeerSettings(
                listen: "127.0.0.1:0", tlsKey: Self.key("tls", owner ?? origin),
                cosignerKey: Self.key("cosigner", owner ?? origin), addresses: addresses)
            if !isPeer { settings.peers = nil }
            settings.goesOnAlone = alone
            return try NodeRuntime(directory: path(number), settings: settings)
        }

        func commissioning(_ lot: String) throws -> Submission {
            let supplier = network.supplier
            let event = DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning", batches: [(supplier.batch(lot), "1")],
                site: supplier.site)
            return try network.submission(event: event, by: supplier)
        }
    }

    /// Waits until something holds; two minutes at most.
    static func waits(_ isSo: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private static func report(_ caller: HTTPCaller) async throws -> JSONValue {
        try JSONValue.parse(try await caller.get("/peers").body)
    }

    /// Runs three nodes until the body is done.
    static func serving(
        _ ring: Ring, _ body: ([NodeRuntime], [HTTPCaller]) async throws -> Void
    ) async throws {
        var nodes: [NodeRuntime] = []
        do {
            for number in Ring.origins.indices {
                let before = Dictionary(
                    uniqueKeysWithValues: nodes.enumerated().map { ($0.offset, $0.element) })
                let node = try ring.node(number, calling: before)
                try await node.start()
                nodes.append(node)
            }
            let callers = nodes.map { HTTPCaller(address: $0.address) }
            for caller in callers {
                try #require(await waits { try await caller.get("/readyz").status == 200 })
            }
            try await body(nodes, callers)
        } catch {
            for node in nodes { try? await node.stop() }
            throw error
        }
        for node in nodes { try await node.stop() }
    }

    @Test func `what contradicts an event of another log is taken, mirrored and shown`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let supplier = ring.network.supplier
        let batch = supplier.batch("LOT1")
        try await Self.serving(ring) { nodes, callers in
            for (number, kilograms) in ["5", "6"].enumerated() {
                let event = DemoNetwork.event(
                    "ObjectEvent", time: "2026-01-05T08:00:00Z",
                    """
                    "eventID":"urn:uuid:1","action":"ADD","bizStep":"commissioning",\
                    "bizLocation":{"id":"\(supplier.site)"},"quantityList":\
                    [\(DemoNetwork.quantities([(batch, kilograms)]))]
                    """)
                let submission = try ring.network.submission(event: event, by: supplier)
                #expect(try await callers[number].post(submission).status == 201)
            }
            let isShown = try await Self.waits {
                let answer = try await callers[2].get("/evidence/" + HTTPCaller.segment(batch))
                guard answer.status == 200 else { return false }
                let verified = try EvidenceVerifier(genesis: ring.network.file).verify(answer.body)
                return verified.judge().findings.contains { $0.code == .eventContradicted }
            }
            #expect(isShown)
        }
    }

    @Test func `keys that governance does not list for a node are told of among its peers`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        for (owner, purposes) in [(nil, []), ("a stranger", ["tls", "cosigner"])]
            as [(String?, [String])]
        {
            let node = try ring.node(0, alone: true, keysOf: owner)
            try await node.start()
            let report = try await Self.report(HTTPCaller(address: node.address))
            let keys = report["keys"]?.asArray ?? []
            #expect(keys.compactMap { $0["purpose"]?.asString } == purposes)
            #expect((report["keys"] == nil) == purposes.isEmpty)
            #expect(
                keys.allSatisfy { $0["reason"]?.asString?.contains("lists another") ?? false })
            try await node.stop()
        }
    }

    @Test func `what one node registers, a quorum cosigns, and every node can prove`() async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let submission = try ring.commissioning("LOT1")
        let id = try UnverifiedStatement.decode(submission.statement).id
        try await Self.serving(ring) { nodes, callers in
            #expect(try await callers[0].post(submission).status == 201)
            // The receipt becomes final.
            let path = "/entries/\(id.hex)"
            let isFinal = try await Self.waits {
                let receipt = try LogProof.parse(try await callers[0].get(path).body)
                return receipt.checkpoint.signatures.count >= 3
            }
            #expect(isFinal)
            let checkpoint = try SignedNote.parse(
                try await callers[0].get("/log/checkpoint").body)
            let governance = ring.network.state
            let known =
                governance.cosigners + [
                    try #require(governance.logVerifier(origin: Ring.origins[0], size: 4))
                ]
            #expect(try checkpoint.verify(known: known).signers.count >= 3)
            // Each node answers with evidence from all logs.
            let batch = HTTPCaller.segment(ring.network.supplier.batch("LOT1"))
            for caller in callers {
                let isWhole = try await Self.waits {
                    let bytes = try await caller.get("/evidence/\(batch)").body
                    let evidence = try EvidenceVerifier(genesis: ring.network.file).verify(bytes)
                    return evidence.logs.count == 3 && evidence.judge().outcome == .verified
                }
                #expect(isWhole)
            }
            let report = try await Self.report(callers[1])
            let peers = try #require(report["peers"]?.asArray)
            #expect(peers.count == 2)
            #expect(peers.allSatisfy { $0["connected"]?.asBool == true })
            #expect(peers.allSatisfy { $0["lag"]?.asNumber?.text == "0" })
            #expect(report["alarms"]?.asArray?.isEmpty == true)
            withExtendedLifetime(nodes) {}
        }
        for number in Ring.origins.indices {
            let check = try NodeRuntime.check(directory: ring.path(number)) { _, _ in }
            #expect(check.findings.isEmpty)
        }
    }

    /// The samples of the metrics about peers, by name and labels.
    private static func samples(_ caller: HTTPCaller) async throws -> [String: Double] {
        let text = try await caller.get("/metrics").text
        let names = [
            "cairn_peer_", "cairn_checkpoint_cos", "cairn_quorum", "cairn_cosigned", "cairn_alarms",
        ]
        let lines = text.split(separator: "\n").filter { line in
            names.contains { line.hasPrefix($0) }
        }
        return Dictionary(
            uniqueKeysWithValues: lines.compactMap { line in
                let words = line.split(separator: " ")
                return Double(words[1]).map { (String(words[0]), $0) }
            })
    }

    @Test func `metrics tell of each peer, of cosignatures and of alarms, and they move`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let peers = Ring.origins.dropFirst().map { "{peer=\"\($0)\"}" }
        try await Self.serving(ring) { nodes, callers in
            let isQuiet = try await Self.waits {
                let samples = try await Self.samples(callers[0])
                return samples["cairn_cosigned_entries"] == 2
                    && peers.allSatisfy { samples["cairn_peer_connected\($0)"] == 1 }
            }
            #expect(isQuiet)
            let before = try await Self.samples(callers[0])
            #expect(before["cairn_quorum"] == 2)
            #expect(before["cairn_alarms"] == 0)
            #expect(before.keys.count { $0.contains("{") } == 2 * 8)
            #expect(try await callers[0].post(try ring.commissioning("LOT1")).status == 201)
            let isFinal = try await Self.waits {
                let samples = try await Self.samples(callers[0])
                return samples["cairn_cosigned_entries"] == 4
                    && samples["cairn_checkpoint_cosignatures"] == 3
            }
            #expect(isFinal)
            let after = try await Self.samples(callers[0])
            for peer in peers {
                #expect(after["cairn_peer_lag_entries\(peer)"] == 0)
                #expect(after["cairn_peer_mirror_stopped\(peer)"] == 0)
                for name in ["received_bytes", "received_frames", "sent_bytes", "sent_frames"] {
                    let sample = "cairn_peer_\(name)_total\(peer)"
                    #expect(after[sample] ?? 0 > before[sample] ?? .infinity, "\(sample)")
                }
            }
            try await nodes[2].stop()
            let isGone = try await Self.waits {
                try await Self.samples(callers[0])["cairn_peer_connected\(peers[1])"] == 0
            }
            #expect(isGone)
        }
    }

    @Test func `a mirror that was stopped stays so after a restart, until its log has another key`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let origin = Ring.origins[0]
        let keys = [1: Ring.key("log", origin), 2: Ring.key("former log", origin)]
        var files: [Int: String] = [:]
        for (number, key) in keys {
            let folder = Replicas.directory(ofMirror: origin, node: ring.path(number))
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            let stop = MirrorStop(
                reason: "log.time: as told before", key: key.publicKey.thumbprint, note: [])
            let file = folder + "/" + Replicas.stopName
            try Data(stop.encoded()).write(to: URL(filePath: file))
            files[number] = file
        }
        func mirror(_ caller: HTTPCaller) async throws -> JSONValue? {
            try await Self.report(caller)["peers"]?.asArray?.first {
                $0["origin"]?.asString == origin
            }
        }
        try await Self.serving(ring) { _, callers in
            #expect(try await callers[0].post(try ring.commissioning("LOT1")).status == 201)
            let isMirrored = try await Self.waits {
                try await mirror(callers[2])?["size"]?.asNumber?.text == "4"
            }
            #expect(isMirrored)
            #expect(try await mirror(callers[2])?["stopped"] == nil)
            #expect(try !FileManager.default.fileExists(atPath: #require(files[2])))
            let stopped = try #require(try await mirror(callers[1]))
            #expect(stopped["stopped"]?.asString == "log.time: as told before")
            #expect(stopped["size"]?.asNumber?.text == "0")
            let samples = try await Self.samples(callers[1])
            #expect(samples["cairn_peer_mirror_stopped{peer=\"\(origin)\"}"] == 1)
            #expect(try FileManager.default.fileExists(atPath: #require(files[1])))
        }
    }

    @Test func `a node signs nothing before its peers say how far they know its log`() async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let node = try ring.node(0)
        try await node.start()
        let caller = HTTPCaller(address: node.address)
        let answer = try await caller.post(try ring.commissioning("LOT1"))
        #expect(answer.status == 503)
        #expect(answer.code == "node.unconfirmed")
        #expect(try await caller.get("/readyz").text.contains("unconfirmed"))
        // One of two is not enough: the quorum may have been the other two.
        let other = try ring.node(1, calling: [0: node])
        try await other.start()
        let isMet = try await Self.waits {
            try await Self.report(caller)["peers"]?.asArray?.contains {
                $0["connected"]?.asBool == true
            } ?? false
        }
        #expect(isMet)
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await caller.get("/readyz").text.contains("unconfirmed"))
        try await other.stop()
        try await node.stop()
        let alone = try ring.node(0, alone: true)
        try await alone.start()
        let second = HTTPCaller(address: alone.address)
        #expect(try await second.post(try ring.commissioning("LOT1")).status == 201)
        try await alone.stop()
    }

    /// Proof that the first node forked its log.
    private static func fork(in ring: Ring) throws -> Alarm {
        let origin = Ring.origins[0]
        let sides = try [UInt8(1), 2].map { number in
            let root = Hash256.sha256([number])
            let text = try Checkpoint(origin: origin, size: 9, root: root).text
            let note = try SignedNote.sign(text: text, name: origin, key: Ring.key("log", origin))
            return SplitView.Side(note: note.serialized(), root: root, proof: [])
        }
        return Alarm(
            network: ring.network.id, amendments: [],
            kind: .fork(SplitView(origin: origin, size: 9, sides[0], sides[1])))
    }

    @Test func `a log that lied counts until governors remove its node`() async throws {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        try await Self.serving(ring) { nodes, callers in
            let answer = try await callers[1].post(try ring.commissioning("LOT1"))
            #expect(answer.status == 201)
            for node in nodes {
                let hasAll = try await Self.waits {
                    let mirrors = node.running?.peers?.state.newest.mirrors ?? []
                    return mirrors.count == 2 && mirrors.allSatisfy { $0.checkpoint != nil }
                }
                #expect(hasAll)
            }
        }
        let alarm = try Self.fork(in: ring)
        for number in [1, 2] {
            var kept = try KeptAlarms(node: ring.path(number))
            try kept.keep(alarm)
        }
        let second = try ring.node(1, alone: true)
        try await second.start()
        let third = try ring.node(2, calling: [1: second], alone: true)
        try await third.start()
        let callers = [second, third].map { HTTPCaller(address: $0.address) }
        let batch = HTTPCaller.segment(ring.network.supplier.batch("LOT1"))
        func outcome(_ caller: HTTPCaller) async throws -> (Outcome, [String]) {
            let bytes = try await caller.get("/evidence/\(batch)").body
            let evidence = try EvidenceVerifier(genesis: ring.network.file).verify(bytes)
            let answer = evidence.judge()
            return (answer.outcome, answer.notConsulted)
        }
        let isContradicted = try await Self.waits {
            try await outcome(callers[0]).0 == .contradicted
        }
        #expect(isContradicted)
        let removal = try ring.network.submission(
            try ring.network.amendment(
                [.removeNode(origin: Ring.origins[0])], after: ring.network.state))
        let removed = try await callers[0].post(removal)
        #expect(removed.status == 201)
        for caller in callers {
            let isSo = try await Self.waits {
                let (outcome, notConsulted) = try await outcome(caller)
                return outcome == .verified && notConsulted.isEmpty
            }
            #expect(isSo)
            let report = try await Self.report(caller)
            #expect(report["alarms"]?.asArray?.isEmpty == true)
            #expect(report["peers"]?.asArray?.count == 1)
        }
        // Its own node, once it knows.
        let first = try ring.node(0, alone: true)
        try await first.start()
        let caller = HTTPCaller(address: first.address)
        let told = try await caller.post(removal)
        #expect(told.status == 201)
        let refused = try await caller.post(try ring.commissioning("LOT2"))
        #expect(refused.code == "node.removed")
        for node in [first, second, third] { try await node.stop() }
    }

    @Test func `a node whose log is accused registers nothing`() async throws {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let alarm = try Self.fork(in: ring)
        var kept = try KeptAlarms(node: ring.path(0))
        try kept.keep(alarm)
        let node = try ring.node(0, alone: true)
        try await node.start()
        let caller = HTTPCaller(address: node.address)
        #expect(
            try await Self.waits { try await caller.get("/healthz").text.contains("convicted") })
        let answer = try await caller.post(try ring.commissioning("LOT1"))
        #expect(answer.code == "node.convicted")
        #expect(try await Self.samples(caller)["cairn_alarms"] == 1)
        let told = try await caller.get("/alarms/\(alarm.digest.hex)")
        #expect(told.body == alarm.encoded())
        #expect(try await caller.get("/alarms/\(Hash256.zero.hex)").status == 404)
        try await node.stop()
        let other = try ring.node(1, alone: true)
        try await other.start()
        let second = HTTPCaller(address: other.address)
        #expect(try await second.post(try ring.commissioning("LOT1")).status == 201)
        try await other.stop()
    }

    @Test func `a node put back to an old copy signs nothing that its peers know otherwise`()
        async throws
    {
        let ring = try Ring()
        defer { try? FileManager.default.removeItem(atPath: ring.directory) }
        let copy = ring.directory + "/copy"
        try FileManager.default.copyItem(atPath: ring.path(0), toPath: copy)
        try await Self.serving(ring) { _, callers in
            #expect(try await callers[0].post(try ring.commissioning("LOT1")).status == 201)
            let isMirrored = try await Self.waits {
                let peers = try await Self.report(callers[1])["peers"]?.asArray ?? []
                return peers.contains {
                    $0["origin"]?.asString == Ring.origins[0] && $0["size"]?.asNumber?.text == "4"
                }
            }
            #expect(isMirrored)
        }
        try FileManager.default.removeItem(atPath: ring.path(0))
        try FileManager.default.moveItem(atPath: copy, toPath: ring.path(0))
        let other = try ring.node(1)
        try await other.start()
        let node = try ring.node(0, calling: [1: other])
        try await node.start()
        let caller = HTTPCaller(address: node.address)
        let isBehind = try await Self.waits {
            try await caller.get("/healthz").text.contains("behind")
        }
        #expect(isBehind)
        let answer = try await caller.post(try ring.commissioning("LOT2"))
        #expect(answer.code == "node.behind")
        try await node.stop()
        try await other.stop()
    }
}
