import Client
import Foundation
import HTTPAPI
import Logging
import Records
import Support
import Testing

/// A client and a node that speak TLS: whom the client believes and whom it does not.
struct TLSTests {
    private let place: TemporaryDirectory
    private let certificates: TestCertificates

    init() throws {
        place = try TemporaryDirectory()
        certificates = try TestCertificates(in: URL(filePath: place.path))
    }

    /// What asking for a checkpoint ends with: nil for an answer.
    private func ask(
        _ pair: (certificate: [UInt8], key: [UInt8]), authority: String?, host: String = "localhost"
    ) async throws -> ClientError? {
        let tls = try ServerTLS(certificatePEM: pair.certificate, keyPEM: pair.key)
        let listener = try await HTTPListener.start(
            service: AnsweringNode(), address: .ephemeral,
            callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)), tls: tls,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let client = try NodeClient(
            url: "https://\(host):\(listener.address.port)",
            identity: ClientIdentity(authorityFile: authority))
        var failure: ClientError?
        do {
            #expect(try await client.checkpoint() == Array("note".utf8))
        } catch {
            failure = error
        }
        await listener.stop(drainSeconds: 1)
        return failure
    }

    private func isRefused(_ error: ClientError?) -> Bool {
        // In words, without the names of a library's types.
        if case .unreachable(let reason) = error { !reason.contains("SSL") } else { false }
    }

    @Test func `a certificate of a believed authority for the host is taken`() async throws {
        let good = try certificates.make("good")
        let authority = certificates.authority.path()
        #expect(try await ask(good, authority: authority) == nil)
        #expect(try await ask(good, authority: authority, host: "127.0.0.1") == nil)
    }

    @Test func `an expired one is refused`() async throws {
        let old = try certificates.make("old", days: -1)
        #expect(isRefused(try await ask(old, authority: certificates.authority.path())))
    }

    @Test func `one for another host is refused`() async throws {
        let other = try certificates.make("other", hosts: "DNS:elsewhere.example,IP:10.0.0.1")
        let authority = certificates.authority.path()
        #expect(isRefused(try await ask(other, authority: authority)))
        #expect(isRefused(try await ask(other, authority: authority, host: "127.0.0.1")))
    }

    @Test func `a stranger's is refused, and one that signed itself`() async throws {
        let good = try certificates.make("good")
        let unknown = try await ask(good, authority: nil)
        #expect(isRefused(unknown))
        #expect("\(try #require(unknown))".contains("--ca-file"))
        let folder = URL(filePath: place.path).appending(path: "stranger")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let stranger = try TestCertificates(in: folder)
        #expect(isRefused(try await ask(good, authority: stranger.authority.path())))
        let own = (
            certificate: [UInt8](try Data(contentsOf: stranger.authority)),
            key: [UInt8](try Data(contentsOf: URL(filePath: stranger.path("ca.key"))))
        )
        #expect(isRefused(try await ask(own, authority: certificates.authority.path())))
    }

    @Test func `a port without TLS and a name that is none are told in words`() async throws {
        let listener = try await HTTPListener.start(
            service: AnsweringNode(), address: .ephemeral, callers: .loopback(as: .stranger),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let plain = try NodeClient(url: "https://127.0.0.1:\(listener.address.port)")
        await #expect {
            try await plain.checkpoint()
        } throws: {
            "\($0)".contains("does not speak TLS: try http://")
        }
        await listener.stop(drainSeconds: 1)
        let nowhere = try NodeClient(url: "https://node.invalid")
        await #expect {
            try await nowhere.checkpoint()
        } throws: {
            "\($0)".contains("cannot be found")
        }
    }

    @Test(arguments: [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)])
    func `TLS 1.2 and 1.3 are spoken, nothing older`(version: String, isSpoken: Bool) async throws {
        let good = try certificates.make("good")
        let tls = try ServerTLS(certificatePEM: good.certificate, keyPEM: good.key)
        let listener = try await HTTPListener.start(
            service: AnsweringNode(), address: .ephemeral, callers: .loopback(as: .stranger),
            tls: tls, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = listener.address.port
        let outcome = try await Self.onThread {
            // Security level 0, so that it is the node that refuses the old version.
            try CairnProcess.run(
                URL(filePath: "/usr/bin/openssl"),
                [
                    "s_client", "-connect", "127.0.0.1:\(port)", version, "-cipher",
                    "DEFAULT@SECLEVEL=0",
                ])
        }
        await listener.stop(drainSeconds: 1)
        #expect(outcome.output.contains("Cipher is (NONE)") != isSpoken, "\(outcome.output)")
    }

    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    @Test func `what is no certificate, no key, or not its key is refused at the start`() throws {
        let one = try certificates.make("one")
        let two = try certificates.make("two")
        #expect(throws: ListenError.self) {
            try ServerTLS(certificatePEM: one.certificate, keyPEM: two.key)
        }
        #expect(throws: ListenError.self) {
            try ServerTLS(certificatePEM: one.key, keyPEM: one.key)
        }
        #expect(throws: ListenError.self) {
            try ServerTLS(certificatePEM: one.certificate, keyPEM: one.certificate)
        }
        #expect(throws: ListenError.self) { try ServerTLS(certificatePEM: [], keyPEM: one.key) }
    }

    @Test func `a token is sent over TLS or within this machine only`() throws {
        let identity = ClientIdentity(credential: .secret("cairn_x"))
        for url in ["http://ledger.example", "http://10.0.0.1:80", "http://127.0.0.1.example"] {
            #expect(throws: ClientError.self) { try NodeClient(url: url, identity: identity) }
            _ = try NodeClient(url: url)
        }
        for url in ["https://ledger.example", "http://127.0.0.1:80", "http://[::1]:80"] {
            _ = try NodeClient(url: url, identity: identity)
        }
    }
}
