import Foundation
import GRDB
import MerkleTrees
import Notes
import Records
import Replication
import Sequencing
import Support
import Synchronization
import Testing

@testable import Storage

struct `A node's mirrors` {
    private static let ownOrigin = "own.example/log"

    private let directory: TemporaryDirectory
    private let network: DemoNetwork
    private let own: Ledger

    init() throws {
        directory = try TemporaryDirectory()
        network = try DemoNetwork()
        own = try Ledger.create(
            directory: directory.path,
            identity: LogIdentity(origin: Self.ownOrigin, network: network.id, indexDepth: 8))
    }

    private func replicas() throws -> Replicas {
        try Replicas(directory: directory.path, own: own)
    }

    /// Mirrors of the demo log, after the whole conformance suite.
    private func filled() throws -> Replicas {
        let replicas = try replicas()
        let complaints = try ReplicaConformance.complaints(
            network: network, store: replicas, ownOrigin: Self.ownOrigin)
        #expect(complaints == [])
        return replicas
    }

    private var mirrorPath: String {
        Replicas.directory(ofMirror: DemoNetwork.origin, node: directory.path)
    }

    private func findings() -> [CheckFinding] {
        Replicas.check(node: directory.path, genesis: network.state).findings.filter {
            // The suite's alarms are made up.
            $0.table != KeptAlarms.directoryName
        }
    }

    @Test func `do what a store of mirrors must, and are sound and the same when opened again`()
        throws
    {
        let replicas = try filled()
        #expect(findings() == [])
        let before = try replicas.read(DemoNetwork.origin) { try $0.entries(0..<$0.size()) }
        let alarms = try replicas.alarms()
        try replicas.close()
        #expect(throws: StorageError.self) {
            try replicas.read(DemoNetwork.origin) { try $0.size() }
        }
        let again = try self.replicas()
        let after = try again.read(DemoNetwork.origin) { try $0.entries(0..<$0.size()) }
        #expect(after == before)
        #expect(try again.alarms() == alarms)
        let mirrors = Replicas.check(node: directory.path, genesis: network.state).mirrors
        #expect(mirrors.map(\.origin) == [DemoNetwork.origin])
        #expect(mirrors.map(\.size) == [UInt64(before.count)])
    }

    @Test func `keep nothing of an erased part on the disk`() throws {
        let replicas = try filled()
        #expect(try !replicas.sweep())
        try replicas.close()
        let file = Data(try TemporaryDirectory.bytes(mirrorPath + "/" + Ledger.fileName))
        // The suite lets two of its notes be erased by whoever signed them.
        #expect(file.range(of: Data("secret-0".utf8)) == nil)
        #expect(file.range(of: Data("secret-2".utf8)) != nil)
    }

    @Test func `have less memory than the node's own ledger`() throws {
        let replicas = try filled()
        try replicas.close()
        let mirror = try Ledger.openMirror(
            directory: mirrorPath,
            of: LogIdentity(origin: DemoNetwork.origin, network: network.id, indexDepth: 8))
        let cache = try mirror.write { try Ledger.pragma("cache_size", $0.database) }
        #expect(cache == "-8192")
        let durable = try mirror.write { try Ledger.pragma("synchronous", $0.database) }
        #expect(durable == "2")
        try mirror.close()
        let error = #expect(throws: StorageError.self) {
            try Ledger.openMirror(
                directory: mirrorPath,
                of: LogIdentity(origin: "other.example", network: network.id, indexDepth: 8))
        }
        #expect(error?.code == "storage.mismatch")
    }

    @Test func `that were begun and not made are made at the next opening`() throws {
        try WholeFile.makeDirectory(directory.path + "/" + Replicas.directoryName)
        try WholeFile.makeDirectory(mirrorPath)
        try WholeFile.write([], to: mirrorPath + "/" + Ledger.fileName, mode: 0o644)
        let replicas = try replicas()
        #expect(try replicas.read(DemoNetwork.origin) { try $0.size() } == 0)
        #expect(findings() == [])
        try replicas.close()
    }

    @Test func `take groups all or none`() throws {
        let replicas = try replicas()
        let groups = try Self.groups(of: network)
        #expect(groups.count == 3)
        var broken = groups
        broken[2].firstIndex += 1
        #expect(throws: StorageError.self) {
            try replicas.commit(broken, to: DemoNetwork.origin)
        }
        #expect(try replicas.read(DemoNetwork.origin) { try $0.size() } == 0)
        try replicas.commit(groups, to: DemoNetwork.origin)
        #expect(try replicas.read(DemoNetwork.origin) { try $0.size() } == groups[2].size)
        #expect(findings() == [])
    }

    /// Whoever keeps the log can let a statement name the governance that a later one brings.
    @Test func `take a part that comes with a later statement than the first that names it`()
        throws
    {
        let supplier = network.supplier
        let note = try network.note("named before", by: supplier)
        let rows = [network.row(note, .assertions, supplier.product, .mention)]
        var groups = try network.groups(
            [supplier, network.carrier].map {
                [try network.submission([note], rows: rows, by: $0)]
            })
        groups[1].statements[0].parts = []
        groups[1].statements[0].absent = [note.digest]
        let replicas = try replicas()
        let origin = DemoNetwork.origin
        try replicas.commit(Array(groups[..<2]), to: origin)
        let absent = try replicas.absentParts(of: origin, after: -1, limit: 9)
        #expect(absent.map(\.digest) == [note.digest])
        #expect(findings() == [])
        try replicas.commit([groups[2]], to: origin)
        #expect(try replicas.absentParts(of: origin, after: -1, limit: 9).isEmpty)
        #expect(try replicas.read(origin) { try $0.part(note.digest) } == note.encoded)
        #expect(findings() == [])
    }

    /// A log's groups, with all their parts.
    private static func groups(of network: DemoNetwork) throws -> [GroupToCommit] {
        let trade = try network.trade(batches: 2)
        return try network.groups([Array(trade.prefix(2)), Array(trade.dropFirst(2))])
    }

    /// The ledger of the demo's own log.
    private static func ledger(
        of network: DemoNetwork, in home: TemporaryDirectory
    ) throws -> Ledger {
        try Ledger.create(
            directory: home.path,
            identity: LogIdentity(origin: DemoNetwork.origin, network: network.id, indexDepth: 8))
    }

    private func findings(in ledger: Ledger) throws -> [CheckFinding] {
        try ledger.read { LedgerCheck.report(on: $0, genesis: network.state).findings }
    }

    @Test func `are taken up for a node's own ledger as far as it was lost`() throws {
        let home = try TemporaryDirectory()
        let own = try Self.ledger(of: network, in: home)
        let groups = try Self.groups(of: network)
        try own.write { try $0.commit(groups[0]) }
        // The next group comes back from a peer, without its parts at first.
        var lost = groups[1]
        let parts = lost.statements.flatMap(\.parts)
        for number in lost.statements.indices {
            lost.statements[number].absent = lost.statements[number].parts.map(\.digest)
            lost.statements[number].parts = []
        }
        #expect(throws: StorageError.self) { try own.write { try $0.commit(lost) } }
        lost.isMirrored = true
        try own.write { try $0.keep(loss: Loss(size: lost.size - 1, keyChanges: 0)) }
        let error = #expect(throws: StorageError.self) { try own.write { try $0.commit(lost) } }
        #expect(error?.code == "storage.mismatch")
        try own.write { try $0.keep(loss: Loss(size: lost.size, keyChanges: 0)) }
        try own.write { try $0.commit(lost) }
        #expect(try own.read { try $0.absentParts(after: -1, limit: 99).count } == parts.count)
        #expect(try findings(in: own) == [])
        try own.write { try $0.supply(parts) }
        #expect(try own.read { try $0.absentParts(after: -1, limit: 99).isEmpty })
        #expect(try findings(in: own) == [])
        try own.write { try $0.commit(groups[2]) }
        #expect(try findings(in: own) == [])
        // A size that no log reaches is one that a thief has signed: it is remembered too.
        try own.write { try $0.keep(loss: Loss(size: .max, keyChanges: 1)) }
        #expect(try own.read { try $0.lostSize() } == UInt64(Int64.max))
        #expect(try findings(in: own) == [])
        try own.close()
    }

    @Test func `nothing more is mirrored while the disk has no more than its reserve`() throws {
        let room = Mutex<String?>("the disk is down to its reserve")
        let replicas = try Replicas(
            directory: directory.path, own: own, lackOfRoom: { room.withLock { $0 } })
        let groups = try Self.groups(of: network)
        let error = #expect(throws: StorageError.self) {
            try replicas.commit(groups, to: DemoNetwork.origin)
        }
        #expect(error?.code == "storage.full")
        #expect(try replicas.read(DemoNetwork.origin) { try $0.size() } == 0)
        room.withLock { $0 = nil }
        try replicas.commit(groups, to: DemoNetwork.origin)
        #expect(try replicas.read(DemoNetwork.origin) { try $0.size() } == groups.last?.size)
        try replicas.close()
    }

    @Test func `a part that a log lacks is a finding, unless the log was recovered`() throws {
        let home = try TemporaryDirectory()
        let own = try Self.ledger(of: network, in: home)
        for group in try Self.groups(of: network) { try own.write { try $0.commit(group) } }
        let lose = "UPDATE part SET bytes = NULL WHERE number = 1; INSERT INTO absent VALUES(1)"
        try own.write { try $0.database.execute(sql: lose) }
        let tables = try findings(in: own).map(\.table)
        #expect(tables.contains("absent") && tables.contains("part"))
        try own.close()
    }

    @Test func `keep a checkpoint of the own log with more lines`() throws {
        let group = try Self.groups(of: network)[0]
        let home = try TemporaryDirectory()
        let ledger = try Self.ledger(of: network, in: home)
        try ledger.write { try $0.commit(group) }
        let replicas = try Replicas(directory: home.path, own: ledger)
        let line = NoteSignature(name: "witness.example", keyID: 7, blob: [1, 2, 3]).line
        let cosigned = group.checkpoint + Array(line.utf8)
        try replicas.keep(checkpoint: cosigned, ofSeal: group.size - 1, of: DemoNetwork.origin)
        let kept = try ledger.read { try $0.checkpoint(ofSeal: group.size - 1) }
        #expect(kept == cosigned)
        let findings = try ledger.read {
            LedgerCheck.report(on: $0, genesis: network.state).findings
        }
        #expect(findings == [])
        #expect(throws: StorageError.self) {
            try replicas.keep(
                checkpoint: group.checkpoint, ofSeal: group.size, of: DemoNetwork.origin)
        }
    }

    /// A change of a mirror's rows by SQL, and the table in which it must be found.
    static let changes: [(table: String, sql: String)] = [
        ("absent", "INSERT INTO absent(number) VALUES(1)"),
        ("absent", "INSERT INTO absent(number) VALUES(9999)"),
        ("part", "UPDATE part SET bytes = NULL WHERE number = 1"),
        ("part", "UPDATE part SET bytes = x'00' WHERE number = 2"),
        ("record", "DELETE FROM record"), ("authority", "DELETE FROM authority"),
        ("seal", "UPDATE seal SET checkpoint = x'00' WHERE place = 1"),
        ("entry", "UPDATE entry SET bytes = x'00' WHERE place = 3"),
        ("link", "DELETE FROM link WHERE place = 4"),
        ("database", "CREATE TABLE more(x)"),
    ]

    @Test func `are checked row by row, and findings name their log`() throws {
        let replicas = try filled()
        try replicas.close()
        let path = mirrorPath + "/" + Ledger.fileName
        let whole = try TemporaryDirectory.bytes(path)
        for change in Self.changes {
            try Data(whole).write(to: URL(filePath: path))
            let queue = try DatabaseQueue(path: path)
            try queue.write { try $0.execute(sql: change.sql) }
            try queue.close()
            let found = findings()
            #expect(found.contains { $0.table == change.table }, "\(change): \(found)")
            #expect(found.allSatisfy { $0.mirror == DemoNetwork.origin }, "\(found)")
        }
        try Data(whole).write(to: URL(filePath: path))
        #expect(findings() == [])
    }

    @Test func `an erasure in a mirror counts in the check as it does in the mirror`() throws {
        let replicas = try filled()
        // An erased part is listed as absent: it would be asked for again.
        try replicas.close()
        let path = mirrorPath + "/" + Ledger.fileName
        let queue = try DatabaseQueue(path: path)
        try queue.write {
            try $0.execute(
                sql: "INSERT INTO absent SELECT min(number) FROM part WHERE bytes IS NULL")
        }
        try queue.close()
        #expect(findings().map(\.table) == ["absent"])
    }

    @Test func `an alarm that was changed is not taken up`() throws {
        let replicas = try filled()
        try replicas.close()
        let folder = directory.path + "/" + KeptAlarms.directoryName
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count == ReplicationLimits.alarmsOfOneLog + 1)
        #expect(names.allSatisfy { $0.hasSuffix(".alarm") })
        var bytes = try TemporaryDirectory.bytes(folder + "/" + names[3])
        bytes[40] ^= 1
        try Data(bytes).write(to: URL(filePath: folder + "/" + names[3]))
        let error = #expect(throws: StorageError.self) { try self.replicas() }
        #expect(error?.code == "storage.corrupt")
        #expect(error?.place.hasSuffix(names[3]) == true)
    }
}

extension TemporaryDirectory {
    fileprivate static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }
}
