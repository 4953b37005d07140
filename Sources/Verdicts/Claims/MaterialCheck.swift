import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

/// How much of a thing holds to the scheme: at least this, and at most that if every doubt were
/// decided for it.
struct ShareBounds: Hashable {
    var low: Ratio
    var high: Ratio

    static let all = ShareBounds(low: .one, high: .one)
    static let none = ShareBounds(low: .zero, high: .zero)
    static let unknown = ShareBounds(low: .zero, high: .one)
}

/// What waits for what is upstream of it.
private enum TradeNode: Hashable {
    case lot(String)
    case making(Int)
}

/// Group M (SPEC §24.5): whether the material adds up under the claim's model.
struct MaterialCheck {
    private let facts: ClaimFacts
    private let graph: TradeGraph
    private let amounts: Amounts
    private let supports: [Int: [String: Support]]
    private let attested: AttestedBalances
    private let allocations: Allocations
    private let movements: Movements<ClaimFacts>
    /// The shares of what makings used up.
    private var blends: [Int: ShareBounds] = [:]
    private var credited: [(lot: Lot, making: Int, drawn: [Allocations.Credit])] = []
    /// What was found.
    private(set) var findings: [VerdictFinding] = []
    /// The share of each thing, once everything upstream of it is known.
    private(set) var shares: [String: ShareBounds] = [:]

    private var scheme: SchemeTerms { facts.terms.scheme }

    /// Computes the shares of all things, from the origins down.
    ///
    /// `supports` tells how far certificates support each making of each thing.
    init(
        _ facts: ClaimFacts, _ graph: TradeGraph, supports: [Int: [String: Support]],
        attested: AttestedBalances, allocations: Allocations, movements: Movements<ClaimFacts>
    ) {
        self.facts = facts
        self.attested = attested
        self.graph = graph
        self.supports = supports
        amounts = Amounts(facts: facts)
        self.allocations = allocations
        self.movements = movements
        let order = sorted()
        for uri in order {
            guard let lot = graph.lots[uri] else { continue }
            shares[uri] = share(of: lot)
        }
        for uri in graph.lots.keys where shares[uri] == nil {
            shares[uri] = .unknown
            findings.append(VerdictFinding(.custodyCycle, uri))
        }
        // Only now the shares of all that was used up are known.
        var credits = CreditCheck(facts, amounts, allocations, attested, shares)
        for (lot, making, drawn) in credited {
            findings += credits.findings(of: drawn, for: lot, graph.makings[making])
        }
        for number in graph.makings.indices { balance(number) }
        if !scheme.models.isEmpty {
            var stocks = StockLedger(facts, graph, amounts, movements)
            for lot in graph.lots.values where (facts.hidden[lot.uri] ?? []).isEmpty {
                findings += stocks.findings(of: lot)
            }
        }
        findings += attested.findings
    }

    /// Things in an order in which everything upstream of one comes before it; what lies on a
    /// cycle, or behind one, is left out.
    ///
    /// A thing waits for its makings and contents, a making for what it used up: so what was made
    /// of much, and much of it, is walked once for each of either.
    private func sorted() -> [String] {
        var waiting: [TradeNode: Int] = [:]
        var downstream: [TradeNode: [TradeNode]] = [:]
        func wait(_ node: TradeNode, for upstream: Set<TradeNode>) {
            waiting[node] = upstream.count
            for other in upstream { downstream[other, default: []].append(node) }
        }
        for lot in graph.lots.values {
            let makings = lot.makings.filter { !graph.makings[$0].isOrigin }
            wait(
                .lot(lot.uri),
                for: Set(makings.map(TradeNode.making) + lot.contents.map(TradeNode.lot)))
            for making in makings where waiting[.making(making)] == nil {
                let inputs = graph.makings[making].inputs
                wait(.making(making), for: Set(inputs.map { .lot($0.uri) }))
            }
        }
        var ready = graph.lots.keys.map(TradeNode.lot).filter { waiting[$0] == 0 }
        var next = 0
        while next < ready.count {
            for node in downstream[ready[next]] ?? [] {
                waiting[node, default: 0] -= 1
                if waiting[node] == 0 { ready.append(node) }
            }
            next += 1
        }
        return ready.compactMap { node in
            if case .lot(let uri) = node { uri } else { nil }
        }
    }

    // MARK: Shares

    private mutating func share(of lot: Lot) -> ShareBounds {
        if var credited = credit(for: lot) {
            let isCertified = lot.makings.allSatisfy { supports[$0]?[lot.uri] == .valid }
            if scheme.reach == .all, !isCertified { credited.low = .zero }
            return credited
        }
        if graph.isOfContents(lot) {
            return lot.isEmptied ? .unknown : least(of: lot.contents)
        }
        if lot.makings.isEmpty {
            // What an accredited body saw being made qualifies; of the rest nothing is known.
            let made = (facts.hidden[lot.uri] ?? []).filter { $0.role == .create }
            let isAttested = !made.isEmpty && made.allSatisfy { attested.parts[$0.part] != nil }
            return isAttested ? .all : .unknown
        }
        let parts = lot.makings.map { (share(ofMaking: $0, lot), amount(of: lot, in: $0)) }
        return blend(parts.map { ($0.0, $0.1?.amount) })
    }

    private func least(of uris: [String]) -> ShareBounds {
        let all = uris.map { shares[$0] ?? .unknown }
        return ShareBounds(
            low: all.map(\.low).min() ?? .zero, high: all.map(\.high).min() ?? .one)
    }

    private mutating func share(ofMaking number: Int, _ lot: Lot) -> ShareBounds {
        let making = graph.makings[number]
        let support = supports[number]?[lot.uri]
        if making.isOrigin || scheme.reach == .subject {
            switch support {
            case .valid: return .all
            case .doubtful: return .unknown
            case .some(.none), nil: return ShareBounds.none
            }
        }
        let time = making.timeMilliseconds
        // All that was made of it is of one mixture.
        var share = blends[number]
        if share == nil {
            share = blend(
                making.inputs.map {
                    (shares[$0.uri] ?? .unknown, amounts.counted($0, atMilliseconds: time)?.amount)
                })
            blends[number] = share
        }
        guard var share else { return .unknown }
        // Where every maker must be certified, one that is not breaks the chain.
        if scheme.reach == .all, support == Support.none || support == nil {
            share = ShareBounds(low: .zero, high: share.high)
        } else if support == .doubtful {
            share.low = .zero
        }
        return share
    }

    /// The share of a mixture; where an amount is missing, somewhere between its parts'.
    private func blend(_ parts: [(ShareBounds, ExactDecimal?)]) -> ShareBounds {
        let lows = parts.map(\.0.low)
        let highs = parts.map(\.0.high)
        guard let least = lows.min(), let most = highs.max() else { return .unknown }
        let uniform = Set(parts.map(\.0))
        if uniform.count == 1, let only = uniform.first { return only }
        guard let low = Self.mean(parts.map { ($0.0.low, $0.1) }),
            let high = Self.mean(parts.map { ($0.0.high, $0.1) })
        else { return ShareBounds(low: least, high: most) }
        return ShareBounds(low: low, high: high)
    }

    private static func mean(_ parts: [(Ratio, ExactDecimal?)]) -> Ratio? {
        var (weighted, total) = (Ratio.zero, Ratio.zero)
        for (share, amount) in parts {
            guard let amount, let weight = Ratio(amount), let part = weight * share,
                let sum = weighted + part, let whole = total + weight
            else { return nil }
            (weighted, total) = (sum, whole)
        }
        return weighted / total
    }

    private func amount(of lot: Lot, in making: Int) -> CountedAmount? {
        let making = graph.makings[making]
        return amounts.sum(making.made(lot.uri), atMilliseconds: making.timeMilliseconds)
    }

    // MARK: Mass balance

    /// Under mass balance, the share that was allocated to a thing from its maker's account.
    private mutating func credit(for lot: Lot) -> ShareBounds? {
        guard facts.terms.model == .massBalance, let making = lot.makings.first,
            !graph.makings[making].isOrigin, let site = graph.makings[making].site
        else { return nil }
        let drawn = allocations.credits(to: lot.uri, by: graph.makings[making].party, at: site)
        guard !drawn.isEmpty, let made = amount(of: lot, in: making)?.amount else { return nil }
        credited.append((lot, making, drawn))
        let like = graph.makings[making].made(lot.uri).first
        let time = graph.makings[making].timeMilliseconds
        var total = Ratio.zero
        for credit in drawn {
            guard let amount = amounts.counted(credit.quantity, like: like, atMilliseconds: time),
                let ratio = Ratio(amount), let sum = total + ratio
            else { return .unknown }
            total = sum
        }
        findings.append(
            VerdictFinding(
                .materialCredit, lot.uri, day: graph.makings[making].day,
                ["account": drawn[0].account, "amount": total.description],
                evidence: drawn.map(\.part)))
        guard let whole = Ratio(made), let share = total / whole else { return .unknown }
        let bounded = min(share, .one)
        return ShareBounds(low: bounded, high: bounded)
    }

    // MARK: Balances

    /// Output within input times yield, in mass and in each contained element.
    private mutating func balance(_ number: Int) {
        let making = graph.makings[number]
        guard !making.isOrigin, !scheme.models.isEmpty else { return }
        let lot = making.outputs.first?.uri ?? ""
        let time = making.timeMilliseconds
        guard let used = amounts.sum(making.inputs, atMilliseconds: time),
            let made = amounts.sum(making.outputs, atMilliseconds: time)
        else {
            findings.append(
                VerdictFinding(
                    .materialNotAssessable, lot, day: making.day,
                    ["unit": scheme.unit?.text ?? "", "party": making.party], ask: making.party,
                    evidence: making.parts))
            return
        }
        let cited = used.cited + made.cited
        if !cited.isEmpty {
            findings.append(
                VerdictFinding(
                    .materialConverted, lot, day: making.day,
                    ["unit": scheme.unit?.text ?? ""], evidence: cited + making.parts))
        }
        let yield = making.yield
        if let bound = used.amount * yield, made.amount > bound {
            findings.append(
                VerdictFinding(
                    .materialExceeded, lot, day: making.day,
                    [
                        "input": used.amount.description, "output": made.amount.description,
                        "yield": yield.description, "unit": scheme.unit?.text ?? "",
                    ], ask: making.party, evidence: making.parts + cited))
        }
        for element in scheme.elements { balance(making, lot, element, yield) }
    }

    private mutating func balance(
        _ making: Making, _ lot: String, _ element: String, _ yield: ExactDecimal
    ) {
        let time = making.timeMilliseconds
        guard let used = contained(element, in: making.inputs, time),
            let made = contained(element, in: making.outputs, time)
        else {
            findings.append(
                VerdictFinding(
                    .materialNotAssessable, lot, day: making.day,
                    ["element": element, "party": making.party], ask: making.party,
                    evidence: making.parts))
            return
        }
        guard let bound = used.amount * yield, made.amount > bound else { return }
        findings.append(
            VerdictFinding(
                .materialElement, lot, day: making.day,
                [
                    "element": element, "input": used.amount.description,
                    "output": made.amount.description,
                ], ask: making.party, evidence: making.parts + used.cited + made.cited))
    }

    /// How much of an element amounts contain, by the products' master data.
    private func contained(
        _ element: String, in stated: [StatedAmount], _ time: Int64
    ) -> CountedAmount? {
        var total = CountedAmount(amount: .zero)
        for one in stated {
            guard let counted = amounts.counted(one, atMilliseconds: time),
                let product = one.product ?? Optional(one.uri),
                let (fraction, part) = facts.content(of: element, in: product, at: time),
                let share = counted.amount * fraction, let sum = total.amount + share
            else { return nil }
            total.amount = sum
            total.cited += counted.cited + [part]
        }
        return total
    }
}

extension ClaimFacts {
    /// The fraction of an element in a product, and the master data that says so (SPEC §24.5).
    func content(
        of element: String, in product: String, at time: Int64
    ) -> (ExactDecimal, Hash256)? {
        for (data, part) in masterData(about: product, atMilliseconds: time) {
            for attribute in data.attributes
            where attribute.name == "urn:cairn:content:\(element)" {
                guard let fraction = ExactDecimal(attribute.value), !fraction.isNegative,
                    fraction <= ExactDecimal(1)
                else { continue }
                return (fraction, part)
            }
        }
        return nil
    }
}
