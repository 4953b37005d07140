import Foundation
import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// Private keys, passphrases and tokens are looked for in everything a node writes, prints and
/// answers, after a run that used them all.
@Suite(.serialized) struct `Secrets stay where they belong` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let passphrase = "correct horse battery staple 7731"

    /// What must be found nowhere: each secret as bytes, as hex and in both base64 alphabets.
    private static func forms(_ secrets: [[UInt8]]) -> [[UInt8]] {
        secrets.flatMap { secret in
            [
                secret, Array(secret.map { byte in String(format: "%02x", byte) }.joined().utf8),
                Array(Base64.standard.encode(secret).utf8), Array(Base64.url.encode(secret).utf8),
            ]
        }
    }

    /// The seed at the end of an unencrypted Ed25519 key file.
    private static func seed(_ pem: [UInt8]) throws -> [UInt8] {
        let lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        // Words may stand before the key.
        let body = lines.drop { !$0.hasPrefix("-") }.filter { !$0.hasPrefix("-") }.joined()
        return Array(try #require(Base64.standard.decode(body)).suffix(32))
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    private static func isFound(_ needles: [[UInt8]], in haystack: [UInt8]) -> Bool {
        let haystack = Data(haystack)
        return needles.contains { haystack.range(of: Data($0)) != nil }
    }

    @Test func `after a run that used them all none is found`() async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let logSeed = try Self.seed(Self.bytes(DemoPlace.key("log")))
        let farmSeed = try Self.seed(Self.bytes(DemoPlace.key("farm")))
        let directory = try Self.makeNode(place)
        let certificates = try TestCertificates(in: place.folder)
        let tls = try certificates.make("node")
        let token = place.folder.appending(path: "token")
        let secret = try Self.token(directory, token)
        let errors = place.folder.appending(path: "stderr")
        let options = ["--passphrase-file", place.folder.appending(path: "pass").path()]

        var written = try Self.overTLS(directory, options, certificates, token, errors)
        written += try await Self.overPlain(directory, options, secret, errors)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path()) {
            written.append(try Self.bytes(directory.appending(path: name).path()))
        }
        let tlsBody = String(decoding: tls.key, as: UTF8.self).split(separator: "\n")[1]
        let secretBytes = try #require(Base64.url.decode(secret.dropFirst(6)))
        let needles =
            Self.forms([logSeed, farmSeed, secretBytes])
            + [Array(Self.passphrase.utf8), Array(tlsBody.utf8)]
        // The search finds what is there.
        #expect(Self.isFound(needles, in: try Self.bytes(token.path())))
        #expect(Self.isFound(needles, in: tls.key))
        #expect(Self.isFound(needles, in: [1, 2] + farmSeed + [3]))
        #expect(written.count > 20)
        for (index, bytes) in written.enumerated() {
            #expect(!Self.isFound(needles, in: bytes), "in text \(index)")
        }
    }

    /// A node whose log key has a passphrase.
    private static func makeNode(_ place: DemoPlace) throws -> URL {
        let key = try KeyFile.read(pem: bytes(DemoPlace.key("log")), passphrase: nil)
        let pem = try KeyFile.write(key, passphrase: Array(passphrase.utf8))
        let (file, pass) = (
            place.folder.appending(path: "log.pem"), place.folder.appending(path: "pass")
        )
        try Data(pem).write(to: file)
        try Data((passphrase + "\n").utf8).write(to: pass)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: pass.path())
        let node = place.folder.appending(path: "node")
        let made = try CairnProcess.run([
            "init", node.path(), "--genesis", DemoPlace.genesis.path(), "--origin",
            "ledger.harbourhome.example/cairn", "--log-key", file.path(), "--passphrase-file",
            pass.path(),
        ])
        #expect(made.code == 0, "\(made.errors)")
        return node
    }

    private static func token(_ directory: URL, _ file: URL) throws -> String {
        let made = try CairnProcess.run([
            "token", "new", directory.path(), "--name", "farm", "--role", "submitter",
            "--organisation", farm,
        ])
        try Data(made.output.utf8).write(to: file)
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Commands that sign, submit and ask; what they and the node printed.
    private static func overTLS(
        _ directory: URL, _ options: [String], _ certificates: TestCertificates, _ token: URL,
        _ errors: URL
    ) throws -> [[UInt8]] {
        let node = try ServingNode(
            directory: directory,
            options: options + [
                "--tls-certificate", certificates.path("node.pem"), "--tls-key",
                certificates.path("node.key"),
            ], errors: errors)
        let access = [
            "--node", node.url, "--ca-file", certificates.authority.path(), "--token-file",
            token.path(),
        ]
        let cotton = "urn:epc:class:lgtin:9521101.000001.H26-07"
        let evidence = directory.appending(path: "../cotton.evidence").path()
        let runs = [
            [
                "submit", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
                "--issuer", farm, "--genesis", DemoPlace.genesis.path(),
            ] + access,
            ["trace", cotton] + access, ["export", cotton, "-o", evidence] + access,
            ["trace", "urn:x:nobody"] + access, ["token", "list", directory.path()],
        ]
        var written: [[UInt8]] = []
        for run in runs {
            let outcome = try CairnProcess.run(run)
            #expect(outcome.code == (run.contains("urn:x:nobody") ? 1 : 0), "\(outcome.errors)")
            written += [Array(outcome.output.utf8), Array(outcome.errors.utf8)]
        }
        #expect(node.stop() == 0)
        return written + [try bytes(evidence), try bytes(errors.path())]
    }

    /// Requests of every kind, most of them refused; the whole answers and what the node printed.
    private static func overPlain(
        _ directory: URL, _ options: [String], _ secret: String, _ errors: URL
    ) async throws -> [[UInt8]] {
        let node = try ServingNode(directory: directory, options: options, errors: errors)
        let port = try #require(Int(node.url.split(separator: ":")[2]))
        let farmKey = try KeyFile.read(pem: bytes(DemoPlace.key("farm")), passphrase: nil)
        let reader = try ReaderToken.sign(
            .init(audience: "x", method: "GET", path: "/"), organisation: farm, key: farmKey,
            issuedAtSeconds: 1)
        var written: [[UInt8]] = []
        let shown = [
            secret, String(secret.dropLast(2)), secret + "x", "cairn_" + passphrase,
            Base64.url.encode(reader),
        ]
        for credential in shown {
            for target in ["/metrics", "/healthz", "/log/manifest/2", "/nowhere", "/evidence/x"] {
                let answer = try await RawAnswer.ask(
                    port, "GET", target, fields: ["authorization": "Bearer \(credential)"])
                let fields = answer.fields.map { "\($0.key): \($0.value)" }
                written += [answer.body, Array(fields.joined(separator: "\n").utf8)]
            }
        }
        written.append(try await RawAnswer.ask(port, "GET", "/metrics").body)
        written.append(try await RawAnswer.ask(port, "GET", "/organisations").body)
        #expect(node.stop() == 0)
        return written + [try bytes(errors.path())]
    }
}
