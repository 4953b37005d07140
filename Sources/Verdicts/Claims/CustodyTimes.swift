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
        let sent = moved.compactMap { movement in
            movement.sender.flatMap { sender in
                movement.side == .shipping && movement.receiver != sender
                    ? Act(
                        party: sender, day: movement.day,
                        timeMilliseconds: movement.timeMilliseconds, part: movement.part) : nil
            }
        }
        var found: [VerdictFinding] = []
        let acts = Dictionary(grouping: (uses[lot.uri] ?? []) + sent, by: \.party)
        for (party, acts) in acts {
            guard let first = acts.min(by: Act.precedes), let since = firstDay(lot, party, moved),
                first.day < since
            else { continue }
            found.append(early(lot, first, since))
        }
        for number in lot.makings {
            guard let since = starts[number],
                let first = made(lot, number).min(by: Act.precedes), first.day < since
            else { continue }
            found.append(early(lot, first, since))
        }
        return found
    }

    /// Since when an organisation had a thing: it made it, or it was received there, else shipped.
    private func firstDay(_ lot: Lot, _ party: String, _ moved: [Movement]) -> String? {
        let inbound = moved.filter { $0.receiver == party && $0.sender != party }
        let receipts = inbound.filter { $0.side == .receiving }
        let makings = lot.makings.filter { graph.makings[$0].party == party }
        return
            (makings.flatMap { made(lot, $0) }.map(\.day)
            + (receipts.isEmpty ? inbound : receipts).map(\.day)).min()
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
