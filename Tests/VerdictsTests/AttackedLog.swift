import MerkleTrees
import Records
import Signatures
import Support
import Verdicts

/// A small log that its own keeper attacks.
///
/// Batch A is made by the supplier, moved by the carrier whose key is revoked later from before
/// that time, and received by the wholesaler: *invalid*. Batch B is the supplier's own, certified:
/// *verified*. Batch C is reported by the carrier from another's site: *declared*.
struct AttackedLog {
    let network: DemoNetwork
    let log: DemoLog
    let honest: RenderedLog
    /// What a mirror holds: size and root of each checkpoint given out.
    let givenOut: [(size: Int, root: Hash256)]

    init() throws {
        network = try DemoNetwork()
        var log = try DemoLog(network: network)
        let (supplier, carrier) = (network.supplier, network.carrier)
        try Self.register(
            &log, "made A", by: supplier, supplier.batch("A"), at: supplier.site,
            takers: [carrier.uri, network.wholesaler.uri])
        try Self.register(&log, "made B", by: supplier, supplier.batch("B"), at: supplier.site)
        try Self.register(
            &log, "reported C", by: carrier, carrier.batch("C"), at: network.wholesaler.site)
        try log.seal()
        let revokedFrom = log.nowMilliseconds
        try Self.register(
            &log, "moved A", by: carrier, supplier.batch("A"), at: carrier.site, "OBSERVE")
        try log.seal()
        try log.amend(
            [
                .revokeKey(
                    thumbprint: carrier.key.publicKey.thumbprint, fromMilliseconds: revokedFrom)
            ], "revocation")
        try Self.register(
            &log, "received A", by: network.wholesaler, supplier.batch("A"),
            at: network.wholesaler.site, "OBSERVE")
        try log.register(try Self.certificate(network, log.nowMilliseconds), "certificate of B")
        try log.seal()
        self.log = log
        honest = try log.rendered()
        var given: [(size: Int, root: Hash256)] = []
        for (leaf, item) in log.script.items.enumerated() {
            if case .seal = item { given.append((leaf + 1, honest.root(size: leaf + 1))) }
        }
        givenOut = given
    }

    static func event(
        _ network: DemoNetwork, by member: DemoNetwork.Member, _ uri: String, at site: String,
        _ action: String = "ADD", takers: [String] = [], key: SigningKey? = nil, seconds: UInt64
    ) throws -> Submission {
        let event = DemoNetwork.objectEvent(
            action: action, bizStep: action == "ADD" ? "commissioning" : "shipping",
            batches: [(uri, "1")], site: site, takers: takers)
        let signer = Signer(network: network.id, issuer: member.uri, key: key ?? member.key)
        let parts = try signer.parts(epcisDocument: event, visibility: .network)
        return try signer.submissions(parts, issuedAtSeconds: seconds)[0]
    }

    private static func register(
        _ log: inout DemoLog, _ name: String, by member: DemoNetwork.Member, _ uri: String,
        at site: String, _ action: String = "ADD", takers: [String] = []
    ) throws {
        let submission = try event(
            log.network, by: member, uri, at: site, action, takers: takers,
            seconds: log.nowMilliseconds / 1_000)
        try log.register(submission, name)
    }

    private static func certificate(
        _ network: DemoNetwork, _ time: UInt64
    ) throws -> Submission {
        var record = Record(kind: .certificate)
        record.id = "https://certificates.example/b"
        record.about = [network.supplier.batch("B")]
        record.fromMilliseconds = time
        record.body = RecordBody(contentType: "text/plain", bytes: Array("good".utf8))
        let signer = Signer(
            network: network.id, issuer: network.supplier.uri, key: network.supplier.key)
        return try signer.submissions(
            [signer.part(record, visibility: .network)], issuedAtSeconds: time / 1_000)[0]
    }

    /// The leaf of a named statement.
    func leaf(_ name: String) -> Int { Int(log.leaves[name] ?? 0) }

    /// The leaves of all statements but genesis.
    var statements: [Int] { log.leaves.values.map(Int.init).filter { $0 > 0 }.sorted() }

    /// Batches with an answer each, and one that nothing is known of.
    var subjects: [String] {
        ["A", "B"].map(network.supplier.batch) + ["C", "D"].map(network.carrier.batch)
    }

    /// The places of a leaf's rows, or of those about one subject key.
    func places(at leaf: Int, about key: Hash256? = nil) throws -> Set<LinkPlace> {
        guard let bytes = honest.manifests[UInt64(leaf)] else { return [] }
        let rows = try Manifest.decode(bytes).rows
        return Set(
            rows.indices.filter { key == nil || rows[$0].key == key }.map {
                LinkPlace(leafIndex: UInt64(leaf), row: UInt32($0))
            })
    }

    /// The evidence a source gives about a question.
    func evidence(
        _ source: some EvidenceSource, _ question: EvidenceQuestion
    ) throws -> Evidence {
        var builder = EvidenceBuilder(network: network.id, source: source, reader: .nodeOperator)
        return try builder.build(question)
    }
}

/// A log whose keeper shows the chains and the index of an earlier seal under the newest.
struct StaleSource: EvidenceSource {
    let newest: RenderedLog
    let stale: RenderedLog

    var origin: String { newest.origin }
    var checkpointNote: String { newest.checkpointNote }
    var size: UInt64 { newest.size }
    var governance: GovernanceState { newest.governance }
    var ownership: Ownership { newest.ownership }
    func entry(at index: UInt64) throws -> [UInt8] { try newest.entry(at: index) }
    func manifest(at index: UInt64) throws -> [UInt8] { try newest.manifest(at: index) }
    func part(_ digest: Hash256) throws -> [UInt8]? { try newest.part(digest) }
    func permits(_ reader: Reader, _ part: Part) -> Bool { part.visibility.permits(reader) }
    func links(of key: Hash256) throws -> [LinkPlace] { try stale.links(of: key) }
    func inclusionPath(of index: UInt64) throws -> [Hash256] {
        try newest.inclusionPath(of: index)
    }
    func indexProof(for keys: [Hash256]) throws -> IndexProof { try stale.indexProof(for: keys) }
    func seal(before index: UInt64) throws -> UInt64? { try newest.seal(before: index) }
    func seal(after index: UInt64) throws -> UInt64? { try newest.seal(after: index) }
}
