import GS1
import MerkleTrees
import Records

/// What was allocated from certificates and from accounts (SPEC §24.5).
///
/// Only whose credit it is can spend it: of a certificate the party it was issued to and its
/// issuer, of an account who governs its site. A stranger's allocation changes nothing. A revoked
/// allocation still counts, so that no revocation betters a verdict.
struct Allocations {
    /// A share of mass balance that a maker allocated to one thing.
    struct Credit {
        var account: String
        var month: String
        var site: String
        var material: String
        var quantity: RecordQuantity
        var issuer: String
        var part: Hash256
    }

    private let facts: ClaimFacts
    private var accounts: [String: [Credit]] = [:]
    /// What was allocated to one thing alone, by that.
    private var given: [String: [Credit]] = [:]

    init(_ facts: ClaimFacts) {
        self.facts = facts
        for (uri, records) in facts.accountRecords {
            guard let account = AccountName(uri), let owner = facts.owner(of: account.site) else {
                continue
            }
            for known in records {
                guard known.record.kind == .allocation, known.issuer == owner,
                    known.record.target == .record(uri), let quantity = known.record.quantity
                else { continue }
                let credit = Credit(
                    account: uri, month: account.month, site: account.site,
                    material: account.material, quantity: quantity, issuer: owner,
                    part: known.part)
                accounts[uri, default: []].append(credit)
                if known.record.about.count == 1 {
                    given[known.record.about[0], default: []].append(credit)
                }
            }
        }
    }

    /// Everything drawn from an account.
    func all(on account: String) -> [Credit] { accounts[account] ?? [] }

    /// The hidden allocation that may draw on an account, of the smallest digest: of those by who
    /// can spend from it, which no balance vouches for.
    func hidden(
        on account: String, by holders: [String], except vouched: [Hash256: Hash256] = [:]
    ) -> HiddenPart? {
        (facts.hiddenAllocations[account] ?? [])
            .filter { holders.contains($0.issuer) && vouched[$0.part] == nil }
            .min { ($0.part, $0.issuer) < ($1.part, $1.issuer) }
    }

    /// That an account cannot be summed up, since an allocation from it is hidden.
    static func withheld(
        _ hidden: HiddenPart, _ account: String, _ lot: String, day: String
    ) -> VerdictFinding {
        VerdictFinding(
            .materialAllocationWithheld, lot, day: day,
            ["account": account, "issuer": hidden.issuer], ask: hidden.issuer,
            evidence: [hidden.part])
    }

    /// What a maker allocated to a thing alone from accounts of its site.
    func credits(to lot: String, by party: String, at site: String) -> [Credit] {
        (given[lot] ?? []).filter { $0.site == site && $0.issuer == party }
            .sorted { ($0.account, $0.part) < ($1.account, $1.part) }
    }

    /// That something allocated or used up cannot be counted, as what can be counted does not
    /// exceed what there was.
    static func notAssessable(
        _ name: String, _ uri: String, _ lot: String, day: String, unit: String?, ask: String,
        _ part: Hash256
    ) -> VerdictFinding {
        VerdictFinding(
            .materialNotAssessable, lot, day: day, [name: uri, "unit": unit ?? ""], ask: ask,
            evidence: [part])
    }

    /// A certificate on which a making of a thing rests, on a day of that.
    struct Resting {
        var certificate: Certificate
        var lot: String
        var making: Int
        var day: String

        /// A certificate that is issued again under its id is the same.
        fileprivate var key: [String] { [lot, certificate.id, certificate.issuer] }
    }

    /// Whether more is allocated from certificates than they cover, or may be, or less to a thing
    /// that rests on one than was made of it.
    func findings(of resting: [Resting], _ graph: TradeGraph) -> [VerdictFinding] {
        var makings: [[String]: Set<Int>] = [:]
        for one in resting where one.certificate.volume != nil {
            makings[one.key, default: []].insert(one.making)
        }
        return resting.flatMap { one in
            one.certificate.volume.map { volume in
                let made = made(of: one.lot, in: makings[one.key] ?? [], graph, unit: volume.unit)
                return findings(of: one.certificate, volume, for: one.lot, day: one.day, made)
            } ?? []
        }
    }

    /// How much of a thing was made in all, in a certificate's unit.
    private func made(
        of lot: String, in makings: Set<Int>, _ graph: TradeGraph, unit: String
    ) -> ExactDecimal? {
        let amounts = Amounts(facts: facts, unit: unit)
        var total = ExactDecimal.zero
        for making in makings.map({ graph.makings[$0] }) {
            guard
                let made = amounts.sum(
                    making.made(lot), atMilliseconds: making.timeMilliseconds),
                let sum = total + made.amount
            else { return nil }
            total = sum
        }
        return total
    }

    private func findings(
        of certificate: Certificate, _ volume: Certificate.Volume, for lot: String, day: String,
        _ made: ExactDecimal?
    ) -> [VerdictFinding] {
        let holders = [certificate.party, certificate.issuer].compactMap(\.self)
        let drawn = (facts.accountRecords[certificate.id] ?? []).filter {
            $0.record.kind == .allocation && holders.contains($0.issuer)
                && $0.record.target == .record(certificate.id)
        }
        let hidden = hidden(on: certificate.id, by: holders).map {
            Self.withheld($0, certificate.id, lot, day: day)
        }
        func count(_ known: KnownRecord) -> (ExactDecimal?, Counted) {
            let amount = known.record.quantity.flatMap { quantity in
                quantity.number.flatMap {
                    Amounts.converted($0, from: quantity.unit, to: volume.unit)
                }
            }
            return (amount, Counted(part: known.part, issuer: known.issuer))
        }
        let own = PartialSum(
            drawn.filter { $0.record.about == [lot] }.map(count), from: .zero, +)
        let short = hidden != nil ? nil : unallocated(certificate, volume.unit, lot, day, own, made)
        let total = PartialSum(drawn.map(count), from: .zero, +)
        guard total.sum <= volume.amount else {
            return [
                VerdictFinding(
                    .materialVolumeExceeded, lot, day: day,
                    [
                        "certificate": certificate.id, "allocated": total.sum.description,
                        "volume": volume.amount.description, "unit": volume.unit,
                    ], ask: certificate.party ?? certificate.issuer,
                    evidence: total.counted.map(\.part))
            ]
        }
        let left = total.left.map {
            Self.notAssessable(
                "certificate", certificate.id, lot, day: day, unit: volume.unit, ask: $0.issuer,
                $0.part)
        }
        return [short, left, hidden].compactMap(\.self)
    }

    /// That less is allocated to a thing alone than was made of it, or that nobody can say.
    private func unallocated(
        _ certificate: Certificate, _ unit: String, _ lot: String, _ day: String,
        _ own: PartialSum<ExactDecimal>, _ made: ExactDecimal?
    ) -> VerdictFinding? {
        let ask = certificate.party ?? certificate.issuer
        var parameters = ["certificate": certificate.id]
        guard let made else {
            guard own.counted.isEmpty else {
                parameters["unit"] = unit
                return VerdictFinding(
                    .materialNotAssessable, lot, day: day, parameters, ask: ask)
            }
            return VerdictFinding(.materialUnallocated, lot, day: day, parameters, ask: ask)
        }
        guard own.counted.isEmpty || own.sum < made else { return nil }
        parameters["allocated"] = own.sum.description
        parameters["made"] = made.description
        parameters["unit"] = unit
        return VerdictFinding(
            .materialUnallocated, lot, day: day, parameters, ask: ask,
            evidence: own.counted.map(\.part))
    }
}

/// What an amount is stated in.
struct Counted: Comparable {
    var part: Hash256
    var issuer: String

    static func < (left: Counted, right: Counted) -> Bool {
        (left.part, left.issuer) < (right.part, right.issuer)
    }
}

/// The sum of what can be counted, from the largest down, so that nothing beside it, however odd,
/// keeps what exceeds from being seen; what is below zero or does not fit is not counted.
struct PartialSum<Amount: Comparable> {
    private(set) var sum: Amount
    /// What was counted.
    private(set) var counted: [Counted] = []
    /// The first of what was not.
    private(set) var left: Counted?

    init(
        _ amounts: [(Amount?, Counted)], from zero: Amount, _ add: (Amount, Amount) -> Amount?
    ) {
        sum = zero
        left = amounts.filter { $0.0 == nil }.map(\.1).min()
        let sorted = amounts.compactMap { amount, source in amount.map { ($0, source) } }
            .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        for (amount, source) in sorted {
            guard amount >= zero, let next = add(sum, amount) else {
                left = left.map { min($0, source) } ?? source
                continue
            }
            sum = next
            counted.append(source)
        }
    }
}
