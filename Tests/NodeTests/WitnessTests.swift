import EPCIS
import Foundation
import HTTPAPI
import MerkleTrees
import Notes
import Records
import Signatures
import Storage
import Support
import Testing

@testable import Node

/// A log of its own that a witness may cosign, with trees as RFC 6962 §2.1 defines them.
struct ForeignLog {
    let origin: String
    let key: SigningKey
    var leaves: [Hash256]

    init(_ origin: String, leaves count: Int = 0) throws {
        self.origin = origin
        key = try SigningKey(ed25519Seed: Hash256.sha256(Array(origin.utf8)).bytes)
        leaves = (0..<count).map { Hash256.sha256([0, UInt8(truncatingIfNeeded: $0)]) }
    }

    var vkey: String { get throws { try NoteVerifier(name: origin, key: key.publicKey).vkey } }

    private static func root(_ leaves: ArraySlice<Hash256>) -> Hash256 {
        guard leaves.count > 1 else { return leaves.first ?? Hash256.sha256([]) }
        let middle = leaves.startIndex + split(leaves.count)
        return Hash256.sha256(
            [1] + root(leaves[..<middle]).bytes + root(leaves[middle...]).bytes)
    }

    private static func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }

    /// PROOF(m, D[n]) of RFC 6962 §2.1.2.
    private static func proof(
        _ old: Int, _ leaves: ArraySlice<Hash256>, isWhole: Bool
    ) -> [Hash256] {
        guard old < leaves.count else { return isWhole ? [] : [root(leaves)] }
        let middle = split(leaves.count)
        let (left, right) = (leaves.prefix(middle), leaves.dropFirst(middle))
        return old <= middle
            ? proof(old, left, isWhole: isWhole) + [root(right)]
            : proof(old - middle, right, isWhole: false) + [root(left)]
    }

    func root(_ size: Int) -> Hash256 { Self.root(leaves.prefix(size)) }

    func proof(_ old: Int, _ size: Int) -> [Hash256] {
        old == 0 ? [] : Self.proof(old, leaves.prefix(size), isWhole: true)
    }

    /// The signed checkpoint of a size, perhaps with another root.
    func checkpoint(_ size: Int, root: Hash256? = nil) throws -> String {
        let root = Base64.standard.encode((root ?? self.root(size)).bytes)
        let note = try SignedNote.sign(
            text: "\(origin)\n\(size)\n\(root)\n", name: origin, key: key)
        return String(decoding: note.serialized(), as: UTF8.self)
    }

    /// A request to cosign a size.
    func request(
        old: Int, _ size: Int, proof: [Hash256]? = nil, checkpoint: String? = nil
    ) throws -> String {
        let hashes = (proof ?? self.proof(old, size)).map {
            Base64.standard.encode($0.bytes) + "\n"
        }
        return try "old \(old)\n\(hashes.joined())\n" + (checkpoint ?? self.checkpoint(size))
    }
}

/// A node as a witness of other logs (c2sp.org/tlog-witness, SPEC §25.7).
@Suite struct WitnessTests {
    private static let key = try? SigningKey(ed25519Seed: [UInt8](repeating: 0x57, count: 32))

    private static func settings(_ vkeys: String...) throws -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.witness = WitnessSettings(
            key: try #require(key),
            logs: try WitnessLogs(parsing: Array((vkeys.joined(separator: "\n") + "\n").utf8)))
        return settings
    }

    /// A node whose witness key is on record.
    private static func witness() throws -> TestNode {
        let node = try TestNode()
        _ = try NodeRuntime.addWitnessKey(
            try #require(key).publicKey, directory: node.directory)
        return node
    }

    private static func verifier() throws -> NoteVerifier {
        try NoteVerifier(
            name: DemoNetwork.origin + "/witness", key: try #require(key).publicKey,
            kind: .cosignature)
    }

    private static func path(_ origin: String) -> String {
        "/witness/\(Hash256.sha256(Array(origin.utf8)).hex)/checkpoint"
    }

    /// One exchange of litewitness's published test.
    private struct Exchange {
        var request: String
        var status: Int
        var body: String?
    }

    private static func exchanges(_ name: String) throws -> [Exchange] {
        let bytes = try Vectors.bytes("torchwood-litewitness/\(name).hurl")
        let text = String(decoding: bytes, as: UTF8.self)
        return try text.components(separatedBy: "POST http").dropFirst().map { part in
            let pieces = part.components(separatedBy: "```\n")
            let status = try #require(pieces[2].firstMatch(of: /HTTP ([0-9]+)/)?.1)
            let body = pieces[2].firstMatch(of: /body == "([0-9]+)\\n"/)?.1
            return Exchange(
                request: pieces[1], status: try #require(Int(status)),
                body: body.map { "\($0)\n" })
        }
    }

    @Test func `litewitness's own tests are answered as there, but for unknown logs`() async throws
    {
        let hash = "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
        let raw = try #require(
            Hash256(hex: "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"))
        let sigsum = try NoteVerifier(
            name: "sigsum.org/v1/tree/\(hash)", key: try VerificationKey(ed25519: raw.bytes))
        let golang = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
        let settings = try Self.settings(
            "# two logs", "", sigsum.vkey, "\(golang) go.sum database tree")
        let exchanges = try Self.exchanges("litewitness") + Self.exchanges("sumdb")
        #expect(exchanges.map(\.status) == [200, 403, 403, 422, 422, 200, 409, 200, 409, 200])
        try await Self.witness().serve(settings) { _, caller in
            for (number, exchange) in exchanges.enumerated() {
                let answer = try await caller.addCheckpoint(exchange.request)
                // tlog-witness says 404 since its version 1.0.0.
                #expect(answer.status == (number == 2 ? 404 : exchange.status), "\(number)")
                if let body = exchange.body {
                    #expect(answer.text == body)
                    #expect(answer.type == "text/x.tlog.size")
                }
                guard answer.status == 200 else { continue }
                #expect(answer.type == "text/plain; charset=utf-8")
                let note = exchange.request.components(separatedBy: "\n\n")[1] + "\n"
                let line = try #require(SignedNote.parseSignatures(answer.body[...]).first)
                let time = try Cosignature.verify(
                    line, checkpointText: note, by: try Self.verifier())
                #expect(time > 0)
            }
            let newest = try await caller.get(Self.path("go.sum database tree"))
            let verified = try SignedNote.parse(newest.body).verify(known: [
                try Self.verifier(), try NoteVerifier(vkey: golang),
            ])
            #expect(verified.signers.count == 2)
            #expect(verified.text.hasPrefix("go.sum database tree\n35225469\n"))
        }
    }

    @Test func `each case has the status that the specification gives it`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 40)
        let stranger = try ForeignLog("stranger.example/log", leaves: 8)
        let garbage = [Hash256.sha256([9])]
        let forged = try log.checkpoint(12).replacing("\n12\n", with: "\n13\n")
        let unsigned = try stranger.checkpoint(8).replacing(
            stranger.origin + "\n", with: log.origin + "\n")
        func other(_ size: Int) throws -> String { try log.checkpoint(size, root: .zero) }
        let cases: [(String, Int, String?)] = [
            ("nonsense", 400, "witness.request"),
            (try stranger.request(old: 0, 8), 404, "witness.log"),
            (try log.request(old: 0, 12, checkpoint: forged), 403, "witness.signature"),
            (try log.request(old: 0, 8, checkpoint: unsigned), 403, "witness.signature"),
            (try log.request(old: 13, 12, proof: []), 400, "witness.request"),
            (try log.request(old: 5, 12), 409, nil),
            (try log.request(old: 0, 0, checkpoint: other(0)), 422, "witness.proof"),
            (try log.request(old: 0, 0), 200, nil),
            (try log.request(old: 0, 12, proof: garbage), 422, "witness.proof"),
            (try log.request(old: 0, 12), 200, nil),
            (try log.request(old: 12, 12), 200, nil),
            (try log.request(old: 12, 12, proof: garbage), 422, "witness.proof"),
            (try log.request(old: 12, 12, checkpoint: other(12)), 422, "witness.proof"),
            (try log.request(old: 12, 30, proof: []), 422, "witness.proof"),
            (try log.request(old: 12, 30, checkpoint: other(30)), 422, "witness.proof"),
            (try log.request(old: 0, 0), 409, nil),
            (try log.request(old: 12, 30), 200, nil),
            (try log.request(old: 12, 40), 409, nil),
            (try log.request(old: 30, 12, proof: []), 400, "witness.request"),
            (try log.request(old: 0, 12), 409, nil),
        ]
        try await Self.witness().serve(Self.settings(try log.vkey)) { _, caller in
            #expect(try await caller.get(Self.path(log.origin)).code == "witness.log")
            for (number, (request, status, code)) in cases.enumerated() {
                let answer = try await caller.addCheckpoint(request)
                #expect(answer.status == status, "\(number): \(answer.text)")
                #expect(answer.code == code, "\(number)")
            }
            #expect(try await caller.addCheckpoint(try log.request(old: 5, 40)).text == "30\n")
            let health = try JSONValue.parse(try await caller.get("/healthz").body)
            #expect(health["witness"]?.asString == (try Self.verifier().vkey))
        }
    }

    @Test func `what was cosigned outlives a restart, and every size leads to every other`()
        async throws
    {
        let log = try ForeignLog("other.example/log", leaves: 17)
        let node = try Self.witness()
        var last = 0
        for step in [[1, 2, 3], [5, 8], [16, 17]] {
            try await node.serve(Self.settings(try log.vkey)) { _, caller in
                #expect(
                    try await caller.addCheckpoint(try log.request(old: 18, 18)).status == 409)
                for size in step {
                    let answer = try await caller.addCheckpoint(try log.request(old: last, size))
                    #expect(answer.status == 200, "\(last) to \(size): \(answer.text)")
                    last = size
                }
                let back = try await caller.addCheckpoint(try log.request(old: 0, 1))
                #expect(back.text == "\(last)\n")
            }
        }
    }

    @Test func `of requests at once that begin at one size only one is cosigned`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 30)
        try await Self.witness().serve(Self.settings(try log.vkey)) { _, caller in
            #expect(try await caller.addCheckpoint(try log.request(old: 0, 5)).status == 200)
            let answers = try await withThrowingTaskGroup(of: (Int, HTTPCaller.Answer).self) {
                group in
                for size in 6...17 {
                    let request = try log.request(old: 5, size)
                    group.addTask { (size, try await caller.addCheckpoint(request)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let cosigned = answers.filter { $0.1.status == 200 }.map(\.0)
            #expect(cosigned.count == 1)
            for (_, answer) in answers where answer.status != 200 {
                #expect(answer.status == 409)
                #expect(answer.text == "\(cosigned.first ?? 0)\n")
            }
        }
    }

    @Test func `nothing is written for what is not cosigned anew`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 30)
        let node = try Self.witness()
        try await node.serve(Self.settings(try log.vkey)) { _, caller in
            #expect(try await caller.addCheckpoint(try log.request(old: 0, 20)).status == 200)
            let file = node.directory + "/" + ServiceState.fileName + "-wal"
            let before = try Data(contentsOf: URL(filePath: file))
            #expect(!before.isEmpty)
            for request in [
                try log.request(old: 20, 20), try log.request(old: 20, 30, proof: []),
                try log.request(old: 0, 30), try ForeignLog("x", leaves: 3).request(old: 0, 3),
                try log.request(old: 20, 30, checkpoint: log.checkpoint(29) + "x"),
            ] {
                _ = try await caller.addCheckpoint(request)
            }
            #expect(try Data(contentsOf: URL(filePath: file)) == before)
            // The control: a step is written.
            #expect(try await caller.addCheckpoint(try log.request(old: 20, 30)).status == 200)
            #expect(try Data(contentsOf: URL(filePath: file)) != before)
        }
    }

    @Test func `a log goes on a hundred times at once and ten times a second`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 140)
        var settings = try Self.settings(try log.vkey)
        settings.nowMilliseconds = { 1_790_000_000_000 }
        try await Self.witness().serve(settings) { _, caller in
            for size in 1...100 {
                let answer = try await caller.addCheckpoint(try log.request(old: size - 1, size))
                #expect(answer.status == 200)
            }
            let refused = try await caller.addCheckpoint(try log.request(old: 100, 101))
            #expect(refused.code == "node.busy")
            #expect(try await caller.addCheckpoint(try log.request(old: 100, 100)).status == 200)
        }
    }

    @Test func `a node without a witness key says that it is no witness`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 3)
        try await TestNode().serve { _, caller in
            let answer = try await caller.addCheckpoint(try log.request(old: 0, 3))
            #expect(answer.status == 404)
            #expect(answer.code == "witness.none")
            #expect(try await caller.get(Self.path(log.origin)).status == 404)
            #expect(!(try await caller.get("/healthz").text.contains("witness")))
        }
    }

    @Test func `a key that is not on record, or has another purpose, is refused`() async throws {
        let log = try ForeignLog("other.example/log")
        let node = try TestNode()
        await #expect(throws: NodeError.self) {
            try await node.serve(Self.settings(try log.vkey)) { _, _ in }
        }
        let other = try TestNode()
        _ = try NodeRuntime.addWitnessKey(
            other.network.logKey.publicKey, directory: other.directory)
        var settings = try Self.settings(try log.vkey)
        settings.witness?.key = other.network.logKey
        do {
            try await other.serve(settings) { _, _ in }
            Issue.record("served")
        } catch let error as NodeError {
            #expect(error.code == "node.witness-key")
            #expect(error.reason.contains("another purpose"))
        }
    }

    @Test func `a restored node has given up its witness keys`() async throws {
        let log = try ForeignLog("other.example/log", leaves: 9)
        let node = try Self.witness()
        let backup = node.sibling("node.backup")
        try await node.serve(Self.settings(try log.vkey)) { _, caller in
            #expect(try await caller.addCheckpoint(try log.request(old: 0, 4)).status == 200)
            _ = try NodeRuntime.backup(directory: node.directory, to: backup, withKey: false)
            #expect(try await caller.addCheckpoint(try log.request(old: 4, 9)).status == 200)
        }
        let restored = node.sibling("restored")
        _ = try NodeRuntime.restore(
            backup, to: restored, alone: true,
            logKeyPEM: try KeyFile.write(node.network.logKey))
        let runtime = try NodeRuntime(
            directory: restored, settings: try Self.settings(try log.vkey))
        do {
            try await runtime.start()
            try await runtime.stop()
            Issue.record("it cosigns again from size 4")
        } catch {
            #expect(error.code == "node.witness-key")
            #expect(error.reason.contains("restored from a backup"))
        }
    }

    @Test func `a list of logs that cannot be read is refused with its line`() throws {
        let vkey = try ForeignLog("other.example/log").vkey
        for (text, line) in [
            ("nonsense\n", 1), ("# one\n\nother.example+00000000+AAAA\n", 3),
            ("\(vkey)\n\(vkey)\n", 2), (vkey.dropLast(4) + "\n", 1),
        ] {
            #expect {
                try WitnessLogs(parsing: Array(text.utf8))
            } throws: { error in
                let error = error as? NodeError
                return error?.code == "node.witness-logs"
                    && error?.reason.contains("line \(line)") == true
            }
        }
        #expect(throws: NodeError.self) { try WitnessLogs(parsing: [0xFF]) }
        #expect(try WitnessLogs(parsing: []).count == 0)
        #expect(try WitnessLogs(parsing: Array("\(vkey) a\n\(vkey) b\n".utf8)).count == 2)
    }
}
