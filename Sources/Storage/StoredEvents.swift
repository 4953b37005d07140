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
    ///
    /// The ledger is opened first, as everywhere: so neither waits for the other's connection.
    package func reading<Value>(
        as reader: Reader, _ ledger: Ledger, basis: @escaping (LedgerStore) throws -> ReadingBasis,
        _ body: (StoredEvents) throws -> Value
    ) throws -> Value {
        try reading(as: reader, ledger, grants: GrantBudget(), basis: basis, body)
    }

    /// The same, with no more work for grants than a budget allows: once it is spent no event is
    /// given that they alone would open, and a list of events ends at the first of them.
    func reading<Value>(
        as reader: Reader, _ ledger: Ledger, grants: GrantBudget,
        basis: @escaping (LedgerStore) throws -> ReadingBasis,
        _ body: (StoredEvents) throws -> Value
    ) throws -> Value {
        try ledger.read { store in
            try pool.read { database in
                let rights = ReadingRights(
                    of: reader, in: store, views: .within(database), budget: grants, basis: basis)
                return try body(
                    try StoredEvents(database, store: store, reader: reader, rights: rights))
            }
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

    private let store: LedgerStore
    private let about: SQLStatement
    private let through: SQLStatement
    private let concerning: SQLStatement
    private let named: SQLStatement
    private let stories: StoryCache
    /// Whether the views hold any declaration at all.
    private let hasDeclarations: Bool

    init(
        _ database: Database, store: LedgerStore, reader: Reader, rights: ReadingRights
    ) throws(StorageError) {
        self.store = store
        about = try SQLStatement(
            database,
            """
            SELECT event FROM flow WHERE subject = ? ORDER BY time, event
            """)
        stories = StoryCache(
            statement: try SQLStatement(database, "SELECT bytes FROM story WHERE event = ?"),
            reader: reader, rights: rights)
        through = try SQLStatement(
            database,
            """
            SELECT event FROM passage WHERE kind = ? AND uri = ? AND time >= ? AND time < ?
            ORDER BY time, event
            """)
        concerning = try SQLStatement(
            database,
            """
            SELECT event FROM passage WHERE kind = ? AND uri = ? ORDER BY time, event
            """)
        named = try SQLStatement(
            database, "SELECT number FROM event WHERE id_key = ? ORDER BY number")
        hasDeclarations =
            try SQLStatement(database, "SELECT 1 FROM passage WHERE kind >= 2 LIMIT 1")
            .first(read: { _ in true }) ?? false
    }

    package func events(about uri: String, limit: Int) throws(StorageError) -> [RecordedEvent] {
        var found = Found(limit: limit, stories: stories)
        try about.forEach(.text(uri)) { (row) throws(StorageError) in try found.take(row) }
        return found.events
    }

    package func events(
        through uri: String, times: Range<Int64>, limit: Int
    ) throws(StorageError) -> [RecordedEvent] {
        var all: [RecordedEvent] = []
        for kind: Int64 in [0, 1] {
            var found = Found(limit: limit, stories: stories)
            try through.forEach(
                .integer(kind), .text(uri), .integer(times.lowerBound), .integer(times.upperBound)
            ) { (row) throws(StorageError) in try found.take(row) }
            all = all.isEmpty ? found.events : all + found.events
        }
        return all
    }

    package func declarations(
        concerning eventIDs: [String]
    ) throws(StorageError) -> [RecordedEvent] {
        guard hasDeclarations else { return [] }
        var found = Found(limit: Self.declarationsLimit, stories: stories)
        for id in Set(eventIDs.map(Corrections.normal)).sorted() {
            for kind: Int64 in [2, 3] {
                try concerning.forEach(.integer(kind), .text(id)) {
                    (row) throws(StorageError) in try found.take(row)
                }
            }
        }
        return found.events
    }

    package func events(named eventIDs: [String]) throws(StorageError) -> [RecordedEvent] {
        var found = Found(limit: Self.declarationsLimit, stories: stories)
        for id in eventIDs {
            try named.forEach(.integer(EventKey.of(id))) { (row) throws(StorageError) in
                try found.take(row)
            }
        }
        // Two IDs may have one key.
        let ids = Set(eventIDs)
        return found.events.filter { event in
            event.story.declaration == nil && event.story.eventID.map(ids.contains) ?? false
        }
    }

    package func eventHash(of digest: Hash256) throws(StorageError) -> String? {
        guard let bytes = try store.part(digest), let part = try? Part.decode(bytes),
            let event = try? JSONValue.parse(part.content, limits: EPCISLimits.eventJSON)
        else { return nil }
        return try? EventHash(event: event).value
    }
}

/// Stories by number, read once while they are remembered.
///
/// An event of many things is met from each of them. It belongs to one walk on one thread.
private final class StoryCache {
    private static let countLimit = 4_096

    private let statement: SQLStatement
    private let reader: Reader
    private let rights: ReadingRights
    private var known: [Int64: StoredStory.Told?] = [:]
    private var thingCount = 0
    /// Things in all remembered stories: what bounds their memory.
    private static let thingLimit = 100_000

    init(statement: SQLStatement, reader: Reader, rights: ReadingRights) {
        self.statement = statement
        self.reader = reader
        self.rights = rights
    }

    /// Whether no more may be done to tell what the reader may see.
    var isSpent: Bool { rights.isSpent }

    /// The story of an event; nothing if the reader may not see it.
    func story(_ number: Int64) throws(StorageError) -> StoredStory.Told? {
        if let told = known[number] { return told }
        let bytes = try statement.first(.integer(number)) { $0.bytes(0) }
        let told = try bytes.flatMap { bytes throws(StorageError) in try read(bytes, number) }
        if known.count >= Self.countLimit || thingCount >= Self.thingLimit {
            known.removeAll(keepingCapacity: true)
            thingCount = 0
        }
        known[number] = .some(told)
        thingCount += told?.event.story.things.count ?? 0
        return told
    }

    private func read(
        _ bytes: [UInt8], _ number: Int64
    ) throws(StorageError) -> StoredStory.Told? {
        try StorageError.mapping(Views.fileName) {
            try StoredStory.read(bytes) { audience, issuer, digest in
                if audience.permits(reader) { return true }
                let leaf = EventNumber.leafIndex(number)
                return try rights.isGranted(digest, at: leaf, by: issuer)
            }
        }
    }
}

/// Events as they are found: each once, only what may be seen, up to a limit.
private struct Found {
    private struct Said: Hashable {
        var issuer: String
        var content: [UInt8]
    }

    let limit: Int
    private let stories: StoryCache
    private(set) var events: [RecordedEvent] = []
    private var last: Int64?
    /// What was said by the first event: most things have one, and no set is made for it.
    private var first: Said?
    private var seen: Set<Said> = []

    init(limit: Int, stories: StoryCache) {
        self.limit = limit
        self.stories = stories
    }

    /// Takes a row; whether another one is wanted.
    mutating func take(_ row: SQLRow) throws(StorageError) -> Bool {
        let number = row.integer(0)
        guard number != last else { return true }
        last = number
        guard let told = try stories.story(number) else { return !stories.isSpent }
        let said = Said(issuer: told.event.issuer, content: told.said)
        if let first {
            if seen.isEmpty { seen.insert(first) }
            guard seen.insert(said).inserted else { return true }
        } else {
            first = said
        }
        events.append(told.event)
        return events.count < limit
    }
}
