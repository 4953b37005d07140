import DequeModule
import EPCIS
package import GS1
import MerkleTrees
import Records

/// What a walk is asked beside its start and its direction.
package struct TraceBounds: Hashable, Sendable {
    /// The most things to meet, the start among them.
    package var things: Int
    /// How many steps to go at most; nil: as far as there are any.
    package var depth: Int?
    /// The event times of the start's own events that count, milliseconds.
    package var times: Range<Int64>
    /// The most events read about one thing.
    package var events: Int
    /// The most things looked at in the events read, counted as often as an event is met; past it
    /// what was met is kept and nothing more is read.
    package var lookedAt = Int.max

    /// The most things one walk may meet.
    package static let thingsLimit = 50_000
    /// The most events read about one thing.
    package static let eventsLimit = 10_000

    /// Bounds within the limits.
    package init(
        things: Int, depth: Int? = nil, times: Range<Int64> = Int64.min..<Int64.max,
        events: Int = Self.eventsLimit
    ) {
        self.things = max(1, min(things, Self.thingsLimit))
        self.depth = depth
        self.times = times
        self.events = max(1, min(events, Self.eventsLimit))
    }
}

/// Walks the graph that events state, breadth first and bounded.
///
/// Transformations lead from inputs to outputs (also across events that share one
/// `transformationID`), aggregations and associations from contents to their container, and an
/// item is a member of the batch its spelling named. A walk that starts at a place or a business
/// transaction goes on from all that passed there. Cycles are walked once; events declared in error
/// are shown and not followed (SPEC §8.7).
///
/// Memory: what is met is kept once for each thing and line; the source's events are let go after
/// their thing, but for at most ``processEventsLimit`` of shared processes.
package struct LineageWalk<Source: EventSource> {
    /// The most events that one walk reads, each as often as it is met.
    package static var readsLimit: Int { 1_000_000 }
    /// The most events of processes that are remembered.
    package static var processEventsLimit: Int { 20_000 }

    private let source: Source
    private var bounds: TraceBounds
    private var told: WalkedTrace
    private var readCount = 0
    /// Things in the events read: what the time of a walk goes by.
    package private(set) var lookedAtCount = 0
    private var processes: [String: [RecordedEvent]] = [:]
    private var processEventCount = 0
    private var passages: [RecordedEvent] = []

    /// A walk within bounds.
    package init(source: Source, bounds: TraceBounds) {
        self.source = source
        self.bounds = bounds
        told = WalkedTrace(thingsLimit: bounds.things)
    }

    /// Walks from one thing.
    package mutating func trace(
        _ root: CanonicalIdentifier, _ direction: TraceDirection
    ) throws(Source.Failure) -> Trace {
        try visit(root, direction)
        return told.trace(from: root.uri, direction)
    }

    /// Walks from several things at once, each with its times instead of those of the bounds.
    ///
    /// What is upstream or downstream of more than one is looked at once.
    ///
    /// - Returns: the trace, with the first as its root; nil if there is none.
    package mutating func trace(
        _ roots: [(thing: CanonicalIdentifier, times: Range<Int64>)], up: Bool
    ) throws(Source.Failure) -> Trace? {
        for (root, times) in roots where !told.hasOpened(root.uri) {
            guard told.hasRoom(for: root.uri), hasRoom else {
                told.isTruncated = true
                break
            }
            bounds.times = times
            try visit(root, up ? .up : .down)
        }
        return roots.first.map { told.trace(from: $0.thing.uri, up ? .up : .down) }
    }

    private var hasRoom: Bool {
        told.hasRoomForEdges && readCount < Self.readsLimit && lookedAtCount < bounds.lookedAt
    }

    private mutating func visit(
        _ root: CanonicalIdentifier, _ direction: TraceDirection
    ) throws(Source.Failure) {
        let start = told.start(at: root)
        let passing = try source.events(
            through: root.uri, times: bounds.times, limit: bounds.events + 1)
        passages = cut(passing)
        if direction != .down { try walk(from: start, up: true) }
        if direction == .both { told.turn() }
        if direction != .up { try walk(from: start, up: false) }
    }

    private mutating func walk(from root: Visit, up: Bool) throws(Source.Failure) {
        var queue: Deque<Visit> = [root]
        told.open(root)
        while let visit = queue.popFirst() {
            guard hasRoom else {
                told.noteUnread(visit)
                continue
            }
            let corrected = try CorrectedEvents(try events(of: visit), in: source)
            told.note(visit, corrected)
            if let depth = bounds.depth, visit.depth >= depth { continue }
            for recorded in corrected.holding {
                try follow(recorded, from: visit, up: up, to: &queue)
            }
        }
    }

    // MARK: Events

    /// The events about a thing, and at the start those that passed there.
    private mutating func events(of visit: Visit) throws(Source.Failure) -> [RecordedEvent] {
        let found = try events(about: visit.uri)
        guard visit.depth == 0 else { return found }
        let others = Set(passages.map(\.digest))
        let own = found.filter {
            bounds.times.contains($0.story.timeMilliseconds) && !others.contains($0.digest)
        }
        guard !passages.isEmpty else { return own }
        return (own + passages).sorted { $0.story.timeMilliseconds < $1.story.timeMilliseconds }
    }

    /// The events about a thing; one more is asked for, to know whether there are more.
    private mutating func events(about uri: String) throws(Source.Failure) -> [RecordedEvent] {
        cut(try source.events(about: uri, limit: bounds.events + 1))
    }

    private mutating func count(_ read: [RecordedEvent]) {
        readCount += read.count
        lookedAtCount += read.reduce(0) { $0 + 1 + $1.story.things.count }
    }

    private mutating func cut(_ found: [RecordedEvent]) -> [RecordedEvent] {
        count(found)
        guard found.count > bounds.events else { return found }
        told.isTruncated = true
        return Array(found.prefix(bounds.events))
    }

    // MARK: Steps

    /// Takes the steps that an event allows, one at a time: a process may have very many.
    private mutating func follow(
        _ recorded: RecordedEvent, from visit: Visit, up: Bool, to queue: inout Deque<Visit>
    ) throws(Source.Failure) {
        func take(_ step: Step) {
            if let next = told.take(step, from: visit, up: up) { queue.append(next) }
        }
        recorded.packing(of: visit.uri, isHeld: visit.isHeld, take)
        if visit.isHeld { return }
        let (from, to): (FlowPlace, FlowPlace) = up ? (.output, .input) : (.input, .output)
        if recorded.story.process == visit.uri {
            recorded.transformed(to, take)
        } else if recorded.story.has(visit.uri, in: from) {
            for other in try process(of: recorded) {
                // Upstream the part is the one that names the output.
                other.transformed(to, by: up ? recorded.digest : nil, take)
            }
        }
        recorded.members(of: visit.uri, up: up, take)
        if visit.depth == 0 { recorded.passing(visit.uri, take) }
    }

    /// All events of a transformation that hold.
    private mutating func process(
        of recorded: RecordedEvent
    ) throws(Source.Failure) -> [RecordedEvent] {
        guard let id = recorded.story.process else { return [recorded] }
        var events = processes[id] ?? []
        if processes[id] == nil {
            let found = try self.events(about: id).filter { $0.story.process == id }
            events = try CorrectedEvents(found, in: source).holding
            if processEventCount + events.count > Self.processEventsLimit {
                processes = [:]
                processEventCount = 0
            }
            processEventCount += events.count
            processes[id] = events
        }
        count(events)
        if !events.contains(where: { $0.digest == recorded.digest }) { events.append(recorded) }
        return events
    }
}
