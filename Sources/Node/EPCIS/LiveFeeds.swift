import HTTPAPI
import Queries
import Records
import Synchronization

/// The feeds that are open: who is told of events over a connection that stands, for as long as it
/// stands (SPEC §17.4).
///
/// Nothing of them is kept.
final class LiveFeeds: Sendable {
    /// What wakes one feed, and ends it.
    final class Seat: Sendable {
        let organisation: String
        let queryName: String
        /// Rings when the views have grown, and when the feed is over.
        let bell = Bell()
        private let end = Mutex<FeedEnd?>(nil)

        fileprivate init(_ queryName: String, _ organisation: String) {
            self.queryName = queryName
            self.organisation = organisation
        }

        /// Why the feed is over; nil while it is not.
        var ended: FeedEnd? { end.withLock { $0 } }

        fileprivate func end(_ reason: FeedEnd) {
            end.withLock { $0 = $0 ?? reason }
            bell.ring()
        }
    }

    private struct State {
        var size: UInt64 = 0
        var isStopped = false
        var seats: [ObjectIdentifier: Seat] = [:]
    }

    private let state = Mutex(State())
    private let reads = ReadingThreads(count: 2)

    /// No feed is open.
    init() {}

    /// How far the views are.
    var size: UInt64 { state.withLock { $0.size } }

    /// The views have reached a size of the log.
    func reached(_ size: UInt64) {
        let seats = state.withLock { state in
            guard size > state.size else { return [Seat]() }
            state.size = size
            return Array(state.seats.values)
        }
        for seat in seats { seat.bell.ring() }
    }

    /// How many are open.
    var count: Int { state.withLock { $0.seats.count } }

    /// Looks at all feeds again, as when the clock was set.
    func wake() {
        for seat in state.withLock({ Array($0.seats.values) }) { seat.bell.ring() }
    }

    /// A query is there no more.
    func removed(_ queryName: String, of organisation: String) {
        let seats = state.withLock { Array($0.seats.values) }
        for seat in seats where seat.queryName == queryName && seat.organisation == organisation {
            seat.end(.gone(reason: "the query was deleted"))
        }
    }

    /// Ends all feeds; none is opened from now on.
    func stop() {
        let seats = state.withLock { state in
            state.isStopped = true
            return Array(state.seats.values)
        }
        for seat in seats { seat.end(.stopped) }
    }

    /// Takes a seat; from here on the end of the query is not missed.
    func open(_ queryName: String, of organisation: String) -> Seat {
        let seat = Seat(queryName, organisation)
        let isStopped = state.withLock { state in
            state.seats[ObjectIdentifier(seat)] = seat
            return state.isStopped
        }
        if isStopped { seat.end(.stopped) }
        return seat
    }

    /// Gives a seat back.
    func close(_ seat: Seat) {
        state.withLock { _ = $0.seats.removeValue(forKey: ObjectIdentifier(seat)) }
    }

    /// Reads on a thread for it.
    func reading<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await reads.run(body)
    }
}
