import EPCIS
import GS1
import MerkleTrees
import Records

/// What each holder of one thing made and received of it, and used up and shipped.
struct StockLedger {
    private struct Account {
        var had = ExactDecimal.zero
        var drawn = ExactDecimal.zero
        /// Whether it made or received some, be it nothing.
        var hasMore = false
        var parts: [Hash256] = []
        /// Whether an amount is missing, so that nothing can be said.
        var isOpen = false

        mutating func add(_ amount: CountedAmount?, draws: Bool, _ parts: [Hash256]) {
            self.parts += parts
            if !draws { hasMore = true }
            guard let amount, let sum = (draws ? drawn : had) + amount.amount else {
                isOpen = true
                return
            }
            if draws { drawn = sum } else { had = sum }
        }
    }

    private var accounts: [String: Account] = [:]

    init(
        _ lot: Lot, _ facts: ClaimFacts, _ graph: TradeGraph, _ amounts: Amounts,
        _ movements: Movements<ClaimFacts>
    ) {
        for number in lot.makings {
            let making = graph.makings[number]
            add(
                amounts.sum(
                    making.made(lot.uri),
                    atMilliseconds: making.timeMilliseconds), to: making.party, draws: false,
                making.parts)
        }
        for number in facts.eventsAbout[lot.uri] ?? [] {
            let told = facts.events[number]
            let used = told.things.flows(of: lot.uri).filter { $0.role == .consume }
            guard !used.isEmpty else { continue }
            add(
                amounts.sum(
                    used.map(StatedAmount.init), atMilliseconds: told.event.eventTimeMilliseconds),
                to: facts.actor(of: told), draws: true, [told.part])
        }
        for moved in movements.of(lot.uri) {
            let counted = amounts.sum(moved.stated, atMilliseconds: moved.timeMilliseconds)
            switch moved.side {
            case .shipping:
                guard let sender = moved.sender, sender != moved.receiver else { continue }
                add(counted, to: sender, draws: true, [moved.part])
            case .receiving:
                guard let receiver = moved.receiver, receiver != moved.sender else { continue }
                add(counted, to: receiver, draws: false, [moved.part])
            }
        }
    }

    private mutating func add(
        _ amount: CountedAmount?, to holder: String, draws: Bool, _ parts: [Hash256]
    ) {
        accounts[holder, default: Account()].add(amount, draws: draws, parts)
    }

    /// Who drew more than it had: that it had none at all is a gap of custody, not of amounts.
    var overdrawn: [(holder: String, drawn: ExactDecimal, had: ExactDecimal, [Hash256])] {
        accounts.sorted { $0.key < $1.key }.compactMap { holder, account in
            guard !account.isOpen, account.hasMore, account.drawn > account.had else {
                return nil
            }
            return (holder, account.drawn, account.had, account.parts)
        }
    }
}
