import Foundation
import GRDB
import MerkleTrees
import Records
import Sequencing
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
        try ledger.read { LedgerCheck.findings(in: $0, genesis: rig.network.state) }
    }

    @Test func `finds nothing in a sound ledger`() throws {
        var done: UInt64 = 0
        let found = try ledger.read { store in
            LedgerCheck.findings(in: store, genesis: rig.network.state) { position, _ in
                done = position
            }
        }
        #expect(found == [])
        #expect(done == (try ledger.read { try $0.size() }))
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
        ("tile", "hashes", "place = 0"), ("seal", "checkpoint", "place = 1"),
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
