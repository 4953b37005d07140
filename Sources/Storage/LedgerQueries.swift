import EPCIS
import GRDB
import Lineage
import MerkleTrees
package import Queries
package import Records

/// A page of events, each as answers tell it.
package struct FoundPage: Sendable {
    /// The events' JSON, in the query's order.
    package var events: [[UInt8]] = []
    /// The token of the next page; nil on the last.
    package var nextPageToken: String?
}

/// Answers EPCIS queries for one reader: finds candidates through the views, reads them from the
/// ledger, and judges each by its bytes.
///
/// What the reader may not see is left out before anything is counted. Memory is bounded by a page:
/// ``pageBytes`` and one event. Work is bounded by a time; a page that is not full when the time is
/// up is given as it is, and its token leads on.
package struct LedgerQueries {
    /// Bytes of the events of a page, after which it ends; one event may be larger.
    package static let pageBytes = 8 << 20

    let views: Views
    private let ledger: Ledger
    let reader: Reader
    let limit: WorkLimit
    private let basis: @Sendable (LedgerStore) throws -> ReadingBasis

    /// Answers to one reader, with so much time for each; the basis decides what it may see.
    package init(
        views: Views, ledger: Ledger, reader: Reader, limit: WorkLimit,
        basis: @escaping @Sendable (LedgerStore) throws -> ReadingBasis
    ) {
        self.views = views
        self.ledger = ledger
        self.reader = reader
        self.limit = limit
        self.basis = basis
    }

    /// The page that a query asks for, of the log at a size or at that of the query's token.
    ///
    /// - Throws: `QueryRefusal`, ``WorkLimitReached``, ``StorageError``.
    package func page(of query: EventQuery, treeSize: UInt64) throws -> FoundPage {
        let cursor = try query.cursor()
        let size = min(cursor?.treeSize ?? treeSize, treeSize)
        var page = PageInProgress(query: query, cursor: cursor, treeSize: size)
        var isWhole = page.isDone
        guard !isWhole else { return FoundPage() }
        do {
            isWhole = true
            try judged(search(for: query, cursor, size)) { found, event in
                if let event, query.matches(event.queryable) {
                    try page.add(event)
                } else {
                    page.pass(found)
                }
                if limit.isReached { isWhole = false }
                return !page.isDone && isWhole
            }
        } catch is WorkLimitReached {
            isWhole = false
        }
        return try page.finished(isWhole: isWhole)
    }
}

/// One state of the ledger, and what the reader may see of it.
struct LedgerReading {
    let store: LedgerStore
    let rights: ReadingRights
}

// MARK: - Candidates

/// A candidate that the reader may see.
struct JudgedEvent {
    var queryable: QueryableEvent
    /// The event as answers tell it.
    var bytes: [UInt8]

    /// An event that was read, from the part with a digest.
    init(_ queryable: QueryableEvent, signed: [UInt8], part: Hash256, issuer: String) {
        self.queryable = queryable
        bytes = ToldEvent(queryable, signed: signed, part: part, issuer: issuer).bytes
    }
}

extension LedgerQueries {
    /// Reads what a search finds: with each the event, or nil if the reader may not see it or it is
    /// there no more.
    private func judged(
        _ search: EventSearch, _ body: (FoundEvent, JudgedEvent?) throws -> Bool
    ) throws {
        try reading { database, reading in
            try search.run(in: database) { found in
                try body(found, event(of: found, reading))
            }
        }
    }

    /// Reads one state of the ledger, and one of the views, until the time is up.
    ///
    /// The ledger first, as who fills the views does: so neither waits for the other's connection.
    func reading<Value>(_ body: (Database, LedgerReading) throws -> Value) throws -> Value {
        do {
            return try ledger.read { store in
                try views.pool.read { database in
                    let rights = ReadingRights(
                        of: reader, in: store, views: .within(database), basis: basis)
                    return try limit.watching(database) {
                        try body(database, LedgerReading(store: store, rights: rights))
                    }
                }
            }
        } catch let error as DatabaseError {
            throw StorageError(database: error, place: Views.fileName)
        }
    }

    /// The event of a found row; whether the reader may see it, the ledger says.
    func event(of found: FoundEvent, _ reading: LedgerReading) throws -> JudgedEvent? {
        guard let digest = Hash256(found.digest), let bytes = try reading.store.part(digest),
            let part = try? Part.decode(bytes), try reading.rights.permit(part),
            part.contentType == PartContentType.event,
            let json = try? JSONValue.parse(part.content, limits: EPCISLimits.eventJSON),
            let event = try? QueryableEvent(
                json, recordTimeMilliseconds: found.registeredMilliseconds,
                position: EventPosition(
                    leafIndex: EventNumber.leafIndex(found.number),
                    part: EventNumber.part(found.number)))
        else { return nil }
        return JudgedEvent(event, signed: part.content, part: digest, issuer: found.issuer)
    }

    private func search(
        for query: EventQuery, _ cursor: PageCursor?, _ size: UInt64
    ) -> EventSearch {
        let plan = query.plan
        var search = EventSearch(leafLimit: size, reader: reader)
        search.subjects = plan.identifiers
        search.terms =
            plan.readPoints.map { .init(kind: .readPoint, texts: $0) }
            + plan.bizLocations.map { .init(kind: .bizLocation, texts: $0) }
            + [
                plan.eventTypes.map { .init(kind: .eventType, texts: $0) },
                plan.bizSteps.map { .init(kind: .bizStep, texts: $0) },
                plan.dispositions.map { .init(kind: .disposition, texts: $0) },
            ].compactMap(\.self)
        search.eventIDs = plan.eventIDs
        search.times = plan.eventTimes
        search.recordTimes = plan.recordTimes
        search.isByEventTime = query.ordering.key == .eventTime
        search.isDescending = query.ordering.isDescending
        search.after = cursor.map {
            let position = $0.last.position
            let number = EventNumber.number(leafIndex: position.leafIndex, part: position.part)
            return ($0.last.milliseconds, number)
        }
        return search
    }
}

// MARK: - Pages

/// A page while candidates come in, in the query's order.
private struct PageInProgress {
    private let query: EventQuery
    private let cursor: PageCursor?
    private let treeSize: UInt64
    private var page = FoundPage()
    private var byteCount = 0
    private var matchCount = 0
    /// The last event of the page, or the last candidate gone by while it had room.
    private var last: EventPlace?
    private var isClosed: Bool
    /// Whether a match stands behind the page.
    private var hasMore = false
    /// Whether nothing further can change the answer.
    private(set) var isDone: Bool

    init(query: EventQuery, cursor: PageCursor?, treeSize: UInt64) {
        self.query = query
        self.cursor = cursor
        self.treeSize = treeSize
        isClosed = false
        isDone = false
        isDone = isExhausted
    }

    /// Events of the pages before.
    private var countBefore: Int { Int(clamping: cursor?.countBefore ?? 0) }

    /// Whether `eventCountLimit` ends the answer here.
    private var isExhausted: Bool {
        query.eventCountLimit.map { countBefore + page.events.count >= $0 } ?? false
    }

    /// Only the first page counts matches: no later page can have more.
    private var countLimit: Int? { cursor == nil ? query.maxEventCount : nil }

    /// Takes a match.
    mutating func add(_ event: JudgedEvent) throws(QueryRefusal) {
        matchCount += 1
        if let countLimit, matchCount > countLimit { throw EventQuery.tooLarge(countLimit) }
        let hasRoom =
            page.events.isEmpty || byteCount + event.bytes.count <= LedgerQueries.pageBytes
        if !isClosed, hasRoom {
            page.events.append(event.bytes)
            byteCount += event.bytes.count
            last = query.ordering.place(of: event.queryable)
            isClosed = page.events.count >= query.perPage || isExhausted
        } else {
            isClosed = true
            hasMore = true
        }
        isDone = isClosed && countLimit == nil && (hasMore || isExhausted)
    }

    /// Goes by a candidate that is not in the answer.
    mutating func pass(_ found: FoundEvent) {
        guard !isClosed else { return }
        let isByEventTime = query.ordering.key == .eventTime
        last = EventPlace(
            isByEventTime ? found.timeMilliseconds : found.registeredMilliseconds,
            EventPosition(
                leafIndex: EventNumber.leafIndex(found.number),
                part: EventNumber.part(found.number)))
    }

    /// The page; where the time was up before all was seen, its token leads on.
    func finished(isWhole: Bool) throws -> FoundPage {
        let isCutShort = !isWhole && !isDone
        if isCutShort, page.events.isEmpty || countLimit != nil { throw WorkLimitReached() }
        guard hasMore || isCutShort, let last else { return page }
        let next = PageCursor(
            last: last, treeSize: treeSize,
            countBefore: UInt64(countBefore + page.events.count))
        return FoundPage(events: page.events, nextPageToken: next.token(of: query.digest))
    }
}
