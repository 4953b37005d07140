import MerkleTrees
import Records

/// What stands in one log of evidence before one place, for deciding who may say what (SPEC §13.1).
struct EvidenceFacts: LedgerFacts {
    let records: LogRecords
    /// What is known of the parts at hand.
    let parts: [Hash256: OpenedPart]
    let governance: GovernanceState
    let leafIndex: UInt64

    /// A withheld part under the URI may be its first record: then nobody can be blamed.
    func firstIssuer(ofRecord id: String) -> FirstIssuer {
        guard let speakers = records.speakers[id] else { return .undisclosed }
        for speaker in speakers where speaker.leafIndex < leafIndex {
            guard let part = parts[speaker.part] else { return .undisclosed }
            if case .record(let record) = part.readable, record.id == id {
                return .organisation(speaker.issuer)
            }
        }
        return .nobody
    }

    /// Where the evidence does not hold the part, the node that admitted an erasure of it knew.
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        guard let first = records.firstPlaces[digest] else { return .undisclosed }
        return first.leafIndex < leafIndex ? .organisation(first.issuer) : .nobody
    }

    func mustStayVisible(_ digest: Hash256) -> Bool {
        parts[digest]?.readable?.mustStayVisible ?? false
    }

    func delegations(to organisation: String) -> [Delegation] {
        records.delegations.delegations(to: organisation, before: leafIndex, under: governance)
    }
}

extension VerifiedEvidence {
    /// Whether newer governance took a statement back: what has fallen says nothing.
    func hasFallen(_ entry: VerifiedEntry) -> Bool {
        governance.fall(
            ofIssuer: entry.issuer, key: entry.statement.statement.keyThumbprint,
            registeredAtMilliseconds: entry.statement.registeredAtMilliseconds) != nil
    }
}

/// The records of one log in an evidence file, indexed once.
struct LogRecords {
    /// Where a part stands, and who signed it there.
    struct Speaker {
        var leafIndex: UInt64
        var part: Hash256
        var issuer: String
    }

    /// The first place of each part.
    private(set) var firstPlaces: [Hash256: Speaker] = [:]
    /// For each URI whose assertions were asked: the parts that assert something there, in order.
    private(set) var speakers: [String: [Speaker]] = [:]
    /// The delegations, and what took them away.
    private(set) var delegations = RecordedDelegations()

    private var erasures: [Hash256: Set<String>] = [:]
    /// By the newest governance, in which an order never ends.
    private let governance: GovernanceState

    init(_ log: VerifiedLog, of evidence: VerifiedEvidence) {
        governance = evidence.governance
        for subject in evidence.asked.values where subject.facet == .assertions {
            let links = log.chains[subject] ?? []
            speakers[subject.uri] = links.filter { $0.role == .assert }
                .compactMap { Self.speaker($0, in: log) }
        }
        let all = log.chains.values.joined().compactMap { Self.speaker($0, in: log) }
        var seen: Set<Place> = []
        for speaker in all.sorted(by: { $0.leafIndex < $1.leafIndex })
        where seen.insert(Place(leafIndex: speaker.leafIndex, part: speaker.part)).inserted {
            if firstPlaces[speaker.part] == nil { firstPlaces[speaker.part] = speaker }
            guard let entry = log.entries[speaker.leafIndex], !evidence.hasFallen(entry),
                case .record(let record) = evidence.parts[speaker.part]?.readable
            else { continue }
            delegations.add(
                record,
                from: RecordedDelegations.Origin(
                    leafIndex: speaker.leafIndex, statement: entry.statement.statement,
                    registeredAtMilliseconds: entry.statement.registeredAtMilliseconds))
            if case .part(let digest) = record.target, record.kind == .erasure {
                erasures[digest, default: []].insert(speaker.issuer)
            }
        }
    }

    private struct Place: Hashable {
        var leafIndex: UInt64
        var part: Hash256
    }

    private static func speaker(_ link: EvidenceLink, in log: VerifiedLog) -> Speaker? {
        log.entries[link.leafIndex].map {
            Speaker(
                leafIndex: link.leafIndex, part: link.part, issuer: $0.statement.statement.issuer)
        }
    }

    /// Whether whoever signed a part first has had it erased, or somebody has as governors ordered.
    func isErased(_ digest: Hash256) -> Bool {
        if governance.orders(erasureOf: digest), erasures[digest] != nil { return true }
        guard let owner = firstPlaces[digest]?.issuer else { return false }
        return erasures[digest]?.contains(owner) ?? false
    }
}
