import EPCIS
import Queries
import Records
import Support
import Testing

/// Deliveries against receivers that fail, hang, lose their answers and come back.
@Suite struct DeliveryTests {
    /// A log, a receiver, a clock, and the state as it is kept on a disk.
    struct World {
        var random: SplitMix64
        /// Of each leaf, whether each of its events matches.
        var leaves: [[Bool]] = [] { didSet { matching = Self.matching(leaves) } }
        /// Every event so far that matches.
        var matching: [EventPosition] = []
        var now: Int64 = 1_700_000_000_000
        var delivery = Delivery(from: EventPosition(leafIndex: 0, part: 0))
        /// What the receiver took, in the order it took it.
        var received: [EventPosition] = []
        var taken: Set<EventPosition> = []
        /// How many of those that match were seen to lie before the cursor.
        var passed = 0
        var ranges: [UInt64: DeliveryRange] = [:]
        var letters: [DeadLetter] = []
        var documents = 0
        let subscription: Subscription
        /// How the receiver answers: an outcome, and whether it took the events.
        var receiver: (inout SplitMix64, [EventPosition]) -> (DeliveryFailure?, took: Bool)
        /// The defence that is tested: off, the cursor moves before the receiver has answered.
        var confirmsEarly = false

        init(
            seed: UInt64, _ controls: String,
            _ receiver: @escaping (inout SplitMix64, [EventPosition]) -> (DeliveryFailure?, Bool)
        ) throws {
            random = SplitMix64(seed: seed)
            self.receiver = receiver
            let json = try JSONValue.parse(
                Array(#"{"dest":"https://a.example",\#(controls)}"#.utf8))
            subscription = Subscription(
                id: "s", organisation: "o", queryName: "q",
                request: try SubscriptionRequest(json: json), createdMilliseconds: now)
        }

        static func matching(_ leaves: [[Bool]]) -> [EventPosition] {
            leaves.enumerated().flatMap { leaf, events in
                events.indices.filter { events[$0] }.map { part in
                    EventPosition(leafIndex: UInt64(leaf), part: UInt32(part))
                }
            }
        }

        func matching(_ start: EventPosition, _ end: EventPosition) -> [EventPosition] {
            Array(matching.drop { $0 < start }.prefix { $0 < end })
        }

        mutating func grow(_ count: Int) {
            var added: [[Bool]] = []
            for _ in 0..<count {
                added.append((0..<random.next() % 4).map { _ in random.next() % 3 > 0 })
            }
            leaves += added
        }

        /// The process ends and begins again: only what is kept is known.
        mutating func restart() throws {
            delivery = try #require(Delivery(encoded: delivery.encoded))
        }

        mutating func step() throws {
            let size = UInt64(leaves.count)
            switch delivery.next(
                subscription.request.controls,
                createdMilliseconds: subscription.createdMilliseconds, logSize: size,
                nowMilliseconds: now)
            {
            case .rest(let until): now = until.map { max($0, now + 1) } ?? now + 1_000
            case .look(let range, let limit): try look(range, limit)
            case .send(let batch):
                if random.next() % 8 == 0 { try restart() }
                try send(batch)
            }
        }

        private mutating func look(_ range: DeliveryRange, _ limit: Int) throws {
            #expect(!range.isEmpty && limit > 0)
            // A look goes over a part of a stretch, as a node's does.
            var end = min(
                range.end,
                EventPosition(leafIndex: range.start.leafIndex + 1 + random.next() % 5, part: 0))
            let inside = matching(range.start, end)
            if inside.count > limit { end = inside[limit - 1].next }
            delivery.found(
                eventCount: min(inside.count, limit),
                in: DeliveryRange(start: range.start, end: end), nowMilliseconds: now)
        }

        private mutating func send(_ batch: DeliveryBatch) throws {
            let known = ranges.updateValue(batch.range, forKey: batch.number)
            #expect(known == nil || known == batch.range, "a number means the same events")
            let events = matching(batch.range.start, batch.range.end)
            #expect(events.count == batch.eventCount)
            if confirmsEarly { delivery.succeeded(nowMilliseconds: now) }
            now += Int64(random.next() % 500)
            let (failure, took) = receiver(&random, events)
            if took {
                received += events
                taken.formUnion(events)
            }
            // The process may end before the outcome is kept.
            if random.next() % 8 == 0 { return try restart() }
            guard let failure else {
                documents += 1
                return delivery.succeeded(nowMilliseconds: now)
            }
            let jitter = Double(random.next() % 1_000) / 1_000
            if let letter = delivery.failed(failure, nowMilliseconds: now, jitter: jitter) {
                letters.append(try #require(DeadLetter(encoded: letter.encoded)))
                #expect(letters.last == letter)
            }
            if random.next() % 8 == 0 { try restart() }
        }

        /// What the receiver took, each event where it came first.
        var firsts: [EventPosition] {
            var seen: Set<EventPosition> = []
            return received.filter { seen.insert($0).inserted }
        }

        /// What is behind the cursor was taken.
        mutating func expectSound() {
            while passed < matching.count, matching[passed] < delivery.cursor {
                #expect(taken.contains(matching[passed]), "the cursor passed what nobody took")
                passed += 1
            }
        }
    }

    private static func unreliable(
        _ random: inout SplitMix64, _ events: [EventPosition]
    ) -> (DeliveryFailure?, Bool) {
        switch random.next() % 6 {
        case 0: (.ofStatus(500), false)
        case 1: (DeliveryFailure(.unavailable, "no answer within 10 s"), random.next() % 2 == 0)
        case 2: (.ofStatus(429, retryAfterSeconds: Int(random.next() % 5_000)), false)
        case 3 where events.count > 2: (.ofStatus(413), false)
        default: (nil, true)
        }
    }

    @Test(arguments: 1...30)
    func `an unreliable receiver gets every event, in order`(_ seed: UInt64) throws {
        var world = try World(seed: seed, #""stream":true"#, Self.unreliable)
        for _ in 0..<300 {
            if world.random.next() % 4 == 0 { world.grow(Int(world.random.next() % 6)) }
            try world.step()
            world.expectSound()
        }
        for _ in 0..<4_000 where world.delivery.cursor.leafIndex < UInt64(world.leaves.count) {
            try world.step()
        }
        let isWhole = world.firsts == world.matching
        #expect(isWhole)
        #expect(world.matching.count > 20)
        #expect(world.letters.isEmpty)
    }

    @Test func `a cursor that moves before the answer loses events`() throws {
        var isLossy = false
        for seed in 1...10 {
            var world = try World(seed: UInt64(seed), #""stream":true"#, Self.unreliable)
            world.confirmsEarly = true
            world.grow(100)
            for _ in 0..<2_000 where world.delivery.cursor.leafIndex < 100 { try world.step() }
            if world.firsts != world.matching { isLossy = true }
        }
        #expect(isLossy)
    }

    @Test func `what a receiver refuses is given up, kept, and sent again on demand`() throws {
        let poison = EventPosition(leafIndex: 3, part: 0)
        var isHealed = false
        var world = try World(seed: 5, #""stream":true"#) { _, events in
            events.contains(poison) && !isHealed ? (.ofStatus(422), false) : (nil, true)
        }
        world.leaves = [[Bool]](repeating: [true], count: 9)
        for _ in 0..<400 where world.delivery.cursor.leafIndex < 9 { try world.step() }
        let letter = try #require(world.letters.first)
        #expect(world.letters.count == 1 && letter.attempts == DeliveryLimits.attempts)
        #expect(!world.received.contains(poison) && world.received.last?.leafIndex == 8)
        isHealed = true
        let cursor = world.delivery.cursor
        world.delivery.redeliver(letter)
        for _ in 0..<100 where !world.received.contains(poison) { try world.step() }
        let isWhole = world.taken == Set(world.matching)
        #expect(isWhole)
        #expect(world.delivery.cursor == cursor && world.delivery.deadLetterCount == 0)
    }

    @Test func `a receiver that is away for two days loses no event`() throws {
        let back: Int64 = 1_700_000_000_000 + 50 * 3_600_000
        var now: Int64 = 0
        var world = try World(seed: 6, #""stream":true"#) { _, _ in
            now < back ? (.ofStatus(503), false) : (nil, true)
        }
        world.leaves = [[Bool]](repeating: [true], count: 500)
        for _ in 0..<20_000 where world.delivery.cursor.leafIndex < 500 {
            now = world.now
            try world.step()
        }
        #expect(world.letters.count == 2, "one delivery a day is given up, the rest waits")
        #expect(world.letters.allSatisfy { $0.attempts > 90 })
        for letter in world.letters { world.delivery.redeliver(letter) }
        for _ in 0..<2_000 where world.taken.count < 500 {
            now = world.now
            try world.step()
        }
        let isWhole = world.taken == Set(world.matching)
        #expect(isWhole)
    }

    @Test func `a subscription with too many dead letters stands still`() throws {
        var world = try World(seed: 7, #""stream":true"#) { _, _ in (.ofStatus(400), false) }
        world.leaves = [[Bool]](repeating: [true], count: 2_000)
        for _ in 0..<40_000 where world.letters.count < DeliveryLimits.deadLetters {
            try world.step()
        }
        #expect(world.letters.count == DeliveryLimits.deadLetters)
        let stopped = world.delivery
        for _ in 0..<100 { try world.step() }
        #expect(world.delivery == stopped)
        world.delivery.dismissed()
        for _ in 0..<1_000 where world.letters.count == DeliveryLimits.deadLetters {
            try world.step()
        }
        #expect(world.letters.count == DeliveryLimits.deadLetters + 1)
    }

    @Test(arguments: [true, false])
    func `a schedule tells at its times what came since, and nothing if it is to`(
        _ reportIfEmpty: Bool
    ) throws {
        var world = try World(
            seed: 8, #""schedule":{"minute":"0"},"reportIfEmpty":\#(reportIfEmpty)"#
        ) { _, _ in (nil, true) }
        world.leaves = [[true], [true]]
        let start = world.now
        while world.now < start + 59_000 { try world.step() }
        var hours = 0
        while world.now < start + 5 * 3_600_000 {
            if hours == 0, world.documents > 0 {
                hours = 1
                #expect(world.now % 3_600_000 < 60_000 && world.received.count == 2)
            }
            try world.step()
        }
        let isWhole = world.firsts == world.matching
        #expect(isWhole)
        #expect(reportIfEmpty ? (4...5).contains(world.documents) : world.documents >= 1)
        if !reportIfEmpty { #expect(world.received.count == 2) }
    }

    @Test(arguments: [0, 0.5, 0.999])
    func `delays double to a quarter of an hour, whatever the receiver asks`(
        _ jitter: Double
    ) throws {
        var world = try World(seed: 1, #""stream":true"#) { _, _ in (nil, true) }
        world.leaves = [[true]]
        try world.step()
        var expected: Int64 = 1_000
        for attempt in 1...30 {
            let asked = attempt == 20 ? 1 << 40 : 0
            let failure = DeliveryFailure(.unavailable, "away", retryAfterSeconds: asked)
            #expect(world.delivery.failed(failure, nowMilliseconds: 0, jitter: jitter) == nil)
            guard
                case .rest(let until) = world.delivery.next(
                    world.subscription.request.controls,
                    createdMilliseconds: world.subscription.createdMilliseconds, logSize: 1,
                    nowMilliseconds: 0), let until
            else {
                Issue.record("attempt \(attempt) is not waited after")
                return
            }
            let whole = asked > 0 ? 2 * expected : expected
            #expect((whole / 2...min(whole, 900_000)).contains(until), "attempt \(attempt)")
            expected = min(expected * 2, 900_000)
        }
    }

    @Test func `a clock that is set back does not stop deliveries`() throws {
        var world = try World(seed: 1, #""stream":true"#) { _, _ in (nil, true) }
        world.leaves = [[true]]
        try world.step()
        _ = world.delivery.failed(.init(.unavailable, "away"), nowMilliseconds: 1 << 41, jitter: 0)
        let step = world.delivery.next(
            world.subscription.request.controls,
            createdMilliseconds: world.subscription.createdMilliseconds, logSize: 1,
            nowMilliseconds: 1 << 40)
        guard case .send = step else {
            Issue.record("it waits for a time that is years ahead")
            return
        }
    }
}
