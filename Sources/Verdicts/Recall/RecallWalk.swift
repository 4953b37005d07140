import DequeModule
import EPCIS
package import GS1
import MerkleTrees
import OrderedCollections
import Records

/// Walks downstream over evidence, one thing at a time (SPEC §26.1).
///
/// Each thing is asked for once, by its own evidence with scope subject, which proves that nothing
/// about it is left out; so the walk proves that it met everything there is. Whoever fetches and
/// whoever rechecks a dossier run the same walk.
///
/// Whose word counts decides nothing here: a recall goes too far rather than not far enough.
/// Breadth first, without recursion; a thing is met once.
package struct RecallWalk: Sendable {
    /// The most things that one recall may reach.
    package static let thingsLimit = 5_000

    struct Visit: Sendable {
        var kind: SubjectKind
        var role: RecalledRole
        var depth: Int
        var via: Set<String> = []
    }

    /// Where it began.
    package let subject: String
    /// The most things to meet.
    package let limit: Int
    private(set) var visits: OrderedDictionary<String, Visit> = [:]
    private(set) var facts = RecallFacts()
    private(set) var isTruncated = false
    private var queue: Deque<String> = []
    /// What an organisation said leads from one thing to another, for whose word counts.
    private(set) var leads: [RecallLead] = []

    /// A walk from a thing.
    package init(from subject: CanonicalIdentifier, limit: Int = Self.thingsLimit) {
        self.subject = subject.uri
        self.limit = max(1, min(limit, Self.thingsLimit))
        visits[subject.uri] = Visit(kind: subject.kind, role: .affected, depth: 0)
        queue.append(subject.uri)
    }

    /// The thing whose evidence is wanted next; nil when everything was met.
    package var wanted: String? { queue.first }

    /// Reads the evidence about the thing that is wanted.
    ///
    /// - Throws: step `closure` for evidence about anything else.
    package mutating func take(_ evidence: VerifiedEvidence) throws(EvidenceRejection) {
        guard let uri = queue.first,
            evidence.question == EvidenceQuestion(uri: uri, scope: .subject)
        else {
            throw EvidenceRejection(
                .closure,
                "evidence about \(evidence.question.uri) alone does not belong here: "
                    + "wanted is \(queue.first ?? "nothing more")")
        }
        if let other = facts.network, other != evidence.network {
            throw EvidenceRejection(.genesis, "the evidence is of another network")
        }
        queue.removeFirst()
        let events = facts.take(evidence)
        // A thing that is held at first may be affected later: then its events lead further.
        follow(events, from: uri)
    }

    private mutating func follow(_ events: [TradeEvent], from uri: String) {
        guard let visit = visits[uri] else { return }
        for told in events {
            for step in Self.steps(of: told.event, from: uri, as: visit.role) {
                leads.append(RecallLead(from: uri, to: step.thing.uri, issuer: told.issuer))
                meet(step.thing, as: step.role, from: uri, depth: visit.depth + 1)
            }
        }
    }

    private mutating func meet(
        _ thing: CanonicalIdentifier, as role: RecalledRole, from uri: String, depth: Int
    ) {
        guard thing.uri != uri else { return }
        if let known = visits[thing.uri] {
            if known.depth == depth { visits[thing.uri]?.via.insert(uri) }
            guard known.role == .carrier, role != .carrier else { return }
            visits[thing.uri]?.role = role
            if facts.hasTaken(thing.uri) { follow(facts.events(about: thing.uri), from: thing.uri) }
            return
        }
        guard visits.count < limit else {
            isTruncated = true
            return
        }
        visits[thing.uri] = Visit(kind: thing.kind, role: role, depth: depth, via: [uri])
        queue.append(thing.uri)
    }

    // MARK: Steps

    private struct Step {
        var thing: CanonicalIdentifier
        var role: RecalledRole
    }

    /// Where an event about a thing leads downstream.
    private static func steps(
        of event: EPCISEvent, from uri: String, as role: RecalledRole
    ) -> [Step] {
        var steps: [Step] = []
        let packs = event.type == .aggregation || event.type == .association
        if packs, let parent = event.parentID {
            if event.children.contains(where: { $0.uri == uri }) {
                steps.append(Step(thing: parent, role: .carrier))
            }
            if parent.uri == uri, role == .affected {
                steps += event.children.map { Step(thing: $0, role: .affected) }
            }
        }
        guard role != .carrier else { return steps }
        if event.type == .transformation {
            let process = event.transformationID
            if process?.uri == uri || event.inputs.contains(where: { $0.uri == uri }) {
                steps += event.outputs.map { Step(thing: $0, role: .affected) }
                if let process { steps.append(Step(thing: process, role: .process)) }
            }
        }
        steps += event.flows.filter { $0.subject.batch == uri }
            .map { Step(thing: $0.subject, role: .affected) }
        return steps
    }
}

/// That somebody's event leads from a thing to another.
struct RecallLead: Hashable, Sendable {
    var from: String
    var to: String
    var issuer: String
}
