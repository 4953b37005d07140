import Client
import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Signatures
import Support
import Synchronization
import Testing
import Verdicts

@testable import Node

/// Calls to one node as somebody, over the wire.
struct Asker: Sendable {
    var port: Int
    var credential: String?

    func ask(
        _ method: String = "GET", _ target: String, accept: String? = nil,
        type: String = "application/vnd.cairn.submission+cbor", body: [UInt8]? = nil
    ) async throws -> RawAnswer {
        var fields = ["content-type": type]
        fields["authorization"] = credential.map { "Bearer \($0)" }
        fields["accept"] = accept
        return try await RawAnswer.ask(port, method, target, fields: fields, body: body)
    }

    func `as`(_ credential: String?) -> Asker { Asker(port: port, credential: credential) }
}

struct AccessTests {
    private static func secret(
        _ node: TestNode, _ name: String, _ role: AccessRole, _ organisation: String,
        days: UInt64 = 30
    ) throws -> String {
        let now = SystemClock.nowMilliseconds()
        return try TokenFile(directory: node.directory).add(
            name: name, role: role, organisation: organisation,
            expiresMilliseconds: now + days * 86_400_000, nowMilliseconds: now)
    }

    @Test func `secrets count from the request after they are made until they are revoked`()
        async throws
    {
        let node = try TestNode()
        try await node.serve(exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port)
            let manifest = "/log/manifest/0"
            #expect(try await asker.ask("GET", manifest).status == 401)
            let secret = try Self.secret(node, "erp", .reader, node.network.carrier.uri)
            #expect(try await asker.as(secret).ask("GET", manifest).status == 200)
            #expect(try await asker.as(secret).ask("GET", "/metrics").status == 403)
            let second = try Self.secret(node, "ops", .nodeOperator, node.network.wholesaler.uri)
            #expect(try await asker.as(second).ask("GET", "/metrics").status == 200)
            try TokenFile(directory: node.directory).revoke(name: "erp")
            let revoked = try await asker.as(secret).ask("GET", manifest)
            #expect(revoked.status == 401)
            #expect(revoked.text.contains("access.token"))
            #expect(try await asker.as(second).ask("GET", manifest).status == 200)
        }
    }

    @Test func `a secret is kept as a hash, with name, role, expiry and the day of its use`()
        async throws
    {
        let node = try TestNode()
        let file = TokenFile(directory: node.directory)
        let secret = try Self.secret(node, "erp", .submitter, node.network.carrier.uri)
        #expect(try file.tokens().first?.lastUsed == nil)
        try await node.serve(exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port, credential: secret)
            let answer = try await asker.ask("GET", "/log/manifest/0")
            #expect(answer.status == 200)
        }
        let token = try #require(try file.tokens().first)
        #expect(token.name == "erp")
        #expect(token.role == "submitter")
        #expect(token.lastUsed?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
        for name in try node.files() where name.hasPrefix("token") {
            let path = node.directory + "/" + name
            let bytes = try Data(contentsOf: URL(filePath: path))
            #expect(!String(decoding: bytes, as: UTF8.self).contains(secret.dropFirst(6)))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600, "\(name)")
        }
    }

    @Test func `expired, malformed and misplaced secrets are refused`() async throws {
        let node = try TestNode()
        let other = try TestNode()
        let now = Mutex(SystemClock.nowMilliseconds())
        var settings = NodeRuntime.Settings.quiet
        settings.nowMilliseconds = { now.withLock { $0 } }
        let secret = try Self.secret(node, "erp", .reader, node.network.carrier.uri, days: 1)
        let foreign = try Self.secret(other, "erp", .reader, node.network.carrier.uri)
        let stranger = try Self.secret(node, "who", .reader, "urn:x:nobody")
        try await node.serve(settings, exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port)
            func code(_ credential: String) async throws -> String? {
                let answer = try await asker.as(credential).ask("GET", "/log/manifest/0")
                let code = /"code":"([a-z.-]+)"/
                return answer.text.firstMatch(of: code).map { String($0.1) }
            }
            let good = try await code(secret)
            #expect(good == nil)
            #expect(try await code(foreign) == "access.token")
            #expect(try await code(stranger) == "access.organisation")
            #expect(try await code("cairn_" + String(repeating: "A", count: 43)) == "access.token")
            #expect(try await code("cairn_x") == "access.token")
            #expect(try await code("x") == "access.token")
            now.withLock { $0 += 86_400_000 + 60_000 }
            #expect(try await code(secret) == "access.expired")
        }
    }

    @Test func `while the list cannot be read no secret counts`() async throws {
        let node = try TestNode()
        let secret = try Self.secret(node, "erp", .reader, node.network.carrier.uri)
        let path = node.directory + "/" + TokenFile.name
        let good = try Data(contentsOf: URL(filePath: path))
        try await node.serve(exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port, credential: secret)
            for bad in [Data("{".utf8), Data(), Data(good.dropLast(4))] {
                try bad.write(to: URL(filePath: path))
                #expect(try await asker.ask("GET", "/log/manifest/0").status == 401)
            }
            try good.write(to: URL(filePath: path))
            #expect(try await asker.ask("GET", "/log/manifest/0").status == 200)
        }
    }

    @Test func `names, roles and expiries that cannot be are refused`() throws {
        let node = try TestNode()
        let carrier = node.network.carrier.uri
        _ = try Self.secret(node, "erp", .reader, carrier)
        #expect(throws: NodeError.self) { try Self.secret(node, "erp", .reader, carrier) }
        #expect(throws: NodeError.self) { try Self.secret(node, "a b", .reader, carrier) }
        #expect(throws: NodeError.self) { try Self.secret(node, "p", .open, carrier) }
        #expect(throws: NodeError.self) { try Self.secret(node, "o", .nodeOperator, carrier) }
        #expect(throws: NodeError.self) { try Self.secret(node, "d", .reader, carrier, days: 0) }
        #expect(throws: NodeError.self) { try Self.secret(node, "d", .reader, carrier, days: 367) }
        #expect(throws: NodeError.self) {
            try TokenFile(directory: node.directory).revoke(name: "nobody")
        }
    }

    @Test func `two hashes are compared to their end`() {
        #expect(NodeAccess.isEqual([1, 2, 3], [1, 2, 3]))
        #expect(!NodeAccess.isEqual([0, 2, 3], [1, 2, 3]))
        #expect(!NodeAccess.isEqual([1, 2, 4], [1, 2, 3]))
        #expect(!NodeAccess.isEqual([1, 2], [1, 2, 3]))
    }

    @Test func `a member's reader key opens what its members may see, once governance has it`()
        async throws
    {
        let (network, key) = try DemoNetwork.withReaderKey()
        let node = try TestNode(network)
        try await node.serve(exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port)
            func token(_ path: String, _ audience: String = DemoNetwork.origin) throws -> String {
                Base64.url.encode(
                    try ReaderToken.sign(
                        .init(audience: audience, method: "GET", path: path),
                        organisation: network.supplier.uri, key: key,
                        issuedAtSeconds: SystemClock.nowMilliseconds() / 1_000))
            }
            let path = "/evidence/urn:x:y"
            let target = path + "?scope=subject"
            let own = asker.as(try token(path))
            #expect(try await own.ask("GET", target).status == 200)
            #expect(try await own.ask("GET", "/log/manifest/0").status == 401)
            #expect(try await own.ask("HEAD", target).status == 401)
            let elsewhere = asker.as(try token(path, "x.example"))
            #expect(try await elsewhere.ask("GET", target).status == 401)
            let metrics = asker.as(try token("/metrics"))
            #expect(try await metrics.ask("GET", "/metrics").status == 403)
        }
    }

    @Test func `the client makes a token for each of its calls`() async throws {
        let (network, key) = try DemoNetwork.withReaderKey()
        let node = try TestNode(network)
        try await node.serve(exposure: .proxied) { runtime, _ in
            let supplier = network.supplier.uri
            let member = ClientIdentity(
                credential: .readerKey(key, organisation: supplier, origin: DemoNetwork.origin))
            let client = try NodeClient(url: runtime.url, identity: member)
            for _ in 0..<2 {
                let file = try await client.evidence(about: "urn:x:y", scope: .subject)
                #expect(!file.isEmpty)
            }
            let misled = ClientIdentity(
                credential: .readerKey(key, organisation: supplier, origin: "other.example/log"))
            let other = try NodeClient(url: runtime.url, identity: misled)
            await #expect(throws: ClientError.self) {
                try await other.evidence(about: "urn:x:y", scope: .subject)
            }
        }
    }

    @Test func `a suspended organisation's secrets and keys count no more`() async throws {
        let (network, _) = try DemoNetwork.withReaderKey()
        let node = try TestNode(network)
        let secret = try Self.secret(node, "erp", .submitter, network.supplier.uri)
        try await node.serve(exposure: .proxied) { runtime, _ in
            let asker = Asker(port: runtime.address.port, credential: secret)
            #expect(try await asker.ask("GET", "/log/manifest/0").status == 200)
            let body = try network.amendment(
                [.suspend(organisation: network.supplier.uri, fromMilliseconds: 0)],
                after: network.state)
            let sent = try await asker.ask(
                "POST", "/entries", body: network.submission(body).encoded())
            #expect(sent.status == 201)
            let refused = try await asker.ask("GET", "/log/manifest/0")
            #expect(refused.status == 403)
            #expect(refused.text.contains("access.organisation"))
        }
    }
}
