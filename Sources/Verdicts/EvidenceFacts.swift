import MerkleTrees
import Records

/// What stands in evidence before one place, for deciding who may say what (SPEC §13).
struct EvidenceFacts: LedgerFacts {
    let records: EvidenceRecords
    let origin: String
    let leafIndex: UInt64
    /// Who speaks at that place.
    let speaker: String

    func recordIssuers(_ id: String) -> [String] {
        (records.byID[id] ?? []).filter(isBefore).map(\.issuer)
    }

    /// Where the evidence does not hold the part, the node that admitted an erasure of it knew.
    func partIssuers(_ digest: Hash256) -> [String] {
        guard let all = records.issuers[digest] else { return [speaker] }
        return all.filter(isBefore).map(\.issuer)
    }

    private func isBefore(_ placed: PlacedIssuer) -> Bool {
        placed.origin == origin && placed.leafIndex < leafIndex
    }

    func delegations(to organisation: String) -> [Delegation] {
        (records.delegations[organisation] ?? []).compactMap { placed, delegation -> Delegation? in
            guard isBefore(placed) else { return nil }
            let end = records.end(of: delegation.id, issuer: placed.issuer)
            return end.map(delegation.ending(atMilliseconds:)) ?? delegation
        }
    }
}

/// Who said something, and where.
struct PlacedIssuer: Hashable {
    var origin: String
    var leafIndex: UInt64
    var issuer: String
}

extension VerifiedEvidence {
    /// Whether newer governance took a statement back: what has fallen says nothing.
    func hasFallen(_ verified: VerifiedStatement) -> Bool {
        governance.fall(
            ofIssuer: verified.statement.issuer, key: verified.statement.keyThumbprint,
            registeredAtMilliseconds: verified.registeredAtMilliseconds) != nil
    }
}

/// The records an evidence file holds, indexed once; those that have fallen are left out.
struct EvidenceRecords {
    private(set) var byID: [String: [PlacedIssuer]] = [:]
    private(set) var issuers: [Hash256: Set<PlacedIssuer>] = [:]
    private(set) var delegations: [String: [(PlacedIssuer, Delegation)]] = [:]
    private var ends: [String: [(issuer: String, from: UInt64)]] = [:]
    private var erasures: [Hash256: Set<String>] = [:]

    init(_ evidence: VerifiedEvidence) {
        for log in evidence.logs {
            var seen: Set<Place> = []
            let placed = log.chains.values.joined().compactMap { link in
                log.entries[link.leafIndex].map { (link, $0.statement.statement.issuer) }
            }
            for (link, issuer) in placed.sorted(by: { $0.0.leafIndex < $1.0.leafIndex })
            where seen.insert(Place(leafIndex: link.leafIndex, part: link.part)).inserted {
                let here = PlacedIssuer(
                    origin: log.origin, leafIndex: link.leafIndex, issuer: issuer)
                issuers[link.part, default: []].insert(here)
                guard let entry = log.entries[link.leafIndex],
                    !evidence.hasFallen(entry.statement),
                    case .record(let record) = evidence.parts[link.part]?.readable
                else { continue }
                add(record, here)
            }
        }
    }

    private struct Place: Hashable {
        var leafIndex: UInt64
        var part: Hash256
    }

    private mutating func add(_ record: Record, _ here: PlacedIssuer) {
        if let id = record.id { byID[id, default: []].append(here) }
        switch (record.kind, record.target) {
        case (.revocation, .record(let target)), (.suspension, .record(let target)):
            ends[target, default: []].append((here.issuer, record.fromMilliseconds ?? 0))
        case (.erasure, .part(let digest)):
            erasures[digest, default: []].insert(here.issuer)
        case (.delegation, _):
            for organisation in record.to {
                guard
                    let delegation = Delegation(record, to: organisation, issuer: here.issuer)
                else { continue }
                delegations[organisation, default: []].append((here, delegation))
            }
        default: break
        }
    }

    /// The earliest time from which an issuer has revoked or suspended its own record.
    func end(of id: String, issuer: String) -> UInt64? {
        ends[id]?.filter { $0.issuer == issuer }.map(\.from).min()
    }

    /// Whether an issuer has had a part of its own erased.
    func isErased(_ digest: Hash256, by issuer: String) -> Bool {
        erasures[digest]?.contains(issuer) ?? false
    }
}
