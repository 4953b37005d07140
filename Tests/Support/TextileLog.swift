package import MerkleTrees
package import Records
package import Verdicts

/// The log of an invented towel, from fibre to shelf: what the tests of evidence ask about.
///
/// The supplier makes two batches of fibre, the second of which only it and the wholesaler may see;
/// a mill, admitted by an amendment, spins them into yarn under a process of its own, and has its
/// lab report erased later; the wholesaler weaves towels and hands one to the carrier, who packs it onto a pallet, and
/// makes a batch in the supplier's name under a delegation.
package struct TextileLog: Sendable {
    /// The log as it is kept.
    package var log: DemoLog
    /// The organisation admitted later.
    package let mill: DemoNetwork.Member
    /// The part that was erased.
    package private(set) var erasedPart = Hash256.zero
    /// The part that only supplier and wholesaler may see.
    package private(set) var withheldPart = Hash256.zero

    /// The network.
    package var network: DemoNetwork { log.network }
    /// Fibre that everybody may see.
    package var fibre: String { network.supplier.batch("F1") }
    /// Fibre whose making is shown to two members only.
    package var secretFibre: String { network.supplier.batch("F2") }
    /// Fibre made by the carrier under the supplier's delegation.
    package var delegatedFibre: String { network.supplier.batch("F3") }
    /// Yarn.
    package var yarn: String { mill.batch("Y1") }
    /// The process that made the yarn.
    package let process = "urn:uuid:0c7e8a3c-5c1b-4b3e-9a53-1d52f1d3f0aa"
    /// A batch of towels.
    package var towels: String { network.wholesaler.batch("T1") }
    /// One towel of that batch.
    package var towel: String { "https://id.gs1.org/01/\(network.wholesaler.gtin)/21/S1" }
    /// The pallet the towel stood on.
    package let pallet = "https://id.gs1.org/00/395219870000000019"
    /// A batch about which the carrier reports from the wholesaler's site.
    package var reported: String { network.carrier.batch("R1") }
    /// A certificate of the fibre.
    package let certificate = "https://certificates.example/organic/1"

    /// Everything up to the towel on its pallet.
    package init() throws {
        log = try DemoLog(network: DemoNetwork())
        mill = try DemoNetwork.member(
            "mill", prefix: "9528765", party: "9528765000000", site: "9528765000017",
            gtin: "09528765123457")
        try registerFibre()
        try log.amend(
            [.admit(DemoNetwork.organisation(mill, "Demo Mill", .supplier))], "admit mill")
        try spin()
        try weave()
        try pack()
        try reportAndErase()
    }

    /// Evidence about a URI for a reader, who is the node's operator unless told.
    package func evidence(
        about uri: String, _ scope: EvidenceScope = .upstream, reader: Reader = .nodeOperator
    ) throws -> Evidence {
        var builder = EvidenceBuilder(
            network: network.id, source: try log.rendered(), reader: reader)
        return try builder.build(EvidenceQuestion(uri: uri, scope: scope))
    }

    /// Signs one event and registers it.
    @discardableResult
    package mutating func register(
        _ event: [UInt8], by member: DemoNetwork.Member, _ name: String,
        visibility: Visibility = .network
    ) throws -> Hash256 {
        let submission = try network.submission(
            event: event, by: member, visibility: visibility,
            issuedAtSeconds: log.nowMilliseconds / 1_000)
        try log.register(submission, name)
        return try Part.decode(submission.parts[0]).digest
    }

    /// Signs one record and registers it.
    @discardableResult
    package mutating func register(
        _ record: Record, by member: DemoNetwork.Member, _ name: String,
        visibility: Visibility = .network
    ) throws -> Hash256 {
        let signer = Signer(network: network.id, issuer: member.uri, key: member.key)
        let part = try signer.part(record, visibility: visibility)
        for submission in try signer.submissions(
            [part], issuedAtSeconds: log.nowMilliseconds / 1_000)
        {
            try log.register(submission, name)
        }
        return part.digest
    }

    private mutating func registerFibre() throws {
        let supplier = network.supplier
        try register(
            DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning", batches: [(fibre, "500")],
                site: supplier.site), by: supplier, "fibre")
        withheldPart = try register(
            DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning", batches: [(secretFibre, "80")],
                site: supplier.site),
            by: supplier, "secret fibre",
            visibility: .only([supplier.uri, network.wholesaler.uri]))
        var organic = Record(kind: .certificate)
        organic.id = certificate
        organic.about = [fibre]
        organic.fromMilliseconds = DemoNetwork.startMilliseconds
        organic.body = RecordBody(contentType: "text/plain", bytes: Array("organic".utf8))
        try register(organic, by: supplier, "certificate")
        var delegation = Record(kind: .delegation)
        delegation.id = "https://delegations.example/1"
        delegation.fromMilliseconds = DemoNetwork.startMilliseconds
        delegation.to = [network.carrier.uri]
        delegation.about = [supplier.uri]
        delegation.scope = [ScopeItem("prefix", supplier.prefix)]
        try register(delegation, by: supplier, "delegation", visibility: .open)
        try log.seal()
    }

    private mutating func spin() throws {
        try register(
            DemoNetwork.event(
                "TransformationEvent", time: "2026-01-06T08:00:00Z",
                """
                "bizLocation":{"id":"\(mill.site)"},"transformationID":"\(process)",\
                "inputQuantityList":[\(DemoNetwork.quantities([(fibre, "500"), (secretFibre, "80")]))],\
                "outputQuantityList":[\(DemoNetwork.quantities([(yarn, "550")]))]
                """), by: mill, "spinning")
        let signer = Signer(network: network.id, issuer: mill.uri, key: mill.key)
        let report = try signer.part(
            Array("strength 17 cN/tex, tested by J. Doe".utf8), type: "text/plain",
            visibility: .network)
        erasedPart = report.digest
        try log.register(
            signer.attachment(
                report, mentioning: [yarn],
                issuedAtSeconds: log.nowMilliseconds / 1_000), "lab report")
        try log.seal()
    }

    private mutating func weave() throws {
        let wholesaler = network.wholesaler
        try register(
            DemoNetwork.transformationEvent(
                inputs: [(yarn, "550")], outputs: [(towels, "540")], site: wholesaler.site),
            by: wholesaler, "weaving")
        try register(
            DemoNetwork.event(
                "ObjectEvent", time: "2026-01-07T08:00:00Z",
                """
                "action":"ADD","bizStep":"commissioning",\
                "bizLocation":{"id":"\(wholesaler.site)"},\
                "epcList":["https://id.gs1.org/01/\(wholesaler.gtin)/10/T1/21/S1"]
                """), by: wholesaler, "towel")
        try log.seal()
    }

    private mutating func pack() throws {
        let carrier = network.carrier
        try register(
            DemoNetwork.event(
                "ObjectEvent", time: "2026-01-08T07:00:00Z",
                """
                "action":"OBSERVE","bizStep":"shipping",\
                "bizLocation":{"id":"\(network.wholesaler.site)"},"epcList":["\(towel)"],\
                "destinationList":[{"type":"possessing_party","destination":"\(carrier.uri)"}]
                """), by: network.wholesaler, "shipping")
        try register(
            DemoNetwork.event(
                "AggregationEvent", time: "2026-01-08T08:00:00Z",
                """
                "action":"ADD","bizStep":"packing","bizLocation":{"id":"\(carrier.site)"},\
                "parentID":"\(pallet)","childEPCs":["\(towel)"]
                """), by: carrier, "packing")
        try register(
            DemoNetwork.event(
                "ObjectEvent", time: "2026-01-08T09:00:00Z",
                """
                "action":"OBSERVE","bizStep":"departing","readPoint":{"id":"\(carrier.site)"},\
                "epcList":["\(pallet)"]
                """), by: carrier, "departing")
        try register(
            DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning", batches: [(delegatedFibre, "3")],
                site: carrier.site), by: carrier, "delegated fibre")
        try log.seal()
    }

    private mutating func reportAndErase() throws {
        let carrier = network.carrier
        try register(
            DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning", batches: [(reported, "4")],
                site: network.wholesaler.site), by: carrier, "reported")
        var erasure = Record(kind: .erasure)
        erasure.target = .part(erasedPart)
        erasure.keys = [Subject(facet: .assertions, uri: yarn).key(in: network.id)]
        erasure.reason = "it names a person"
        try register(erasure, by: mill, "erasure")
        log.erase(erasedPart)
        try log.seal()
    }
}
