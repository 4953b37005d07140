import EPCIS
import GRDB
package import Lineage
package import MerkleTrees
package import Records

extension Views {
    /// Reads events for a lineage, all in one snapshot of the views.
    ///
    /// What the reader may not see is not given. The ledger is where an event hash is made from, in
    /// the rare case that one is needed. The events are not valid after `body`.
    package func reading<Value>(
        as reader: Reader, _ ledger: Ledger, _ body: (StoredEvents) throws -> Value
    ) throws -> Value {
        try pool.read { database in
            try body(try StoredEvents(database, ledger: ledger, reader: reader))
        }
    }
}

/// The events of a node for lineage walks, as far as a reader may see them.
///
/// What one organisation sent several times, under whatever salts or visibilities, is one event. A
/// value belongs to the snapshot that it was given in.
package struct StoredEvents: EventSource {
    /// The most declarations that are read about some events.
    private static let declarationsLimit = 1_000

    private let ledger: Ledger
    private let reader: Reader
    private let about: SQLStatement
    private let through: SQLStatement
    private let concerning: SQLStatement
    /// Whether the views hold any declaration at all.
    private let hasDeclarations: Bool

    init(_ database: Database, ledger: Ledger, reader: Reader) throws(StorageError) {
        self.ledger = ledger
        self.reader = reader
        about = try SQLStatement(
            database,
            """
            SELECT f.event, s.bytes FROM flow f JOIN story s ON s.event = f.event
            WHERE f.subject = ? ORDER BY f.time, f.event
            """)
        through = try SQLStatement(
            database,
            """
            SELECT p.event, s.bytes FROM passage p JOIN story s ON s.event = p.event
            WHERE p.kind = ? AND p.uri = ? AND p.time >= ? AND p.time < ?
            ORDER BY p.time, p.event
            """)
        concerning = try SQLStatement(
            database,
            """
            SELECT p.event, s.bytes FROM passage p JOIN story s ON s.event = p.event
            WHERE p.kind = ? AND p.uri = ? ORDER BY p.time, p.event
            """)
        hasDeclarations =
            try SQLStatement(database, "SELECT 1 FROM passage WHERE kind >= 2 LIMIT 1")
            .first(read: { _ in true }) ?? false
    }

    package func events(about uri: String, limit: Int) throws(StorageError) -> [RecordedEvent] {
        var found = Found(limit: limit, reader: reader)
        try about.forEach(.text(uri)) { (row) throws(StorageError) in found.take(row) }
        return found.events
    }

    package func events(
        through uri: String, times: Range<Int64>, limit: Int
    ) throws(StorageError) -> [RecordedEvent] {
        var all: [RecordedEvent] = []
        for kind: Int64 in [0, 1] {
            var found = Found(limit: limit, reader: reader)
            try through.forEach(
                .integer(kind), .text(uri), .integer(times.lowerBound), .integer(times.upperBound)
            ) { (row) throws(StorageError) in found.take(row) }
            all = all.isEmpty ? found.events : all + found.events
        }
        return all
    }

    package func declarations(
        concerning eventIDs: [String]
    ) throws(StorageError) -> [RecordedEvent] {
        guard hasDeclarations else { return [] }
        var found = Found(limit: Self.declarationsLimit, reader: reader)
        for id in Set(eventIDs.map(Corrections.normal)).sorted() {
            for kind: Int64 in [2, 3] {
                try concerning.forEach(.integer(kind), .text(id)) {
                    (row) throws(StorageError) in found.take(row)
                }
            }
        }
        return found.events
    }

    package func eventHash(of digest: Hash256) throws(StorageError) -> String? {
        try StorageError.mapping(Ledger.fileName) {
            try ledger.read { store in
                guard let bytes = try store.part(digest), let part = try? Part.decode(bytes),
                    let event = try? JSONValue.parse(part.content, limits: EPCISLimits.eventJSON)
                else { return nil }
                return try? EventHash(event: event).value
            }
        }
    }
}

/// Rows as they are read: each event once, only what may be seen, up to a limit.
private struct Found {
    private struct Said: Hashable {
        var issuer: String
        var content: [UInt8]
    }

    let limit: Int
    let reader: Reader
    private(set) var events: [RecordedEvent] = []
    private var last: Int64?
    private var seen: Set<Said> = []

    init(limit: Int, reader: Reader) {
        self.limit = limit
        self.reader = reader
    }

    /// Takes a row; whether another one is wanted.
    mutating func take(_ row: SQLRow) -> Bool {
        let number = row.integer(0)
        guard number != last else { return true }
        last = number
        guard let told = StoredStory.read(row.bytes(1), for: reader),
            seen.insert(Said(issuer: told.event.issuer, content: told.said)).inserted
        else { return true }
        events.append(told.event)
        return events.count < limit
    }
}
