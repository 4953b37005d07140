import EPCIS
import Foundation
import GRDB
import GS1
import MerkleTrees
import Records

/// The rows that some entries of the ledger give to the views.
struct ViewRows {
    private(set) var cursor: ViewCursor
    /// Whether the views were of another ledger and must be emptied first.
    private(set) var startsAfresh = false
    private var parts: [ViewPart] = []
    private var terms = TermNumbers()

    /// Reads the next entries of a snapshot.
    static func read(
        _ store: LedgerStore, after cursor: ViewCursor, to size: UInt64, limit: UInt64,
        facts: (UInt64) throws -> (GovernanceState, any LedgerFacts)
    ) throws -> ViewRows {
        var rows = ViewRows(cursor: cursor)
        if try !follows(cursor, store) {
            rows.startsAfresh = true
            rows.cursor = ViewCursor(next: 0, last: .zero)
        }
        let first = rows.cursor.next
        let end = min(size, first + limit)
        guard first < end else { return rows }
        let entries = try store.entries(first..<end)
        for (offset, entry) in entries.enumerated() {
            rows.parts += try parts(of: entry, at: first + UInt64(offset), in: store, facts: facts)
        }
        if let last = entries.last {
            rows.cursor = ViewCursor(next: end, last: TreeHash.leaf(last))
        }
        return rows
    }

    private static func follows(_ cursor: ViewCursor, _ store: LedgerStore) throws -> Bool {
        guard cursor.next > 0 else { return true }
        guard let entry = try store.entry(at: cursor.next - 1) else { return false }
        return TreeHash.leaf(entry) == cursor.last
    }

    /// Reads the parts of an entry and judges them as they were judged at registration.
    private static func parts(
        of entry: [UInt8], at leafIndex: UInt64, in store: LedgerStore,
        facts: (UInt64) throws -> (GovernanceState, any LedgerFacts)
    ) throws -> [ViewPart] {
        guard case .statement(let time, let bytes) = try LogEntry.decode(entry),
            let encoded = try store.manifest(at: leafIndex)
        else { return [] }
        let issuer = try UnverifiedStatement.decode(bytes).issuer
        let (governance, known) = try facts(leafIndex)
        let authority = Authority(governance: governance, facts: known)
        var parts: [ViewPart] = []
        for (index, digest) in try Manifest.decode(encoded).partDigests.enumerated() {
            guard let bytes = try store.part(digest), let part = try? Part.decode(bytes),
                let content = try? Content.read(part)
            else { continue }
            let audience = Disclosure.audience(
                of: part.visibility, content: content, issuer: issuer, governance: governance)
            // What was admitted is not refused here, unless the ledger was tampered with.
            let judgement = try? authority.judge(content, issuer: issuer, atMilliseconds: time)
            parts.append(
                ViewPart(
                    digest: digest, leafIndex: leafIndex, index: UInt32(index),
                    registeredAtMilliseconds: time, issuer: issuer,
                    standing: judgement?.standing ?? .reported, audience: audience,
                    content: content, network: governance.network,
                    story: StoredStory(
                        content, of: part, audience: audience, issuer: issuer,
                        standing: judgement?.standing ?? .reported)))
        }
        return parts
    }

    /// The keys of the events' IDs.
    var eventKeys: [Int64] {
        parts.compactMap { part in
            guard case .event(let event) = part.content else { return nil }
            return event.eventID.map(EventKey.of)
        }
    }

    /// The parts that records among these erase.
    var erasures: [Hash256] { parts.compactMap(\.erases) }

    mutating func write(to database: Database) throws {
        for part in parts {
            try part.write(to: database, &terms)
            if let digest = part.erases {
                try ViewErasure(digest, in: database)?.run()
                // A term of the erased event alone went with it.
                terms = TermNumbers()
            }
        }
        try database.execute(
            sql: "UPDATE view SET next = ?, last = ?",
            arguments: [Int64(cursor.next), Data(cursor.last.bytes)])
    }
}

/// One part as the views hold it.
private struct ViewPart {
    var digest: Hash256
    var leafIndex: UInt64
    var index: UInt32
    var registeredAtMilliseconds: UInt64
    var issuer: String
    var standing: Standing
    /// Who may read it without a grant.
    var audience: Visibility
    var content: Content
    var network: Hash256
    /// What a lineage keeps of an event.
    var story: StoredStory?

    /// The part that it erases, if it is an erasure.
    var erases: Hash256? {
        guard case .record(let record) = content else { return nil }
        return record.erasedPart
    }

    func write(to database: Database, _ terms: inout TermNumbers) throws {
        switch content {
        case .event(let event): try write(event, to: database, &terms)
        case .record(let record): try write(record, to: database)
        case .governance, .attachment: return
        }
    }

    private func write(
        _ event: EPCISEvent, to database: Database, _ terms: inout TermNumbers
    ) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO event(number, digest, leaf, registered, issuer, id_key, time,
                readers, standing) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let number = EventNumber.number(leafIndex: leafIndex, part: index)
        let readers = try terms.readers(audience, in: database)
        try insert.execute(arguments: [
            number, Data(digest.bytes), Int64(leafIndex),
            Int64(clamping: registeredAtMilliseconds), issuer, event.eventID.map(EventKey.of),
            event.eventTimeMilliseconds, readers, Int(standing.rawValue),
        ])
        guard database.changesCount == 1 else { return }
        let posting = try database.cachedStatement(
            sql: "INSERT INTO posting(term, event) VALUES(?, ?)")
        try posting.execute(arguments: [readers, number])
        for (kind, text) in [
            (.eventType, event.type.rawValue), (.bizStep, event.bizStep),
            (.disposition, event.disposition), (.readPoint, event.readPoint?.uri),
            (.bizLocation, event.bizLocation?.uri),
        ] as [(TermKind, String?)] {
            guard let text else { continue }
            let term = try terms.number(kind, text, in: database)
            try posting.execute(arguments: [term, number])
        }
        try writeFlows(of: event, number, to: database)
    }

    private func writeFlows(
        of event: EPCISEvent, _ number: Int64, to database: Database
    ) throws {
        let flow = try database.cachedStatement(
            sql: """
                INSERT INTO flow(subject, time, event, ordinal, role, place, quantity, uom)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let time = event.eventTimeMilliseconds
        for (ordinal, item) in event.flows.enumerated() {
            try flow.execute(arguments: [
                item.subject.uri, time, number, ordinal, "\(item.role)", "\(item.place)",
                item.quantity?.description, item.uom,
            ])
        }
        if event.flows.isEmpty, let site = event.primarySite {
            try flow.execute(arguments: [
                site.uri, time, number, -2, "mention", "site", nil, nil,
            ])
        }
        try story?.write(to: database, number: number)
        if let process = event.transformationID {
            try flow.execute(arguments: [
                process.uri, time, number, -1, "process", "transformationID", nil, nil,
            ])
        }
    }

    private func write(_ record: Records::Record, to database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO record(digest, leaf, registered, issuer, kind, id, standing)
                VALUES(?, ?, ?, ?, ?, ?, ?)
                """)
        try insert.execute(arguments: [
            Data(digest.bytes), Int64(leafIndex), Int64(clamping: registeredAtMilliseconds), issuer,
            record.kind.rawValue, record.id, Int(standing.rawValue),
        ])
        guard database.changesCount == 1 else { return }
        let number = database.lastInsertedRowID
        var uris = Set(record.about + record.to + [record.id].compactMap(\.self))
        if case .record(let target) = record.target { uris.insert(target) }
        let about = try database.cachedStatement(
            sql: "INSERT INTO about(uri, record) VALUES(?, ?)")
        for uri in uris { try about.execute(arguments: [uri, number]) }
        let inside = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO inside(outer, inner, record) VALUES(?, ?, ?)")
        for outer in MasterData.of(record)?.containers ?? [] {
            for inner in record.about { try inside.execute(arguments: [outer, inner, number]) }
        }
        try writeOpenings(of: record, number, to: database)
    }

    /// Notes whom a grant lets read, and what.
    private func writeOpenings(
        of record: Records::Record, _ number: Int64, to database: Database
    ) throws {
        guard let grant = Grant(record, issuer: issuer) else { return }
        let insert = try database.cachedStatement(
            sql: "INSERT INTO opening(organisation, issuer, key, record) VALUES(?, ?, ?, ?)")
        var keys = Grant.keys(of: grant.about, in: network).map { Data($0.bytes) }
        if grant.reachesUpstream { keys.append(Data()) }
        for organisation in grant.to {
            for key in keys { try insert.execute(arguments: [organisation, issuer, key, number]) }
        }
    }
}
