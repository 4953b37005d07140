import Client
import Foundation
import Logging
import Queries
import Records
import Storage
import Synchronization

/// Tells subscribers of events: follows the views, looks for what each standing query finds, and
/// sends it (SPEC §17.4).
///
/// One subscription has one turn at a time, in which at most one delivery is sent; of all turns
/// only so many go on at once, and of one organisation fewer, so that a receiver that hangs holds
/// up its own subscription and no other. How far each is, ``Delivery`` decides; here it is kept
/// durably before a delivery is sent and after each outcome.
actor Deliveries {
    /// What subscriptions are made and delivered with.
    struct Surroundings: Sendable {
        var service: ServiceState
        var telling: EventTelling
        var sender: WebhookSender
        var metrics: NodeMetrics
        var logger: Logger
        var nowMilliseconds: @Sendable () -> UInt64
        /// Whether an organisation is a member and not suspended now.
        var hasStanding: @Sendable (String) -> Bool
    }

    /// What metrics are told.
    struct Figures: Sendable {
        var subscriptions = 0
        /// How many entries the subscription that is farthest behind is behind the views.
        var lagEntries: UInt64 = 0
    }

    /// Turns that go on at once, and of one organisation.
    static let turnsLimit = 32
    static let turnsOfOrganisationLimit = 8
    /// How long a subscription rests whose organisation is suspended, or whose state could not be
    /// kept.
    static let pauseMilliseconds: Int64 = 5_000
    /// The longest sleep, in case the clock is set.
    private static let longestSleepMilliseconds: Int64 = 30_000
    /// How far a cursor moves over what does not match before it is kept.
    private static let unkeptEntries: UInt64 = 1_000

    struct Entry {
        var subscription: Subscription
        var delivery: Delivery
        var query: NamedQuery?
        var isBusy = false
        var isPaused = false
        /// When it is looked at next; nil: when there are more events.
        var readyAtMilliseconds: Int64? = .min
        /// When it had its last turn, counted in turns.
        var lastTurn: UInt64 = 0
        var keptLeaf: UInt64
    }

    let surroundings: Surroundings
    /// Who is told over connections, beside those that are kept here.
    nonisolated let feeds = LiveFeeds()
    private(set) var entries: [String: Entry] = [:]
    private var turns: [UInt64: Task<Void, Never>] = [:]
    private var turnCount: UInt64 = 0
    /// Subscriptions of which a dead letter is being taken: one at a time, so that none is taken
    /// twice.
    private var taking: Set<String> = []
    private(set) var isStopping = false
    /// That it stops, for work on threads.
    private let hasStopped = Flag()

    private final class Flag: Sendable {
        let isSet = Mutex(false)
    }

    private var size: UInt64 = 0
    private var alarm: Task<Void, Never>?
    /// Writes go one after the other, in the order in which they were given.
    private let writes = ReadingThreads(count: 1)
    private let reads = ReadingThreads(count: 2)
    private let figures = Mutex(Figures())
    private let growth: AsyncStream<UInt64>
    private let growing: AsyncStream<UInt64>.Continuation
    private var following: Task<Void, Never>?

    /// Deliveries of the subscriptions that are kept; nothing is sent yet.
    init(_ kept: [KeptSubscription], _ surroundings: Surroundings) {
        self.surroundings = surroundings
        (growth, growing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        for one in kept { entries[one.subscription.id] = Self.entry(one) }
    }

    private static func entry(_ kept: KeptSubscription) -> Entry {
        Entry(
            subscription: kept.subscription, delivery: kept.delivery,
            keptLeaf: kept.delivery.cursor.leafIndex)
    }

    /// The views have reached a size of the log.
    nonisolated func reached(_ size: UInt64) {
        growing.yield(size)
        feeds.reached(size)
    }

    /// What metrics are told.
    nonisolated var currentFigures: Figures { figures.withLock { $0 } }

    // MARK: Life

    /// Begins to send.
    func start() {
        guard following == nil, !isStopping else { return }
        following = Task { [weak self, growth] in
            for await size in growth { await self?.grew(to: size) }
        }
        pump()
    }

    /// Sends nothing more; what is on its way is cut off, and is sent again at the next start.
    func stop() async {
        isStopping = true
        feeds.stop()
        hasStopped.isSet.withLock { $0 = true }
        growing.finish()
        following?.cancel()
        alarm?.cancel()
        for turn in turns.values { turn.cancel() }
        while let turn = turns.values.first { await turn.value }
        for (id, entry) in entries where entry.delivery.cursor.leafIndex != entry.keptLeaf {
            try? await keep(id)
        }
    }

    private func grew(to size: UInt64) {
        guard size > self.size else { return }
        self.size = size
        for (id, entry) in entries where entry.readyAtMilliseconds == nil {
            entries[id]?.readyAtMilliseconds = .min
        }
        pump()
    }

    /// How far the views are, as far as deliveries know.
    var reachedSize: UInt64 { size }

    var now: Int64 { Int64(clamping: surroundings.nowMilliseconds()) }

    // MARK: Turns

    /// Begins the turns that are due, those first that waited longest, and sets the alarm for the
    /// next.
    func pump() {
        guard !isStopping, following != nil else { return }
        let now = now
        var running: [String: Int] = [:]
        for entry in entries.values where entry.isBusy {
            running[entry.subscription.organisation, default: 0] += 1
        }
        let ready = entries.values.filter { entry in
            !entry.isBusy && entry.readyAtMilliseconds.map { $0 <= now } ?? false
        }.sorted { $0.lastTurn < $1.lastTurn }
        for entry in ready where turns.count < Self.turnsLimit {
            let organisation = entry.subscription.organisation
            guard running[organisation, default: 0] < Self.turnsOfOrganisationLimit else {
                continue
            }
            running[organisation, default: 0] += 1
            begin(entry.subscription.id)
        }
        measure()
        setAlarm(now)
    }

    private func begin(_ id: String) {
        turnCount += 1
        let number = turnCount
        entries[id]?.isBusy = true
        entries[id]?.lastTurn = number
        turns[number] = Task {
            await self.turn(id)
            self.ended(number, id)
        }
    }

    private func ended(_ number: UInt64, _ id: String) {
        turns[number] = nil
        entries[id]?.isBusy = false
        pump()
    }

    private func turn(_ id: String) async {
        do {
            try await DeliveryTurn(id: id).run(self)
        } catch {
            guard !isStopping else { return }
            surroundings.logger.error(
                "a subscription could not be looked after; it is tried again",
                metadata: ["code": "\(NodeError(error).code)", "subscription": "\(id)"])
            rest(id, until: now + Self.pauseMilliseconds)
        }
    }

    private func setAlarm(_ now: Int64) {
        alarm?.cancel()
        let times = entries.values.filter { !$0.isBusy }.compactMap(\.readyAtMilliseconds)
        guard let next = times.filter({ $0 > now }).min() else { return }
        let delay = min(max(1, next - now), Self.longestSleepMilliseconds)
        alarm = Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(delay))
            guard !Task.isCancelled else { return }
            await self?.pump()
        }
    }

    private func measure() {
        let lag = entries.values.filter { $0.subscription.request.controls.trigger == .stream }
            .map { size > $0.delivery.cursor.leafIndex ? size - $0.delivery.cursor.leafIndex : 0 }
        let measured = Figures(subscriptions: entries.count, lagEntries: lag.max() ?? 0)
        figures.withLock { $0 = measured }
    }

    // MARK: State

    /// Nothing is done for a subscription until a time; nil: until there are more events.
    func rest(_ id: String, until: Int64?, isPaused: Bool = false) {
        entries[id]?.readyAtMilliseconds = until
        entries[id]?.isPaused = isPaused
    }

    /// Changes how far a subscription is; nil if it is gone.
    func change<Value: Sendable>(
        _ id: String, _ body: @Sendable (inout Delivery, Subscription) -> Value
    ) -> Value? {
        guard var entry = entries[id] else { return nil }
        let value = body(&entry.delivery, entry.subscription)
        entries[id] = entry
        return value
    }

    /// Makes how far a subscription is durable, in the order of calls.
    func keep(
        _ id: String, adding letter: DeadLetter? = nil, removing number: UInt64? = nil
    ) async throws {
        guard let delivery = entries[id]?.delivery else { return }
        entries[id]?.keptLeaf = delivery.cursor.leafIndex
        let service = surroundings.service
        try await writes.inOrder {
            try service.keep(delivery, of: id, adding: letter, removing: number)
        }
    }

    /// Keeps a cursor that has moved far over events that do not match.
    func keepIfFar(_ id: String) async throws {
        guard let entry = entries[id],
            entry.delivery.cursor.leafIndex - min(entry.keptLeaf, entry.delivery.cursor.leafIndex)
                >= Self.unkeptEntries
        else { return }
        try await keep(id)
    }

    /// The query of a subscription, read once; nil if it is gone.
    func query(of id: String) async throws -> NamedQuery? {
        guard let entry = entries[id] else { return nil }
        if let query = entry.query { return query }
        let (service, subscription) = (surroundings.service, entry.subscription)
        let query = try await reads.run {
            try service.namedQuery(subscription.queryName, of: subscription.organisation)
        }
        entries[id]?.query = query
        return query
    }

    /// Reads on a thread for it; what waits in line when the node stops is not begun.
    func reading<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await reads.run { [hasStopped] in
            guard !hasStopped.isSet.withLock({ $0 }) else { throw CancellationError() }
            return try body()
        }
    }

    // MARK: Subscriptions

    /// Takes up a subscription that is kept.
    func add(_ kept: KeptSubscription) {
        entries[kept.subscription.id] = Self.entry(kept)
        pump()
    }

    /// Drops subscriptions; what is on its way comes to nothing.
    func remove(where isMeant: @Sendable (Subscription) -> Bool) {
        for (id, entry) in entries where isMeant(entry.subscription) { entries[id] = nil }
        measure()
    }

    /// The subscriptions of a query, by identifier.
    func list(ofQuery name: String, of organisation: String) -> [Entry] {
        entries.values.filter {
            $0.subscription.queryName == name && $0.subscription.organisation == organisation
        }.sorted { $0.subscription.id < $1.subscription.id }
    }

    /// One subscription.
    func entry(_ id: String) -> Entry? { entries[id] }

    /// Takes a dead letter off the list, to be sent again or not; false if it is not on it.
    func take(_ number: UInt64, of id: String, redelivers: Bool) async throws -> Bool {
        guard !taking.contains(id) else {
            throw Refusal(
                code: "node.busy", field: "", reason: "another dead letter is being taken")
        }
        taking.insert(id)
        defer { taking.remove(id) }
        let service = surroundings.service
        let letters = try await writes.inOrder { try service.deadLetters(of: id) }
        guard let letter = letters.first(where: { $0.batch.number == number }),
            entries[id] != nil
        else { return false }
        _ = change(id) { delivery, _ in
            if redelivers { delivery.redeliver(letter) } else { delivery.dismissed() }
        }
        try await keep(id, removing: number)
        if entries[id]?.isBusy == false { entries[id]?.readyAtMilliseconds = .min }
        pump()
        return true
    }
}

extension ReadingThreads {
    /// Runs a piece of work after all that was given before; of one thread only.
    func inOrder<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            add { continuation.resume(with: Result { try body() }) }
        }
    }
}
