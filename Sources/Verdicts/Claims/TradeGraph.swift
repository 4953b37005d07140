import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

/// An amount of a thing as an event states it.
struct StatedAmount: Hashable {
    var uri: String
    /// The product the thing is of, if its key has one.
    var product: String?
    /// How much; nil where the event does not say.
    var amount: ExactDecimal?
    /// UN Rec 20; nil for pieces.
    var unit: String?

    init(_ flow: EventFlow) {
        uri = flow.subject.uri
        product = flow.subject.product
        // A serialised thing without amount is one piece.
        let isSingle = flow.quantity == nil && flow.subject.kind == .item
        amount = isSingle ? ExactDecimal(1) : flow.quantity
        unit = isSingle ? nil : flow.uom
    }
}

/// When, where and by whom something of a making was done.
struct Occasion: Hashable {
    /// The primary site.
    var site: String?
    /// Who governs the site, else who told of it.
    var party: String
    /// The business step, canonical.
    var step: String?
    /// The UTC day.
    var day: String
    var timeMilliseconds: Int64
    /// The scheme's word on its step, where it has one.
    var process: SchemeProcess?
}

/// How things came to be: a commissioning, or a transformation with all events of its process.
struct Making {
    /// The numbers of its events.
    var events: [Int]
    /// What it used up; nothing for a commissioning.
    var inputs: [StatedAmount]
    /// What it made.
    let outputs: [StatedAmount]
    /// Where each thing stands in it.
    private let outputPlaces: [String: [Int]]
    /// What its events tell of when, where and by whom, each once, the earliest first.
    let occasions: [Occasion]
    /// The earliest of them.
    let first: Occasion
    /// Its parts.
    var parts: [Hash256]

    /// Nothing is made by no event.
    init?(
        _ numbers: [Int], inputs: [StatedAmount], outputs: [StatedAmount], at told: [Occasion],
        parts: [Hash256]
    ) {
        occasions = Array(OrderedSet(told))
        guard let first = occasions.first else { return nil }
        self.first = first
        events = numbers
        self.inputs = inputs
        self.outputs = outputs
        outputPlaces = Dictionary(grouping: outputs.indices) { outputs[$0].uri }
        self.parts = parts
    }

    /// Where, by whom and when it began.
    var site: String? { first.site }
    var party: String { first.party }
    var day: String { first.day }
    var timeMilliseconds: Int64 { first.timeMilliseconds }

    /// What it made of one thing.
    func made(_ uri: String) -> [StatedAmount] { (outputPlaces[uri] ?? []).map { outputs[$0] } }

    /// Whether material enters the chain here: nothing was used up, or each step lets it grow.
    var isOrigin: Bool {
        inputs.isEmpty || occasions.allSatisfy { $0.process?.grows ?? false }
    }

    /// The most that may be made of one of what was used up: the least that a step allows.
    var yield: ExactDecimal {
        occasions.map { $0.process?.yield ?? ExactDecimal(1) }.min() ?? ExactDecimal(1)
    }
}

/// One thing upstream of what was asked, that included.
struct Lot {
    var uri: String
    /// The thing through which it was met; nil for what was asked.
    var via: String?
    /// The numbers of its makings.
    var makings: [Int]
    /// The batch it is an item of, or what a container holds: its share is theirs.
    var contents: [String] = []
    /// Of these the batches that its spelling names.
    var batches: [String] = []
    /// What was put into it.
    var held: [String] = []
    /// Whether all that was ever put into it was taken out again.
    var isEmptied = false
    /// By whom it was used up on the way to what was asked; empty for what was asked.
    var users: Set<String> = []
    /// By whom it, or a container that holds it, was packed or used up on that way.
    var packers: Set<String> = []

    init(uri: String, via: String?) {
        (self.uri, self.via, makings) = (uri, via, [])
    }
}

/// Everything upstream of a subject, as the events that count tell it.
///
/// Walked without recursion; a thing is met once, so that cycles end.
struct TradeGraph {
    private(set) var lots: OrderedDictionary<String, Lot> = [:]
    private(set) var makings: [Making] = []
    private let facts: ClaimFacts
    /// The making that each event belongs to.
    private var makingNumbers: [Int: Int] = [:]
    /// The processes whose events were put together.
    private var gathered: Set<String> = []
    private var walked: Set<Int> = []

    init(of uri: String, _ facts: ClaimFacts) {
        self.facts = facts
        var queue = [(uri, String?.none)]
        var next = 0
        lots[uri] = Lot(uri: uri, via: nil)
        while next < queue.count {
            let (thing, _) = queue[next]
            next += 1
            for upstream in open(thing) {
                let uri = upstream.uri
                if lots[uri] == nil {
                    lots[uri] = Lot(uri: uri, via: thing)
                    queue.append((uri, thing))
                }
                if let user = upstream.user { lots[uri]?.users.insert(user) }
                lots[uri]?.packers.formUnion(upstream.packers)
            }
        }
        passPackersOn()
    }

    /// Who packs or uses up a container must have had what it holds.
    private mutating func passPackersOn() {
        var waiting = lots.values.filter { !$0.held.isEmpty }.map(\.uri)
        while let container = waiting.popLast().flatMap({ lots[$0] }) {
            let packers = container.packers.union(container.users)
            for uri in container.held {
                guard let lot = lots[uri], !lot.packers.isSuperset(of: packers) else { continue }
                lots[uri]?.packers.formUnion(packers)
                if !lot.held.isEmpty { waiting.append(uri) }
            }
        }
    }

    /// The things from a lot back to what was asked, that first.
    func path(of uri: String) -> [String] {
        var path = [uri]
        while let via = path.last.flatMap({ lots[$0]?.via }) { path.append(via) }
        return path.reversed()
    }

    /// Whether a thing is what it is of or holds, or held: nothing was used up to make it.
    func isOfContents(_ lot: Lot) -> Bool {
        (!lot.contents.isEmpty || lot.isEmptied)
            && lot.makings.allSatisfy { makings[$0].inputs.isEmpty }
    }

    /// Whether nobody tells how a thing was made, what it is of or what it holds.
    func isUntold(_ lot: Lot) -> Bool {
        lot.contents.isEmpty && (lot.makings.isEmpty || isOfContents(lot))
    }

    /// A thing upstream of another, and who used it up or packed it there.
    private struct Upstream {
        var uri: String
        var user: String?
        var packers: Set<String> = []
    }

    /// Reads what is said of a thing; gives what lies upstream of it.
    private mutating func open(_ uri: String) -> [Upstream] {
        var upstream: [Upstream] = []
        var packed = PackedContents(usedAt: lastUse(of: uri))
        var (processes, origins): (OrderedSet<Int>, OrderedSet<Int>) = ([], [])
        var contents: OrderedSet<String> = []
        for number in facts.eventsAbout[uri] ?? [] {
            let things = facts.events[number].things
            let told = facts.events[number].event
            let flows = things.flows(of: uri)
            for flow in flows {
                if let batch = flow.subject.batch { contents.append(batch) }
            }
            // A batch or product is no container, whatever is said to be in it.
            if told.parentID?.uri == uri, told.parentID?.kind != .batch,
                told.parentID?.kind != .product
            {
                packed.take(things, by: facts.actor(of: facts.events[number]))
            }
            guard
                flows.contains(where: { $0.role == .create })
                    || told.transformationID?.uri == uri
            else { continue }
            let making = making(of: number)
            if makings[making].inputs.isEmpty {
                origins.append(making)
            } else {
                processes.append(making)
            }
        }
        // What was made of something is no origin, though its maker also commissioned it.
        let chosen = (processes.isEmpty ? origins : processes).sorted {
            makings[$0].events.lexicographicallyPrecedes(makings[$1].events)
        }
        lots[uri]?.batches = Array(contents)
        contents.formUnion(packed.held)
        lots[uri]?.makings = chosen
        lots[uri]?.contents = Array(contents)
        lots[uri]?.held = packed.held
        lots[uri]?.isEmptied = packed.isEmptied && contents.isEmpty
        // What was used up is met once, with the first of what was made of it.
        for making in chosen where !makings[making].isOrigin && walked.insert(making).inserted {
            for told in makings[making].events.map({ facts.events[$0] }) {
                let user = facts.actor(of: told)
                upstream += told.things.inputs.map { Upstream(uri: $0.uri, user: user) }
            }
        }
        return upstream + contents.map { Upstream(uri: $0, packers: packed.packers[$0] ?? []) }
    }

    /// When a thing was last used up; nil if it never was.
    private func lastUse(of uri: String) -> Int64? {
        (facts.eventsAbout[uri] ?? []).last { number in
            facts.events[number].things.flows(of: uri).contains { $0.role == .consume }
        }.map { facts.events[$0].event.eventTimeMilliseconds }
    }

    /// The making that an event belongs to; events of one process are one.
    ///
    /// An event that is not in the chain of its process, as its issuer left that out, stands alone.
    private mutating func making(of number: Int) -> Int {
        if let known = makingNumbers[number] { return known }
        let told = facts.events[number].event
        if told.type == .transformation, let process = told.transformationID?.uri,
            gathered.insert(process).inserted
        {
            make(
                of: (facts.eventsAbout[process] ?? []).filter {
                    facts.events[$0].event.transformationID?.uri == process
                })
        }
        if makingNumbers[number] == nil { make(of: [number]) }
        return makingNumbers[number] ?? 0
    }

    private mutating func make(of numbers: [Int]) {
        guard let making = Self.making(numbers, facts) else { return }
        for number in numbers { makingNumbers[number] = makings.count }
        makings.append(making)
    }

    /// The making of some events, the earliest first; nil of none.
    private static func making(_ numbers: [Int], _ facts: ClaimFacts) -> Making? {
        let flows = numbers.flatMap { facts.events[$0].things.flows }
        return Making(
            numbers,
            inputs: flows.filter { $0.place == .input && $0.role == .consume }
                .map(StatedAmount.init),
            outputs: flows.filter { $0.role == .create }.map(StatedAmount.init),
            at: numbers.map { occasion(facts.events[$0], facts) },
            parts: numbers.map { facts.events[$0].part })
    }

    private static func occasion(_ told: TradeEvent, _ facts: ClaimFacts) -> Occasion {
        let step = told.event.bizStep
        return Occasion(
            site: told.event.primarySite?.uri, party: facts.actor(of: told), step: step,
            day: told.event.dateUTC, timeMilliseconds: told.event.eventTimeMilliseconds,
            process: facts.terms.scheme.process(step))
    }

    /// The events of a making that make a thing; all, where that is the process itself.
    func creating(_ uri: String, in number: Int) -> [Int] {
        makings[number].events.filter { event in
            let told = facts.events[event]
            return told.event.transformationID?.uri == uri
                || told.things.flows(of: uri).contains { $0.role == .create }
        }
    }

    /// Who made a thing.
    func makers(of lot: Lot) -> Set<String> {
        Set(
            lot.makings.flatMap { creating(lot.uri, in: $0) }.map {
                facts.actor(of: facts.events[$0])
            })
    }
}
