package import EPCIS
import Foundation
import GRDB
import MerkleTrees
package import Queries
package import Records
import Synchronization

/// Events that a standing query finds in a stretch of the log.
package struct FoundEvents: Sendable {
    /// The events, in the order of the log, as they were signed.
    package var events: [JSONValue]
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

    private struct Kept: Sendable {
        var visibility: Visibility
        var event: QueryableEvent
    }

    private struct Row {
        var digest: Hash256
        var position: EventPosition
        var registeredAtMilliseconds: Int64
    }

    private let views: Views
    private let ledger: Ledger
    private let kept = Mutex<[Hash256: Kept]>([:])

    /// The events of a node.
    package init(views: Views, ledger: Ledger) {
        self.views = views
        self.ledger = ledger
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
    package func look(
        for query: EventQuery, in range: DeliveryRange, notBefore: Int64?, limit: Int,
        byteLimit: Int, reader: Reader
    ) throws(StorageError) -> FoundEvents {
        let rows = try rows(in: range)
        return try StorageError.mapping(Ledger.fileName) {
            try ledger.read { store in
                var found = FoundEvents(events: [], range: range)
                var bytes = 0
                for row in rows {
                    guard row.registeredAtMilliseconds >= notBefore ?? .min,
                        let part = try store.part(row.digest),
                        let event = event(of: part, row, for: reader), query.matches(event)
                    else { continue }
                    guard found.events.isEmpty || bytes + part.count <= byteLimit else {
                        found.range.end = row.position
                        return found
                    }
                    bytes += part.count
                    found.events.append(event.json)
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

    private func event(
        of part: [UInt8], _ row: Row, for reader: Reader
    ) -> QueryableEvent? {
        if let kept = kept.withLock({ $0[row.digest] }) {
            return kept.visibility.permits(reader) ? kept.event : nil
        }
        guard let part = try? Part.decode(part),
            let json = try? JSONValue.parse(part.content),
            let event = try? QueryableEvent(
                json, recordTimeMilliseconds: row.registeredAtMilliseconds, position: row.position)
        else { return nil }
        kept.withLock { kept in
            if kept.count >= Self.keptLimit { kept.removeAll(keepingCapacity: true) }
            kept[row.digest] = Kept(visibility: part.visibility, event: event)
        }
        return part.visibility.permits(reader) ? event : nil
    }

    private func rows(in range: DeliveryRange) throws(StorageError) -> [Row] {
        let found = try views.rows(in: range, limit: Self.lookLimit)
        return try StorageError.mapping(Ledger.fileName) {
            try ledger.read { store in
                try found.compactMap { leaf, digest, registered in
                    let digests = try store.manifest(at: leaf).map {
                        try Manifest.decode($0).partDigests
                    }
                    guard let part = digests?.firstIndex(of: digest) else { return nil }
                    return Row(
                        digest: digest,
                        position: EventPosition(leafIndex: leaf, part: UInt32(part)),
                        registeredAtMilliseconds: registered)
                }.filter { $0.position >= range.start && $0.position < range.end }
            }
        }
    }
}

extension Views {
    /// The events of a stretch of the log: leaf, digest, record time.
    fileprivate func rows(
        in range: DeliveryRange, limit: Int
    ) throws(StorageError) -> [(UInt64, Hash256, Int64)] {
        try StorageError.mapping(Self.fileName) {
            try pool.read { database in
                try GRDB::Row.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT leaf, digest, registered FROM event
                            WHERE leaf >= ? AND leaf <= ? ORDER BY number LIMIT ?
                            """),
                    arguments: [
                        Int64(range.start.leafIndex), Int64(range.end.leafIndex), limit,
                    ]
                ).compactMap { row in
                    guard let leaf = Int64.fromDatabaseValue(row[0]),
                        let digest = Data.fromDatabaseValue(row[1])
                            .flatMap({ Hash256([UInt8]($0)) }),
                        let registered = Int64.fromDatabaseValue(row[2])
                    else { return nil }
                    return (UInt64(leaf), digest, registered)
                }
            }
        }
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
