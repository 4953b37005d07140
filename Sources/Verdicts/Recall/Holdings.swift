import EPCIS
import GS1
import MerkleTrees

/// Works out in whose hands a thing is, organisation by organisation (SPEC §26.2).
///
/// What one organisation says moves nothing out of another's hands: each is judged by what came
/// into its hands and what went out of them.
struct Holdings {
    private let facts: RecallFacts
    private let movements: Movements<RecallFacts>
    private let retold: [Hash256: RecallFacts.NamedEvent]

    init(_ facts: RecallFacts) {
        self.facts = facts
        movements = Movements(facts)
        retold = facts.retold
    }

    /// One step into or out of somebody's hands.
    private struct Passage {
        var isInward: Bool
        var timeMilliseconds: Int64
        var amount: StatedAmount?
        var part: Hash256
    }

    /// How much of a thing was made; nil where that is not said throughout, or in several units.
    func made(_ uri: String) -> RecalledAmount? {
        let made = facts.events(about: uri).compactMap { Self.passage($0, of: uri, as: .create) }
        return Self.sum(once(made).map(\.amount))
    }

    /// How many parts about a thing tell an event that their issuer tells otherwise, too.
    func retold(_ uri: String) -> [String: Int] {
        let parts = facts.events(about: uri).compactMap { retold[$0.part]?.issuer }
        return Dictionary(parts.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// In whose hands a thing is or was, those first that have it.
    func of(_ uri: String) -> [Holding] {
        let told = movements.of(uri)
        var passages = makingAndUsing(uri)
        for movement in told {
            let isInward = movement.side == .receiving
            guard let party = isInward ? movement.receiver : movement.sender else { continue }
            passages[party, default: []].append(
                Passage(
                    isInward: isInward, timeMilliseconds: movement.timeMilliseconds,
                    amount: movement.amount, part: movement.part))
        }
        var found = passages.compactMap { holding(of: $0, $1) }
        found += underWay(told)
        return found.sorted {
            (Self.rank($0.state), $0.organisation, $0.sinceMilliseconds)
                < (Self.rank($1.state), $1.organisation, $1.sinceMilliseconds)
        }
    }

    private static func rank(_ state: HoldingState) -> Int {
        switch state {
        case .holds: 0
        case .mayHold: 1
        case .onTheWay: 2
        case .sentToUnnamed: 3
        case .held: 4
        }
    }

    /// Who made a thing, and who used it up or destroyed it.
    private func makingAndUsing(_ uri: String) -> [String: [Passage]] {
        var passages: [String: [Passage]] = [:]
        for told in facts.events(about: uri) {
            let party = told.event.primarySite.flatMap { facts.owner(of: $0.uri) } ?? told.issuer
            for role in [FlowRole.create, .consume] {
                guard let passage = Self.passage(told, of: uri, as: role) else { continue }
                passages[party, default: []].append(passage)
            }
        }
        return passages
    }

    /// What an event makes or uses up of a thing; nil if it does not.
    private static func passage(
        _ told: TradeEvent, of uri: String, as role: FlowRole
    ) -> Passage? {
        let flows = told.things.flows(of: uri).filter { $0.role == role }
        guard let first = flows.first else { return nil }
        var amount = StatedAmount(first)
        amount.amount = sum(flows.map(StatedAmount.init))?.value
        return Passage(
            isInward: role == .create, timeMilliseconds: told.event.eventTimeMilliseconds,
            amount: amount, part: told.part)
    }

    /// Passages, each event's once: of one that is told in several ways the amount is not said
    /// where they do not agree about it.
    private func once(_ passages: [Passage]) -> [Passage] {
        struct Told: Hashable {
            var event: RecallFacts.NamedEvent
            var isInward: Bool
        }
        var found: [Passage] = []
        var places: [Told: Int] = [:]
        for passage in passages {
            guard let event = retold[passage.part] else {
                found.append(passage)
                continue
            }
            let told = Told(event: event, isInward: passage.isInward)
            guard let place = places[told] else {
                places[told] = found.count
                found.append(passage)
                continue
            }
            let known = found[place]
            let agrees =
                known.amount?.amount == passage.amount?.amount
                && known.amount?.unit == passage.amount?.unit
            if !agrees { found[place].amount = nil }
            found[place].timeMilliseconds = max(known.timeMilliseconds, passage.timeMilliseconds)
        }
        return found
    }

    private func holding(of organisation: String, _ passages: [Passage]) -> Holding? {
        let counted = once(passages)
        let inward = counted.filter(\.isInward)
        let outward = counted.filter { !$0.isInward }
        let lastIn = inward.map(\.timeMilliseconds).max()
        let lastOut = outward.map(\.timeMilliseconds).max()
        let left = Self.left(inward, outward)
        let state: HoldingState
        if let lastIn {
            if let left {
                state = left.value.isZero || left.value.isNegative ? .held : .holds
            } else if let lastOut, lastOut >= lastIn {
                state = .mayHold
            } else {
                state = .holds
            }
        } else {
            state = .held
        }
        let since = state == .held ? lastOut ?? lastIn : lastIn
        return Holding(
            organisation: organisation, state: state,
            amount: state == .held ? nil : left,
            sinceMilliseconds: since ?? 0, isUnrelated: false,
            parts: Set(passages.map(\.part)).sorted())
    }

    /// What came in less what went out; nil where one of the amounts is not said, or the units
    /// differ.
    private static func left(_ inward: [Passage], _ outward: [Passage]) -> RecalledAmount? {
        guard let came = sum(inward.map(\.amount)) else { return nil }
        guard !outward.isEmpty else { return came }
        guard let went = sum(outward.map(\.amount)), went.unit == came.unit,
            let left = came.value - went.value
        else { return nil }
        return RecalledAmount(value: left, unit: came.unit)
    }

    /// The sum of amounts of one unit; nil if there are none, or one is not said.
    private static func sum(_ stated: [StatedAmount?]) -> RecalledAmount? {
        guard let first = stated.first, let unit = first.map(\.unit) else { return nil }
        var total = ExactDecimal.zero
        for one in stated {
            guard let one, one.unit == unit, let amount = one.amount, let next = total + amount
            else { return nil }
            total = next
        }
        return RecalledAmount(value: total, unit: unit)
    }

    /// Shipments that no receipt answers: to whom they go, or from whom nobody knows where to.
    private func underWay(_ told: [Movement]) -> [Holding] {
        struct Way: Hashable {
            var organisation: String
            var state: HoldingState
        }
        var ways: [Way: [Movement]] = [:]
        let receipts = told.filter { $0.side == .receiving }
        for shipment in told where shipment.side == .shipping {
            guard !receipts.contains(where: { $0.fits(shipment) }) else { continue }
            if let receiver = shipment.receiver {
                ways[Way(organisation: receiver, state: .onTheWay), default: []].append(shipment)
            } else if let sender = shipment.sender {
                ways[Way(organisation: sender, state: .sentToUnnamed), default: []].append(shipment)
            }
        }
        return ways.map { way, shipments in
            let sent = shipments.map {
                Passage(
                    isInward: false, timeMilliseconds: $0.timeMilliseconds, amount: $0.amount,
                    part: $0.part)
            }
            return Holding(
                organisation: way.organisation, state: way.state,
                amount: Self.sum(once(sent).map(\.amount)),
                sinceMilliseconds: shipments.map(\.timeMilliseconds).max() ?? 0,
                isUnrelated: false, parts: Set(shipments.map(\.part)).sorted())
        }
    }
}
