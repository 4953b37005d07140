import MerkleTrees
import Records

/// The records of one statement, sorted by what they do to others.
struct StatementRecords {
    let issuer: String
    private let records: [(part: Hash256, record: Record)]

    init(_ admitted: AdmittedStatement) {
        issuer = admitted.verified.statement.issuer
        records = admitted.parts.compactMap { part in
            guard case .record(let record) = part.content else { return nil }
            return (part.part.digest, record)
        }
    }

    var all: [Record] { records.map(\.record) }

    /// The URIs of its records.
    var ids: [String] { all.compactMap(\.id) }

    func sequenced(_ admitted: AdmittedStatement, _ appended: AppendedEntry) -> SequencedStatement {
        let facts = records.map { (part: $0.part, facts: RecordFacts($0.record)) }
        return SequencedStatement(
            leafIndex: appended.leafIndex, id: admitted.verified.id, entry: appended.entry,
            manifest: admitted.manifest, parts: admitted.parts.map(\.part),
            records: facts.compactMap { part, facts in facts.id.map { ($0, part) } },
            authorities: facts.filter(\.facts.isAuthority).map(\.part),
            erasures: facts.compactMap(\.facts.erases))
    }
}

/// What the staged statements change for those after them.
struct GroupEffects: Sendable {
    private struct Effect {
        var record: Record
        var origin: RecordedDelegations.Origin
    }

    /// Whether admission must start afresh after this group, so that it takes no more statements:
    /// it holds governance, or changes a delegation.
    private(set) var endsGroup = false
    /// Who issued the first record with a URI in this group.
    private(set) var recordIssuers: [String: String] = [:]
    private var effects: [Effect] = []

    mutating func add(
        _ records: StatementRecords, from origin: RecordedDelegations.Origin,
        governance: GovernanceBody?, delegations: RecordedDelegations
    ) {
        if governance != nil { endsGroup = true }
        for record in records.all {
            if let id = record.id, recordIssuers[id] == nil { recordIssuers[id] = records.issuer }
            guard RecordedDelegations.concerns(record) else { continue }
            effects.append(Effect(record: record, origin: origin))
            if delegations.isChanged(by: record) { endsGroup = true }
        }
    }

    func apply(to delegations: inout RecordedDelegations) {
        for effect in effects { delegations.add(effect.record, from: effect.origin) }
    }
}
