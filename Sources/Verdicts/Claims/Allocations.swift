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

    /// Whether more is allocated from a certificate than it covers, or may be, or nothing to a
    /// thing that rests on it.
    func findings(of certificate: Certificate, for lot: String, day: String) -> [VerdictFinding] {
        guard let volume = certificate.volume else { return [] }
        let holders = [certificate.party, certificate.issuer].compactMap(\.self)
        let drawn = (facts.accountRecords[certificate.id] ?? []).filter {
            $0.record.kind == .allocation && holders.contains($0.issuer)
                && $0.record.target == .record(certificate.id)
        }
        let hidden = hidden(on: certificate.id, by: holders).map {
            Self.withheld($0, certificate.id, lot, day: day)
        }
        guard hidden != nil || drawn.contains(where: { $0.record.about.contains(lot) }) else {
            return [
                VerdictFinding(
                    .materialUnallocated, lot, day: day, ["certificate": certificate.id],
                    ask: certificate.party ?? certificate.issuer)
            ]
        }
        let amounts = drawn.map { known -> (ExactDecimal?, Counted) in
            let amount = known.record.quantity.flatMap { quantity in
                quantity.number.flatMap {
                    Amounts.converted($0, from: quantity.unit, to: volume.unit)
                }
            }
            return (amount, Counted(part: known.part, issuer: known.issuer))
        }
        let total = PartialSum(amounts, from: .zero, +)
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
        return [left, hidden].compactMap(\.self)
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
