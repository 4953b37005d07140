import Client
import EPCIS
import Logging
import Queries
import Records
import Signatures
import Storage

/// One turn of a subscription: looks for events until a delivery is sent or nothing is to be done.
struct DeliveryTurn {
    let id: String

    /// Looks in a turn before others have theirs.
    private static let looksLimit = 16

    /// Runs the turn.
    ///
    /// - Throws: `storage.*`; the subscription is as it was kept, or further.
    func run(_ deliveries: Deliveries) async throws {
        var found: FoundEvents?
        for _ in 0..<Self.looksLimit {
            guard !(await deliveries.isStopping), let entry = await deliveries.entry(id) else {
                return
            }
            guard deliveries.surroundings.hasStanding(entry.subscription.organisation) else {
                let until = await deliveries.now + Deliveries.pauseMilliseconds
                return await deliveries.rest(id, until: until, isPaused: true)
            }
            guard let query = try await deliveries.query(of: id) else {
                return await deliveries.remove { [id] in $0.id == id }
            }
            switch await deliveries.nextStep(id) {
            case .none: return
            case .rest: return try await deliveries.keepIfFar(id)
            case .look(let range, let limit):
                let events = try await look(
                    query, range, limit, entry.subscription, deliveries)
                found = events
                let now = await deliveries.now
                _ = await deliveries.change(id) { delivery, _ in
                    delivery.found(
                        eventCount: events.events.count, in: events.range, nowMilliseconds: now)
                }
            case .send(let batch):
                return try await send(batch, found, query, entry.subscription, deliveries)
            }
        }
        await deliveries.rest(id, until: .min)
    }

    private func look(
        _ query: NamedQuery, _ range: DeliveryRange, _ limit: Int, _ subscription: Subscription,
        _ deliveries: Deliveries
    ) async throws -> FoundEvents {
        let telling = deliveries.surroundings.telling
        let stretch = EventTelling.Stretch(
            range: range, eventLimit: limit,
            byteLimit: limit == .max ? .max : DeliveryLimits.eventBytes)
        return try await deliveries.reading {
            try telling.look(
                for: query, in: stretch, subscription.request.controls,
                of: subscription.organisation)
        }
    }

    // MARK: Sending

    private func send(
        _ batch: DeliveryBatch, _ found: FoundEvents?, _ query: NamedQuery,
        _ subscription: Subscription, _ deliveries: Deliveries
    ) async throws {
        // Whatever happens from here on, this number means these events.
        try await deliveries.keep(id)
        var events = found
        if events?.range != batch.range {
            events = try await look(query, batch.range, .max, subscription, deliveries)
        }
        let body = Self.body(events?.events ?? [], batch, subscription)
        let outcome = await post(body, batch, subscription, deliveries)
        // A delivery that was cut off because the node stops has not failed.
        if outcome != nil, await deliveries.isStopping { return }
        try await settle(outcome, deliveries)
        await deliveries.rest(id, until: .min)
    }

    /// The document of a delivery.
    private static func body(
        _ items: [[UInt8]], _ batch: DeliveryBatch, _ subscription: Subscription
    ) -> [UInt8] {
        guard subscription.request.controls.notices == nil else {
            return NoticeDocument(
                items, of: subscription, createdMilliseconds: batch.createdMilliseconds
            ).bytes
        }
        return EventTelling.document(
            items, batch, subscription.request.controls.format,
            queryName: subscription.queryName, subscriptionID: subscription.id)
    }

    private func post(
        _ body: [UInt8], _ batch: DeliveryBatch, _ subscription: Subscription,
        _ deliveries: Deliveries
    ) async -> DeliveryFailure? {
        let request = subscription.request
        var fields = ["Idempotency-Key": batch.idempotencyKey(of: subscription)]
        fields["GS1-EPCIS-Version"] = "2.0.0"
        if let token = request.signatureToken {
            fields["GS1-Signature"] = WebhookSignature.field(token: token, body: body)
        }
        do throws(DeliveryFailure) {
            try await deliveries.surroundings.sender.send(
                WebhookRequest(destination: request.destination, body: body, fields: fields))
            return nil
        } catch {
            return error
        }
    }

    private func settle(_ outcome: DeliveryFailure?, _ deliveries: Deliveries) async throws {
        let now = await deliveries.now
        let metrics = deliveries.surroundings.metrics
        guard let failure = outcome else {
            metrics.count(.deliveries)
            _ = await deliveries.change(id) { delivery, _ in
                delivery.succeeded(nowMilliseconds: now)
            }
            return try await deliveries.keep(id)
        }
        metrics.count(.deliveryFailures, failure.kind.rawValue)
        let jitter = Double.random(in: 0..<1)
        let letter = await deliveries.change(id) { delivery, _ in
            delivery.failed(failure, nowMilliseconds: now, jitter: jitter)
        }
        if let letter = letter ?? nil {
            metrics.count(.deadLetters)
            deliveries.surroundings.logger.warning(
                "a delivery was given up; its subscriber can have it sent again",
                metadata: [
                    "code": "delivery.given-up", "subscription": "\(id)",
                    "delivery": "\(letter.batch.number)", "failure": "\(letter.failure)",
                ])
        }
        try await deliveries.keep(id, adding: letter ?? nil)
    }
}

extension Deliveries {
    /// What a subscription is to do next; rests it if that is nothing, gives nil if it is gone.
    func nextStep(_ id: String) -> DeliveryStep? {
        let (size, now) = (reachedSize, now)
        let step = change(id) { delivery, subscription in
            delivery.next(
                subscription.request.controls,
                createdMilliseconds: subscription.createdMilliseconds, logSize: size,
                nowMilliseconds: now)
        }
        if case .rest(let until) = step { rest(id, until: until) }
        return step
    }
}
