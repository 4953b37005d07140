/// Limits and delays of deliveries (SPEC §17.4, §19).
package enum DeliveryLimits {
    /// Events of one delivery.
    package static let events = 100
    /// Bytes of the events of one delivery, unless it is one event.
    package static let eventBytes = 1 << 20
    /// The delay after the first failure; it doubles with each.
    package static let firstDelayMilliseconds: Int64 = 1_000
    /// The longest delay.
    package static let longestDelayMilliseconds: Int64 = 15 * 60_000
    /// How often a delivery is tried at least before it is given up, whatever the clock says.
    package static let attempts = 10
    /// How long a receiver may be away before the delivery it does not take is given up.
    package static let patienceMilliseconds: Int64 = 24 * 3_600_000
    /// Given-up deliveries that a subscription keeps; with so many it stands still.
    package static let deadLetters = 100
}

/// A stretch of the log's events, from the first to before the last.
package struct DeliveryRange: Hashable, Sendable {
    /// The first place that is in it.
    package var start: EventPosition
    /// The first place that is behind it.
    package var end: EventPosition

    /// Makes a stretch.
    package init(start: EventPosition, end: EventPosition) {
        self.start = start
        self.end = end
    }

    /// Whether nothing is in it.
    package var isEmpty: Bool { start >= end }
}

/// Events that are sent together, named by where they stand: what they say is in the log.
package struct DeliveryBatch: Hashable, Sendable {
    /// The number of the delivery, from 1, in this subscription; a repeated attempt has the same.
    package let number: UInt64
    /// Where its events stand.
    package let range: DeliveryRange
    /// How many there were when it was put together.
    package let eventCount: Int
    /// When it was put together, milliseconds since the Unix epoch; its document's date.
    package let createdMilliseconds: Int64
    /// Whether it was given up once and is sent again because its subscriber asked.
    package let isRedelivery: Bool

    /// What tells the delivery from all others of the node, as `Idempotency-Key` has it: a repeated
    /// attempt has the same.
    package func idempotencyKey(of subscription: Subscription) -> String {
        "\"\(subscription.id)/\(number)\""
    }
}

/// A delivery that was given up.
package struct DeadLetter: Hashable, Sendable {
    /// What was to be sent.
    package let batch: DeliveryBatch
    /// How often it was tried.
    package let attempts: Int
    /// When it was given up, milliseconds since the Unix epoch.
    package let givenUpMilliseconds: Int64
    /// What the last attempt failed with.
    package let failure: String
}

/// Why an attempt to deliver failed.
package struct DeliveryFailure: Error, Hashable, Sendable {
    /// What follows from it.
    package enum Kind: String, Hashable, Sendable {
        /// The receiver is not there, not willing or not well: it is waited for.
        case unavailable
        /// The receiver was there and does not take this content.
        case refused
        /// The receiver takes fewer events at once.
        case tooLarge = "too-large"
    }

    /// What follows.
    package let kind: Kind
    /// What happened, for a person.
    package let reason: String
    /// When the receiver says it can be tried again.
    package let retryAfterSeconds: Int?

    /// Makes a failure.
    package init(_ kind: Kind, _ reason: String, retryAfterSeconds: Int? = nil) {
        self.kind = kind
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// What an HTTP status says; nil for success, which is 200 to 299 and nothing else.
    package static func ofStatus(_ status: Int, retryAfterSeconds: Int? = nil) -> DeliveryFailure? {
        let kind: Kind
        switch status {
        case 200..<300: return nil
        case 413: kind = .tooLarge
        // What its operator will put right, or time: nothing is wrong with the content.
        case 401, 402, 403, 404, 405, 407, 408, 410, 421, 423, 425, 429: kind = .unavailable
        case 400..<500: kind = .refused
        default: kind = .unavailable
        }
        return DeliveryFailure(
            kind, "the receiver answered \(status)", retryAfterSeconds: retryAfterSeconds)
    }
}

/// What is to be done next for a subscription.
package enum DeliveryStep: Hashable, Sendable {
    /// Nothing before a time in milliseconds since the Unix epoch; nil: before the log grows.
    case rest(untilMilliseconds: Int64?)
    /// Look for events in a stretch, at most so many, and tell what was found.
    case look(DeliveryRange, eventLimit: Int)
    /// Send this, and tell how it went.
    case send(DeliveryBatch)
}

/// How far the events of a subscription were delivered: a state machine without clock or I/O.
///
/// At least once, and in the order of the log. The cursor moves over events only when a receiver
/// has taken them (2xx) or when they are given up and on the list of dead letters; over what does
/// not match it moves at once. Whoever drives it keeps its state durably *before* a delivery is
/// sent and after each outcome, so a repeated attempt has the number and the events of the first.
///
///     next → look → found ⟲          nothing there
///          ↘        ↓
///           send → succeeded          the cursor moves
///              ↖  ↘
///               rest ← failed         the same again, later; or given up
package struct Delivery: Hashable, Sendable {
    /// A batch and its attempts.
    struct Pending: Hashable, Sendable {
        var batch: DeliveryBatch
        var attempts = 0
        var firstAttemptMilliseconds: Int64?
        var nextAttemptMilliseconds: Int64?
        var failure: String?
    }

    /// One run of a schedule.
    struct Run: Hashable, Sendable {
        var end: EventPosition
        var hasReported = false
    }

    /// Every matching event before it was delivered or given up.
    package internal(set) var cursor: EventPosition
    /// The number of the next delivery.
    var nextNumber: UInt64 = 1
    /// How many events are sent together: fewer after 413.
    var eventLimit = DeliveryLimits.events
    var pending: Pending?
    var run: Run?
    /// Given-up stretches that are sent again before anything new.
    var redeliveries: [DeliveryRange] = []
    /// When the schedule was last followed.
    package internal(set) var lastRunMilliseconds: Int64?
    /// When a receiver last took a delivery.
    package internal(set) var lastNotifiedMilliseconds: Int64?
    /// How many deliveries are on the list of dead letters.
    package internal(set) var deadLetterCount = 0
    /// After 413: no attempt before this time.
    var pausedUntilMilliseconds: Int64?

    /// A subscription whose first events may stand at a place.
    package init(from cursor: EventPosition) {
        self.cursor = cursor
    }

    // MARK: What to do

    /// What is to be done, with a log of so many entries, for a subscription made at a time.
    package mutating func next(
        _ controls: SubscriptionControls, createdMilliseconds: Int64, logSize: UInt64,
        nowMilliseconds now: Int64
    ) -> DeliveryStep {
        if let until = waiting(now) { return .rest(untilMilliseconds: until) }
        if let pending { return .send(pending.batch) }
        if let range = redeliveries.first { return .look(range, eventLimit: eventLimit) }
        guard deadLetterCount < DeliveryLimits.deadLetters else {
            return .rest(untilMilliseconds: nil)
        }
        switch controls.trigger {
        case .stream:
            let range = DeliveryRange(start: cursor, end: .end(logSize))
            return range.isEmpty
                ? .rest(untilMilliseconds: nil) : .look(range, eventLimit: eventLimit)
        case .schedule(let schedule):
            return follow(
                schedule, controls.reportIfEmpty, since: createdMilliseconds, logSize, now)
        }
    }

    /// Until when nothing is tried, nil if something may be at once; a clock that was set back
    /// does not prolong it.
    private func waiting(_ now: Int64) -> Int64? {
        let times = [pausedUntilMilliseconds, pending?.nextAttemptMilliseconds]
        return times.compactMap(\.self).max().flatMap { until in
            now < until && until - now <= DeliveryLimits.longestDelayMilliseconds ? until : nil
        }
    }

    private mutating func follow(
        _ schedule: QuerySchedule, _ reportsEmpty: Bool, since createdMilliseconds: Int64,
        _ logSize: UInt64, _ now: Int64
    ) -> DeliveryStep {
        if run == nil {
            let last = lastRunMilliseconds ?? createdMilliseconds
            guard let due = schedule.next(afterMilliseconds: last), due <= now else {
                return .rest(
                    untilMilliseconds: schedule.next(afterMilliseconds: last))
            }
            // Times that passed while the node did not run are one run.
            lastRunMilliseconds = now
            run = Run(end: max(cursor, .end(logSize)))
        }
        guard let run else { return .rest(untilMilliseconds: nil) }
        let range = DeliveryRange(start: cursor, end: run.end)
        guard range.isEmpty else { return .look(range, eventLimit: eventLimit) }
        guard run.hasReported || !reportsEmpty else {
            return .send(begin(range, eventCount: 0, now))
        }
        self.run = nil
        let last = lastRunMilliseconds ?? now
        return .rest(untilMilliseconds: schedule.next(afterMilliseconds: last))
    }

    /// Tells what was found from the start of a stretch to before its end, which may be nearer
    /// than it was asked for.
    ///
    /// With events, the next step sends them; without, the cursor moves on. It counts for nothing
    /// if another stretch has come first meanwhile.
    package mutating func found(
        eventCount: Int, in range: DeliveryRange, nowMilliseconds now: Int64
    ) {
        guard pending == nil, range.start == redeliveries.first?.start ?? cursor else { return }
        guard eventCount > 0 else {
            return advance(to: range.end, isRedelivery: !redeliveries.isEmpty)
        }
        _ = begin(range, eventCount: eventCount, now)
    }

    private mutating func begin(
        _ range: DeliveryRange, eventCount: Int, _ now: Int64
    ) -> DeliveryBatch {
        let batch = DeliveryBatch(
            number: nextNumber, range: range, eventCount: eventCount, createdMilliseconds: now,
            isRedelivery: !redeliveries.isEmpty)
        nextNumber += 1
        pending = Pending(batch: batch)
        return batch
    }

    private mutating func advance(to end: EventPosition, isRedelivery: Bool) {
        guard isRedelivery else { return cursor = max(cursor, end) }
        guard var range = redeliveries.first else { return }
        range.start = max(range.start, end)
        if range.isEmpty { redeliveries.removeFirst() } else { redeliveries[0] = range }
    }

    // MARK: How it went

    /// The receiver took what is pending.
    package mutating func succeeded(nowMilliseconds now: Int64) {
        guard let batch = pending?.batch else { return }
        pending = nil
        run?.hasReported = true
        lastNotifiedMilliseconds = now
        eventLimit = min(DeliveryLimits.events, eventLimit * 2)
        advance(to: batch.range.end, isRedelivery: batch.isRedelivery)
    }

    /// The attempt failed; gives the dead letter if what is pending is given up.
    ///
    /// `jitter` is a random number from 0 to below 1, so that receivers that came back are not
    /// met by all at once.
    package mutating func failed(
        _ failure: DeliveryFailure, nowMilliseconds now: Int64, jitter: Double
    ) -> DeadLetter? {
        guard var pending else { return nil }
        if failure.kind == .tooLarge, pending.batch.eventCount > 1 {
            eventLimit = max(1, min(eventLimit, pending.batch.eventCount) / 2)
            pausedUntilMilliseconds = now + DeliveryLimits.firstDelayMilliseconds
            self.pending = nil
            return nil
        }
        pending.attempts += 1
        pending.failure = failure.reason
        let first = pending.firstAttemptMilliseconds ?? now
        pending.firstAttemptMilliseconds = first
        let isOld =
            failure.kind != .unavailable || now - first >= DeliveryLimits.patienceMilliseconds
        guard isOld, pending.attempts >= DeliveryLimits.attempts else {
            let delay = Self.delay(after: pending.attempts, failure, jitter)
            pending.nextAttemptMilliseconds = now + delay
            self.pending = pending
            return nil
        }
        self.pending = nil
        run?.hasReported = true
        advance(to: pending.batch.range.end, isRedelivery: pending.batch.isRedelivery)
        // A report of nothing is not worth keeping.
        guard pending.batch.eventCount > 0 else { return nil }
        deadLetterCount += 1
        return DeadLetter(
            batch: pending.batch, attempts: pending.attempts, givenUpMilliseconds: now,
            failure: failure.reason)
    }

    /// How long is waited after so many attempts: from half to the whole of a delay that doubles;
    /// not less than the receiver asks for, as far as the longest delay goes.
    static func delay(after attempts: Int, _ failure: DeliveryFailure, _ jitter: Double) -> Int64 {
        let longest = DeliveryLimits.longestDelayMilliseconds
        let doublings = Int64(min(max(attempts, 1) - 1, 20))
        let whole = min(DeliveryLimits.firstDelayMilliseconds << doublings, longest)
        let part = min(max(jitter, 0), 1) * Double(whole / 2)
        let asked = Int64(clamping: failure.retryAfterSeconds ?? 0)
        return max(whole / 2 + Int64(part), min(max(asked, 0), longest / 1_000) * 1_000)
    }

    // MARK: Dead letters

    /// Sends a dead letter's events again, before anything new; it is off the list.
    package mutating func redeliver(_ letter: DeadLetter) {
        redeliveries.append(letter.batch.range)
        dismissed()
    }

    /// A dead letter was taken off the list.
    package mutating func dismissed() {
        deadLetterCount = max(0, deadLetterCount - 1)
    }
}

extension EventPosition {
    /// The place behind all events of a log of so many entries.
    package static func end(_ size: UInt64) -> EventPosition {
        EventPosition(leafIndex: size, part: 0)
    }

    /// The place right behind an event.
    package var next: EventPosition { EventPosition(leafIndex: leafIndex, part: part &+ 1) }
}
