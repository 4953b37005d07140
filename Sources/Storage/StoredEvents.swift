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
    /// Finds whether the views hold any declaration at all.
    private let declared: SQLStatement

    init(
        _ database: Database, store: LedgerStore, reader: Reader, rights: ReadingRights
    ) throws(StorageError) {
        self.store = store
        about = try SQLStatement(
            database,
            """
            SELECT event, bytes FROM flow LEFT JOIN story USING(event)
            WHERE subject = ? ORDER BY time, event
            """)
        stories = StoryCache(reader: reader, rights: rights)
        through = try SQLStatement(
            database,
            """
            SELECT event, bytes FROM passage LEFT JOIN story USING(event)
            WHERE kind = ? AND uri = ? AND time >= ? AND time < ?
            ORDER BY time, event
            """)
        concerning = try SQLStatement(
            database,
            """
            SELECT event, bytes FROM passage LEFT JOIN story USING(event)
            WHERE kind = ? AND uri = ? ORDER BY time, event
            """)
        named = try SQLStatement(
            database,
            """
            SELECT number, bytes FROM event LEFT JOIN story ON story.event = number
            WHERE id_key = ? ORDER BY number
            """)
        declared = try SQLStatement(database, "SELECT 1 FROM passage WHERE kind >= 2 LIMIT 1")
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
        guard !eventIDs.isEmpty, try stories.hasDeclarations(declared) else { return [] }
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

    private let reader: Reader
    private let rights: ReadingRights
    private let pool = TextPool()
    private var isDeclared: Bool?
    private var known: [Int64: StoredStory.Told?] = [:]
    private var thingCount = 0
    /// Things in all remembered stories: what bounds their memory.
    private static let thingLimit = 100_000

    init(reader: Reader, rights: ReadingRights) {
        self.reader = reader
        self.rights = rights
    }

    /// Whether no more may be done to tell what the reader may see.
    var isSpent: Bool { rights.isSpent }

    /// Whether there is any declaration at all, asked once.
    func hasDeclarations(_ statement: SQLStatement) throws(StorageError) -> Bool {
        if let isDeclared { return isDeclared }
        let isDeclared = try statement.first(read: { _ in true }) ?? false
        self.isDeclared = isDeclared
        return isDeclared
    }

    /// The story of an event, which stands in the second column of a row; nothing if the reader
    /// may not see it.
    func story(_ number: Int64, in row: SQLRow) throws(StorageError) -> StoredStory.Told? {
        if let told = known[number] { return told }
        let told = row.isNull(1) ? nil : try read(row.bytes(1), number)
        // An event of one thing is met from that thing alone.
        if let story = told?.event.story, story.things.count < 2, story.process == nil {
            return told
        }
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
            try StoredStory.read(bytes, pool) { audience, issuer, digest in
                if audience.permits(reader) { return true }
                let leaf = EventNumber.leafIndex(number)
                return try rights.isGranted(digest, at: leaf, by: issuer)
            }
        }
    }
}

/// Events as they are found: each once, only what may be seen, up to a limit.
private struct Found {
    private static let fewCount = 16

    let limit: Int
    private let stories: StoryCache
    private(set) var events: [RecordedEvent] = []
    private var last: Int64?
    /// What was said: few are compared one by one, as most things have few events.
    private var few: [StoredStory.Said] = []
    private var many: Set<StoredStory.Said> = []

    init(limit: Int, stories: StoryCache) {
        self.limit = limit
        self.stories = stories
    }

    /// Takes a row of an event's number and its story; whether another one is wanted.
    mutating func take(_ row: SQLRow) throws(StorageError) -> Bool {
        let number = row.integer(0)
        guard number != last else { return true }
        last = number
        guard let told = try stories.story(number, in: row) else { return !stories.isSpent }
        guard isNew(told.said) else { return true }
        events.append(told.event)
        return events.count < limit
    }

    private mutating func isNew(_ said: StoredStory.Said) -> Bool {
        guard few.count >= Self.fewCount else {
            guard !few.contains(said) else { return false }
            few.append(said)
            return true
        }
        if many.isEmpty {
            many = Set(minimumCapacity: 128)
            many.formUnion(few)
        }
        return many.insert(said).inserted
    }
}
