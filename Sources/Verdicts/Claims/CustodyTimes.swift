import EPCIS
import GS1
import MerkleTrees
import OrderedCollections

/// Whether what was done with a thing was done while it was there (SPEC §24.5, `custody.early`):
/// a making that is told too early would escape what became of its certificate by then.
///
/// In whole days, in UTC: within a day systems post what they did in any order.
struct CustodyTimes {
    /// Something that an organisation did with a thing.
    private struct Act: Hashable {
        var party: String
        var day: String
        var timeMilliseconds: Int64
        var part: Hash256

        static func precedes(_ left: Act, _ right: Act) -> Bool {
            (left.timeMilliseconds, left.part, left.party)
                < (right.timeMilliseconds, right.part, right.party)
        }
    }

    private let facts: ClaimFacts
    private let graph: TradeGraph
    private let movements: Movements<ClaimFacts>
    /// Who used up each thing, or a container that holds it, for what was asked.
    private var uses: [String: Set<Act>] = [:]
    /// Who put each thing into a container.
    private var packings: [String: Set<Act>] = [:]
    /// When each container had all that it holds, each thing counted as of the first time.
    private var filled: [String: String] = [:]
    /// The first day on which each making used something up.
    private var starts: [Int: String] = [:]

    init(_ facts: ClaimFacts, _ graph: TradeGraph, _ movements: Movements<ClaimFacts>) {
        self.facts = facts
        self.graph = graph
        self.movements = movements
        for number in OrderedSet(graph.lots.values.flatMap(\.makings)) {
            let making = graph.makings[number]
            guard !making.isOrigin else { continue }
            for event in making.events {
                let inputs = facts.events[event].things.inputs
                guard !inputs.isEmpty else { continue }
                let act = act(event)
                starts[number] = min(starts[number] ?? act.day, act.day)
                for input in inputs { uses[input.uri, default: []].insert(act) }
            }
        }
        let containers = graph.lots.values.filter { !$0.held.isEmpty }
        for container in containers { readPackings(container) }
        passUsesOn(containers)
    }

    private mutating func readPackings(_ container: Lot) {
        let held = Set(container.held)
        var firsts: [String: String] = [:]
        for number in facts.eventsAbout[container.uri] ?? [] {
            let told = facts.events[number]
            guard told.event.type == .aggregation || told.event.type == .association,
                told.event.parentID?.uri == container.uri, told.event.action == .add
            else { continue }
            let act = act(number)
            for child in told.things.children where held.contains(child.uri) {
                packings[child.uri, default: []].insert(act)
                firsts[child.uri] = min(firsts[child.uri] ?? act.day, act.day)
            }
        }
        filled[container.uri] = firsts.values.max()
    }

    /// Whoever uses up a container uses up what it holds.
    private mutating func passUsesOn(_ containers: [Lot]) {
        var waiting = containers
        while let container = waiting.popLast() {
            let used = uses[container.uri] ?? []
            for uri in container.held where !used.subtracting(uses[uri] ?? []).isEmpty {
                uses[uri, default: []].formUnion(used)
                if let inner = graph.lots[uri], !inner.held.isEmpty { waiting.append(inner) }
            }
        }
    }

    private func act(_ event: Int) -> Act {
        let told = facts.events[event]
        return Act(
            party: facts.actor(of: told), day: told.event.dateUTC,
            timeMilliseconds: told.event.eventTimeMilliseconds, part: told.part)
    }

    /// What was done with a thing too early: of each organisation the first.
    func findings(of lot: Lot) -> [VerdictFinding] {
        let moved = movements.of(lot.uri)
        var since = firstDays(lot, moved)
        if lot.makings.isEmpty {
            // An item that nobody made is some of its batch.
            for batch in lot.batches.compactMap({ graph.lots[$0] }) {
                since.merge(firstDays(batch, movements.of(batch.uri)), uniquingKeysWith: min)
            }
        }
        let used = uses[lot.uri] ?? []
        let acts = used.union(packings[lot.uri] ?? []).union(sent(moved))
        var found: [VerdictFinding] = []
        for (party, acts) in Dictionary(grouping: acts, by: \.party) {
            found += early(lot, acts, since[party])
        }
        found += early(lot, used, filled[lot.uri])
        for number in lot.makings { found += early(lot, made(lot, number), starts[number]) }
        return found
    }

    private func sent(_ moved: [Movement]) -> [Act] {
        moved.compactMap { movement in
            guard movement.side == .shipping, let sender = movement.sender,
                movement.receiver != sender
            else { return nil }
            return Act(
                party: sender, day: movement.day, timeMilliseconds: movement.timeMilliseconds,
                part: movement.part)
        }
    }

    /// Since when each organisation had a thing: it made it, it was received there, else shipped.
    private func firstDays(_ lot: Lot, _ moved: [Movement]) -> [String: String] {
        var (shipped, received): ([String: String], [String: String]) = ([:], [:])
        for movement in moved {
            guard let receiver = movement.receiver, receiver != movement.sender else { continue }
            if movement.side == .receiving {
                received[receiver] = min(received[receiver] ?? movement.day, movement.day)
            } else {
                shipped[receiver] = min(shipped[receiver] ?? movement.day, movement.day)
            }
        }
        var days = shipped.merging(received) { $1 }
        for act in lot.makings.flatMap({ made(lot, $0) }) {
            days[act.party] = min(days[act.party] ?? act.day, act.day)
        }
        return days
    }

    /// The events of a making that tell that a thing was made.
    private func made(_ lot: Lot, _ number: Int) -> [Act] {
        graph.creating(lot.uri, in: number).map(act)
    }

    private func early(
        _ lot: Lot, _ acts: some Sequence<Act>, _ since: String?
    ) -> [VerdictFinding] {
        guard let since, let first = acts.min(by: Act.precedes), first.day < since else {
            return []
        }
        return [
            VerdictFinding(
                .custodyEarly, lot.uri, day: first.day, ["holder": first.party, "since": since],
                ask: first.party, evidence: [first.part])
        ]
    }
}
