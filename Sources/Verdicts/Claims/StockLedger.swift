import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

/// What each holder made and received of a thing, and used up and shipped (SPEC §24.5): nobody
/// draws more of it than it had, nor more of a container than that held.
struct StockLedger {
    /// What was packed, and the first event in which somebody used up a container around it.
    private struct Content {
        var uri: String
        var stated: [StatedAmount]
        var event: Int
    }

    /// An event that used up a container.
    private struct Use {
        var event: Int
        var timeMilliseconds: Int64
        var user: String
    }

    /// One holder's amounts, each with whose word it is; nil where one is missing.
    private struct Account {
        var had: [(ExactDecimal?, Counted)] = []
        var drawn: [(ExactDecimal?, Counted)] = []
        var parts: [Hash256] = []

        mutating func add(_ amounts: [(ExactDecimal?, Counted)], draws: Bool) {
            if draws { drawn += amounts } else { had += amounts }
            parts += amounts.map(\.1.part)
        }
    }

    private let facts: ClaimFacts
    private let graph: TradeGraph
    private let amounts: Amounts
    private let movements: Movements<ClaimFacts>
    /// What came out of containers that somebody used up: by the thing, and by the container.
    private var emptied: [String: [String: [Content]]] = [:]
    private var contents: [String: [String: [Content]]] = [:]
    private var uses: [String: [Use]] = [:]

    init(
        _ facts: ClaimFacts, _ graph: TradeGraph, _ amounts: Amounts,
        _ movements: Movements<ClaimFacts>
    ) {
        self.facts = facts
        self.graph = graph
        self.amounts = amounts
        self.movements = movements
        for lot in graph.lots.values where !isContainer(lot) {
            for packing in movements.packings(of: lot.uri) { use(lot, packing) }
        }
    }

    private func isContainer(_ lot: Lot) -> Bool {
        !lot.held.isEmpty && graph.isOfContents(lot)
    }

    /// Who used up containers in which something was packed.
    private mutating func use(_ lot: Lot, _ packing: Packing) {
        var users: [String: Content] = [:]
        for (container, times) in movements.around(packing) {
            var here: [String: Content] = [:]
            for use in uses(of: container) where times.contains(use.timeMilliseconds) {
                let content = Content(uri: lot.uri, stated: packing.stated, event: use.event)
                if here[use.user] == nil { here[use.user] = content }
                if users[use.user].map({ use.event < $0.event }) ?? true {
                    users[use.user] = content
                }
            }
            for (user, content) in here {
                contents[container, default: [:]][user, default: []].append(content)
            }
        }
        for (user, content) in users {
            emptied[lot.uri, default: [:]][user, default: []].append(content)
        }
    }

    /// The events that used up a container, by time.
    private mutating func uses(of container: String) -> [Use] {
        if let known = uses[container] { return known }
        let read = (facts.eventsAbout[container] ?? []).compactMap { number -> Use? in
            let told = facts.events[number]
            guard told.things.flows(of: container).contains(where: { $0.role == .consume }) else {
                return nil
            }
            return Use(
                event: number, timeMilliseconds: told.event.eventTimeMilliseconds,
                user: facts.actor(of: told))
        }
        uses[container] = read
        return read
    }

    /// Who drew more of a thing than it had: that it had none at all is a gap of custody.
    mutating func findings(of lot: Lot) -> [VerdictFinding] {
        var accounts: [String: Account] = [:]
        readUses(of: lot, into: &accounts)
        if isContainer(lot) {
            readContents(of: lot, into: &accounts)
        } else {
            readMakings(of: lot, into: &accounts)
            readMovements(of: lot, into: &accounts)
        }
        let unit = facts.terms.scheme.unit?.text ?? ""
        return accounts.compactMap { holder, account in
            let had = PartialSum(account.had, from: .zero, +)
            let drawn = PartialSum(account.drawn, from: .zero, +)
            guard !account.had.isEmpty, drawn.sum > had.sum else { return nil }
            if let left = had.left {
                return VerdictFinding(
                    .materialNotAssessable, lot.uri, ["party": holder, "unit": unit], ask: holder,
                    evidence: [left.part])
            }
            return VerdictFinding(
                .materialOverdrawn, lot.uri,
                [
                    "holder": holder, "drawn": drawn.sum.description,
                    "had": had.sum.description, "unit": unit,
                ], ask: holder, evidence: account.parts)
        }
    }

    /// An amount that an event states; missing where it states none.
    private func count(_ stated: [StatedAmount], _ event: Int) -> (ExactDecimal?, Counted) {
        let told = facts.events[event]
        let sum =
            stated.isEmpty
            ? nil : amounts.sum(stated, atMilliseconds: told.event.eventTimeMilliseconds)?.amount
        return (sum, Counted(part: told.part, issuer: told.issuer))
    }

    private func readUses(of lot: Lot, into accounts: inout [String: Account]) {
        for number in facts.eventsAbout[lot.uri] ?? [] {
            let told = facts.events[number]
            let isTaken = told.event.type == .object && told.event.action == .delete
            let used = told.things.amountsWithItems(
                of: lot.uri, in: isTaken ? [.epcList, .quantityList] : [.input])
            guard !used.isEmpty else { continue }
            accounts[facts.actor(of: told), default: Account()].add(
                [count(used, number)], draws: true)
        }
        for (user, contents) in emptied[lot.uri] ?? [:] {
            accounts[user, default: Account()].add(
                contents.map { count($0.stated, $0.event) }, draws: true)
        }
    }

    /// What was in a container when somebody used it up.
    private mutating func readContents(of lot: Lot, into accounts: inout [String: Account]) {
        var (starts, ends): ([Int64], [Int64]) = ([], [])
        for stay in lot.held.flatMap(movements.packings) where stay.container == lot.uri {
            starts.append(stay.times.lowerBound)
            ends.append(stay.times.upperBound)
        }
        starts.sort()
        ends.sort()
        for use in uses(of: lot.uri) {
            let begun = starts.firstPlace { $0 > use.timeMilliseconds }
            let ended = ends.firstPlace { $0 > use.timeMilliseconds }
            // Of what was not packed by then, nobody says how much there was.
            guard begun - ended < lot.held.count else { continue }
            accounts[use.user, default: Account()].add([count([], use.event)], draws: false)
        }
        for (user, contents) in contents[lot.uri] ?? [:] where accounts[user] != nil {
            accounts[user]?.add(
                contents.map { content in
                    count(content.stated.filter { $0.uri == content.uri }, content.event)
                }, draws: false)
        }
    }

    private func readMakings(of lot: Lot, into accounts: inout [String: Account]) {
        for number in lot.makings.flatMap({ graph.creating(lot.uri, in: $0) }) {
            let told = facts.events[number]
            let made = told.things.flows(of: lot.uri).filter { $0.role == .create }
            // Of a process itself that is nothing.
            let sum = amounts.sum(
                made.map(StatedAmount.init), atMilliseconds: told.event.eventTimeMilliseconds)
            let source = Counted(part: told.part, issuer: told.issuer)
            accounts[facts.actor(of: told), default: Account()].add(
                [(sum?.amount, source)], draws: false)
        }
    }

    private struct Pair: Hashable {
        var sender: String?
        var receiver: String?
    }

    /// Shipments draw, receipts bring; where one side does not say how much, the other does.
    private func readMovements(of lot: Lot, into accounts: inout [String: Account]) {
        let moved = movements.of(lot.uri).filter { $0.sender != $0.receiver }
        let pairs = Dictionary(grouping: moved) { Pair(sender: $0.sender, receiver: $0.receiver) }
        for (pair, sides) in pairs {
            let sent = sides.filter { $0.side == .shipping }.map { count($0.stated, $0.event) }
            let received = sides.filter { $0.side == .receiving }.map { count($0.stated, $0.event) }
            if let sender = pair.sender {
                add(sent, else: received, to: &accounts[sender, default: Account()], draws: true)
            }
            if let receiver = pair.receiver {
                add(
                    received, else: sent, to: &accounts[receiver, default: Account()],
                    draws: false)
            }
        }
    }

    private func add(
        _ told: [(ExactDecimal?, Counted)], else other: [(ExactDecimal?, Counted)],
        to account: inout Account, draws: Bool
    ) {
        guard !told.isEmpty else { return }
        func isKnown(_ amounts: [(ExactDecimal?, Counted)]) -> Bool {
            amounts.allSatisfy { $0.0 != nil }
        }
        let isTold = isKnown(told) || other.isEmpty || !isKnown(other)
        account.add(isTold ? told : other, draws: draws)
        account.parts += told.map(\.1.part)
    }
}
