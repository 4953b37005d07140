import Foundation
import Support
import Testing

@Suite(.serialized) struct `An operator` {
    private static func serve(
        _ node: URL, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> CairnProcess.Outcome {
        let inherited = ProcessInfo.processInfo.environment
        return try CairnProcess.run(
            CairnProcess.binary, ["serve", node.path()] + arguments,
            environment: inherited.merging(environment) { $1 })
    }

    @Test func `sees the settings that hold, and where they are from`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try place.makeNode()
        try Data(#"{"drainSeconds": 3, "logLevel": "error"}"#.utf8)
            .write(to: node.appending(path: "config.json"))
        let shown = try Self.serve(
            node, ["--check-config", "--http", "127.0.0.1:1"],
            environment: ["CAIRN_LOG_LEVEL": "debug", "CAIRN_LOGFORMAT": "json"])
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("listen                    127.0.0.1:1"))
        let lines = shown.output.split(separator: "\n").map { $0.split(separator: " ").first }
        #expect(lines.contains("drainSeconds"))
        #expect(shown.errors.contains("CAIRN_LOGFORMAT: there is no such setting"))
        let json = try Self.serve(node, ["--check-config", "--format", "json"])
        #expect(json.code == 0)
        #expect(json.output.contains(#""logLevel":{"value":"error","source":"config.json"}"#))
    }

    @Test(arguments: [
        (#"{"listn": "x"}"#, "listn"), (#"{"listen": "10.0.0.1:80"}"#, "loopback"),
        (#"{"keyPassphraseFile": "nowhere"}"#, "nowhere"), ("{", "config.json"),
    ])
    func `is told what is wrong with them, with 2`(json: String, word: String) throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try place.makeNode()
        try Data(json.utf8).write(to: node.appending(path: "config.json"))
        for arguments in [["--check-config"], []] {
            let run = try Self.serve(node, arguments)
            #expect(run.code == 2)
            #expect(run.errors.contains(word), "\(run.errors)")
            #expect(run.output.isEmpty)
        }
    }

    @Test func `saves a running node and makes it anew elsewhere`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let directory = try place.makeNode()
        let node = try ServingNode(directory: directory)
        let file = place.folder.appending(path: "monday.backup").path()
        let saved = try CairnProcess.run(["backup", directory.path(), file])
        #expect(saved.code == 0, "\(saved.errors)")
        #expect(saved.errors.contains("without the log key"))
        #expect(node.stop() == 0)
        let other = place.folder.appending(path: "other").path()
        let refused = try CairnProcess.run(["restore", file, other])
        #expect(refused.code == 2)
        #expect(refused.errors.contains("--alone"))
        let restored = try CairnProcess.run([
            "restore", file, other, "--alone", "--log-key", DemoPlace.key("log"),
        ])
        #expect(restored.code == 0, "\(restored.errors)")
        #expect(restored.errors.contains("network "))
        #expect(try CairnProcess.run(["check", other]).code == 0)
        #expect(try ServingNode(directory: URL(filePath: other)).stop() == 0)
        #expect(try CairnProcess.run(["backup", directory.path(), file]).code == 2)
    }

    @Test func `who sends a second signal does not wait`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        // A request that never ends keeps the node draining.
        let url = try #require(URL(string: node.url))
        let descriptor = try Self.openRequest(port: UInt16(try #require(url.port)))
        defer { close(descriptor) }
        // The node must have taken up the request before it is told to stop.
        Thread.sleep(forTimeInterval: 0.5)
        let start = ContinuousClock.now
        kill(node.processIdentifier, SIGTERM)
        Thread.sleep(forTimeInterval: 0.5)
        #expect(node.stop() == 128 + SIGTERM)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    /// Opens a connection and sends half a request.
    private static func openRequest(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let head = Array(
            ("POST /entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
                + "Content-Type: application/vnd.cairn.submission+cbor\r\n\r\n").utf8)
        let sent = unsafe head.withUnsafeBytes {
            unsafe write(descriptor, $0.baseAddress, $0.count)
        }
        try #require(sent == head.count)
        return descriptor
    }
}
