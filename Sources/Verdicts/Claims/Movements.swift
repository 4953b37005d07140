import EPCIS
import GS1
import MerkleTrees
import Records

/// One side of a transfer of a thing: what its sender or its receiver tells.
struct Movement {
    /// Which side tells it.
    enum Side {
        case shipping, receiving

        /// The side that tells of a step in which goods leave one's hands or come into them; in
        /// others they are on the way.
        init?(step: String) {
            switch step {
            case "shipping": self = .shipping
            case "receiving", "accepting": self = .receiving
            default: return nil
            }
        }
    }

    var side: Side
    /// Whose hands it leaves; nil where that is not said.
    var sender: String?
    /// Into whose hands it comes; nil where that is not said.
    var receiver: String?
    /// How much; nil where that is not said.
    var amount: StatedAmount?
    /// The business transactions, canonical.
    var orders: Set<String>
    var day: String
    var timeMilliseconds: Int64
    var part: Hash256

    /// Whether a receipt can be the other side of a shipment.
    func fits(_ shipment: Movement) -> Bool {
        timeMilliseconds >= shipment.timeMilliseconds
            && Self.agree(sender, shipment.sender) && Self.agree(receiver, shipment.receiver)
    }

    /// Whether it is its own side's to tell: a side that only the other tells shows nothing.
    func isTold(by issuer: String) -> Bool {
        guard let sender, let receiver, sender != receiver else { return true }
        return issuer != (side == .shipping ? receiver : sender)
    }

    private static func agree(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return true }
        return left == right
    }
}

/// What movements are found in: events by the things they are about, and what of them is hidden.
protocol MovementFacts {
    /// The events, by time.
    var events: [TradeEvent] { get }
    /// The numbers of the events about each thing.
    var eventsAbout: [String: [Int]] { get }
    /// What is hidden about each thing.
    var hidden: [String: Set<HiddenPart>] { get }
    /// The member that governs a place, an identifier or a party; nil if none does.
    func owner(of uri: String) -> String?
}

extension MovementFacts {
    /// Who did what an event tells: who governs its primary site, else its issuer.
    func actor(of told: TradeEvent) -> String {
        told.event.primarySite.flatMap { owner(of: $0.uri) } ?? told.issuer
    }
}

extension ClaimFacts: MovementFacts {}

/// Finds the movements of things, those of the containers they were packed into included.
struct Movements<Facts: MovementFacts> {
    private let facts: Facts

    init(_ facts: Facts) {
        self.facts = facts
    }

    /// Whether something about a thing, or about what it was packed into, is hidden.
    func isHidden(_ uri: String) -> Bool {
        let hides = { (thing: String) in
            (facts.hidden[thing] ?? []).contains { $0.role != .mention && $0.role != .allocate }
        }
        return hides(uri) || stays(of: uri).contains { hides($0.container) }
    }

    /// What is told of a thing's movements, by time.
    func of(_ uri: String) -> [Movement] {
        var found = own(uri, uri, amount: nil)
        for stay in stays(of: uri) {
            found += own(stay.container, uri, amount: stay.amount).filter {
                // Who receives a container says nothing of what came to it in there.
                stay.times.contains($0.timeMilliseconds)
                    && ($0.receiver != stay.teller || $0.sender == stay.teller)
            }
        }
        // An event that lists a thing beside its container tells one movement.
        var seen: Set<Hash256> = []
        return found.filter { seen.insert($0.part).inserted }.sorted {
            ($0.timeMilliseconds, $0.part) < ($1.timeMilliseconds, $1.part)
        }
    }

    /// A time that a thing spent in a container.
    private struct Stay {
        var container: String
        /// Who says that the thing itself was packed.
        var teller: String
        var times: ClosedRange<Int64>
        var amount: StatedAmount?
    }

    /// Where a thing was packed, containers of containers too; each container is met once.
    private func stays(of uri: String) -> [Stay] {
        var found: [Stay] = []
        var seen: Set<String> = [uri]
        var queue: [(String, ClosedRange<Int64>, Stay?)] = [
            (uri, Int64.min...Int64.max, nil)
        ]
        while let (thing, during, inner) = queue.popLast() {
            for stay in packings(of: thing) {
                let start = max(stay.times.lowerBound, during.lowerBound)
                let end = min(stay.times.upperBound, during.upperBound)
                guard start <= end, seen.insert(stay.container).inserted else { continue }
                let held = Stay(
                    container: stay.container, teller: (inner ?? stay).teller, times: start...end,
                    amount: inner?.amount ?? stay.amount)
                found.append(held)
                queue.append((held.container, held.times, held))
            }
        }
        return found
    }

    private func packings(of thing: String) -> [Stay] {
        var open: [String: Stay] = [:]
        var closed: [Stay] = []
        for number in facts.eventsAbout[thing] ?? [] {
            let told = facts.events[number]
            guard told.things.event.type == .aggregation else { continue }
            let event = told.event
            guard let parent = event.parentID?.uri, parent != thing,
                let flow = told.things.flows(of: thing).first(where: { $0.place == .child })
            else { continue }
            if event.action == .add {
                open[parent] = Stay(
                    container: parent, teller: told.issuer,
                    times: event.eventTimeMilliseconds...Int64.max, amount: StatedAmount(flow))
            } else if event.action == .delete, var stay = open.removeValue(forKey: parent) {
                let end = max(event.eventTimeMilliseconds, stay.times.lowerBound)
                stay.times = stay.times.lowerBound...end
                closed.append(stay)
            }
        }
        return (closed + open.values).sorted { $0.container < $1.container }
    }

    private func own(_ carrier: String, _ thing: String, amount: StatedAmount?) -> [Movement] {
        (facts.eventsAbout[carrier] ?? []).compactMap { number in
            let told = facts.events[number]
            guard told.things.event.type == .object,
                let side = told.things.stepWord.flatMap(Movement.Side.init),
                told.event.action != .delete, !told.things.flows(of: carrier).isEmpty
            else { return nil }
            let stated = carrier == thing ? total(of: carrier, in: told.things) : amount
            let moved = movement(side, told, stated?.amount == nil ? nil : stated)
            return moved.isTold(by: told.issuer) ? moved : nil
        }
    }

    /// What an event states of a thing altogether; nil where its elements have several units.
    private func total(of uri: String, in things: EventThings) -> StatedAmount? {
        let stated = things.flows(of: uri).filter { $0.role != .mention }.map(StatedAmount.init)
        guard var sum = stated.first, Set(stated.map(\.unit)).count == 1 else { return nil }
        for other in stated.dropFirst() {
            guard let left = sum.amount, let right = other.amount, let both = left + right else {
                return nil
            }
            sum.amount = both
        }
        return sum
    }

    private func movement(
        _ side: Movement.Side, _ told: TradeEvent, _ amount: StatedAmount?
    ) -> Movement {
        let event = told.event
        let here = facts.actor(of: told)
        let from = party(event.sources)
        let to = party(event.destinations)
        return Movement(
            side: side, sender: from ?? (side == .shipping ? here : nil),
            receiver: to ?? (side == .receiving ? here : nil), amount: amount,
            orders: Set(event.businessTransactions), day: event.localDate,
            timeMilliseconds: event.eventTimeMilliseconds, part: told.part)
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
