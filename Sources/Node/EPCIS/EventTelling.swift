import EPCIS
import Queries
import Records
import Storage

/// How subscribers are told, by webhook or WebSocket: what is looked for, and how it is written
/// (SPEC §17.4).
struct EventTelling: Sendable {
    /// A stretch of the log, and how much of it one document holds.
    struct Stretch: Sendable {
        var range: DeliveryRange
        var eventLimit: Int
        /// Bytes of the events, unless it is one event.
        var byteLimit: Int
    }

    var events: StandingEvents
    var notices: StandingNotices
    var nowMilliseconds: @Sendable () -> UInt64

    /// Looks for what a subscriber is told, as far as its organisation may see it now; waits for
    /// the disk.
    ///
    /// - Throws: ``StorageError``, ``WorkLimitReached``.
    func look(
        for query: NamedQuery, in stretch: Stretch, _ controls: SubscriptionControls,
        of organisation: String
    ) throws -> FoundEvents {
        if let reach = controls.notices {
            return try notices.look(
                reach, in: stretch.range, notBefore: controls.initialRecordTimeMilliseconds,
                limit: stretch.eventLimit, byteLimit: stretch.byteLimit, of: organisation)
        }
        return try events.look(
            for: query.query, in: stretch.range,
            notBefore: controls.initialRecordTimeMilliseconds, limit: stretch.eventLimit,
            byteLimit: stretch.byteLimit, reader: .member(organisation: organisation),
            nowMilliseconds: nowMilliseconds())
    }

    /// The document of events that go together.
    static func document(
        _ events: [[UInt8]], _ batch: DeliveryBatch, _ format: DeliveryFormat,
        queryName: String, subscriptionID: String?
    ) -> [UInt8] {
        var document = EventDocument(
            spelled(events, format), createdMilliseconds: batch.createdMilliseconds)
        document.queryName = queryName
        document.subscriptionID = subscriptionID
        return document.bytes
    }

    /// Events with their identifiers written as the subscriber asks.
    private static func spelled(_ events: [[UInt8]], _ format: DeliveryFormat) -> [[UInt8]] {
        guard format == .digitalLink else { return events }
        return events.map { bytes in
            guard let event = try? JSONValue.parse(bytes, limits: EPCISLimits.eventJSON),
                let spelled = try? IdentifierSpelling.digitalLink.rewriting(event)
            else { return bytes }
            return spelled.serialized()
        }
    }
}
