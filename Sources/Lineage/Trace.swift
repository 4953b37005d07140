package import GS1
package import MerkleTrees
package import Records

/// Which way a walk goes.
package enum TraceDirection: String, CaseIterable, Hashable, Sendable {
    /// Towards the origin: what it was made of, what it was unpacked from.
    case up
    /// Towards the shelf: what was made of it, what it was packed into.
    case down
    /// Both ways from the start.
    case both
}

/// How one thing leads to another; goods flow from the edge's `from` to its `to`.
package enum TraceRelation: String, Hashable, Sendable {
    /// Consumed to make the other.
    case transformed
    /// Packed into, or attached to, the other.
    case contained
    /// A batch and one of its items.
    case member
    /// At, from or to the place that the walk started at.
    case passed
    /// Under the business transaction that the walk started at.
    case transaction
}

/// One thing met on a walk.
package struct TraceNode: Hashable, Sendable {
    /// Its canonical URI.
    package var uri: String
    /// What kind of thing it is.
    package var kind: SubjectKind
    /// Steps from the start.
    package var depth: Int
    /// What happened to it, by event time.
    package var events: [TraceEvent]

    /// Makes a node.
    package init(uri: String, kind: SubjectKind, depth: Int, events: [TraceEvent]) {
        self.uri = uri
        self.kind = kind
        self.depth = depth
        self.events = events
    }
}

/// One event in the life of a thing.
package struct TraceEvent: Hashable, Sendable {
    /// The part's digest.
    package var digest: Hash256
    /// Event type, such as `ObjectEvent`.
    package var type: String
    /// `create`, `consume`, `move` or `mention`, for this thing.
    package var role: String
    /// Event time, milliseconds.
    package var timeMilliseconds: Int64
    /// Canonical business step, if stated.
    package var bizStep: String?
    /// Where, if stated.
    package var site: String?
    /// Who signed it.
    package var issuer: String
    /// How far it was the issuer's to say.
    package var standing: Standing
    /// Exact quantity as written, if stated for this thing.
    package var quantity: String?
    /// UN Rec 20 unit.
    package var unit: String?
    /// The event's ID, if it has one.
    package var eventID: String?
    /// The business transactions it was part of.
    package var transactions: [String]
    /// What error declarations with standing say of it, if any do.
    package var correction: EventCorrection?

    /// Makes an event of a node.
    package init(
        digest: Hash256, type: String, role: String, timeMilliseconds: Int64, bizStep: String?,
        site: String?, issuer: String, standing: Standing, quantity: String?, unit: String?,
        eventID: String? = nil, transactions: [String] = [], correction: EventCorrection? = nil
    ) {
        self.digest = digest
        self.type = type
        self.role = role
        self.timeMilliseconds = timeMilliseconds
        self.bizStep = bizStep
        self.site = site
        self.issuer = issuer
        self.standing = standing
        self.quantity = quantity
        self.unit = unit
        self.eventID = eventID
        self.transactions = transactions
        self.correction = correction
    }
}

/// What error declarations with standing make of an event (SPEC §8.7).
package struct EventCorrection: Hashable, Sendable {
    /// Whether the event is itself a declaration, which repeats another to unsay it.
    package var isDeclaration: Bool
    /// The parts that declare it wrong.
    package var declaredBy: [Hash256]
    /// Why, as canonical CBV URIs or URIs of one's own.
    package var reasons: [String]
    /// The IDs of the events that say what was right.
    package var correctedBy: [String]
    /// The IDs of the events that it puts right.
    package var corrects: [String]

    /// Makes a correction.
    package init(
        isDeclaration: Bool = false, declaredBy: [Hash256] = [], reasons: [String] = [],
        correctedBy: [String] = [], corrects: [String] = []
    ) {
        self.isDeclaration = isDeclaration
        self.declaredBy = declaredBy
        self.reasons = reasons
        self.correctedBy = correctedBy
        self.corrects = corrects
    }

    /// Whether the event counts in the corrected view.
    package var holds: Bool { !isDeclaration && declaredBy.isEmpty }

    var isEmpty: Bool { holds && corrects.isEmpty }

    var withoutRepetitions: Self {
        var copy = self
        copy.reasons = Set(reasons).sorted()
        copy.correctedBy = Set(correctedBy).sorted()
        copy.corrects = Set(corrects).sorted()
        return copy
    }
}

/// One step between two things.
package struct TraceEdge: Hashable, Sendable {
    /// The earlier thing.
    package var from: String
    /// The later thing.
    package var to: String
    /// How they are related.
    package var relation: TraceRelation
    /// The part that says so.
    package var digest: Hash256

    /// Makes an edge.
    package init(from: String, to: String, relation: TraceRelation, digest: Hash256) {
        self.from = from
        self.to = to
        self.relation = relation
        self.digest = digest
    }
}

/// The lineage of one thing: nodes in the order met, edges, and whether a limit cut it short.
package struct Trace: Hashable, Sendable {
    /// Where the walk began.
    package var root: String
    /// Which way it went.
    package var direction: TraceDirection
    /// Things met, the root first.
    package var nodes: [TraceNode]
    /// Steps between them.
    package var edges: [TraceEdge]
    /// Whether more was there than the limit let in.
    package var isTruncated: Bool

    /// Makes a trace.
    package init(
        root: String, direction: TraceDirection, nodes: [TraceNode], edges: [TraceEdge],
        isTruncated: Bool
    ) {
        self.root = root
        self.direction = direction
        self.nodes = nodes
        self.edges = edges
        self.isTruncated = isTruncated
    }
}
