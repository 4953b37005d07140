import EPCIS
import GS1
import MerkleTrees
import Records

/// Whether more was drawn from accounts of mass balance than qualifying material earned them
/// (SPEC §24.5).
struct CreditCheck {
    private let facts: ClaimFacts
    private let amounts: Amounts
    private let allocations: Allocations
    private let attested: AttestedBalances
    private let shares: [String: ShareBounds]
    /// What went into each account that was asked about.
    private var earned: [String: PartialSum<Ratio>] = [:]
    /// What was drawn from one, as it counts for goods of one product at one time.
    private var drawn: [Goods: PartialSum<Ratio>] = [:]

    private struct Goods: Hashable {
        var account: String
        var product: String?
        var time: Int64
    }

    init(
        _ facts: ClaimFacts, _ amounts: Amounts, _ allocations: Allocations,
        _ attested: AttestedBalances, _ shares: [String: ShareBounds]
    ) {
        self.facts = facts
        self.amounts = amounts
        self.allocations = allocations
        self.attested = attested
        self.shares = shares
    }

    /// What is found of the accounts from which something was allocated to a thing.
    mutating func findings(
        of credits: [Allocations.Credit], for lot: Lot, _ making: Making
    ) -> [VerdictFinding] {
        credits.flatMap { findings(of: $0, for: lot, making) }
    }

    private mutating func findings(
        of credit: Allocations.Credit, for lot: Lot, _ making: Making
    ) -> [VerdictFinding] {
        let drawn = drawn(by: credit, like: making.made(lot.uri).first, making.timeMilliseconds)
        let earned = earned(by: credit)
        let exceeds = drawn.sum > earned.sum
        if exceeds, earned.left == nil {
            return [
                VerdictFinding(
                    .materialCreditExceeded, lot.uri, day: making.day,
                    [
                        "account": credit.account, "drawn": drawn.sum.description,
                        "earned": earned.sum.description,
                    ], ask: making.party, evidence: [credit.part])
            ]
        }
        let hidden = allocations.hidden(
            on: credit.account, by: [credit.issuer], except: attested.parts)
        let open = [drawn.left, exceeds ? earned.left : nil].compactMap(\.self).map {
            Allocations.notAssessable(
                "account", credit.account, lot.uri, day: making.day,
                unit: facts.terms.scheme.unit?.text, ask: $0.issuer, $0.part)
        }
        return open
            + [hidden].compactMap(\.self).map {
                Allocations.withheld($0, credit.account, lot.uri, day: making.day)
            }
    }

    /// Everything drawn from a credit's account.
    private mutating func drawn(
        by credit: Allocations.Credit, like stated: StatedAmount?, _ time: Int64
    ) -> PartialSum<Ratio> {
        let goods = Goods(account: credit.account, product: stated?.product, time: time)
        if let known = drawn[goods] { return known }
        let parts = allocations.all(on: credit.account).map { other -> (Ratio?, Counted) in
            let amount = amounts.counted(other.quantity, like: stated, atMilliseconds: time)
            return (amount.flatMap(Ratio.init), Counted(part: other.part, issuer: other.issuer))
        }
        let sum = PartialSum(parts, from: .zero, +)
        drawn[goods] = sum
        return sum
    }

    /// The qualifying material that was used up at the account's site in its month, each thing
    /// with its share and the yield of its step.
    private mutating func earned(by credit: Allocations.Credit) -> PartialSum<Ratio> {
        if let known = earned[credit.account] { return known }
        var parts: [(Ratio?, Counted)] = []
        for (number, told) in facts.events.enumerated() {
            guard told.event.type == .transformation, told.event.monthUTC == credit.month,
                told.event.primarySite?.uri == credit.site
            else { continue }
            for flow in told.things.flows where flow.place == .input && flow.role == .consume {
                guard let share = shares[flow.subject.uri], share.low > .zero,
                    flow.subject.product == credit.material
                        || flow.subject.uri == credit.material,
                    facts.counts(number, about: flow.subject.uri)
                else { continue }
                let source = Counted(part: told.part, issuer: facts.actor(of: told))
                parts.append((gained(by: StatedAmount(flow), told.event, share.low), source))
            }
        }
        let sum = PartialSum(parts, from: .zero, +)
        earned[credit.account] = sum
        return sum
    }

    private func gained(by stated: StatedAmount, _ event: EPCISEvent, _ share: Ratio) -> Ratio? {
        let yield = facts.terms.scheme.process(event.bizStep)?.yield ?? ExactDecimal(1)
        guard
            let amount = amounts.counted(stated, atMilliseconds: event.eventTimeMilliseconds),
            let weight = Ratio(amount.amount), let factor = Ratio(yield),
            let part = weight * share
        else { return nil }
        return part * factor
    }
}
