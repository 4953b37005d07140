import Foundation
import GRDB
import MerkleTrees
import Records
import Replication
import Sequencing
import Support
import Testing

@testable import Storage

/// Ledgers as earlier editions wrote them, kept in `Tests/Vectors/cairn/ledgers`.
///
/// `CAIRN_WRITE_LEDGER=1 swift test --filter 'is written down'` writes the one of this edition;
/// done once for each schema, before its first release.
@Suite struct `A ledger of an earlier edition` {
    /// What the ledger must come to, in `<name>.json` beside `<name>.sqlite`.
    struct Facts: Codable, Equatable {
        var size: UInt64
        var root: String
        var entries: String
        var checkpoint: String
        var parts: Int
    }

    static let folder = "cairn/ledgers"
    static let names = Vectors.files(under: folder, extension: "sqlite").map {
        $0.deletingPathExtension().lastPathComponent
    }

    private static func facts(of ledger: Ledger, at size: UInt64? = nil) throws -> Facts {
        try ledger.read { store in
            let size = try size ?? store.size()
            let entries = try store.entries(0..<size)
            var parts: Set<Hash256> = []
            for leaf in 0..<size {
                guard let manifest = try store.manifest(at: leaf) else { continue }
                for digest in try Manifest.decode(manifest).partDigests
                where try store.part(digest) != nil { parts.insert(digest) }
            }
            return Facts(
                size: size, root: try TreeReader(tiles: store, size: size).root().hex,
                entries: Hash256.sha256(entries.flatMap { $0 }).hex,
                checkpoint: String(
                    decoding: try store.checkpoint(ofSeal: size - 1) ?? [], as: UTF8.self),
                parts: parts.count)
        }
    }

    @Test func `each edition's is kept`() {
        #expect(Set(Self.names).isSuperset(of: ["schema-1", "schema-3"]))
    }

    @Test func `keeps its losses, of which nobody knows the key`() throws {
        let directory = try TemporaryDirectory()
        let bytes = try Vectors.bytes("\(Self.folder)/schema-3.sqlite")
        try directory.write(bytes, to: Ledger.fileName)
        let queue = try DatabaseQueue(path: directory.path + "/" + Ledger.fileName)
        try queue.write { try $0.execute(sql: "INSERT INTO lost(size) VALUES(50), (70)") }
        try queue.close()
        let ledger = try Ledger.open(directory: directory.path)
        let losses = [50, 70].map { Loss(size: $0, keyChanges: .max) }
        #expect(try ledger.read { try $0.losses() } == losses)
        try ledger.close()
    }

    @Test(arguments: names)
    func `is opened, is the same, and goes on`(name: String) throws {
        let start = ContinuousClock.now
        let directory = try TemporaryDirectory()
        try directory.write(
            try Vectors.bytes("\(Self.folder)/\(name).sqlite"), to: Ledger.fileName)
        let kept = try JSONDecoder().decode(
            Facts.self, from: Data(try Vectors.bytes("\(Self.folder)/\(name).json")))
        let network = try DemoNetwork()
        let ledger = try Ledger.open(directory: directory.path)
        #expect(try Self.facts(of: ledger) == kept)
        let genesis = network.state
        #expect(try ledger.read { LedgerCheck.report(on: $0, genesis: genesis).findings } == [])
        var rig = try SequencerRig(network: network, ledger: ledger)
        try rig.register(try network.trade(batches: 2, name: "later"))
        #expect(try ledger.read { LedgerCheck.report(on: $0, genesis: genesis).findings } == [])
        #expect(try Self.facts(of: ledger, at: kept.size) == kept)
        #expect(try ledger.read { try $0.size() } == kept.size + 5)
        try ledger.close()
        report("D7", "\(name): \(kept.size) entries, same root, same bytes, 5 more", since: start)
    }

    @Test func `but not of a later one`() throws {
        let directory = try TemporaryDirectory()
        let bytes = try Vectors.bytes("\(Self.folder)/schema-1.sqlite")
        try directory.write(bytes, to: Ledger.fileName)
        let later = LedgerSchema.version + 1
        do {
            let queue = try DatabaseQueue(path: directory.path + "/" + Ledger.fileName)
            try queue.write { try $0.execute(sql: "PRAGMA user_version = \(later)") }
            try queue.close()
        }
        for isWriting in [true, false] {
            let error = #expect(throws: StorageError.self) {
                if isWriting {
                    _ = try Ledger.open(directory: directory.path)
                } else {
                    _ = try Ledger.inspect(directory: directory.path)
                }
            }
            #expect(error?.code == "storage.schema")
            let reason: String = error?.reason ?? ""
            #expect(reason.contains("schema \(later)"))
            #expect(reason.contains("use the program that wrote it"))
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["CAIRN_WRITE_LEDGER"] != nil))
    func `is written down`() throws {
        let workload = try Workload.shared()
        let directory = try TemporaryDirectory()
        let ledger = try Ledger.create(directory: directory.path, identity: workload.identity)
        for act in workload.acts.indices { try workload.perform(act, on: ledger) }
        let facts = try Self.facts(of: ledger)
        try ledger.close()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let folder = Vectors.root.appending(path: Self.folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = "schema-\(LedgerSchema.version)"
        try Data(try directory.read(Ledger.fileName)).write(
            to: folder.appending(path: name + ".sqlite"))
        try (try encoder.encode(facts) + Data([0x0A])).write(
            to: folder.appending(path: name + ".json"))
    }
}
