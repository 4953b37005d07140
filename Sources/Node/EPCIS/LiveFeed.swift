import HTTPAPI
import Logging
import Queries
import Records
import Storage

/// What one connection is told of a query: the documents that a webhook would be sent, in the same
/// order, one when the one before was taken (SPEC §17.4).
///
/// How far it is, ``Delivery`` decides, as with webhooks; but here it is forgotten with the
/// connection, and what was written to the connection counts as taken.
actor LiveFeed: EventFeed {
    /// Bytes of the events of one document, unless it is one event: a connection that is read
    /// slowly holds one.
    static let eventBytes = 256 << 10
    /// The longest sleep, in case the clock is set.
    private static let longestSleepMilliseconds: Int64 = 30_000

    private let query: NamedQuery
    private let controls: SubscriptionControls
    private let seat: LiveFeeds.Seat
    private let feeds: LiveFeeds
    private let surroundings: Deliveries.Surroundings
    private let openedMilliseconds: Int64
    private var delivery: Delivery

    /// A feed from a leaf on, in a seat that is its own.
    init(
        of query: NamedQuery, _ controls: SubscriptionControls, from leaf: UInt64,
        in seat: LiveFeeds.Seat, of feeds: LiveFeeds, _ surroundings: Deliveries.Surroundings
    ) {
        self.query = query
        self.controls = controls
        self.seat = seat
        self.feeds = feeds
        self.surroundings = surroundings
        openedMilliseconds = Int64(clamping: surroundings.nowMilliseconds())
        delivery = Delivery(from: .end(leaf))
    }

    deinit { feeds.close(seat) }

    func next() async throws(FeedEnd) -> [UInt8] {
        delivery.succeeded(nowMilliseconds: now)
        var found: [[UInt8]] = []
        while true {
            try requireLife()
            let size = feeds.size
            switch delivery.next(
                controls, createdMilliseconds: openedMilliseconds, logSize: size,
                nowMilliseconds: now)
            {
            case .rest(let until): await rest(until)
            case .look(let range, let limit):
                let looked = try await look(range, limit)
                found = looked.events
                delivery.found(
                    eventCount: found.count, in: looked.range, nowMilliseconds: now)
            case .send(let batch):
                // What was found may have been withdrawn from the organisation meanwhile.
                try requireLife()
                return EventTelling.document(
                    batch.eventCount == 0 ? [] : found, batch, controls.format,
                    queryName: seat.queryName, subscriptionID: nil)
            }
        }
    }

    private var now: Int64 { Int64(clamping: surroundings.nowMilliseconds()) }

    /// Ends the feed where nobody is left to be told.
    private func requireLife() throws(FeedEnd) {
        guard !Task.isCancelled else { throw .stopped }
        if let end = seat.ended { throw end }
        guard surroundings.hasStanding(seat.organisation) else {
            throw .gone(reason: "the organisation is no member of the network now")
        }
    }

    private func look(
        _ range: DeliveryRange, _ limit: Int
    ) async throws(FeedEnd) -> FoundEvents {
        let stretch = EventTelling.Stretch(
            range: range, eventLimit: limit, byteLimit: Self.eventBytes)
        let (telling, query, controls) = (surroundings.telling, query, controls)
        let organisation = seat.organisation
        do {
            return try await feeds.reading {
                try telling.look(for: query, in: stretch, controls, of: organisation)
            }
        } catch {
            surroundings.logger.error(
                "a WebSocket could not be told of events",
                metadata: [
                    "code": "\(NodeError(error).code)", "query": "\(seat.queryName)",
                ])
            throw .failed
        }
    }

    private func rest(_ until: Int64?) async {
        guard let until else { return await seat.bell.wait() }
        let sleep = min(max(1, until - now), Self.longestSleepMilliseconds)
        await seat.bell.wait(milliseconds: sleep)
    }
}

extension RunningNode {
    package func follow(
        _ name: String, _ controls: SubscriptionControls, of organisation: String
    ) async throws(Refusal) -> any EventFeed {
        let feeds = deliveries.feeds
        let seat = feeds.open(name, of: organisation)
        do throws(Refusal) {
            let query = try await query(name, of: organisation)
            try query.requireStanding()
            let leaf = try await firstLeaf(of: controls)
            return LiveFeed(
                of: query, controls, from: leaf, in: seat, of: feeds, deliveries.surroundings)
        } catch {
            feeds.close(seat)
            throw error
        }
    }
}
