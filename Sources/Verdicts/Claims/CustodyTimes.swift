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
    private struct Act {
        var party: String
        var day: String
        var timeMilliseconds: Int64
        var part: Hash256

        static func precedes(_ left: Act, _ right: Act) -> Bool {
            (left.timeMilliseconds, left.part) < (right.timeMilliseconds, right.part)
        }
    }

    private let facts: ClaimFacts
    private let graph: TradeGraph
    private let movements: Movements<ClaimFacts>
    /// Who used up each thing for what was asked.
    private var uses: [String: [Act]] = [:]
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
                let act = act(of: making.party, event)
                starts[number] = min(starts[number] ?? act.day, act.day)
                for input in inputs { uses[input.uri, default: []].append(act) }
            }
        }
    }

    private func act(of party: String, _ event: Int) -> Act {
        let told = facts.events[event]
        return Act(
            party: party, day: told.event.dateUTC,
            timeMilliseconds: told.event.eventTimeMilliseconds, part: told.part)
    }

    /// What was done with a thing too early: of each organisation the first.
    func findings(of lot: Lot) -> [VerdictFinding] {
        let moved = movements.of(lot.uri)
        let since = firstDays(lot, moved)
        let acts = Dictionary(grouping: (uses[lot.uri] ?? []) + sent(moved), by: \.party)
        var found: [VerdictFinding] = []
        for (party, acts) in acts {
            guard let day = since[party], let first = acts.min(by: Act.precedes), first.day < day
            else { continue }
            found.append(early(lot, first, day))
        }
        for number in lot.makings {
            guard let day = starts[number], let first = made(lot, number).min(by: Act.precedes),
                first.day < day
            else { continue }
            found.append(early(lot, first, day))
        }
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
        let making = graph.makings[number]
        return making.events.filter { event in
            facts.events[event].things.flows(of: lot.uri).contains { $0.role == .create }
        }.map { act(of: making.party, $0) }
    }

    private func early(_ lot: Lot, _ act: Act, _ since: String) -> VerdictFinding {
        VerdictFinding(
            .custodyEarly, lot.uri, day: act.day, ["holder": act.party, "since": since],
            ask: act.party, evidence: [act.part])
    }
}
