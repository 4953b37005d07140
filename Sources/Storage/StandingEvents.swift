import EPCIS
import Foundation
import GRDB
import MerkleTrees
package import Queries
package import Records
import Synchronization

/// Events that a standing query finds in a stretch of the log.
package struct FoundEvents: Sendable {
    /// The events' JSON, in the order of the log, as answers tell them.
    package var events: [[UInt8]]
    /// How far was looked: from the start asked for to here.
    package var range: DeliveryRange
}

/// Looks for the events of standing queries: found through the views, read from the ledger, as far
/// as a subscriber may see them.
///
/// Many subscriptions look at the same newest events, so those that were read last are kept; what
/// was erased meanwhile is not shown.
package final class StandingEvents: Sendable {
    /// Events that one look goes over; further ones are for the next.
    private static let lookLimit = 1_000
    /// Events that are kept.
    private static let keptLimit = 512
    /// How long may be looked for sites below sites.
    private static let sitesPatience = Duration.seconds(5)

    private struct Kept: Sendable {
        var part: Part
        var event: JudgedEvent
    }

    private struct Row {
        var digest: Hash256
        var position: EventPosition
        var registeredAtMilliseconds: Int64
        var issuer: String
    }

    private let views: Views
    private let ledger: Ledger
    private let basis: @Sendable (LedgerStore) throws -> ReadingBasis
    private let kept = Mutex<[Hash256: Kept]>([:])

    /// The events of a node; the basis decides who may see them.
    package init(
        views: Views, ledger: Ledger, basis: @escaping @Sendable (LedgerStore) throws -> ReadingBasis
    ) {
        self.views = views
        self.ledger = ledger
        self.basis = basis
    }

    /// Looks from the start of a stretch, which the views must have reached, until so many events
    /// are found, the stretch ends, or it was enough for one look.
    ///
    /// - Parameters:
    ///   - query: what is looked for.
    ///   - range: where.
    ///   - notBefore: no event of an earlier record time, milliseconds since the Unix epoch.
    ///   - limit: of the events.
    ///   - byteLimit: of their bytes, unless it is one event.
    ///   - reader: who may see them.
    ///   - now: as of when master data says which site lies below which.
    /// - Returns: the events, and how far was looked.
    /// - Throws: ``StorageError``, ``WorkLimitReached``.
    package func look(
        for query: EventQuery, in range: DeliveryRange, notBefore: Int64?, limit: Int,
        byteLimit: Int, reader: Reader, nowMilliseconds now: UInt64
    ) throws -> FoundEvents {
        let rows = try rows(in: range)
        let query = rows.isEmpty ? query : try expanding(query, reader, now)
        return try StorageError.mapping(Ledger.fileName) {
            try ledger.read { store in
                let rights = ReadingRights(of: reader, in: store, views: views, basis: basis)
                var found = FoundEvents(events: [], range: range)
                var bytes = 0
                for row in rows {
                    guard row.registeredAtMilliseconds >= notBefore ?? .min,
                        let part = try store.part(row.digest),
                        let event = try event(of: part, row, rights),
                        query.matches(event.queryable)
                    else { continue }
                    guard found.events.isEmpty || bytes + event.bytes.count <= byteLimit else {
                        found.range.end = row.position
                        return found
                    }
                    bytes += event.bytes.count
                    found.events.append(event.bytes)
                    guard found.events.count < limit else {
                        found.range.end = row.position.next
                        return found
                    }
                }
                if rows.count == Self.lookLimit, let last = rows.last {
                    found.range.end = last.position.next
                }
                return found
            }
        }
    }

    /// A query with the sites below those of `WD_*`.
    private func expanding(
        _ query: EventQuery, _ reader: Reader, _ now: UInt64
    ) throws -> EventQuery {
        let roots = query.sitesToExpand
        guard !roots.isEmpty else { return query }
        let queries = LedgerQueries(
            views: views, ledger: ledger, reader: reader,
            limit: WorkLimit(until: ContinuousClock.now + Self.sitesPatience), basis: basis)
        guard let sites = try queries.sites(below: roots, atMilliseconds: now) else {
            throw WorkLimitReached()
        }
        return query.expandingSites { sites[$0] ?? [] }
    }

    private func event(
        of part: [UInt8], _ row: Row, _ rights: ReadingRights
    ) throws -> JudgedEvent? {
        if let kept = kept.withLock({ $0[row.digest] }) {
            return try rights.permit(kept.part) ? kept.event : nil
        }
        guard let part = try? Part.decode(part),
            let json = try? JSONValue.parse(part.content, limits: EPCISLimits.eventJSON),
            let queryable = try? QueryableEvent(
                json, recordTimeMilliseconds: row.registeredAtMilliseconds, position: row.position)
        else { return nil }
        let event = JudgedEvent(
            queryable, signed: part.content, part: row.digest, issuer: row.issuer)
        kept.withLock { kept in
            if kept.count >= Self.keptLimit { kept.removeAll(keepingCapacity: true) }
            kept[row.digest] = Kept(part: part, event: event)
        }
        return try rights.permit(part) ? event : nil
    }

    private func rows(in range: DeliveryRange) throws(StorageError) -> [Row] {
        try StorageError.mapping(Views.fileName) {
            try views.pool.read { database in
                try GRDB::Row.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT number, digest, registered, issuer FROM event
                            WHERE number >= ? AND number < ? ORDER BY number LIMIT ?
                            """),
                    arguments: [
                        Self.number(range.start), Self.number(range.end), Self.lookLimit,
                    ]
                ).compactMap { row in
                    guard let number = Int64.fromDatabaseValue(row[0]),
                        let digest = Data.fromDatabaseValue(row[1])
                            .flatMap({ Hash256([UInt8]($0)) }),
                        let registered = Int64.fromDatabaseValue(row[2]),
                        let issuer = String.fromDatabaseValue(row[3])
                    else { return nil }
                    let position = EventPosition(
                        leafIndex: EventNumber.leafIndex(number), part: EventNumber.part(number))
                    return Row(
                        digest: digest, position: position, registeredAtMilliseconds: registered,
                        issuer: issuer)
                }
            }
        }
    }

    private static func number(_ position: EventPosition) -> Int64 {
        EventNumber.number(leafIndex: position.leafIndex, part: position.part)
    }
}

extension Ledger {
    /// The first leaf that was registered at a time or later; the size of the log if there is none.
    ///
    /// Record times never fall along a log (SPEC §14), so they are searched by halves.
    package func firstLeaf(notBeforeMilliseconds time: Int64) throws(StorageError) -> UInt64 {
        try StorageError.mapping(Self.fileName) {
            try read { store in
                var (low, high) = (UInt64(0), try store.size())
                while low < high {
                    let middle = low + (high - low) / 2
                    guard let entry = try store.entry(at: middle) else { return middle }
                    let registered = try LogEntry.decode(entry).timeMilliseconds
                    if Int64(clamping: registered) < time {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                return low
            }
        }
    }
}
