import DequeModule
import EPCIS
package import GS1
import MerkleTrees
import OrderedCollections
import Records

/// Walks the graph that events state, breadth first and bounded.
///
/// Transformations lead from inputs to outputs (also across events that share one
/// `transformationID`), aggregations and associations from contents to their container, and an
/// item is a member of the batch its spelling named. Cycles are walked once.
package struct LineageWalk<Source: EventSource> {
    /// The most things one walk may meet.
    package static var nodesLimit: Int { 50_000 }
    /// The most events read about one thing.
    package static var eventsLimit: Int { 10_000 }

    private let source: Source
    private let limit: Int
    private let eventsLimit: Int
    private var nodes: OrderedDictionary<String, TraceNode> = [:]
    private var met: Set<String> = []
    private var edges: OrderedSet<TraceEdge> = []
    private var isTruncated = false
    private var processes: [String: [RecordedEvent]] = [:]

    /// A walk that meets at most `limit` things, the start among them, and reads at most
    /// `eventsLimit` events about each.
    package init(source: Source, limit: Int, eventsLimit: Int = Self.eventsLimit) {
        self.source = source
        self.limit = max(1, min(limit, Self.nodesLimit))
        self.eventsLimit = max(1, min(eventsLimit, Self.eventsLimit))
    }

    /// Walks from one thing.
    package mutating func trace(
        _ root: CanonicalIdentifier, _ direction: TraceDirection
    ) throws(Source.Failure) -> Trace {
        met.insert(root.uri)
        if direction != .down { try walk(from: root, up: true) }
        if direction != .up { try walk(from: root, up: false) }
        return Trace(
            root: root.uri, direction: direction, nodes: Array(nodes.values),
            edges: Array(edges), isTruncated: isTruncated)
    }

    private mutating func walk(from root: CanonicalIdentifier, up: Bool) throws(Source.Failure) {
        var queue: Deque<Visit> = [Visit(thing: root, depth: 0, isHeld: false)]
        var opened: Set<String> = [root.uri]
        var held: Set<String> = []
        while let visit = queue.popFirst() {
            let events = try events(about: visit.thing.uri)
            note(visit, events)
            for recorded in events {
                for step in try steps(from: visit, in: recorded, up: up) {
                    guard meet(step.thing) else { continue }
                    edges.append(step.edge(from: visit.thing, up: up))
                    let uri = step.thing.uri
                    let isNew =
                        step.isHeld
                        ? !opened.contains(uri) && held.insert(uri).inserted
                        : opened.insert(uri).inserted
                    guard isNew else { continue }
                    queue.append(
                        Visit(thing: step.thing, depth: visit.depth + 1, isHeld: step.isHeld))
                }
            }
        }
    }

    /// Whether a thing is within the limit; one that is not is left out with the steps to it.
    private mutating func meet(_ thing: CanonicalIdentifier) -> Bool {
        if met.contains(thing.uri) { return true }
        guard met.count < limit else {
            isTruncated = true
            return false
        }
        met.insert(thing.uri)
        return true
    }

    /// The events about a thing; one more is asked for, to know whether there are more.
    private mutating func events(about uri: String) throws(Source.Failure) -> [RecordedEvent] {
        let found = try source.events(about: uri, limit: eventsLimit + 1)
        guard found.count > eventsLimit else { return found }
        isTruncated = true
        return Array(found.prefix(eventsLimit))
    }

    /// Keeps what happened to a thing, and how near it is by the nearest way.
    private mutating func note(_ visit: Visit, _ events: [RecordedEvent]) {
        let thing = visit.thing
        if let known = nodes[thing.uri] {
            nodes[thing.uri]?.depth = min(known.depth, visit.depth)
            return
        }
        nodes[thing.uri] = TraceNode(
            uri: thing.uri, kind: thing.kind, depth: visit.depth,
            events: events.flatMap { $0.lines(about: thing) })
    }

    /// A thing to look at.
    ///
    /// One that is held is only the container of another: its other contents are no part of the
    /// lineage.
    private struct Visit {
        var thing: CanonicalIdentifier
        var depth: Int
        var isHeld: Bool
    }

    private struct Step {
        var thing: CanonicalIdentifier
        var relation: TraceRelation
        var digest: Hash256
        var isHeld = false
        /// Whether goods flow towards the next thing; nil: as the walk goes, against an upward one.
        var isForward: Bool?

        func edge(from start: CanonicalIdentifier, up: Bool) -> TraceEdge {
            let isForward = isForward ?? !up
            return TraceEdge(
                from: isForward ? start.uri : thing.uri, to: isForward ? thing.uri : start.uri,
                relation: relation, digest: digest)
        }
    }

    private mutating func steps(
        from visit: Visit, in recorded: RecordedEvent, up: Bool
    ) throws(Source.Failure) -> [Step] {
        let event = recorded.event
        let thing = visit.thing
        let packed = packing(of: visit, in: recorded)
        if visit.isHeld { return packed }
        let made = try up ? inputs(of: thing, in: recorded) : outputs(of: thing, in: recorded)
        return packed + made
            + members(of: thing, in: event, up: up)
            .map { Step(thing: $0, relation: .member, digest: recorded.digest) }
    }

    /// The container of a thing, and what a thing that is open contains.
    private func packing(of visit: Visit, in recorded: RecordedEvent) -> [Step] {
        let event = recorded.event
        guard let parent = event.parentID, event.isPacking else { return [] }
        let unpacks = event.action == .delete
        if parent == visit.thing {
            guard !visit.isHeld else { return [] }
            return event.children.filter { $0 != parent }.map {
                Step(
                    thing: $0, relation: .contained, digest: recorded.digest, isForward: unpacks)
            }
        }
        guard event.children.contains(visit.thing) else { return [] }
        return [
            Step(
                thing: parent, relation: .contained, digest: recorded.digest, isHeld: true,
                isForward: !unpacks)
        ]
    }

    /// A batch of an item, or the items of a batch, as the event spells them.
    private func members(
        of thing: CanonicalIdentifier, in event: EPCISEvent, up: Bool
    ) -> [CanonicalIdentifier] {
        guard up else {
            return event.flows.lazy.map(\.subject).filter { $0.batch == thing.uri }
        }
        return event.flows.lazy.map(\.subject).filter { $0 == thing }
            .compactMap(\.batchIdentifier)
    }

    /// What a thing, or the output of a process, was made of.
    private mutating func inputs(
        of thing: CanonicalIdentifier, in recorded: RecordedEvent
    ) throws(Source.Failure) -> [Step] {
        if recorded.event.transformationID == thing {
            return recorded.event.inputs.map {
                Step(thing: $0, relation: .transformed, digest: recorded.digest)
            }
        }
        guard recorded.event.outputs.contains(thing) else { return [] }
        var found: OrderedSet<CanonicalIdentifier> = []
        for other in try process(of: recorded) { found.append(contentsOf: other.event.inputs) }
        return found.map { Step(thing: $0, relation: .transformed, digest: recorded.digest) }
    }

    /// What was made of a thing, or came out of a process; the part is the one naming the output.
    private mutating func outputs(
        of thing: CanonicalIdentifier, in recorded: RecordedEvent
    ) throws(Source.Failure) -> [Step] {
        if recorded.event.transformationID == thing {
            return recorded.event.outputs.map {
                Step(thing: $0, relation: .transformed, digest: recorded.digest)
            }
        }
        guard recorded.event.inputs.contains(thing) else { return [] }
        return try process(of: recorded).flatMap { other in
            other.event.outputs.map {
                Step(thing: $0, relation: .transformed, digest: other.digest)
            }
        }
    }

    /// All events of a transformation.
    private mutating func process(
        of recorded: RecordedEvent
    ) throws(Source.Failure) -> [RecordedEvent] {
        guard let id = recorded.event.transformationID else { return [recorded] }
        var events = processes[id.uri] ?? []
        if processes[id.uri] == nil {
            events = try self.events(about: id.uri)
                .filter { $0.event.transformationID == id }
            processes[id.uri] = events
        }
        if !events.contains(where: { $0.digest == recorded.digest }) { events.append(recorded) }
        return events
    }
}

extension EPCISEvent {
    /// Whether it puts things into, takes them out of, or sees them in a container.
    fileprivate var isPacking: Bool { type == .aggregation || type == .association }
}

extension RecordedEvent {
    /// What this event says of a thing: a line for each flow, or that it is mentioned, if it is as
    /// the process, or as the site of a report without goods.
    fileprivate func lines(about thing: CanonicalIdentifier) -> [TraceEvent] {
        let flows = event.flows
        var lines: OrderedSet<TraceEvent> = []
        for flow in flows where flow.subject == thing {
            lines.append(line(flow.role, flow.quantity?.description, flow.uom))
        }
        let isReport = flows.isEmpty && event.primarySite == thing
        if isReport || event.transformationID == thing { lines.append(line(.mention, nil, nil)) }
        return Array(lines)
    }

    private func line(_ role: FlowRole, _ quantity: String?, _ unit: String?) -> TraceEvent {
        TraceEvent(
            digest: digest, type: event.type.rawValue, role: role.rawValue,
            timeMilliseconds: event.eventTimeMilliseconds, bizStep: event.bizStep,
            site: event.primarySite?.uri, issuer: issuer, standing: standing,
            quantity: quantity, unit: unit)
    }
}
