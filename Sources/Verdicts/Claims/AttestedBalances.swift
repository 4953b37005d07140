import EPCIS
import GS1
import MerkleTrees
import OrderedCollections
import Records

/// Movements that a reader may not see, and that an accredited body vouches for (SPEC §24.5).
///
/// A period balance names the head of an account's chain. Where the chain in evidence has that
/// head, what stands in it up to there was seen by the body: stubs among it stand in for nothing
/// missing. They are attested, not recomputed.
struct AttestedBalances {
    /// The parts that a balance vouches for, and the balance's.
    private(set) var parts: [Hash256: Hash256] = [:]
    /// Opened parts that disagree with a balance.
    private(set) var findings: [VerdictFinding] = []

    private let facts: ClaimFacts
    /// The parts, hidden or not, about the things upstream.
    private let concerned: Set<Hash256>

    init(_ facts: ClaimFacts, _ graph: TradeGraph) {
        self.facts = facts
        concerned = Set(
            graph.lots.keys.flatMap { uri in
                (facts.eventsAbout[uri] ?? []).map { facts.events[$0].part }
                    + (facts.hidden[uri] ?? []).map(\.part)
            })
        let certificates = CertificateCheck(facts)
        for (uri, records) in facts.accountRecords {
            for known in records {
                guard known.record.kind == .periodBalance, let account = known.record.account,
                    account.uri == uri, let head = known.record.head,
                    certificates.wasAccredited(known.issuer, onMonth: known.record.month ?? "")
                else { continue }
                let vouches = certificates.isAccredited(
                    known.issuer, onMonth: known.record.month ?? "")
                take(known, head, account, vouches: vouches)
            }
        }
    }

    private mutating func take(
        _ balance: KnownRecord, _ head: ChainHead, _ account: Subject, vouches: Bool
    ) {
        for log in facts.evidence.logs {
            let links = log.chains[account] ?? []
            guard let covered = Self.covered(links, by: head, account, log, facts) else { continue }
            if vouches {
                for link in covered { parts[link.part] = balance.part }
            }
            check(covered, against: balance, account)
        }
    }

    /// The links up to a head, if the chain of a log has it.
    private static func covered(
        _ links: [EvidenceLink], by head: ChainHead, _ account: Subject, _ log: VerifiedLog,
        _ facts: ClaimFacts
    ) -> ArraySlice<EvidenceLink>? {
        guard head.count <= UInt64(links.count) else { return nil }
        let key = account.key(in: facts.evidence.network)
        var found = ChainHead.empty
        let covered = links.prefix(Int(head.count))
        for link in covered {
            guard let entry = log.entries[link.leafIndex] else { return nil }
            found = found.appending(
                leafIndex: link.leafIndex, leafHash: entry.leafHash, row: link.row,
                rowHash: Row(part: link.part, key: key, role: link.role).hash)
        }
        return found == head ? covered : nil
    }

    /// What is open of an account may not make more than its balance says; of accounts through
    /// which nothing upstream went, nothing is asked.
    private mutating func check(
        _ links: ArraySlice<EvidenceLink>, against balance: KnownRecord, _ account: Subject
    ) {
        guard links.contains(where: { concerned.contains($0.part) }),
            let quantity = balance.record.quantity, let bound = quantity.number,
            let name = AccountName(account.uri)
        else { return }
        var made = ExactDecimal.zero
        var open: [Hash256] = []
        for part in Set(links.filter { $0.role == .create }.map(\.part)).sorted() {
            guard case .event(let event) = facts.evidence.parts[part]?.readable else { continue }
            for flow in event.flows where flow.role == .create {
                guard (flow.subject.product ?? flow.subject.uri) == name.material,
                    let amount = flow.quantity,
                    let counted = Amounts.converted(
                        amount, from: flow.uom ?? "H87", to: quantity.unit),
                    let sum = made + counted
                else { continue }
                made = sum
                open.append(part)
            }
        }
        guard made > bound else { return }
        findings.append(
            VerdictFinding(
                .materialBalanceDisagrees, name.material,
                [
                    "site": name.site, "month": name.month, "attested": bound.description,
                    "opened": made.description, "unit": quantity.unit,
                ], ask: balance.issuer, evidence: open + [balance.part]))
    }
}
