import DeterministicCBOR
import EPCIS
import Foundation
import GS1
import HTTPAPI
import Lineage
import MerkleTrees
import Notes
import Queries
import Records
import Replication
import Sequencing
import Signatures
import Storage
import Verdicts

extension RunningNode: NodeService {
    package func submit(
        _ submission: [UInt8], patiently: Bool
    ) async throws(Refusal) -> Registration {
        do throws(Refusal) {
            guard !isStopping else { throw .stopping }
            let registration = try await register(submission, patiently: patiently)
            watch.metrics.count(
                registration.isNew ? .statementsRegistered : .statementsKnown)
            return registration
        } catch {
            watch.metrics.count(.statementsRefused, error.code)
            throw error
        }
    }

    package func receipt(
        of id: Hash256, at leafIndex: UInt64?, form: ReceiptForm, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try Self.require(Visibility.entries, for: reader)
        let receipts = receipts
        return try await reading { store in
            guard let index = try leafIndex ?? store.leafIndex(ofStatement: id) else {
                throw Refusal(
                    code: "entry.unknown", field: "id",
                    reason: "this log has no statement \(id.hex)")
            }
            switch form {
            case .logProof: return try receipts.logProof(at: index, in: store)
            case .cose: return try receipts.cose(at: index, in: store)
            }
        }
    }

    // MARK: Keys

    package func keySet() async throws(Refusal) -> [UInt8] {
        do {
            return try KeyDocuments.set(logKeys)
        } catch {
            throw refusal(for: error)
        }
    }

    package func key(thumbprint: Hash256) async throws(Refusal) -> [UInt8] {
        guard let key = logKeys.first(where: { $0.thumbprint == thumbprint }) else {
            throw Refusal(
                code: "request.path", field: "kid", reason: "this log has no key by that name")
        }
        do {
            return try KeyDocuments.value(key).encoded()
        } catch {
            throw refusal(for: error)
        }
    }

    private var logKeys: [VerificationKey] {
        published.newest.basis.governance.logKeys(origin: origin)?.keys ?? []
    }

    // MARK: The log

    /// The newest checkpoint with a quorum, if the network asks for one and there is one.
    package func checkpoint() async throws(Refusal) -> [UInt8] {
        peers?.state.newest.quorum?.note ?? published.newest.checkpoint
    }

    package func tile(path: String, for reader: Reader) async throws(Refusal) -> [UInt8] {
        guard let path = TilePath(parsing: path), path.level ?? 0 < 8 else {
            throw Self.noTile
        }
        if path.level == nil { try Self.require(Visibility.entries, for: reader) }
        return try await reading { store in
            let size = try store.size()
            let width = TilePath.width(level: path.level ?? 0, index: path.index, size: size)
            guard path.width <= width else { throw Self.noTile }
            if let level = path.level {
                let tile = try store.tile(level: level, index: path.index, width: path.width)
                return tile.flatMap(\.bytes)
            }
            let first = path.index << 8
            return EntryBundle.encode(try store.entries(first..<first + UInt64(path.width)))
        }
    }

    private static let noTile = Refusal(
        code: "request.path", field: "path", reason: "the log has no such tile")

    package func manifest(
        at leafIndex: UInt64, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try Self.require(Visibility.manifests, for: reader)
        return try await reading { store in
            guard let manifest = try store.manifest(at: leafIndex) else {
                throw Refusal(
                    code: "entry.unknown", field: "leaf index",
                    reason: "the log has no statement at leaf \(leafIndex)")
            }
            return manifest
        }
    }

    package func part(
        _ digest: Hash256, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try await Departure.watched { (departure) throws(Refusal) in
            try await reading { [self] store in
                guard let bytes = try store.part(digest) else {
                    throw Refusal(
                        code: "part.unknown", field: "digest",
                        reason: "the node does not have part \(digest.hex)")
                }
                let rights = rights(of: reader, in: store, unless: departure)
                guard try rights.permit(Part.decode(bytes)) else {
                    throw Refusal(
                        code: "part.withheld", field: "digest",
                        reason: "part \(digest.hex) is for others; ask whoever signed it")
                }
                return bytes
            }
        }
    }

    package func consistencyProof(
        from old: UInt64, to new: UInt64
    ) async throws(Refusal) -> [Hash256] {
        try await reading { store in
            let size = try store.size()
            guard old > 0, old <= new, new <= size else {
                throw Refusal(
                    code: "request.parameter", field: "old",
                    reason: "sizes are 0 < old ≤ new ≤ \(size)")
            }
            return try TreeReader(tiles: store, size: new).consistencyProof(from: old)
        }
    }

    // MARK: Questions

    package func evidence(
        about subject: String, upstream: Bool, for reader: Reader, onlyFor other: String?
    ) async throws(Refusal) -> [UInt8] {
        try Self.require(Visibility.entries, for: reader)
        let uri = try Self.identifier(subject).uri
        if let other, published.newest.basis.governance.organisations[other] == nil {
            throw Refusal(
                code: "request.parameter", field: "for",
                reason: "\(other) is no member of the network")
        }
        let question = EvidenceQuestion(uri: uri, scope: upstream ? .upstream : .subject)
        return try await gathering(question, for: reader, onlyFor: other) { gathered, _ in
            gathered.evidence.encoded()
        }
    }

    /// Gathers evidence from one snapshot of the ledger, on the threads for that, and does
    /// something with both there; no longer than the caller is there.
    func gathering<Value: Sendable>(
        _ question: EvidenceQuestion, for reader: Reader, onlyFor other: String? = nil,
        _ body: @escaping @Sendable (GatheredEvidence, LedgerStore) throws -> Value
    ) async throws(Refusal) -> Value {
        try await Departure.watched { (departure) throws(Refusal) in
            try await gathering(question, for: reader, and: other, unless: departure, body)
        }
    }

    private func gathering<Value: Sendable>(
        _ question: EvidenceQuestion, for reader: Reader, and other: String?,
        unless departure: Departure,
        _ body: @escaping @Sendable (GatheredEvidence, LedgerStore) throws -> Value
    ) async throws(Refusal) -> Value {
        let deadline = ContinuousClock.now + evidencePatience
        for _ in 0..<Self.snapshotsLimit {
            let built = try await reading(on: evidenceThreads) {
                [self] store -> Value? in
                guard
                    let source = try LedgerEvidence(
                        store, origin: origin, history: governance.history(of: store),
                        published: published,
                        rights: rights(of: reader, and: other, in: store, unless: departure),
                        until: deadline, for: departure)
                else {
                    return nil
                }
                return try withMirrors(beside: source, reader, other, deadline, departure) {
                    sources in
                    var builder = EvidenceBuilder(
                        network: network, sources: sources, reader: reader,
                        alarms: alarms(beside: sources))
                    let evidence = try builder.build(question)
                    return try body(
                        GatheredEvidence(evidence: evidence, readings: builder.readings), store)
                }
            }
            if let built { return built }
        }
        throw .busy
    }

    /// Adds one snapshot of each mirror that stands at a checkpoint; a log that does not is not
    /// consulted.
    private func withMirrors<Value>(
        beside own: LedgerEvidence, _ reader: Reader, _ other: String?,
        _ deadline: ContinuousClock.Instant, _ departure: Departure,
        _ body: ([LedgerEvidence]) throws -> Value
    ) throws -> Value {
        guard let peers else { return try body([own]) }
        func add(_ origins: ArraySlice<String>, to sources: [LedgerEvidence]) throws -> Value {
            guard let origin = origins.first else {
                let newest = sources.map(\.governance).max { $0.seq < $1.seq } ?? own.governance
                // An amendment that a mirror has just brought may have removed one of them.
                let left = sources.filter { !newest.hasRemoved(log: $0.origin) }
                return try body((left.isEmpty ? [own] : left).map { $0.noted(under: newest) })
            }
            let rest = origins.dropFirst()
            return try peers.replicas.read(origin) { store in
                let known = peers.governance(of: origin)
                let source = try LedgerEvidence(
                    mirror: store, origin: origin, history: known.history(of: store),
                    peers: peers.state, readers: readers(reader, and: other), until: deadline,
                    for: departure)
                return try add(rest, to: sources + [source].compactMap(\.self))
            }
        }
        return try add(peers.state.newest.mirrors.map(\.origin)[...], to: [own])
    }

    /// The alarms that evidence from these logs carries.
    private func alarms(beside sources: [LedgerEvidence]) -> [Alarm] {
        let known = (peers?.state.newest.alarms ?? []).filter { alarm in
            !sources.contains { $0.governance.hasRemoved(log: alarm.origin ?? "") }
        }
        return Array(known.prefix(EvidenceLimits.alarms))
    }

    private func readers(_ reader: Reader, and other: String?) -> [Reader] {
        [reader] + [other].compactMap { $0.map { .member(organisation: $0) } }
    }

    /// What a reader and, if it is named, a member may see both.
    private func rights(
        of reader: Reader, and other: String?, in store: LedgerStore, unless departure: Departure
    ) -> [ReadingRights] {
        readers(reader, and: other).map { rights(of: $0, in: store, unless: departure) }
    }

    /// What a reader may see in a snapshot, as long as whoever asked is there.
    func rights(
        of reader: Reader, in store: LedgerStore, unless departure: Departure? = nil
    ) -> ReadingRights {
        ReadingRights(
            of: reader, in: store, views: viewed, check: { try departure?.check() },
            basis: readingBasis)
    }

    /// How often a new snapshot is taken when one was overtaken by many groups.
    private static let snapshotsLimit = 20

    package func organisations(for reader: Reader) async throws(Refusal) -> [UInt8] {
        let governance = published.newest.basis.governance
        do {
            return try await threads.run { [self] in
                let credentials = try viewed.credentials(
                    of: governance.organisations.values, as: reader, ledger, basis: readingBasis)
                return GovernanceSummary(governance, credentials: credentials).json.serialized()
            }
        } catch {
            throw refusal(for: error)
        }
    }

    /// Refuses a reader what is not for it.
    static func require(
        _ visibility: Visibility, for reader: Reader
    ) throws(Refusal) {
        guard visibility.permits(reader) else {
            throw Refusal(
                code: "entry.withheld", field: "authorization",
                reason: "entries and manifests are for members of the network")
        }
    }

    /// The canonical form of what a caller asks about.
    static func identifier(_ text: String) throws(Refusal) -> CanonicalIdentifier {
        do {
            return try CanonicalIdentifier(text)
        } catch {
            throw Refusal(code: error.code, field: "subject", reason: error.reason)
        }
    }
}
