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
        var part: Hash256
    }

    private let facts: ClaimFacts
    private var accounts: [String: [Credit]] = [:]

    init(_ facts: ClaimFacts) {
        self.facts = facts
        for (uri, records) in facts.accountRecords {
            guard let account = AccountName(uri), let owner = facts.owner(of: account.site) else {
                continue
            }
            accounts[uri] = records.compactMap { known in
                guard known.record.kind == .allocation, known.issuer == owner,
                    known.record.target == .record(uri), let quantity = known.record.quantity
                else { return nil }
                return Credit(
                    account: uri, month: account.month, site: account.site,
                    material: account.material, quantity: quantity, part: known.part)
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
        let given = facts.accountRecords.values.joined().filter {
            $0.record.about == [lot] && $0.issuer == party
        }
        let parts = Set(given.map(\.part))
        return accounts.values.joined().filter { $0.site == site && parts.contains($0.part) }
            .sorted { ($0.account, $0.part) < ($1.account, $1.part) }
    }

    /// Whether more is allocated from a certificate than it covers, or may be, or nothing to a
    /// thing that rests on it.
    func finding(of certificate: Certificate, for lot: String, day: String) -> VerdictFinding? {
        guard let volume = certificate.volume else { return nil }
        let holders = [certificate.party, certificate.issuer].compactMap(\.self)
        let drawn = (facts.accountRecords[certificate.id] ?? []).filter {
            $0.record.kind == .allocation && holders.contains($0.issuer)
                && $0.record.target == .record(certificate.id)
        }
        let hidden = hidden(on: certificate.id, by: holders).map {
            Self.withheld($0, certificate.id, lot, day: day)
        }
        guard hidden != nil || drawn.contains(where: { $0.record.about.contains(lot) }) else {
            return VerdictFinding(
                .materialUnallocated, lot, day: day, ["certificate": certificate.id],
                ask: certificate.party ?? certificate.issuer)
        }
        var total = ExactDecimal.zero
        for known in drawn {
            guard let quantity = known.record.quantity,
                let amount = quantity.number, !amount.isNegative,
                let inUnit = Amounts.converted(amount, from: quantity.unit, to: volume.unit),
                let sum = total + inUnit
            else {
                return VerdictFinding(
                    .materialNotAssessable, lot, day: day,
                    ["certificate": certificate.id, "unit": volume.unit], ask: known.issuer,
                    evidence: [known.part])
            }
            total = sum
        }
        guard total > volume.amount else { return hidden }
        return VerdictFinding(
            .materialVolumeExceeded, lot, day: day,
            [
                "certificate": certificate.id, "allocated": total.description,
                "volume": volume.amount.description, "unit": volume.unit,
            ], ask: certificate.party ?? certificate.issuer, evidence: drawn.map(\.part))
    }
}
