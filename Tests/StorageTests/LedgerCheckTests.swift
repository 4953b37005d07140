import Foundation
import GRDB
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Support
import Testing

@testable import Storage

struct `The whole-ledger check` {
    private let rig: StorageRig
    private let ledger: Ledger

    init() throws {
        rig = try StorageRig()
        ledger = try rig.create()
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        try sequencer.register(try rig.network.trade(batches: 3))
        try sequencer.register([try rig.delegation(id: "urn:x:d1")])
    }

    private func findings() throws -> [CheckFinding] {
        try ledger.read { LedgerCheck.report(on: $0, genesis: rig.network.state).findings }
    }

    @Test func `finds nothing in a sound ledger`() throws {
        var done: UInt64 = 0
        let report = try ledger.read { store in
            LedgerCheck.report(on: store, genesis: rig.network.state) { position, _ in
                done = position
            }
        }
        #expect(report.isSound)
        #expect(report.size == done)
        let newest = try ledger.read { try $0.checkpoint(ofSeal: done - 1) }
        let note = try SignedNote.parse(try #require(newest))
        #expect(report.root == (try Checkpoint(parsing: note.text).root))
        #expect(done == (try ledger.read { try $0.size() }))
    }

    @Test func `holds every checkpoint of its log, and none of another or of a longer one`()
        throws
    {
        func objections(_ checkpoints: [[UInt8]]) throws -> [String?] {
            let acknowledged = try checkpoints.map { try Acknowledgement(checkpoint: $0) }
            return try ledger.read {
                LedgerCheck.report(
                    on: $0, genesis: rig.network.state, acknowledged: acknowledged
                ).objections
            }
        }
        let own = try ledger.read { store in
            try (0..<store.size()).compactMap { try store.checkpoint(ofSeal: $0) }
        }
        #expect(own.count >= 3)
        #expect(try objections(own) == own.map { _ in nil })
        let key = rig.network.logKey
        func signed(_ origin: String, _ size: UInt64, by key: SigningKey) throws -> [UInt8] {
            let checkpoint = try Checkpoint(origin: origin, size: size, root: .sha256([1]))
            return try SignedNote.sign(text: checkpoint.text, name: origin, key: key).serialized()
        }
        let origin = DemoNetwork.origin
        let size = try ledger.read { try $0.size() }
        let found = try objections([
            signed(origin, size + 2, by: key), signed(origin, size, by: key),
            signed("log.example/other", size, by: key),
            signed(origin, size, by: DemoNetwork.key("stranger")),
        ]).map { $0 ?? "nothing" }
        #expect(found[0].contains("\(size + 2) entries, and this one has \(size)"))
        #expect(found[0].hasSuffix("what was acknowledged is missing"))
        #expect(found[1].contains("another root at size \(size)"))
        #expect(found[2].contains("of log log.example/other"))
        #expect(found[3].contains("did not sign it"))
    }

    /// A table, the column in which one byte is flipped, and the row.
    static let flips: [(table: String, column: String, row: String)] = [
        ("entry", "bytes", "place = 3"), ("entry", "bytes", "place = 0"),
        ("entry", "bytes", "place = (SELECT max(place) FROM entry)"),
        ("manifest", "bytes", "place = 3"), ("manifest", "bytes", "place = 0"),
        ("link", "before", "place = 4"), ("part", "digest", "number = 2"),
        ("part", "bytes", "number = 2"), ("part", "bytes", "number = 0"),
        ("bucket", "hash", "place = (SELECT max(place) FROM bucket)"),
        ("bucket", "leaves", "place = (SELECT min(place) FROM bucket)"),
        ("tile", "nodes", "place = 0"), ("seal", "checkpoint", "place = 1"),
        ("log", "network", "number = 0"),
    ]

    @Test(arguments: flips)
    func `finds a flipped byte`(flip: (table: String, column: String, row: String)) throws {
        let (table, column, row) = flip
        let bytes = try #require(
            try ledger.read {
                try Data.fetchOne(
                    $0.database, sql: "SELECT \(column) FROM \(table) WHERE \(row)")
            })
        for position in [0, bytes.count / 2, bytes.count - 1] {
            var flipped = bytes
            flipped[position] ^= 1
            try set(table, column, row, flipped)
            let found = try findings()
            #expect(found.contains { $0.table == table }, "byte \(position): \(found)")
        }
        try set(table, column, row, bytes)
        #expect(try findings() == [])
    }

    private func set(_ table: String, _ column: String, _ row: String, _ bytes: Data) throws {
        try ledger.write {
            try $0.database.execute(
                sql: "UPDATE \(table) SET \(column) = ? WHERE \(row)", arguments: [bytes])
        }
    }

    /// A change of a table's rows by SQL, and the table in which it must be found.
    static let changes: [(table: String, sql: String)] = [
        ("entry", "DELETE FROM entry WHERE place = 3"),
        ("entry", "INSERT INTO entry(place, bytes) VALUES(1000, x'00')"),
        ("manifest", "DELETE FROM manifest WHERE place = 4"),
        ("manifest", "INSERT INTO manifest(place, bytes) VALUES(1, x'00')"),
        ("link", "DELETE FROM link WHERE place = 4"),
        ("link", "INSERT INTO link(place, before) VALUES(1000, x'00')"),
        ("statement", "DELETE FROM statement WHERE place = 4"),
        ("statement", "UPDATE statement SET prefix = prefix + 1 WHERE place = 4"),
        ("statement", "INSERT INTO statement(prefix, place) VALUES(1, 4)"),
        ("part", "INSERT INTO part(number, digest, bytes) VALUES(99, zeroblob(32), x'00')"),
        ("part", "UPDATE part SET bytes = NULL WHERE number = 3"),
        ("part_use", "DELETE FROM part_use WHERE number = 3"),
        ("part_use", "UPDATE part_use SET place = place + 1 WHERE number = 3"),
        ("bucket", "DELETE FROM bucket WHERE place = (SELECT max(place) FROM bucket)"),
        ("record", "UPDATE record SET place = -1"), ("tile", "DELETE FROM tile"),
        ("seal", "DELETE FROM seal WHERE place = 1"),
        ("bucket", "UPDATE bucket SET place = -1 WHERE place = (SELECT max(place) FROM bucket)"),
        ("record", "DELETE FROM record"), ("record", "UPDATE record SET id = 'urn:x:d2'"),
        ("authority", "DELETE FROM authority"),
        ("log", "INSERT INTO log VALUES(1, 'x.example/y', zeroblob(32), 8)"),
    ]

    @Test(arguments: changes)
    func `finds a row that is missing, changed or too many`(
        change: (table: String, sql: String)
    ) throws {
        try ledger.write { try $0.database.execute(sql: change.sql) }
        let names = try findings().map(\.table)
        // A missing use or part makes the part unfindable, whichever table lost it.
        let accepted = change.table == "part_use" ? ["part_use", "part"] : [change.table]
        #expect(names.contains { accepted.contains($0) }, "\(names)")
    }

    @Test func `takes an erased part for missing unless an erasure names it`() throws {
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let supplier = rig.network.supplier
        let part = try rig.network.note("secret", by: supplier)
        let rows = [rig.network.row(part, .events, supplier.batch("lot-0"), .mention)]
        try sequencer.register([try rig.network.submission([part], rows: rows, by: supplier)])
        try ledger.erase([part.digest])
        #expect(try findings().map(\.table) == ["part"])
        var record = Record(kind: .erasure)
        record.target = .part(part.digest)
        record.keys = rows.map(\.key)
        record.reason = "asked for"
        try sequencer.register([try rig.submission(record, by: supplier)])
        #expect(try findings() == [])
        #expect(try ledger.read { try $0.part(part.digest) } == nil)
        #expect(try ledger.read { try $0.uses(of: part.digest).count } == 1)
        for file in ["ledger.sqlite", "ledger.sqlite-wal"] {
            let bytes = Data(try rig.directory.read(file))
            #expect(bytes.range(of: Data("secret".utf8)) == nil, "\(file) still holds it")
        }
    }
}
