import EPCIS
import GS1
import Records

/// Finds the movements of things, those of the containers they were packed into included.
///
/// What is found is kept: who looks at goods and at amounts asks for the same.
final class Movements<Facts: MovementFacts> {
    private let facts: Facts
    private let packings: Packings<Facts>
    /// The movements of what is named itself, without amounts.
    private var named: [String: [Movement]] = [:]
    private var found: [String: Found] = [:]

    private struct Found {
        var movements: [Movement]
        var isHidden: Bool
        var receivers: Set<String>
    }

    init(_ facts: Facts) {
        self.facts = facts
        packings = Packings(facts)
    }

    /// Whether something about a thing, or about what it was packed into, is hidden.
    func isHidden(_ uri: String) -> Bool { look(at: uri).isHidden }

    /// What is told of a thing's movements, by time.
    func of(_ uri: String) -> [Movement] { look(at: uri).movements }

    /// Who received some of a thing, or was to.
    func receivers(of uri: String) -> Set<String> { look(at: uri).receivers }

    /// Where a thing was packed itself.
    func packings(of uri: String) -> [Packing] { packings.of(uri) }

    /// The containers in which something packed was, those of containers too, and when.
    func around(_ packing: Packing) -> [String: Times] { packings.around(packing).times }

    private func look(at uri: String) -> Found {
        if let known = found[uri] { return known }
        let read = read(uri)
        found[uri] = read
        return read
    }

    private func read(_ uri: String) -> Found {
        var moved: [Int: Movement] = [:]
        var isHidden = hides(uri)
        for packing in packings.of(uri) {
            let around = packings.around(packing)
            isHidden = isHidden || around.times.keys.contains(where: hides)
            for movement in carried(packing, around) {
                moved[movement.event, default: movement].stated += packing.stated
            }
        }
        for var movement in named(uri) {
            movement.stated = facts.events[movement.event].things.amountsWithItems(
                of: uri, in: [.epcList, .quantityList])
            moved[movement.event] = movement
        }
        let sorted = moved.values.sorted {
            TradeEvent.precedes(facts.events[$0.event], facts.events[$1.event])
        }
        return Found(
            movements: sorted, isHidden: isHidden, receivers: Set(sorted.compactMap(\.receiver)))
    }

    /// The movements of the containers in which something packed was, each once.
    ///
    /// Who receives a container says nothing of what came to it in there: not that this was packed
    /// into the container, nor that this was put into another.
    private func carried(_ packing: Packing, _ around: Surroundings) -> [Movement] {
        var found: [Int: Movement] = [:]
        var others: [String: Surroundings] = [:]
        for (container, times) in around.times {
            for movement in times.spans.flatMap({ named(container, in: $0) }) {
                if let receiver = movement.receiver, movement.sender != receiver,
                    around.tellers.contains(receiver)
                {
                    let by = others[receiver] ?? packings.around(packing, without: receiver)
                    others[receiver] = by
                    guard by.times[container]?.contains(movement.timeMilliseconds) ?? false else {
                        continue
                    }
                }
                found[movement.event] = movement
            }
        }
        return Array(found.values)
    }

    private func hides(_ uri: String) -> Bool {
        (facts.hidden[uri] ?? []).contains { $0.role != .mention && $0.role != .allocate }
    }

    private func named(_ carrier: String, in time: Range<Int64>) -> ArraySlice<Movement> {
        let all = named(carrier)
        let first = all.firstPlace { $0.timeMilliseconds >= time.lowerBound }
        return all[first..<all.firstPlace { $0.timeMilliseconds >= time.upperBound }]
    }

    /// The movements in which a thing is named itself, by time.
    private func named(_ carrier: String) -> [Movement] {
        if let known = named[carrier] { return known }
        let read = (facts.eventsAbout[carrier] ?? []).compactMap { number -> Movement? in
            let told = facts.events[number]
            guard told.things.event.type == .object,
                let side = told.things.stepWord.flatMap(Movement.Side.init),
                told.event.action != .delete, !told.things.flows(of: carrier).isEmpty
            else { return nil }
            let movement = movement(side, told, number)
            return movement.isTold(by: told.issuer) ? movement : nil
        }
        named[carrier] = read
        return read
    }

    private func movement(_ side: Movement.Side, _ told: TradeEvent, _ number: Int) -> Movement {
        let event = told.event
        let here = facts.actor(of: told)
        let from = party(event.sources)
        let to = party(event.destinations)
        return Movement(
            side: side, sender: from ?? (side == .shipping ? here : nil),
            receiver: to ?? (side == .receiving ? here : nil),
            teller: told.issuer, orders: Set(event.businessTransactions), day: event.dateUTC,
            timeMilliseconds: event.eventTimeMilliseconds, part: told.part, event: number)
    }

    /// Who stands at an end of a transfer: the party that holds, else owns, else whose place it is.
    private func party(_ ends: [TransferEnd]) -> String? {
        let parties = ends.filter(\.isParty)
        let holding = parties.filter { $0.type.hasSuffix("possessing_party") }
        if let named = (holding.isEmpty ? parties : holding).map(\.place.uri).min() {
            return facts.owner(of: named) ?? named
        }
        return ends.filter(\.isLocation).map(\.place.uri).min().flatMap(facts.owner)
    }
}
