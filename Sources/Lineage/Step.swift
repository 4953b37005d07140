import EPCIS
import GS1
import MerkleTrees

/// A step of a walk from one thing to another.
struct Step {
    /// The thing to look at next.
    var uri: String
    /// Its kind.
    var kind: SubjectKind
    /// How it is related.
    var relation: TraceRelation
    /// The part that says so.
    var digest: Hash256
    /// Whether it is only the container of the thing before.
    var isHeld = false
    /// Whether goods flow towards the next thing; nil: as the walk goes, against an upward one.
    var isForward: Bool?

    fileprivate init(
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
}

/// The steps that one event allows. A repeated step is the walk's to leave out.
extension RecordedEvent {
    /// The container of a thing, and what a thing that is not only held contains.
    func packing(of uri: String, isHeld: Bool, _ take: (Step) -> Void) {
        guard let parent = story.container else { return }
        let unpacks = story.action == .delete
        if parent.uri == uri {
            for thing in story.things
            where !isHeld && thing.stands(in: .child) && thing.uri != uri {
                take(Step(thing, .contained, digest, isForward: unpacks))
            }
        } else if story.has(uri, in: .child) {
            take(Step(parent, .contained, digest, isHeld: true, isForward: !unpacks))
        }
    }

    /// What goes into or comes out of a transformation, by the word of this event or of another.
    func transformed(_ place: FlowPlace, by other: Hash256? = nil, _ take: (Step) -> Void) {
        for thing in story.things where thing.stands(in: place) {
            take(Step(thing, .transformed, other ?? digest))
        }
    }

    /// A batch of an item, or the items of a batch, as the event spells them.
    func members(of uri: String, up: Bool, _ take: (Step) -> Void) {
        guard up else {
            for thing in story.things where thing.batch == uri {
                take(Step(thing, .member, digest))
            }
            return
        }
        let batches = Set(story.things.lazy.filter { $0.uri == uri }.compactMap(\.batch))
        guard !batches.isEmpty else { return }
        for thing in story.things where batches.contains(thing.uri) {
            take(Step(thing, .member, digest))
        }
    }

    /// What passed a place, or was part of a business transaction.
    func passing(_ uri: String, _ take: (Step) -> Void) {
        let isTransaction = story.transactions.contains(uri)
        guard isTransaction || story.places.contains(uri) else { return }
        for thing in story.things where thing.uri != uri {
            take(Step(thing, isTransaction ? .transaction : .passed, digest, isForward: true))
        }
    }
}

extension EventStory.Thing {
    /// Whether it stands in a field, other than as the batch that a spelling names.
    fileprivate func stands(in place: FlowPlace) -> Bool { self.place == place && !isNamedBatch }
}
