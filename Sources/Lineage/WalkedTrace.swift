import EPCIS
import GS1
import MerkleTrees
import Records

/// A thing to look at.
///
/// One that is held is only the container of another: its other contents are no part of the
/// lineage.
struct Visit {
    fileprivate var number: Int
    /// Its canonical URI.
    var uri: String
    /// Its kind.
    var kind: SubjectKind
    /// Steps from the start.
    var depth: Int
    /// Whether it is only held.
    var isHeld: Bool
}

/// What a walk has met so far: things by the number in which they were met, so that a long URI is
/// hashed once for each step.
struct WalkedTrace {
    /// The most lines of events, and the most edges, of one trace.
    static let linesLimit = 250_000

    /// What is known of a thing that was met.
    private struct Met {
        var isOpened = false
        var isHeld = false
        /// Its place among the nodes.
        var node: Int?

        /// Notes that it is to be looked at; whether it was not to be before.
        mutating func isNew(held: Bool) -> Bool {
            guard !isOpened, !(held && isHeld) else { return false }
            if held { isHeld = true } else { isOpened = true }
            return true
        }
    }

    /// An edge by the numbers of its things.
    private struct EdgeKey: Hashable {
        var from: Int
        var to: Int
        var relation: TraceRelation
        var digest: Hash256
    }

    /// Whether a limit cut the walk short.
    var isTruncated = false

    private let thingsLimit: Int
    private var numbers: [String: Int] = [:]
    private var met: [Met] = []
    /// The things looked at, in that order.
    private var nodes: [TraceNode] = []
    private var edges: [TraceEdge] = []
    private var edgesKnown: Set<EdgeKey> = []
    private var lineCount = 0

    /// Nothing yet; at most so many things.
    init(thingsLimit: Int) { self.thingsLimit = thingsLimit }

    /// All of it.
    func trace(from root: String, _ direction: TraceDirection) -> Trace {
        Trace(
            root: root, direction: direction, nodes: nodes, edges: edges, isTruncated: isTruncated)
    }

    // MARK: Things

    /// Whether a thing was looked at for itself.
    func hasOpened(_ uri: String) -> Bool { numbers[uri].map { met[$0].isOpened } ?? false }

    /// Whether a thing was met, or may be.
    func hasRoom(for uri: String) -> Bool { numbers[uri] != nil || met.count < thingsLimit }

    /// Where a walk begins.
    mutating func start(at root: CanonicalIdentifier) -> Visit {
        let number = numbers[root.uri] ?? met.count
        if number == met.count { meet(root.uri) }
        return Visit(number: number, uri: root.uri, kind: root.kind, depth: 0, isHeld: false)
    }

    /// Notes that a thing is looked at for itself.
    mutating func open(_ visit: Visit) { met[visit.number].isOpened = true }

    /// Forgets what was looked at, before the walk goes the other way.
    mutating func turn() {
        for number in met.indices {
            (met[number].isOpened, met[number].isHeld) = (false, false)
        }
    }

    /// Gives a thing its number.
    private mutating func meet(_ uri: String) {
        numbers[uri] = met.count
        met.append(Met())
    }

    // MARK: Edges

    /// Whether there is room for another edge.
    var hasRoomForEdges: Bool { edges.count < Self.linesLimit }

    /// Keeps an edge, if there is room for it and the thing it leads to; that thing, if it is to be
    /// looked at.
    mutating func take(_ step: Step, from visit: Visit, up: Bool) -> Visit? {
        guard let number = keep(step, from: visit, up: up), met[number].isNew(held: step.isHeld)
        else { return nil }
        return Visit(
            number: number, uri: step.uri, kind: step.kind, depth: visit.depth + 1,
            isHeld: step.isHeld)
    }

    private mutating func keep(_ step: Step, from visit: Visit, up: Bool) -> Int? {
        let known = numbers[step.uri]
        let number = known ?? met.count
        let isForward = step.isForward ?? !up
        let key = EdgeKey(
            from: isForward ? visit.number : number, to: isForward ? number : visit.number,
            relation: step.relation, digest: step.digest)
        if known != nil, edgesKnown.contains(key) { return number }
        guard known != nil || number < thingsLimit, hasRoomForEdges else {
            isTruncated = true
            return nil
        }
        if known == nil { meet(step.uri) }
        edgesKnown.insert(key)
        edges.append(
            TraceEdge(
                from: isForward ? visit.uri : step.uri, to: isForward ? step.uri : visit.uri,
                relation: step.relation, digest: step.digest))
        return number
    }

    // MARK: Nodes

    /// Keeps what happened to a thing, and how near it is by the nearest way.
    mutating func note(_ visit: Visit, _ corrected: CorrectedEvents) {
        if let known = met[visit.number].node {
            nodes[known].depth = min(nodes[known].depth, visit.depth)
            return
        }
        var lines: [TraceEvent] = []
        lines.reserveCapacity(corrected.events.count)
        for (number, recorded) in corrected.events.enumerated() {
            recorded.addLines(
                about: visit.uri, isStart: visit.depth == 0, corrected.correction(number),
                to: &lines)
        }
        if lines.count > Self.linesLimit - lineCount {
            isTruncated = true
            lines.removeLast(lines.count - (Self.linesLimit - lineCount))
        }
        lineCount += lines.count
        keep(visit, lines)
    }

    /// Keeps a thing whose events are not read any more.
    mutating func noteUnread(_ visit: Visit) {
        isTruncated = true
        if met[visit.number].node == nil { keep(visit, []) }
    }

    private mutating func keep(_ visit: Visit, _ lines: [TraceEvent]) {
        met[visit.number].node = nodes.count
        nodes.append(
            TraceNode(uri: visit.uri, kind: visit.kind, depth: visit.depth, events: lines))
    }
}

extension TraceEvent {
    /// What tells the lines of one event about one thing apart.
    fileprivate var statement: [String?] { [role, quantity, unit] }
}

extension RecordedEvent {
    /// What this event says of a thing: a line for each flow, or that it is mentioned, if it is as
    /// the process, as the site of a report without goods, or as where the walk started.
    fileprivate func addLines(
        about uri: String, isStart: Bool, _ correction: EventCorrection?,
        to lines: inout [TraceEvent]
    ) {
        let first = lines.count
        // Most events name a thing once: then nothing is compared.
        var said: Set<[String?]> = []
        for thing in story.things where thing.uri == uri {
            let line = line(thing.role.rawValue, thing.quantity, thing.unit, correction)
            if lines.count > first {
                if said.isEmpty { said.insert(lines[first].statement) }
                guard said.insert(line.statement).inserted else { continue }
            }
            lines.append(line)
        }
        let isReport = story.things.isEmpty && story.site == uri
        let isPassage = isStart && (story.places.contains(uri) || story.transactions.contains(uri))
        if story.process == uri || lines.count == first && (isReport || isPassage) {
            lines.append(line("mention", nil, nil, correction))
        }
    }

    private func line(
        _ role: String, _ quantity: String?, _ unit: String?, _ correction: EventCorrection?
    ) -> TraceEvent {
        TraceEvent(
            digest: digest, type: story.type.rawValue, role: role,
            timeMilliseconds: story.timeMilliseconds, bizStep: story.bizStep, site: story.site,
            issuer: issuer, standing: standing, quantity: quantity, unit: unit,
            eventID: story.eventID, transactions: story.transactions, correction: correction)
    }
}
