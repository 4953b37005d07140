import EPCIS
import GS1
import MerkleTrees

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
    /// Who tells it.
    var teller: String
    /// How much, in amounts that add up; of one that is missing nothing is known.
    var stated: [StatedAmount] = []
    /// The business transactions, canonical.
    var orders: Set<String>
    var day: String
    var timeMilliseconds: Int64
    var part: Hash256
    /// The number of the event that tells it.
    var event: Int

    /// Its amount, where all that is stated is of one unit.
    var amount: StatedAmount? {
        guard var sum = stated.first, stated.allSatisfy({ $0.unit == sum.unit }) else { return nil }
        for other in stated.dropFirst() {
            sum.amount = sum.amount.flatMap { left in other.amount.flatMap { left + $0 } }
        }
        return sum
    }

    /// Whether a receipt can be the other side of a shipment.
    func fits(_ shipment: Movement) -> Bool {
        timeMilliseconds >= shipment.timeMilliseconds
            && Self.agree(sender, shipment.sender) && Self.agree(receiver, shipment.receiver)
            && !shipment.isTold(forOther: receiver, than: shipment.receiver, shipment.sender)
            && !isTold(forOther: shipment.sender, than: sender, receiver)
    }

    /// Whether it names no partner, and the one it would fit told it for the other side.
    private func isTold(forOther found: String?, than named: String?, _ own: String?) -> Bool {
        named == nil && teller == found && teller != own
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
    /// The numbers of the events about each thing, by time.
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

extension EventThings {
    /// The amounts that the event states of a thing, with one that is missing where only the
    /// spelling of an item names it.
    func stated(of uri: String, in places: Set<FlowPlace>) -> [StatedAmount] {
        let flows = flows(of: uri).filter { places.contains($0.place) }
        let named = flows.filter { $0.role != .mention }
        return (named.isEmpty ? Array(flows.prefix(1)) : named).map(StatedAmount.init)
    }

    /// The amounts that the event states of a thing, and of the items whose spelling names it as
    /// their batch.
    func amountsWithItems(of uri: String, in places: Set<FlowPlace>) -> [StatedAmount] {
        let named = flows(of: uri).filter { places.contains($0.place) && $0.role != .mention }
        let items = items(of: uri).flatMap(flows).filter { places.contains($0.place) }
        return (named + items).map(StatedAmount.init)
    }
}
