import MerkleTrees
import Records
import Replication
import Sequencing
import Storage
import Verdicts

/// Evidence as it was gathered, with what was read for it.
struct GatheredEvidence: Sendable {
    var evidence: Evidence
    var readings: EvidenceReadings
}

/// One read snapshot of the ledger as a source of evidence, together with the subject index of
/// exactly its last seal.
struct LedgerEvidence: EvidenceSource {
    let origin: String
    private(set) var checkpointNote: String
    let size: UInt64
    let governance: GovernanceState
    let ownership: Ownership
    private let store: LedgerStore
    private let deadline: ContinuousClock.Instant
    private let departure: Departure?
    private let index: SubjectIndex
    private let rights: [ReadingRights]
    /// Who asks a mirror; nobody for the own log.
    private let readers: [Reader]

    /// The source for the snapshot that `store` shows; nil if the index of its last seal is not at
    /// hand, because the snapshot was overtaken: then take a new one.
    init?(
        _ store: LedgerStore, origin: String, history: GovernanceHistory, published: PublishedLog,
        rights: [ReadingRights], until deadline: ContinuousClock.Instant,
        for departure: Departure? = nil
    ) throws {
        let size = try store.size()
        guard size > 0, let checkpoint = try store.checkpoint(ofSeal: size - 1) else {
            throw NodeError.failure("log.damaged", "the log has no checkpoint; run cairn check")
        }
        guard let index = published.index(size: size) else { return nil }
        self.init(
            store, origin, checkpoint, size, history, index, rights: rights, readers: [],
            until: deadline, for: departure)
    }

    /// The source for a mirror of another log; nil unless it stands at a checkpoint whose index is
    /// at hand.
    init?(
        mirror store: LedgerStore, origin: String, history: GovernanceHistory, peers: PeersState,
        readers: [Reader], until deadline: ContinuousClock.Instant, for departure: Departure?
    ) throws {
        let size = try store.size()
        guard size > 0, let checkpoint = try store.checkpoint(ofSeal: size - 1),
            let index = peers.index(of: origin, size: size)
        else { return nil }
        self.init(
            store, origin, checkpoint, size, history, index, rights: [], readers: readers,
            until: deadline, for: departure)
    }

    private init(
        _ store: LedgerStore, _ origin: String, _ checkpoint: [UInt8], _ size: UInt64,
        _ history: GovernanceHistory, _ index: SubjectIndex, rights: [ReadingRights],
        readers: [Reader], until deadline: ContinuousClock.Instant, for departure: Departure?
    ) {
        self.origin = origin
        self.checkpointNote = String(decoding: checkpoint, as: UTF8.self)
        self.size = size
        self.governance = history.newest
        self.ownership = history.ownership
        self.store = store
        self.deadline = deadline
        self.departure = departure
        self.index = index
        self.rights = rights
        self.readers = readers
    }

    func entry(at index: UInt64) throws -> [UInt8] {
        try found(try store.entry(at: index), "entry", index)
    }

    func manifest(at index: UInt64) throws -> [UInt8] {
        try found(try store.manifest(at: index), "manifest", index)
    }

    func part(_ digest: Hash256) throws -> [UInt8]? { try store.part(digest) }

    /// The same source with those cosignatures alone that a governance knows.
    func noted(under governance: GovernanceState) -> LedgerEvidence {
        let known = try? CosignedNote(
            Array(checkpointNote.utf8), origin: origin, under: governance)
        guard let known else { return self }
        var source = self
        source.checkpointNote = String(decoding: known.bytes, as: UTF8.self)
        return source
    }

    /// The reader is the one whose rights were given; of several, all must be permitted.
    ///
    /// Another's log opens parts by their visibility alone: who registers a part in a log of its
    /// own is no issuer of it here, and grants in it open nothing.
    func permits(_ reader: Reader, _ part: Part) throws -> Bool {
        guard readers.isEmpty else { return readers.allSatisfy(part.visibility.permits) }
        return try rights.allSatisfy { try $0.permit(part) }
    }

    func links(of key: Hash256) throws -> [LinkPlace] {
        try departure?.check()
        guard ContinuousClock.now < deadline else {
            throw Refusal(
                code: "evidence.too-large", field: "question",
                reason: "the answer rests on more records than can be gathered in time; "
                    + "ask with scope subject")
        }
        let limit = EvidenceLimits.entries
        guard let links = try store.links(of: key, atMost: UInt64(limit)) else {
            throw Refusal(
                code: "evidence.too-large", field: "question",
                reason: "the answer rests on a thing about which \(origin) has more than \(limit) "
                    + "records; a file holds no more of one")
        }
        return links
    }

    func inclusionPath(of index: UInt64) throws -> [Hash256] {
        try TreeReader(tiles: store, size: size).inclusionProof(of: index)
    }

    func inclusionPaths(of indexes: [UInt64]) throws -> [[Hash256]] {
        try TreeReader(tiles: store, size: size).inclusionProofs(of: indexes)
    }

    func indexProof(for keys: [Hash256]) throws -> IndexProof {
        try index.proof(for: keys, leaves: store)
    }

    func seal(before index: UInt64) throws -> UInt64? { try store.seal(before: index) }

    func seal(after index: UInt64) throws -> UInt64? { try store.seal(atOrAfter: index) }

    private func found<Value>(_ value: Value?, _ table: String, _ index: UInt64) throws -> Value {
        guard let value else {
            throw NodeError.failure("log.damaged", "\(table) \(index) is missing; run cairn check")
        }
        return value
    }
}
