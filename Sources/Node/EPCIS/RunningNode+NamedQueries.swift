import Client
import EPCIS
import Foundation
import HTTPAPI
import Queries
import Records
import Storage

/// Limits of named queries and subscriptions (SPEC §19).
private enum NamedQueryLimits {
    /// Queries of one organisation.
    static let queries = 256
    /// Subscriptions of one organisation.
    static let subscriptions = 64
    /// Subscriptions of all.
    static let subscriptionsTogether = 1_024
    /// Entries of a page, if nothing is said; at most.
    static let perPage = 30
    static let perPageCeiling = 1_000
}

extension RunningNode {
    // MARK: Queries

    package func namedQueries(
        _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        if let token = page.token, !NamedQuery.isName(token) { throw Self.wrongToken }
        let limit = Self.limit(page)
        let found = try await serving { service in
            try service.namedQueries(of: organisation, after: page.token ?? "", limit: limit + 1)
        }
        return Self.page(found.map { ($0.name, $0.document) }, limit)
    }

    package func addQuery(
        _ body: [UInt8], _ preferences: EPCISPreferences, of organisation: String
    ) async throws(Refusal) -> String {
        let query = try NamedQuery(
            body: try Self.json(body, limit: QueryLimits.jsonByteCount),
            extensions: preferences.extensions)
        let now = Int64(clamping: nowMilliseconds())
        let addition = try await serving { service in
            try service.add(
                query, of: organisation, limit: NamedQueryLimits.queries,
                createdMilliseconds: now)
        }
        switch addition {
        case .added, .missing: return query.name
        case .exists:
            throw Refusal(
                code: "query.exists", field: "name",
                reason: "there is a query \(query.name); delete it first, or take another name")
        case .full:
            throw Self.full("\(NamedQueryLimits.queries) queries")
        }
    }

    package func namedQuery(
        _ name: String, of organisation: String
    ) async throws(Refusal) -> [UInt8] {
        try await query(name, of: organisation).document.serialized()
    }

    package func removeQuery(_ name: String, of organisation: String) async throws(Refusal) {
        guard try await serving({ try $0.removeQuery(name, of: organisation) }) else {
            throw Self.unknownQuery(name)
        }
        deliveries.feeds.removed(name, of: organisation)
        await deliveries.remove { $0.queryName == name && $0.organisation == organisation }
    }

    /// A query of an organisation.
    ///
    /// - Throws: `query.unknown`.
    func query(_ name: String, of organisation: String) async throws(Refusal) -> NamedQuery {
        guard let query = try await serving({ try $0.namedQuery(name, of: organisation) })
        else { throw Self.unknownQuery(name) }
        return query
    }

    package func events(
        ofQuery name: String, _ question: EventsQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        let named = try await query(name, of: organisation)
        let query = try Self.reading { () throws(QueryRefusal) in
            try named.paged(by: question.query)
        }
        return try await events(
            query, of: nil, question.preferences.format,
            for: .member(organisation: organisation))
    }

    // MARK: Subscriptions

    package func subscriptions(
        ofQuery name: String, _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage {
        _ = try await query(name, of: organisation)
        let limit = Self.limit(page)
        let entries = await deliveries.list(ofQuery: name, of: organisation)
            .filter { $0.subscription.id > page.token ?? "" }
        return Self.page(
            entries.prefix(limit + 1).map { ($0.subscription.id, $0.document) }, limit)
    }

    package func subscribe(
        _ body: [UInt8], toQuery name: String, _ preferences: EPCISPreferences,
        of organisation: String
    ) async throws(Refusal) -> MadeSubscription {
        let query = try await query(name, of: organisation)
        let request = try SubscriptionRequest(
            json: try Self.json(body, limit: QueryLimits.jsonByteCount),
            format: try preferences.deliveryFormat())
        try query.requireStanding()
        try deliveries.surroundings.sender.check(request.destination)
        let subscription = Subscription(
            id: UUID().uuidString.lowercased(), organisation: organisation, queryName: name,
            request: request, createdMilliseconds: Int64(clamping: nowMilliseconds()))
        let kept = KeptSubscription(
            subscription: subscription,
            delivery: Delivery(from: .end(try await firstLeaf(of: request.controls))))
        let addition = try await serving { service in
            try service.add(
                kept, limit: NamedQueryLimits.subscriptions,
                limitTogether: NamedQueryLimits.subscriptionsTogether)
        }
        switch addition {
        case .added, .exists: await deliveries.add(kept)
        case .missing: throw Self.unknownQuery(name)
        case .full: throw Self.full("\(NamedQueryLimits.subscriptions) subscriptions")
        }
        let document = subscription.document(kept.delivery, isPaused: false)
        return MadeSubscription(id: subscription.id, body: document.serialized())
    }

    /// From which leaf on events are looked at.
    func firstLeaf(of controls: SubscriptionControls) async throws(Refusal) -> UInt64 {
        guard let time = controls.initialRecordTimeMilliseconds else {
            return published.newest.size
        }
        do {
            return try await threads.run { [ledger] in
                try ledger.firstLeaf(notBeforeMilliseconds: time)
            }
        } catch {
            throw refusal(for: error)
        }
    }

    package func subscription(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8] {
        try await entry(place).document.serialized()
    }

    package func unsubscribe(_ place: SubscriptionPlace) async throws(Refusal) {
        _ = try await entry(place)
        guard try await serving({ try $0.removeSubscription(place.id) }) else {
            throw Self.unknownSubscription(place)
        }
        await deliveries.remove { $0.id == place.id }
    }

    private func entry(_ place: SubscriptionPlace) async throws(Refusal) -> Deliveries.Entry {
        guard let entry = await deliveries.entry(place.id),
            entry.subscription.organisation == place.organisation,
            entry.subscription.queryName == place.query
        else { throw Self.unknownSubscription(place) }
        return entry
    }

    // MARK: Dead letters

    package func deadLetters(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8] {
        _ = try await entry(place)
        let letters = try await serving { try $0.deadLetters(of: place.id) }
        return JSONValue.array(letters.map(\.document)).serialized()
    }

    package func redeliver(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal) {
        try await take(number, place, redelivers: true)
    }

    package func dismiss(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal) {
        try await take(number, place, redelivers: false)
    }

    private func take(
        _ number: UInt64, _ place: SubscriptionPlace, redelivers: Bool
    ) async throws(Refusal) {
        _ = try await entry(place)
        let isThere: Bool
        do {
            isThere = try await deliveries.take(number, of: place.id, redelivers: redelivers)
        } catch {
            throw refusal(for: error)
        }
        guard isThere else {
            throw Refusal(
                code: "subscription.dead-letter", field: "delivery",
                reason: "delivery \(number) is not among those that were given up")
        }
    }

    // MARK: Pieces

    private static func json(_ body: [UInt8], limit: Int) throws(Refusal) -> JSONValue {
        var limits = JSONLimits()
        limits.byteCount = limit
        do throws(JSONError) {
            return try JSONValue.parse(body, limits: limits)
        } catch {
            throw Refusal(
                code: error.code, field: "body", reason: "\(error.reason) (byte \(error.offset))")
        }
    }

    private static func limit(_ page: ListQuestion) -> Int {
        min(page.perPage ?? NamedQueryLimits.perPage, NamedQueryLimits.perPageCeiling)
    }

    /// A page of what was found, one more than it holds if there is a next one.
    private static func page(_ found: [(id: String, json: JSONValue)], _ limit: Int) -> EPCISPage {
        let shown = found.prefix(limit)
        return EPCISPage(
            JSONValue.array(shown.map(\.json)).serialized(),
            nextPageToken: found.count > limit ? shown.last?.id : nil)
    }

    private static let wrongToken = Refusal(
        code: "query.token", field: "nextPageToken",
        reason: "this is no page token: take it from the Link header as it is")

    private static func full(_ what: String) -> Refusal {
        Refusal(
            code: "subscription.limit", field: "",
            reason: "an organisation has at most \(what) here; delete one first")
    }

    private static func unknownQuery(_ name: String) -> Refusal {
        Refusal(
            code: "query.unknown", field: "name",
            reason: "this organisation has no query of that name")
    }

    private static func unknownSubscription(_ place: SubscriptionPlace) -> Refusal {
        Refusal(
            code: "subscription.unknown", field: "id",
            reason: "this query has no subscription of that name")
    }
}

extension Deliveries.Entry {
    /// As callers are shown it.
    var document: JSONValue { subscription.document(delivery, isPaused: isPaused) }
}
