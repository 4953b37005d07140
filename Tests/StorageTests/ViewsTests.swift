import EPCIS
import Foundation
import GRDB
import Lineage
import Records
import Sequencing
import Support
import Testing

@testable import Storage

struct `The views` {
    private let rig: StorageRig
    private let ledger: Ledger
    private let views: Views

    init() throws {
        rig = try StorageRig()
        ledger = try rig.filled()
        views = try Views(directory: rig.directory.path, identity: ledger.identity)
    }

    private func basis(_ store: LedgerStore) throws -> ReadingBasis {
        ReadingBasis(
            history: try GovernanceHistory(of: store, genesis: rig.network.state),
            delegations: try LogStart.delegations(in: store), nowMilliseconds: 1_800_000_000_000)
    }

    private func fill() throws {
        try ledger.read { store in
            let facts = try SnapshotHistory(store, genesis: rig.network.state)
            while try views.size() < store.size() {
                _ = try views.fill(from: store, to: try store.size()) { facts.facts(before: $0) }
            }
        }
    }

    /// Every row of every table, as text.
    private func everything() throws -> [String] {
        try views.pool.read { database in
            try ViewsSchema.names.flatMap { table in
                try GRDB::Row.fetchAll(database, sql: "SELECT * FROM \(table)").map {
                    "\(table) \($0)"
                }
            }
        }
    }

    private func events(_ uri: String, _ reader: Reader = .nodeOperator) throws -> [RecordedEvent] {
        try views.reading(as: reader, ledger, basis: basis) {
            try $0.events(about: uri, limit: 100)
        }
    }

    @Test func `event IDs are found from before and after an opening, and no others`() throws {
        func named(_ number: Int) -> (issuer: String, eventID: String) {
            (rig.network.supplier.uri, "urn:x:event:\(number)")
        }
        func register(_ number: Int) throws {
            let event = DemoNetwork.event(
                "ObjectEvent", time: "2026-01-05T08:00:00Z",
                """
                "eventID":"urn:x:event:\(number)","action":"OBSERVE",\
                "quantityList":[\(DemoNetwork.quantities([(rig.network.supplier.batch("N"), "1")]))]
                """)
            var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
            try sequencer.register([
                try rig.network.submission(event: event, by: rig.network.supplier)
            ])
        }
        try register(1)
        try fill()
        let opened = try Views(directory: rig.directory.path, identity: ledger.identity)
        #expect(!opened.eventIDs.isWhole)
        #expect(try opened.parts(named: [named(1)], limit: 9).map(\.count) == [1])
        try register(2)
        try ledger.read { store in
            let facts = try SnapshotHistory(store, genesis: rig.network.state)
            _ = try opened.fill(from: store, to: try store.size()) { facts.facts(before: $0) }
        }
        #expect(opened.eventIDs.isWhole)
        let found = try opened.parts(named: (0..<4).map(named), limit: 9)
        #expect(found.map(\.count) == [0, 1, 1, 0])
        #expect((0..<1_000).count { opened.eventIDs.mayHold(EventKey.of("other \($0)")) } < 10)
        try opened.close()
    }

    @Test func `hold each event under everything it has a flow of`() throws {
        try fill()
        let supplier = rig.network.supplier
        let made = try events(supplier.batch("lot-1"))
        #expect(made.map(\.story.type.rawValue) == ["ObjectEvent", "TransformationEvent"])
        #expect(made.map(\.issuer) == [supplier.uri, supplier.uri])
        #expect(made.map(\.standing) == [.own, .own])
        let mixed = try events(supplier.batch("lot-mixed"))
        #expect(mixed.map(\.issuer) == [supplier.uri, rig.network.carrier.uri])
        #expect(try events("urn:x:none").isEmpty)
        #expect(try views.counts() == ViewCounts(events: 5, flows: 8, records: 0))
    }

    @Test func `keep quantities as they were written`() throws {
        try fill()
        let rows = try views.pool.read {
            try GRDB::Row.fetchAll(
                $0, sql: "SELECT role, place, quantity, uom FROM flow WHERE subject = ? ORDER BY 1",
                arguments: [rig.network.supplier.batch("lot-0")])
        }
        let texts = rows.map { row in
            (0..<4).map { String.fromDatabaseValue(row[$0]) ?? "" }.joined(separator: " ")
        }
        #expect(texts == ["consume input 100.5 KGM", "create quantityList 100.5 KGM"])
    }

    @Test func `know one event that was sent three times`() throws {
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let member = rig.network.supplier
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(member.batch("once"), "7")],
            site: member.site)
        for second in 0..<2 as Range<UInt64> {
            try sequencer.register([
                try rig.network.submission(
                    event: event, by: member, issuedAtSeconds: DemoNetwork.startSeconds + second)
            ])
        }
        try sequencer.register([
            try rig.network.submission(event: event, by: member, visibility: .open)
        ])
        try fill()
        #expect(try events(member.batch("once")).count == 1)
    }

    @Test func `show a reader only what it may see`() throws {
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let member = rig.network.supplier
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(member.batch("private"), "7")],
            site: member.site)
        try sequencer.register([
            try rig.network.submission(
                event: event, by: member, visibility: .organisations([member.uri]))
        ])
        try fill()
        let batch = member.batch("private")
        #expect(try events(batch, .member(organisation: member.uri)).count == 1)
        #expect(try events(batch, .member(organisation: rig.network.carrier.uri)).isEmpty)
    }

    @Test func `come out the same however they are filled`() throws {
        try fill()
        let filled = try everything()
        try fill()
        #expect(try everything() == filled)
        try views.rebuild(from: ledger, genesis: rig.network.state)
        #expect(try everything() == filled)
        #expect(filled.count > 10)
    }

    @Test func `are made anew when their ledger is another`() throws {
        try fill()
        let filled = try everything()
        try views.pool.write {
            try $0.execute(sql: "UPDATE view SET last = zeroblob(32)")
        }
        try fill()
        try ledger.read { store in
            let facts = try SnapshotHistory(store, genesis: rig.network.state)
            _ = try views.fill(from: store, to: try store.size()) { facts.facts(before: $0) }
        }
        #expect(try everything() == filled)
    }

    @Test func `judge each event by what was known before it`() throws {
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let carrier = rig.network.carrier
        let batch = rig.network.supplier.batch("theirs")
        let site = rig.network.supplier.site
        let shipped = DemoNetwork.objectEvent(
            action: "OBSERVE", bizStep: "shipping", batches: [(batch, "7")], site: site)
        let received = DemoNetwork.objectEvent(
            action: "OBSERVE", bizStep: "receiving", batches: [(batch, "7")], site: site,
            time: "2026-01-08T08:00:00Z")
        try sequencer.register([
            try rig.network.submission(event: shipped, by: carrier),
            try rig.delegation(id: "urn:x:d1"),
            try rig.network.submission(event: received, by: carrier),
        ])
        try fill()
        #expect(try events(batch).map(\.standing) == [.reported, .delegated])
        #expect(try views.records(about: "urn:x:d1", limit: 10).count == 1)
    }

    @Test func `lead from a site to its events, and tell nothing of an erased one`() throws {
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let supplier = rig.network.supplier
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(supplier.batch("gone"), "7")],
            site: supplier.site)
        let submission = try rig.network.submission(event: event, by: supplier)
        try sequencer.register([submission])
        try fill()
        let part = try Part.decode(try #require(submission.parts.first))
        func passed() throws -> [RecordedEvent] {
            try views.reading(as: .nodeOperator, ledger, basis: basis) {
                try $0.events(through: supplier.site, times: 0..<Int64.max, limit: 100)
            }
        }
        #expect(try passed().map(\.digest).contains(part.digest))
        #expect(try events(supplier.batch("gone")).count == 1)
        var record = Record(kind: .erasure)
        record.target = .part(part.digest)
        record.keys = [Subject(facet: .events, uri: supplier.batch("gone")).key(in: rig.network.id)]
        record.reason = "asked for"
        try sequencer.register([try rig.submission(record, by: supplier)])
        try fill()
        #expect(try !passed().map(\.digest).contains(part.digest))
        #expect(try events(supplier.batch("gone")).isEmpty)
        #expect(try everything().allSatisfy { !$0.contains("/10/gone") })
    }
}
