import GRDB
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Support
import Synchronization
import Testing
import Verdicts

@testable import Storage

/// A small ledger with a row in every table, to flip bits of.
struct FlippedLedger: Sendable {
    static let file = Ledger.fileName

    let network: DemoNetwork
    let disk: FaultyDisk
    let digest: ContentDigest
    let entries: [[UInt8]]
    let index: SubjectIndex
    let evidence: [UInt8]
    private let verifier: NoteVerifier
    private let evidenceVerifier: EvidenceVerifier

    init() throws {
        network = try DemoNetwork()
        let directory = try TemporaryDirectory()
        let disk = FaultyDisk()
        self.disk = disk
        disk.mount(directory.path)
        defer { disk.unmount() }
        let ledger = try Ledger.create(
            directory: directory.path,
            identity: LogIdentity(origin: DemoNetwork.origin, network: network.id, indexDepth: 8))
        var rig = try SequencerRig(network: network, ledger: ledger)
        try rig.register(try network.trade(batches: 1))
        try rig.register([try Self.delegation(network)])
        index = rig.sequencer.state.index
        verifier = try NoteVerifier(name: DemoNetwork.origin, key: network.logKey.publicKey)
        evidenceVerifier = try EvidenceVerifier(genesis: network.file, library: .swiftCrypto)
        let (index, network) = (index, network)
        (digest, entries, evidence) = try ledger.read { store in
            (
                try ContentDigest(store), try store.entries(0..<store.size()),
                try Self.evidence(store, index: index, network: network)
            )
        }
        try ledger.close()
        try #require(entries.count > 6)
    }

    private static func delegation(_ network: DemoNetwork) throws -> Submission {
        var record = Record(kind: .delegation)
        record.id = "urn:x:d1"
        record.to = [network.carrier.uri]
        record.about = [network.supplier.uri]
        record.fromMilliseconds = 0
        record.scope = [ScopeItem("prefix", network.supplier.prefix)]
        let signer = Signer(
            network: network.id, issuer: network.supplier.uri, key: network.supplier.key)
        let part = try signer.part(record, visibility: .network)
        return try signer.submissions([part], issuedAtSeconds: DemoNetwork.startSeconds)[0]
    }

    // MARK: What is served

    /// What a node that took up the true log would give out from a store, if it is not the truth
    /// and yet verifies.
    func falseProof(from store: LedgerStore, number: Int) -> String? {
        for leaf in [number % entries.count, entries.count - 1] {
            guard let entry = try? provenEntry(at: UInt64(leaf), in: store) else { continue }
            if entry != entries[leaf] { return "leaf \(leaf) is proven with other bytes" }
        }
        guard number % 8 == 0,
            let bytes = try? Self.evidence(store, index: index, network: network),
            bytes != evidence, (try? evidenceVerifier.verify(bytes)) != nil
        else { return nil }
        // A part that cannot be found any more is told to be withheld, which is true.
        guard let read = try? Evidence.decode(bytes), let truth = try? Evidence.decode(evidence),
            read.logs.count == 1, read.logs[0].checkpoint == truth.logs[0].checkpoint,
            Set(read.logs[0].entries).isSubset(of: truth.logs[0].entries),
            Set(read.parts).isSubset(of: truth.parts)
        else { return "another evidence verifies" }
        return nil
    }

    /// An entry whose receipt verifies.
    private func provenEntry(at leaf: UInt64, in store: LedgerStore) throws -> [UInt8]? {
        guard let entry = try store.entry(at: leaf), let seal = try store.seal(atOrAfter: leaf),
            let bytes = try store.checkpoint(ofSeal: seal)
        else { return nil }
        let path = try TreeReader(tiles: store, size: seal + 1).inclusionProof(of: leaf)
        let note = try SignedNote.parse(bytes)
        _ = try note.verify(known: [verifier])
        let checkpoint = try Checkpoint(parsing: note.text)
        try TreeProofs.checkInclusion(
            leaf: TreeHash.leaf(entry), index: leaf, size: checkpoint.size, root: checkpoint.root,
            proof: path)
        return entry
    }

    private static func evidence(
        _ store: LedgerStore, index: SubjectIndex, network: DemoNetwork
    ) throws -> [UInt8] {
        let source = StoreEvidence(
            store: store, index: index, size: try store.size(), governance: network.state)
        var builder = EvidenceBuilder(network: network.id, source: source, reader: .nodeOperator)
        let question = EvidenceQuestion(
            uri: network.supplier.batch("lot-mixed"), scope: .subject)
        return try builder.build(question).encoded()
    }
}

/// A store as a source of evidence, with the subject index a running node has in memory.
private struct StoreEvidence: EvidenceSource {
    struct Missing: Error {}

    let store: LedgerStore
    let index: SubjectIndex
    let size: UInt64
    let governance: GovernanceState

    var ownership: Ownership { Ownership([governance]) }
    var origin: String { DemoNetwork.origin }
    var checkpointNote: String {
        String(
            decoding: (try? store.checkpoint(ofSeal: size &- 1)) ?? [], as: UTF8.self)
    }
    func entry(at index: UInt64) throws -> [UInt8] { try found(try store.entry(at: index)) }
    func manifest(at index: UInt64) throws -> [UInt8] { try found(try store.manifest(at: index)) }
    func part(_ digest: Hash256) throws -> [UInt8]? { try store.part(digest) }
    func permits(_ reader: Reader, _ part: Part) -> Bool { part.visibility.permits(reader) }
    func links(of key: Hash256) throws -> [LinkPlace] { try store.links(of: key) }
    func inclusionPath(of index: UInt64) throws -> [Hash256] {
        try TreeReader(tiles: store, size: size).inclusionProof(of: index)
    }
    func indexProof(for keys: [Hash256]) throws -> IndexProof {
        try index.proof(for: keys, leaves: store)
    }
    func seal(before index: UInt64) throws -> UInt64? { try store.seal(before: index) }
    func seal(after index: UInt64) throws -> UInt64? { try store.seal(atOrAfter: index) }

    private func found(_ bytes: [UInt8]?) throws -> [UInt8] {
        guard let bytes else { throw Missing() }
        return bytes
    }
}

@Suite(.serialized) struct `A flipped bit` {
    struct Figures: Sendable {
        var flips = 0
        var unopened = 0
        var named = 0
        var withoutEffect = 0
        var missedByStructure = 0
        var missed: [String] = []
        var falsely: [String] = []
    }

    /// Flips one bit and says what comes of it.
    static func flip(
        _ bit: Int, of truth: FlippedLedger, in directory: String, _ figures: inout Figures
    ) throws {
        figures.flips += 1
        let disk = truth.disk.afterCrash()
        disk.flip(bit: bit, of: FlippedLedger.file)
        disk.mount(directory)
        defer { disk.unmount() }
        let ledger: Ledger
        do {
            ledger = try Ledger.inspect(directory: directory)
        } catch {
            figures.unopened += 1
            return
        }
        defer { try? ledger.close() }
        let place = "byte \(bit / 8) bit \(bit % 8)"
        do {
            try ledger.read { store in
                let structure = try? String.fetchAll(store.database, sql: "PRAGMA integrity_check")
                let isSame = (try? ContentDigest(store)) == truth.digest
                if isSame, structure == ["ok"] {
                    // No row is another than before: nothing that is asked has another answer.
                    figures.withoutEffect += 1
                    guard figures.withoutEffect % 100 == 0 else { return }
                }
                let findings = LedgerCheck.report(on: store, genesis: truth.network.state).findings
                if findings.isEmpty != (isSame && structure == ["ok"]) {
                    figures.missed.append("\(place): \(findings)")
                }
                if let proof = truth.falseProof(from: store, number: figures.flips) {
                    figures.falsely.append("\(place): \(proof)")
                }
                if isSame { return }
                figures.named += 1
                if structure == ["ok"] { figures.missedByStructure += 1 }
            }
        } catch {
            figures.named += 1
        }
    }

    @Test func `of the ledger is named by the check, and nothing false is proven`() throws {
        let start = ContinuousClock.now
        let truth = try FlippedLedger()
        let bytes = truth.disk.bytes(of: FlippedLedger.file)
        let written = bytes.indices.filter { bytes[$0] != 0 }
        let all = Mutex(Figures())
        _ = try inTwo { worker in
            var random = SplitMix64(seed: 600 + UInt64(worker))
            var figures = Figures()
            let directory = try TemporaryDirectory()
            for number in 0..<Int(5_000 * longRun) {
                let byte =
                    number % 4 == 0
                    ? Int.random(in: bytes.indices, using: &random)
                    : written[Int.random(in: written.indices, using: &random)]
                let bit = byte * 8 + Int.random(in: 0..<8, using: &random)
                try Self.flip(bit, of: truth, in: directory.path, &figures)
            }
            all.withLock { all in
                all.flips += figures.flips
                all.unopened += figures.unopened
                all.named += figures.named
                all.withoutEffect += figures.withoutEffect
                all.missedByStructure += figures.missedByStructure
                all.missed += figures.missed
                all.falsely += figures.falsely
            }
            return CutTally()
        }
        let figures = all.withLock { $0 }
        #expect(figures.missed == [])
        #expect(figures.falsely == [])
        #expect(figures.named > figures.flips / 4)
        // Without hashing the rows again most flips would not be seen.
        #expect(figures.missedByStructure > figures.named / 4)
        report(
            "D6",
            "\(figures.flips) flips of \(bytes.count) bytes, \(figures.unopened) not opened, "
                + "\(figures.named) named, \(figures.withoutEffect) without effect, "
                + "\(figures.missed.count) missed, \(figures.falsely.count) false proofs; control: "
                + "the structure alone misses \(figures.missedByStructure)", since: start)
    }
}
