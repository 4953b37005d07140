import EPCIS
import GS1
import Lineage
import MerkleTrees
import Records

/// Events held in memory, found as a node's views find them.
struct EventList: EventSource {
    /// Its events, in the order they were added, which is that of their times.
    private(set) var recorded: [RecordedEvent] = []

    /// The digest of the newest event.
    var lastDigest: Hash256? { recorded.last?.digest }

    private var numbers: [String: [Int]] = [:]
    private var hashes: [Hash256: String] = [:]
    private var declarations: [Int] = []

    func events(about uri: String, limit: Int) -> [RecordedEvent] {
        (numbers[uri] ?? []).prefix(limit).map { recorded[$0] }
    }

    func events(through uri: String, times: Range<Int64>, limit: Int) -> [RecordedEvent] {
        let found = recorded.filter { event in
            times.contains(event.story.timeMilliseconds)
                && (event.story.places.contains(uri) || event.story.transactions.contains(uri))
        }
        return Array(found.prefix(limit))
    }

    func declarations(concerning eventIDs: [String]) -> [RecordedEvent] {
        declarations.map { recorded[$0] }.filter { event in
            event.story.eventID.map(eventIDs.contains) ?? false
                || event.story.declaration?.correctiveEventIDs.contains(where: eventIDs.contains)
                    ?? false
        }
    }

    func events(named eventIDs: [String]) -> [RecordedEvent] {
        recorded.filter { event in
            event.story.declaration == nil && event.story.eventID.map(eventIDs.contains) ?? false
        }
    }

    /// Says what event hash an event has.
    mutating func setHash(_ hash: String, of number: Int) {
        hashes[recorded[number].digest] = hash
    }

    /// Adds a transformation without reading JSON.
    mutating func transformed(_ input: String, _ output: String) throws {
        let things = try [(input, FlowPlace.input), (output, .output)].map { uri, place in
            EventStory.Thing(
                uri: uri, kind: try CanonicalIdentifier(uri).kind,
                role: place == .input ? .consume : .create, place: place, quantity: nil, unit: nil,
                batch: nil, isNamedBatch: false)
        }
        append(
            RecordedEvent(
                digest: Hash256.sha256(Array("\(recorded.count)".utf8)), issuer: "urn:example:a",
                standing: .own,
                story: EventStory(
                    type: .transformation, action: nil, eventID: nil, declaration: nil,
                    timeMilliseconds: Int64(recorded.count), bizStep: nil, site: nil, places: [],
                    transactions: [], process: nil, things: things)))
    }

    func eventHash(of digest: Hash256) -> String? { hashes[digest] }

    mutating func append(_ event: RecordedEvent) {
        let story = event.story
        var uris = Set(story.things.map(\.uri))
        if let process = story.process { uris.insert(process) }
        if story.things.isEmpty, let site = story.site { uris.insert(site) }
        for uri in uris { numbers[uri, default: []].append(recorded.count) }
        if story.declaration != nil { declarations.append(recorded.count) }
        recorded.append(event)
    }

    /// Adds an event of this type with these JSON members.
    ///
    /// It has the time of an earlier event, or else a minute more than the last.
    mutating func add(
        _ type: String, _ members: String, sameTimeAs original: Int? = nil,
        by issuer: String? = nil, standing: Standing = .own
    ) throws {
        let minute = original ?? recorded.count
        let text = """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "type":"\(type)","eventTimeZoneOffset":"+00:00",\
            "eventTime":"2026-03-\(10 + minute / 1_440)T\(two(minute / 60 % 24)):\
            \(two(minute % 60)):00Z",\(members)}
            """
        let event = try EPCISEvent.read(Array(text.utf8), by: .rules)
        append(
            RecordedEvent(
                digest: Hash256.sha256(Array(text.utf8)),
                issuer: issuer ?? "https://id.gs1.org/417/9521141000007",
                standing: standing, story: EventStory(event)))
    }

    /// Adds a transformation of some things into others.
    mutating func transform(_ inputs: [String], _ outputs: [String], process: String? = nil) throws
    {
        var members: [String] = []
        if let process { members.append(#""transformationID":"\#(process)""#) }
        if !inputs.isEmpty { members.append(#""inputEPCList":\#(list(inputs))"#) }
        if !outputs.isEmpty { members.append(#""outputEPCList":\#(list(outputs))"#) }
        try add("TransformationEvent", members.joined(separator: ","))
    }

    /// Adds things packed into, or with DELETE taken out of, a container.
    mutating func pack(
        _ children: [String], _ parent: String, action: String = "ADD",
        type: String = "AggregationEvent"
    ) throws {
        try add(
            type,
            #""action":"\#(action)","parentID":"\#(parent)","childEPCs":\#(list(children))"#)
    }

    /// Adds the observation of things.
    mutating func observe(_ things: [String], step: String = "shipping") throws {
        try add(
            "ObjectEvent", #""action":"OBSERVE","bizStep":"\#(step)","epcList":\#(list(things))"#)
    }

    private func list(_ texts: [String]) -> String {
        "[" + texts.map { #""\#($0)""# }.joined(separator: ",") + "]"
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Walks from a thing in any spelling.
    func trace(
        _ text: String, _ direction: TraceDirection, limit: Int = 1_000, eventsLimit: Int = 100
    ) throws -> Trace {
        var walk = LineageWalk(
            source: self, bounds: TraceBounds(things: limit, events: eventsLimit))
        return try walk.trace(CanonicalIdentifier(text), direction)
    }
}

/// An item of one product, by its serial.
func item(_ serial: String) -> String { "https://id.gs1.org/01/09521141123454/21/\(serial)" }

/// The spelling of an item that names its lot too.
func item(_ serial: String, lot: String) -> String {
    "https://id.gs1.org/01/09521141123454/10/\(lot)/21/\(serial)"
}

/// A batch of the same product.
func batch(_ lot: String) -> String { "https://id.gs1.org/01/09521141123454/10/\(lot)" }

extension Trace {
    /// The URIs of the nodes, in the order met.
    var uris: [String] { nodes.map(\.uri) }

    /// The node of a thing, if it was met.
    func node(_ uri: String) -> TraceNode? { nodes.first { $0.uri == uri } }

    /// The edges as text: `from -relation-> to`.
    var steps: [String] { edges.map { "\($0.from) -\($0.relation.rawValue)-> \($0.to)" } }
}

/// One edge as ``Trace/steps`` has it.
func step(_ from: String, _ relation: TraceRelation, _ to: String) -> String {
    "\(from) -\(relation.rawValue)-> \(to)"
}
