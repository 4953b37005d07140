import EPCIS
import GS1
import Lineage
import Support
import Testing

/// The rules of a lineage written down plainly and recursively, event by event, without bounds.
private struct ReferenceWalk {
    let events: EventList
    let up: Bool
    private(set) var opened: Set<String> = []
    private(set) var held: Set<String> = []
    private(set) var edges: Set<String> = []

    init(_ events: EventList, up: Bool) {
        self.events = events
        self.up = up
    }

    var things: Set<String> { opened.union(held) }

    private var stories: [EventStory] { events.recorded.map(\.story) }

    mutating func open(_ uri: String) {
        guard opened.insert(uri).inserted else { return }
        for story in stories {
            pack(uri, story, isHeld: false)
            transform(uri, story)
            for thing in story.things {
                if up, thing.uri == uri, let batch = thing.batch {
                    go(uri, batch, "member")
                } else if !up, thing.batch == uri {
                    go(uri, thing.uri, "member")
                }
            }
        }
    }

    private mutating func hold(_ uri: String) {
        guard !opened.contains(uri), held.insert(uri).inserted else { return }
        for story in stories { pack(uri, story, isHeld: true) }
    }

    private mutating func go(_ uri: String, _ other: String, _ relation: String) {
        edges.insert(up ? "\(other) \(relation) \(uri)" : "\(uri) \(relation) \(other)")
        open(other)
    }

    private mutating func pack(_ uri: String, _ story: EventStory, isHeld: Bool) {
        guard story.type == .aggregation || story.type == .association else { return }
        let parents = story.things.filter { $0.place == .parent }.map(\.uri)
        let children = story.things.filter { $0.place == .child && !$0.isNamedBatch }.map(\.uri)
        for parent in parents {
            for child in children where child != parent {
                let (from, to) = story.action == .delete ? (parent, child) : (child, parent)
                if child == uri {
                    edges.insert("\(from) contained \(to)")
                    hold(parent)
                } else if parent == uri, !isHeld {
                    edges.insert("\(from) contained \(to)")
                    open(child)
                }
            }
        }
    }

    private mutating func transform(_ uri: String, _ story: EventStory) {
        func all(_ place: FlowPlace, _ stories: [EventStory]) -> [String] {
            stories.flatMap(\.things).filter { $0.place == place && !$0.isNamedBatch }.map(\.uri)
        }
        let process = story.process.map { id in stories.filter { $0.process == id } } ?? [story]
        let (near, far): (FlowPlace, FlowPlace) = up ? (.output, .input) : (.input, .output)
        guard all(near, [story]).contains(uri) else { return }
        for other in all(far, process) { go(uri, other, "transformed") }
    }
}

/// A supply chain drawn at random: spinning, blending, packing, unpacking, shared processes.
private struct DrawnChain {
    var events = EventList()
    private var random: SplitMix64
    private let count: Int

    init(seed: UInt64, events number: Int, things count: Int) throws {
        random = SplitMix64(seed: seed)
        self.count = count
        for step in 0..<number { try add(step) }
    }

    private mutating func thing() -> String {
        let number = Int.random(in: 0..<count, using: &random)
        return switch number % 4 {
        case 0: batch("L\(number)")
        case 1: item("S\(number)", lot: "L\(number / 4 * 4)")
        case 2: "urn:example:box:\(number)"
        default: item("S\(number)")
        }
    }

    private mutating func some(_ most: Int) -> [String] {
        (0..<Int.random(in: 1...most, using: &random)).map { _ in thing() }
    }

    private mutating func add(_ step: Int) throws {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2: try events.transform(some(3), some(3))
        case 3: try events.transform(some(2), [], process: "urn:example:process:\(step / 5)")
        case 4: try events.transform([], some(2), process: "urn:example:process:\(step / 5)")
        case 5: try events.pack(some(4), "urn:example:box:\(step % count)")
        case 6:
            try events.pack(
                some(2), "urn:example:box:\(step % count)", action: "DELETE",
                type: step.isMultiple(of: 2) ? "AggregationEvent" : "AssociationEvent")
        default: try events.observe(some(3))
        }
    }
}

@Suite struct ReferenceWalkTests {
    @Test(arguments: 0..<24 as Range<UInt64>)
    func `a walk finds what plain recursion finds`(seed: UInt64) throws {
        let chain = try DrawnChain(seed: seed, events: 60, things: 48)
        var sizes = 0
        for start in [batch("L0"), item("S1"), item("S3"), "urn:example:box:2", batch("L8")] {
            for direction in [TraceDirection.up, .down] {
                let trace = try chain.events.trace(start, direction, limit: 50_000)
                var reference = ReferenceWalk(chain.events, up: direction == .up)
                reference.open(try CanonicalIdentifier(start).uri)
                #expect(Set(trace.uris) == reference.things, "seed \(seed), \(start)")
                let edges = trace.edges.map { "\($0.from) \($0.relation.rawValue) \($0.to)" }
                #expect(Set(edges) == reference.edges, "seed \(seed), \(start)")
                #expect(!trace.isTruncated)
                sizes += trace.nodes.count
            }
        }
        #expect(sizes > 20)
    }

    @Test func `a chain of five thousand steps is walked without recursion`() throws {
        var events = EventList()
        for number in 0..<5_000 {
            try events.transformed(item("c\(number)"), item("c\(number + 1)"))
        }
        let up = try events.trace(item("c5000"), .up, limit: 50_000)
        #expect(up.nodes.count == 5_001)
        #expect(up.nodes.last?.depth == 5_000)
        #expect(try events.trace(item("c0"), .down, limit: 50_000).nodes.count == 5_001)
        var walk = LineageWalk(source: events, bounds: TraceBounds(things: 50_000, depth: 3))
        #expect(try walk.trace(CanonicalIdentifier(item("c9")), .both).nodes.count == 7)
    }

    @Test func `a story read back is the one that was written`() throws {
        // One for all, with fewer places than there are texts: they take each other's.
        let pool = TextPool()
        for seed in 0..<4 as Range<UInt64> {
            for recorded in try DrawnChain(seed: seed, events: 60, things: 48).events.recorded {
                var writer = StoryWriter()
                recorded.story.write(to: &writer)
                var reader = StoryReader(writer.bytes, pool: pool)
                #expect(EventStory(&reader) == recorded.story)
                for end in 0..<writer.bytes.count {
                    var cut = StoryReader(Array(writer.bytes[..<end]), pool: pool)
                    #expect(EventStory(&cut) == nil)
                }
            }
        }
    }
}
