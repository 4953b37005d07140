import Foundation
import Support
import Testing

@Suite(.serialized) struct `Access from the command line` {
    private static let farm = "https://id.gs1.org/417/9521101000009"
    private static let wholesaler = "https://id.gs1.org/417/9521107000003"
    private static let cotton = "urn:epc:class:lgtin:9521101.000001.H26-07"

    private static func token(
        _ directory: URL, _ name: String, _ role: String, in place: DemoPlace
    ) throws -> String {
        let made = try CairnProcess.run([
            "token", "new", directory.path(), "--name", name, "--role", role, "--organisation",
            role == "operator" ? wholesaler : farm, "--expires", "2d",
        ])
        #expect(made.code == 0, "\(made.errors)")
        #expect(made.output.hasPrefix("cairn_"))
        #expect(!made.errors.contains(made.output.dropLast()))
        let file = place.folder.appending(path: "\(name).token")
        try Data(made.output.utf8).write(to: file)
        return file.path()
    }

    private static let document = [
        "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"), "--issuer", farm,
        "--genesis", DemoPlace.genesis.path(),
    ]

    @Test func `a submitter's token submits and reads, until it is revoked`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let node = try ServingNode(directory: directory, options: ["--behind-proxy"])
        defer { _ = node.stop() }
        let bare = try CairnProcess.run(["submit"] + Self.document + ["--node", node.url])
        #expect(bare.code == 2)
        #expect(bare.errors.contains("access.required"))
        #expect(bare.errors.contains("--token-file FILE"), "\(bare.errors)")
        #expect(!bare.errors.contains("Bearer"), "\(bare.errors)")
        let token = try Self.token(directory, "farm", "submitter", in: place)
        let sent = try CairnProcess.run(
            ["submit"] + Self.document + ["--node", node.url, "--token-file", token])
        #expect(sent.code == 0, "\(sent.errors)")

        let secret = String(decoding: try Data(contentsOf: URL(filePath: token)), as: UTF8.self)
        let traced = try CairnProcess.run(
            CairnProcess.binary, ["trace", Self.cotton, "--node", node.url],
            environment: ["CAIRN_TOKEN": secret])
        #expect(traced.code == 0, "\(traced.errors)")
        let stranger = try CairnProcess.run(["trace", Self.cotton, "--node", node.url])
        #expect(stranger.code == 1)

        let listed = try CairnProcess.run(["token", "list", directory.path()])
        #expect(listed.output.hasPrefix("farm\tsubmitter\t\(Self.farm)\tuntil "))
        #expect(!listed.output.contains("last used never"))
        let json = try CairnProcess.run(["token", "list", directory.path(), "--format", "json"])
        #expect(json.output.contains(#""name":"farm""#))
        #expect(!json.output.contains("sha256"))

        let outsider = try CairnProcess.run([
            "token", "new", directory.path(), "--name", "x", "--role", "reader", "--organisation",
            "https://nobody.example/organisation",
        ])
        #expect(outsider.code == 2 && outsider.errors.contains("is no member"))
        let long = try CairnProcess.run([
            "token", "new", directory.path(), "--name", "x", "--role", "reader", "--organisation",
            Self.farm, "--expires", "400d",
        ])
        #expect(long.code == 2 && long.errors.contains("366 days"), "\(long.errors)")
        let nowhere = try CairnProcess.run(["token", "list", place.folder.path() + "/nope"])
        #expect(nowhere.code == 2 && nowhere.errors.contains("is missing"), "\(nowhere.errors)")

        let revoked = try CairnProcess.run(["token", "revoke", directory.path(), "farm"])
        #expect(revoked.code == 0)
        let output = place.folder.appending(path: "x.evidence").path()
        let refused = try CairnProcess.run([
            "export", Self.cotton, "--node", node.url, "--token-file", token, "-o", output,
        ])
        #expect(refused.code == 2)
        #expect(refused.errors.contains("access.token"))
        #expect(!refused.errors.contains(secret.dropLast()))
    }

    @Test func `beyond loopback a node wants TLS or a proxy, and says so`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode().path()
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
            let run = try CairnProcess.run(["serve", directory, "--http", address])
            #expect(run.code == 2, "\(address)")
            #expect(run.errors.contains("--tls-certificate"))
            #expect(run.errors.contains("--behind-proxy"))
        }
        let half = try CairnProcess.run(["serve", directory, "--tls-key", DemoPlace.key("log")])
        #expect(half.code == 2)
        let none = try CairnProcess.run([
            "serve", directory, "--tls-key", DemoPlace.key("log"), "--tls-certificate",
            DemoPlace.genesis.path(),
        ])
        #expect(none.code == 2)
    }

    @Test func `over TLS on every address callers are strangers without a token`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let certificates = try TestCertificates(in: place.folder)
        _ = try certificates.make("node")
        let node = try ServingNode(
            directory: directory,
            options: [
                "--http", "0.0.0.0:0", "--tls-certificate", certificates.path("node.pem"),
                "--tls-key", certificates.path("node.key"),
            ])
        defer { _ = node.stop() }
        #expect(node.url.hasPrefix("https://0.0.0.0:"))
        let url = node.url.replacing("0.0.0.0", with: "127.0.0.1")
        let token = try Self.token(directory, "farm", "submitter", in: place)
        let submit = ["submit"] + Self.document + ["--node", url]
        let authority = ["--ca-file", certificates.authority.path()]
        let unknown = try CairnProcess.run(submit + ["--token-file", token])
        #expect(unknown.code == 3, "\(unknown.errors)")
        let stranger = try CairnProcess.run(submit + authority)
        #expect(stranger.code == 2)
        #expect(stranger.errors.contains("access.required"))
        let sent = try CairnProcess.run(submit + authority + ["--token-file", token])
        #expect(sent.code == 0, "\(sent.errors)")
        let plain = try CairnProcess.run([
            "trace", Self.cotton, "--node", url.replacing("https", with: "http"),
        ])
        #expect(plain.code == 3)
    }

    @Test func `SIGHUP shows a renewed certificate and keeps the old one if it is no good`() throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let before = try TestCertificates(in: place.folder)
        _ = try before.make("node")
        let log = place.folder.appending(path: "log")
        let node = try ServingNode(
            directory: directory,
            options: [
                "--tls-certificate", before.path("node.pem"), "--tls-key", before.path("node.key"),
            ], errors: log)
        defer { _ = node.stop() }
        func believes(_ authority: TestCertificates) throws -> Bool {
            let asked = try CairnProcess.run([
                "trace", Self.cotton, "--node", node.url, "--ca-file", authority.authority.path(),
            ])
            return asked.code != 3
        }
        #expect(try believes(before))

        let folder = place.folder.appending(path: "after")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let after = try TestCertificates(in: folder)
        let renewed = try after.make("node")
        try Data(renewed.certificate).write(to: URL(filePath: before.path("node.pem")))
        try Data(renewed.key).write(to: URL(filePath: before.path("node.key")))
        #expect(try believes(before), "nothing changes until the node is told")
        try Self.hangUp(node, until: "tls.renewed", in: log)
        #expect(try believes(after))
        #expect(try !believes(before))

        try Data("no certificate".utf8).write(to: URL(filePath: before.path("node.pem")))
        try Self.hangUp(node, until: "tls.not-renewed", in: log)
        #expect(try believes(after))
    }

    /// Sends SIGHUP and waits until the node's log has a code.
    private static func hangUp(_ node: ServingNode, until code: String, in log: URL) throws {
        Foundation.kill(node.processIdentifier, SIGHUP)
        for _ in 0..<1_000 {
            if try String(contentsOf: log, encoding: .utf8).contains(code) { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("the node's log has no \(code)")
    }

    @Test(arguments: [
        ["--reader-key", "x.pem"], ["--organisation", "urn:x:y"], ["--token-file", "nowhere"],
        ["--ca-file", "nowhere"],
    ])
    func `options of access that do not fit are bad input`(options: [String]) throws {
        let run = try CairnProcess.run(
            ["trace", Self.cotton, "--node", "http://127.0.0.1:1"] + options)
        #expect(run.code == 2)
    }
}
