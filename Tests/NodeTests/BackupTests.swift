import Foundation
import HTTPAPI
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Storage
import Support
import Testing

@testable import Node

@Suite struct `A backup` {
    private let node: TestNode
    private let file: String
    private let restored: String

    init() throws {
        node = try TestNode()
        file = node.sibling("node.backup")
        restored = node.sibling("restored")
    }

    private func restore(_ path: String? = nil, alone: Bool = true) throws -> BackupReport {
        let key = try KeyFile.write(node.network.logKey)
        return try NodeRuntime.restore(
            path ?? file, to: restored, alone: alone, logKeyPEM: key)
    }

    private func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: file))) }

    @Test func `made while a node writes is one moment of it, and comes back sound`() async throws {
        let submissions = try (0..<60).map { try node.commissioning("L\($0)") }
        let (report, size) = try await node.serve { runtime, caller in
            #expect(try await caller.post(Array(submissions[..<10])).status == 200)
            async let rest = caller.post(Array(submissions[10...]))
            let report = try NodeRuntime.backup(directory: node.directory, to: file)
            #expect(try await rest.status == 200)
            return (report, try #require(await runtime.service?.health().size))
        }
        #expect(report.size > 2 && report.size <= size)
        #expect(!report.hasKey)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try restore() == report)
        let check = try NodeRuntime.check(directory: restored) { _, _ in }
        #expect(check.isSound)
        #expect(check.size == report.size)
        // It goes on as a node, and takes what the backup did not hold.
        let runtime = try NodeRuntime(directory: restored, settings: .quiet)
        try await runtime.start()
        let caller = HTTPCaller(address: runtime.address)
        #expect(try await caller.post(submissions).status == 200)
        let log = try await PublicLog(caller, network: node.network)
        #expect(log.checkpoint.size >= report.size)
        try await runtime.stop()
        #expect(try node.files(node.sibling("")) == ["node", "node.backup", "restored"])
    }

    /// Fills mirrors of two other logs, one of them against the rules, and keeps an alarm.
    private func mirror(_ good: String, _ bad: String) throws -> Alarm {
        let ledger = try Ledger.open(directory: node.directory)
        defer { try? ledger.close() }
        let replicas = try Replicas(directory: node.directory, own: ledger)
        defer { try? replicas.close() }
        var group = try node.network.groups([], indexDepth: ledger.identity.indexDepth)[0]
        group.checkpoint = []
        try replicas.commit([group], to: good)
        group.seal = [0]
        try replicas.commit([group], to: bad)
        let sides = [Hash256.zero, .sha256([])].map {
            SplitView.Side(note: [1], root: $0, proof: [])
        }
        let view = SplitView(origin: good, size: 2, sides[0], sides[1])
        let alarm = Alarm(network: node.network.id, amendments: [], kind: .fork(view))
        try replicas.keep(alarm: alarm)
        return alarm
    }

    @Test func `holds mirrors and alarms, and a mirror that does not hold is not restored`()
        throws
    {
        let (good, bad) = ("good.example/log", "bad.example/log")
        let alarm = try mirror(good, bad)
        let found = try NodeRuntime.check(directory: node.directory) { _, _ in }
        #expect(Set(found.findings.map(\.mirror)) == [bad, nil])
        #expect(found.findings.filter { $0.mirror == nil }.map(\.table) == ["alarms"])
        #expect(Set(found.mirrors.map(\.origin)) == [good, bad])
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        _ = try restore()
        let check = try NodeRuntime.check(directory: restored) { _, _ in }
        #expect(check.mirrors.map(\.origin) == [good])
        #expect(check.mirrors.map(\.size) == [2])
        let ledger = try Ledger.open(directory: restored)
        defer { try? ledger.close() }
        let replicas = try Replicas(directory: restored, own: ledger)
        defer { try? replicas.close() }
        #expect(try replicas.alarms() == [alarm])
        #expect(try replicas.read(good) { try $0.size() } == 2)
        #expect(try replicas.read(bad) { try $0.size() } == 0)
    }

    @Test func `is an archive that others can read, with a manifest and a hash of all`() throws {
        try Data(#"{"drainSeconds": 5}"#.utf8)
            .write(to: URL(filePath: node.directory + "/config.json"))
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let listed = try CairnProcess.run(URL(filePath: "/bin/tar"), ["-tf", file])
        #expect(listed.code == 0, "\(listed.errors)")
        #expect(
            listed.output.split(separator: "\n") == [
                "manifest.json", "genesis", "node.json", "config.json", "ledger.sqlite", "SHA256",
            ])
        let last = try CairnProcess.run(URL(filePath: "/bin/tar"), ["-xOf", file, "SHA256"])
        let bytes = try bytes()
        let sealed = bytes.count - 4 * TarEntry.blockBytes
        #expect(last.output == Hash256.sha256(Array(bytes[..<sealed])).hex + "\n")
    }

    @Test func `holds the service state of a node that has served, and brings it back`()
        async throws
    {
        try await node.serve { _, _ in
            _ = try NodeRuntime.backup(directory: node.directory, to: file)
        }
        let listed = try CairnProcess.run(URL(filePath: "/bin/tar"), ["-tf", file])
        #expect(
            listed.output.split(separator: "\n") == [
                "manifest.json", "genesis", "node.json", "service.sqlite", "ledger.sqlite",
                "SHA256",
            ])
        _ = try restore()
        let attributes = try FileManager.default.attributesOfItem(
            atPath: restored + "/" + ServiceState.fileName)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let runtime = try NodeRuntime(directory: restored, settings: .quiet)
        try await runtime.start()
        try await runtime.stop()
    }

    @Test func `with the service state of a newer program is not restored`() async throws {
        try await node.serve { _, _ in }
        let state = node.directory + "/" + ServiceState.fileName
        let raw = try CairnProcess.run(
            URL(filePath: "/usr/bin/python3"),
            [
                "-c",
                "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                    + "c.execute('PRAGMA user_version = 99'); c.commit()", state,
            ])
        #expect(raw.code == 0, "\(raw.errors)")
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let error = #expect(throws: NodeError.self) { try restore() }
        #expect(error?.code == "storage.schema")
        #expect(!FileManager.default.fileExists(atPath: restored))
        let start = await #expect(throws: NodeError.self) { try await node.serve { _, _ in } }
        #expect(start?.code == "storage.schema")
    }

    @Test func `is not restored with another's key`() async throws {
        try await node.serve { _, _ in }
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let other = try KeyFile.write(DemoNetwork.key("of another log"))
        let error = #expect(throws: NodeError.self) {
            try NodeRuntime.restore(file, to: restored, alone: true, logKeyPEM: other)
        }
        #expect(error?.code == "node.key")
        #expect(!FileManager.default.fileExists(atPath: restored))
        _ = try restore()
    }

    @Test func `never overwrites, and leaves nothing behind when it fails`() throws {
        try Data("precious".utf8).write(to: URL(filePath: file))
        let error = #expect(throws: NodeError.self) {
            try NodeRuntime.backup(directory: node.directory, to: file)
        }
        #expect(error?.code == "backup.exists")
        #expect(try bytes() == Array("precious".utf8))
        #expect(throws: NodeError.self) {
            try NodeRuntime.backup(directory: node.sibling("nowhere"), to: node.sibling("other"))
        }
        #expect(try node.files(node.sibling("")) == ["node", "node.backup"])
    }

    @Test func `holds the log key only when asked, and only if it is encrypted`() throws {
        let error = #expect(throws: NodeError.self) {
            try NodeRuntime.backup(directory: node.directory, to: file, withKey: true)
        }
        #expect(error?.code == "backup.key-not-encrypted")
        let passphrase = Array("correct horse".utf8)
        let pem = try KeyFile.write(node.network.logKey, passphrase: passphrase)
        try Data(pem).write(to: URL(filePath: node.directory + "/log-key.pem"))
        let plain = node.sibling("plain.backup")
        _ = try NodeRuntime.backup(directory: node.directory, to: plain)
        let text = try String(decoding: Data(contentsOf: URL(filePath: plain)), as: UTF8.self)
        #expect(!text.contains("PRIVATE KEY"))
        #expect(
            try NodeRuntime.backup(directory: node.directory, to: file, withKey: true).hasKey)
        _ = try NodeRuntime.restore(file, to: restored, alone: true)
        #expect(try Data(contentsOf: URL(filePath: restored + "/log-key.pem")) == Data(pem))
        let attributes = try FileManager.default.attributesOfItem(
            atPath: restored + "/log-key.pem")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `is not restored without saying that nobody has anything newer`() throws {
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let error = #expect(throws: NodeError.self) { try restore(alone: false) }
        #expect(error?.code == "node.restore-alone")
        #expect(error?.reason.contains("--alone") == true)
        _ = try restore()
        #expect(FileManager.default.fileExists(atPath: restored + "/restored.json"))
        let again = #expect(throws: NodeError.self) { try restore() }
        #expect(again?.code == "node.directory-in-use")
    }

    @Test func `that is cut anywhere is refused, and nothing is left of it`() throws {
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let bytes = try bytes()
        let cut = node.sibling("cut.backup")
        let lengths = Array(stride(from: 0, to: bytes.count, by: bytes.count / 40))
        for length in lengths + [bytes.count - 1, bytes.count - 512, bytes.count - 1_024] {
            try Data(bytes[..<length]).write(to: URL(filePath: cut))
            let error = #expect(throws: NodeError.self) { try restore(cut) }
            #expect(error?.code == "backup.truncated", "\(length): \(String(describing: error))")
        }
        try Data(bytes + [0]).write(to: URL(filePath: cut))
        #expect(throws: NodeError.self) { try restore(cut) }
        #expect(try node.files(node.sibling("")) == ["cut.backup", "node", "node.backup"])
    }

    @Test func `in which a byte is changed anywhere is refused`() throws {
        _ = try NodeRuntime.backup(directory: node.directory, to: file)
        let bytes = try bytes()
        let other = node.sibling("other.backup")
        var random = SplitMix64(seed: 7)
        for _ in 0..<150 {
            var changed = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try Data(changed).write(to: URL(filePath: other))
            let error = #expect(throws: NodeError.self, "byte \(place)") { try restore(other) }
            #expect(
                error?.code.hasPrefix("backup.") == true, "\(place): \(String(describing: error))")
        }
        #expect(try node.files(node.sibling("")) == ["node", "node.backup", "other.backup"])
    }

    @Test func `whose hashes were made anew over a changed ledger is refused by the check`() throws
    {
        let copy = node.sibling("changed")
        try FileManager.default.copyItem(atPath: node.directory, toPath: copy)
        let ledger = copy + "/ledger.sqlite"
        let raw = try CairnProcess.run(
            URL(filePath: "/usr/bin/python3"),
            [
                "-c",
                "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                    + "c.execute(\"UPDATE entry SET bytes=zeroblob(10) WHERE place=0\"); c.commit()",
                ledger,
            ])
        #expect(raw.code == 0, "\(raw.errors)")
        _ = try NodeRuntime.backup(directory: copy, to: file)
        let error = #expect(throws: NodeError.self) { try restore() }
        #expect(error?.code == "backup.ledger")
        #expect(!FileManager.default.fileExists(atPath: restored))
    }
}

@Suite struct `A tar head` {
    @Test(arguments: [0, 1, 511, 512, 513, 1 << 33 - 1, 1 << 33, 1 << 40] as [UInt64])
    func `is read as it was written`(size: UInt64) {
        let entry = TarEntry(name: "ledger.sqlite", size: size)
        #expect(TarEntry(entry.encoded()) == entry)
        #expect((UInt64(entry.padding) + size).isMultiple(of: 512))
    }

    @Test(arguments: ["../genesis", "/etc/passwd", "a/b", ".hidden", "", "a b"])
    func `with a name that leaves its directory is refused`(name: String) {
        var block = TarEntry(name: "x", size: 0).encoded()
        let bytes = Array(name.utf8) + [UInt8](repeating: 0, count: 100 - name.utf8.count)
        block.replaceSubrange(0..<100, with: bytes)
        #expect(TarEntry(block) == nil)
    }
}
