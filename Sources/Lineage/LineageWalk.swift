import DequeModule
import EPCIS
package import GS1
import MerkleTrees
import OrderedCollections
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
    /// The most lines of events, and the most edges, of one trace.
    package static var linesLimit: Int { 250_000 }
    /// The most events that one walk reads, each as often as it is met.
    package static var readsLimit: Int { 1_000_000 }
    /// The most events of processes that are remembered.
    package static var processEventsLimit: Int { 20_000 }

    private let source: Source
    private var bounds: TraceBounds
    private var nodes: OrderedDictionary<String, TraceNode> = [:]
    private var met: Set<String> = []
    private var edges: OrderedSet<TraceEdge> = []
    private var isTruncated = false
    private var lineCount = 0
    private var readCount = 0
    /// Things in the events read: what the time of a walk goes by.
    package private(set) var lookedAtCount = 0
    private var opened: Set<String> = []
    private var held: Set<String> = []
    private var processes: [String: [RecordedEvent]] = [:]
    private var processEventCount = 0
    private var passages: [RecordedEvent] = []
    /// One copy of texts that stand in many events.
    private var texts: Set<String> = []

    /// A walk within bounds.
    package init(source: Source, bounds: TraceBounds) {
        self.source = source
        self.bounds = bounds
    }

    /// Walks from one thing.
    package mutating func trace(
        _ root: CanonicalIdentifier, _ direction: TraceDirection
    ) throws(Source.Failure) -> Trace {
        try visit(root, direction)
        return told(root, direction)
    }

    /// Walks from several things at once, each with its times instead of those of the bounds.
    ///
    /// What is upstream or downstream of more than one is looked at once.
    ///
    /// - Returns: the trace, with the first as its root; nil if there is none.
    package mutating func trace(
        _ roots: [(thing: CanonicalIdentifier, times: Range<Int64>)], up: Bool
    ) throws(Source.Failure) -> Trace? {
        for (root, times) in roots where !opened.contains(root.uri) {
            guard met.contains(root.uri) || met.count < bounds.things, hasRoom else {
                isTruncated = true
                break
            }
            bounds.times = times
            try visit(root, up ? .up : .down)
        }
        return roots.first.map { told($0.thing, up ? .up : .down) }
    }

    private func told(_ root: CanonicalIdentifier, _ direction: TraceDirection) -> Trace {
        Trace(
            root: root.uri, direction: direction, nodes: Array(nodes.values),
            edges: Array(edges), isTruncated: isTruncated)
    }

    private var hasRoom: Bool {
        edges.count < Self.linesLimit && readCount < Self.readsLimit
            && lookedAtCount < bounds.lookedAt
    }

    private mutating func visit(
        _ root: CanonicalIdentifier, _ direction: TraceDirection
    ) throws(Source.Failure) {
        met.insert(root.uri)
        let passing = try source.events(
            through: root.uri, times: bounds.times, limit: bounds.events + 1)
        passages = cut(passing)
        let start = Visit(uri: root.uri, kind: root.kind, depth: 0, isHeld: false)
        if direction != .down { try walk(from: start, up: true) }
        if direction == .both {
            opened = []
            held = []
        }
        if direction != .up { try walk(from: start, up: false) }
    }

    private mutating func walk(from root: Visit, up: Bool) throws(Source.Failure) {
        var queue: Deque<Visit> = [root]
        opened.insert(root.uri)
        while let visit = queue.popFirst() {
            guard hasRoom else {
                isTruncated = true
                noteUnread(visit)
                continue
            }
            let corrected = try CorrectedEvents(try events(of: visit), in: source)
            note(visit, corrected)
            if let depth = bounds.depth, visit.depth >= depth { continue }
            for recorded in corrected.holding {
                for step in try steps(from: visit, in: recorded, up: up) {
                    guard take(step, from: visit, up: up) else { continue }
                    let isNew =
                        step.isHeld
                        ? !opened.contains(step.uri) && held.insert(step.uri).inserted
                        : opened.insert(step.uri).inserted
                    guard isNew else { continue }
                    queue.append(
                        Visit(
                            uri: step.uri, kind: step.kind, depth: visit.depth + 1,
                            isHeld: step.isHeld))
                }
            }
        }
    }

    /// Keeps an edge, if there is room for it and the thing it leads to.
    private mutating func take(_ step: Step, from visit: Visit, up: Bool) -> Bool {
        if !met.contains(step.uri) {
            guard met.count < bounds.things else {
                isTruncated = true
                return false
            }
        }
        guard edges.count < Self.linesLimit else {
            isTruncated = true
            return false
        }
        met.insert(step.uri)
        edges.append(step.edge(from: visit.uri, up: up))
        return true
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
        isTruncated = true
        return Array(found.prefix(bounds.events))
    }

    /// Keeps what happened to a thing, and how near it is by the nearest way.
    private mutating func note(_ visit: Visit, _ corrected: CorrectedEvents) {
        if let known = nodes[visit.uri] {
            if visit.depth < known.depth { nodes[visit.uri]?.depth = visit.depth }
            return
        }
        var lines: [TraceEvent] = []
        for (number, recorded) in corrected.events.enumerated() {
            let correction = corrected.correction(number)
            for line in recorded.lines(about: visit.uri, isStart: visit.depth == 0) {
                guard lineCount < Self.linesLimit else {
                    isTruncated = true
                    break
                }
                lineCount += 1
                lines.append(shared(line, correction))
            }
        }
        nodes[visit.uri] = TraceNode(
            uri: visit.uri, kind: visit.kind, depth: visit.depth, events: lines)
    }

    /// Keeps a thing whose events are not read any more.
    private mutating func noteUnread(_ visit: Visit) {
        guard nodes[visit.uri] == nil else { return }
        nodes[visit.uri] = TraceNode(
            uri: visit.uri, kind: visit.kind, depth: visit.depth, events: [])
    }

    /// A line whose texts are stored once for all lines.
    private mutating func shared(_ line: TraceEvent, _ correction: EventCorrection?) -> TraceEvent {
        var line = line
        line.issuer = texts.insert(line.issuer).memberAfterInsert
        if let step = line.bizStep { line.bizStep = texts.insert(step).memberAfterInsert }
        if let site = line.site { line.site = texts.insert(site).memberAfterInsert }
        line.correction = correction
        return line
    }

    // MARK: Steps

    /// A thing to look at.
    ///
    /// One that is held is only the container of another: its other contents are no part of the
    /// lineage.
    private struct Visit {
        var uri: String
        var kind: SubjectKind
        var depth: Int
        var isHeld: Bool
    }

    private struct Step {
        var uri: String
        var kind: SubjectKind
        var relation: TraceRelation
        var digest: Hash256
        var isHeld = false
        /// Whether goods flow towards the next thing; nil: as the walk goes, against an upward one.
        var isForward: Bool?

        init(
            _ thing: EventStory.Thing, _ relation: TraceRelation, _ digest: Hash256,
            isHeld: Bool = false, isForward: Bool? = nil
        ) {
            uri = thing.uri
            kind = thing.kind
            self.relation = relation
            self.digest = digest
            self.isHeld = isHeld
            self.isForward = isForward
        }

        func edge(from start: String, up: Bool) -> TraceEdge {
            let isForward = isForward ?? !up
            return TraceEdge(
                from: isForward ? start : uri, to: isForward ? uri : start,
                relation: relation, digest: digest)
        }
    }

    private mutating func steps(
        from visit: Visit, in recorded: RecordedEvent, up: Bool
    ) throws(Source.Failure) -> [Step] {
        let packed = packing(of: visit, in: recorded)
        if visit.isHeld { return packed }
        let made =
            try up ? inputs(of: visit.uri, in: recorded) : outputs(of: visit.uri, in: recorded)
        return packed + made + members(of: visit.uri, in: recorded, up: up)
            + (visit.depth == 0 ? passing(visit.uri, in: recorded) : [])
    }

    /// What passed a place, or was part of a business transaction.
    private func passing(_ uri: String, in recorded: RecordedEvent) -> [Step] {
        let story = recorded.story
        let isTransaction = story.transactions.contains(uri)
        guard isTransaction || story.places.contains(uri) else { return [] }
        return story.things.filter { $0.uri != uri }.map {
            Step($0, isTransaction ? .transaction : .passed, recorded.digest, isForward: true)
        }
    }

    /// The container of a thing, and what a thing that is open contains.
    private func packing(of visit: Visit, in recorded: RecordedEvent) -> [Step] {
        let story = recorded.story
        guard let parent = story.container else { return [] }
        let unpacks = story.action == .delete
        if parent.uri == visit.uri {
            guard !visit.isHeld else { return [] }
            return story.things(in: .child).filter { $0.uri != parent.uri }.map {
                Step($0, .contained, recorded.digest, isForward: unpacks)
            }
        }
        guard story.has(visit.uri, in: .child) else { return [] }
        return [Step(parent, .contained, recorded.digest, isHeld: true, isForward: !unpacks)]
    }

    /// A batch of an item, or the items of a batch, as the event spells them.
    private func members(of uri: String, in recorded: RecordedEvent, up: Bool) -> [Step] {
        let things = recorded.story.things
        guard up else {
            return things.filter { $0.batch == uri }.map { Step($0, .member, recorded.digest) }
        }
        let batches = Set(things.lazy.filter { $0.uri == uri }.compactMap(\.batch))
        guard !batches.isEmpty else { return [] }
        return things.filter { batches.contains($0.uri) }.map {
            Step($0, .member, recorded.digest)
        }
    }

    /// What a thing, or the output of a process, was made of.
    private mutating func inputs(
        of uri: String, in recorded: RecordedEvent
    ) throws(Source.Failure) -> [Step] {
        if recorded.story.process == uri {
            return recorded.story.things(in: .input).map {
                Step($0, .transformed, recorded.digest)
            }
        }
        guard recorded.story.has(uri, in: .output) else { return [] }
        var found: [Step] = []
        var seen: Set<String> = []
        for other in try process(of: recorded) {
            for thing in other.story.things(in: .input) where seen.insert(thing.uri).inserted {
                found.append(Step(thing, .transformed, recorded.digest))
            }
        }
        return found
    }

    /// What was made of a thing, or came out of a process; the part is the one naming the output.
    private mutating func outputs(
        of uri: String, in recorded: RecordedEvent
    ) throws(Source.Failure) -> [Step] {
        if recorded.story.process == uri {
            return recorded.story.things(in: .output).map {
                Step($0, .transformed, recorded.digest)
            }
        }
        guard recorded.story.has(uri, in: .input) else { return [] }
        return try process(of: recorded).flatMap { other in
            other.story.things(in: .output).map { Step($0, .transformed, other.digest) }
        }
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

extension TraceEvent {
    /// What tells the lines of one event about one thing apart.
    fileprivate var statement: [String?] { [role, quantity, unit] }
}

extension RecordedEvent {
    /// What this event says of a thing: a line for each flow, or that it is mentioned, if it is as
    /// the process, as the site of a report without goods, or as where the walk started.
    fileprivate func lines(about uri: String, isStart: Bool) -> [TraceEvent] {
        var lines: [TraceEvent] = []
        // Most events name a thing once: then nothing is compared.
        var said: Set<[String?]> = []
        for thing in story.things where thing.uri == uri {
            if !lines.isEmpty {
                if said.isEmpty { said.insert(lines[0].statement) }
                let statement = [thing.role.rawValue, thing.quantity, thing.unit]
                guard said.insert(statement).inserted else { continue }
            }
            lines.append(line(thing.role.rawValue, thing.quantity, thing.unit))
        }
        let isReport = story.things.isEmpty && story.site == uri
        let isPassage = isStart && (story.places.contains(uri) || story.transactions.contains(uri))
        if story.process == uri || lines.isEmpty && (isReport || isPassage) {
            lines.append(line("mention", nil, nil))
        }
        return lines
    }

    private func line(_ role: String, _ quantity: String?, _ unit: String?) -> TraceEvent {
        TraceEvent(
            digest: digest, type: story.type.rawValue, role: role,
            timeMilliseconds: story.timeMilliseconds, bizStep: story.bizStep, site: story.site,
            issuer: issuer, standing: standing, quantity: quantity, unit: unit,
            eventID: story.eventID, transactions: story.transactions)
    }
}
