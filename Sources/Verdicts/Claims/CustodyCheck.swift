import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

/// Group K (SPEC §24.5): whether the goods passed from hand to hand, both sides telling alike.
struct CustodyCheck {
    let facts: ClaimFacts
    let graph: TradeGraph
    let amounts: Amounts
    private let movements: Movements<ClaimFacts>
    private let times: CustodyTimes

    init(_ facts: ClaimFacts, _ graph: TradeGraph, _ movements: Movements<ClaimFacts>) {
        self.facts = facts
        self.graph = graph
        self.movements = movements
        amounts = Amounts(facts: facts)
        times = CustodyTimes(facts, graph, movements)
    }

    /// The findings about one thing.
    func findings(of lot: Lot) -> [VerdictFinding] {
        // What is hidden may be the other side: then it is withheld, not missing.
        guard !movements.isHidden(lot.uri) else { return [] }
        let all = movements.of(lot.uri)
        guard !all.isEmpty || !lot.users.isEmpty || !lot.packers.isEmpty else {
            return times.findings(of: lot) + aggregation(lot)
        }
        let makers = makers(of: lot)
        var holders = lot.users.union(lot.packers)
        if lot.users.isEmpty { holders.formUnion(all.compactMap(\.receiver)) }
        var found = lot.users.isEmpty ? unaddressed(all, lot) : []
        /// Who gave it to whom.
        var given: [String: Set<String>] = [:]
        var queue = holders.sorted()
        while let holder = queue.popLast() {
            guard given[holder] == nil else { continue }
            given[holder] = []
            // What somebody moves between sites of its own did not come to it there.
            let inbound = all.filter { $0.receiver == holder && $0.sender != holder }
            let shipments = inbound.filter { $0.side == .shipping }
            let receipts = inbound.filter { $0.side == .receiving }
            if shipments.isEmpty, receipts.isEmpty {
                if !makers.contains(holder), !makers.isEmpty { found.append(gap(lot, holder)) }
                continue
            }
            let (told, senders) = compare(shipments, receipts, at: holder, lot, all)
            found += told
            given[holder] = senders
            queue += senders.subtracting(makers).sorted()
        }
        if !makers.isEmpty { found += unreached(given, from: makers).map { gap(lot, $0) } }
        return found + times.findings(of: lot) + aggregation(lot)
    }

    /// Who made a thing; of an item that nobody made, who made its batch or received of that.
    private func makers(of lot: Lot) -> Set<String> {
        let makers = graph.makers(of: lot)
        guard makers.isEmpty else { return makers }
        return lot.batches.compactMap { graph.lots[$0] }.reduce(into: []) { found, batch in
            found.formUnion(graph.makers(of: batch))
            guard !found.isEmpty else { return }
            found.formUnion(movements.receivers(of: batch.uri))
        }
    }

    /// Who passed a thing round without ever getting it from who had it first.
    private func unreached(
        _ given: [String: Set<String>], from makers: Set<String>
    ) -> Set<String> {
        var taken: [String: [String]] = [:]
        for (holder, senders) in given {
            for sender in senders { taken[sender, default: []].append(holder) }
        }
        var waiting = Array(makers.union(given.keys.filter { given[$0]?.isEmpty ?? true }))
        var reached = Set(waiting)
        while let holder = waiting.popLast() {
            for next in taken[holder] ?? [] where reached.insert(next).inserted {
                waiting.append(next)
            }
        }
        return Set(given.keys).subtracting(reached)
    }

    private func gap(_ lot: Lot, _ holder: String) -> VerdictFinding {
        VerdictFinding(.custodyGap, lot.uri, ["holder": holder], ask: holder)
    }

    /// Shipments that name nobody to whom, and that nobody received.
    private func unaddressed(_ all: [Movement], _ lot: Lot) -> [VerdictFinding] {
        all.filter { shipment in
            shipment.side == .shipping && shipment.receiver == nil
                && !all.contains { $0.side == .receiving && $0.fits(shipment) }
        }.map { shipment in
            VerdictFinding(
                .custodyUnreceived, lot.uri, day: shipment.day, ["sender": shipment.sender ?? ""],
                ask: shipment.sender, evidence: [shipment.part])
        }
    }

    /// Compares what was sent to a holder with what it received; gives who sent it.
    private func compare(
        _ shipments: [Movement], _ receipts: [Movement], at holder: String, _ lot: Lot,
        _ all: [Movement]
    ) -> ([VerdictFinding], Set<String>) {
        var found: [VerdictFinding] = []
        var senders: Set<String> = []
        var open = receipts
        let bySender = Dictionary(grouping: shipments) { $0.sender ?? "" }
        for (sender, sent) in bySender.sorted(by: { $0.key < $1.key }) {
            senders.insert(sender)
            let met = open.filter { $0.fits(sent[0]) }
            open.removeAll { $0.fits(sent[0]) }
            // Both are sorted by time: the last receipt is late enough, or none is.
            let last = met.last?.timeMilliseconds ?? .min
            found += sent.filter { last < $0.timeMilliseconds }.map {
                VerdictFinding(
                    .custodyUnreceived, lot.uri, day: $0.day,
                    ["sender": sender, "receiver": holder], ask: holder, evidence: [$0.part])
            }
            guard !met.isEmpty else { continue }
            found += amounts(sent, met, lot, sender: sender, receiver: holder)
            found += orders(sent, met, lot, sender: sender, receiver: holder)
        }
        let unaddressed =
            open.isEmpty ? [] : all.filter { $0.side == .shipping && $0.receiver == nil }
        for receipt in open {
            if let sender = receipt.sender { senders.insert(sender) }
            let untold = unaddressed.filter { receipt.fits($0) }
            senders.formUnion(untold.compactMap(\.sender))
            guard untold.isEmpty else { continue }
            var partners = ["receiver": holder]
            partners["sender"] = receipt.sender
            found.append(
                VerdictFinding(
                    .custodyUnshipped, lot.uri, day: receipt.day, partners,
                    ask: receipt.sender ?? holder, evidence: [receipt.part]))
        }
        return (found, senders)
    }

    private func amounts(
        _ sent: [Movement], _ met: [Movement], _ lot: Lot, sender: String, receiver: String
    ) -> [VerdictFinding] {
        let units = (sent + met).flatMap(\.stated).map { Amounts.unit($0.unit) }
        let isOneUnit = Set(units).count == 1
        guard let shipped = total(sent, isOneUnit), let received = total(met, isOneUnit),
            shipped != received
        else { return [] }
        return [
            VerdictFinding(
                received > shipped ? .custodyQuantity : .custodyShortage, lot.uri,
                day: met.first?.day,
                [
                    "sender": sender, "receiver": receiver, "shipped": shipped.description,
                    "received": received.description,
                ], ask: receiver, evidence: (sent + met).map(\.part))
        ]
    }

    /// The sum of movements, in the unit that both sides have, else in the scheme's.
    private func total(_ moved: [Movement], _ isOneUnit: Bool) -> ExactDecimal? {
        var sum = ExactDecimal.zero
        for one in moved {
            for stated in one.stated {
                let counted =
                    isOneUnit
                    ? stated.amount
                    : amounts.counted(stated, atMilliseconds: one.timeMilliseconds)?.amount
                guard let counted, let next = sum + counted else { return nil }
                sum = next
            }
        }
        return sum
    }

    private func orders(
        _ sent: [Movement], _ met: [Movement], _ lot: Lot, sender: String, receiver: String
    ) -> [VerdictFinding] {
        let first = sent.map(\.orders)
        let second = met.map(\.orders)
        guard first.allSatisfy({ !$0.isEmpty }), second.allSatisfy({ !$0.isEmpty }) else {
            return []
        }
        let told = Set(first.joined())
        let heard = Set(second.joined())
        guard told.isDisjoint(with: heard) else { return [] }
        return [
            VerdictFinding(
                .custodyOrder, lot.uri, day: met.first?.day,
                ["sender": sender, "receiver": receiver], ask: receiver,
                evidence: (sent + met).map(\.part))
        ]
    }

    /// A single thing is in one container at a time.
    private func aggregation(_ lot: Lot) -> [VerdictFinding] {
        guard let thing = try? CanonicalIdentifier(lot.uri), thing.kind != .batch,
            thing.kind != .product
        else { return [] }
        var container: (uri: String, part: Hash256)?
        for number in facts.eventsAbout[lot.uri] ?? [] {
            let told = facts.events[number]
            guard told.event.type == .aggregation, let parent = told.event.parentID?.uri,
                told.things.packs(lot.uri)
            else { continue }
            switch told.event.action {
            case .add:
                if let container, container.uri != parent {
                    return [
                        VerdictFinding(
                            .custodyAggregation, lot.uri, day: told.event.dateUTC,
                            ["container": parent, "other": container.uri], ask: told.issuer,
                            evidence: [container.part, told.part])
                    ]
                }
                container = (parent, told.part)
            case .delete where container?.uri == parent: container = nil
            default: continue
            }
        }
        return []
    }
}
