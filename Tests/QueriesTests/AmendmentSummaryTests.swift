import DeterministicCBOR
import EPCIS
import MerkleTrees
import Queries
import Records
import Signatures
import Support
import Testing

/// What governors read before they sign.
@Suite struct AmendmentSummaryTests {
    let demo: DemoNetwork
    let day: UInt64 = DemoNetwork.startMilliseconds

    init() throws { demo = try DemoNetwork() }

    private func sentences(_ changes: [Change], of state: GovernanceState? = nil) throws -> [String]
    {
        let state = state ?? demo.state
        return try AmendmentSummary(
            AmendmentFile.make(changes, after: state), of: state
        ).changes
    }

    private func key(_ name: String, _ purpose: KeyPurpose = .issuer) throws -> OrganisationKey {
        OrganisationKey(
            purpose: purpose, key: try DemoNetwork.key(name).publicKey, fromMilliseconds: day)
    }

    @Test func `a revoked key's records fall by their time of registration`() throws {
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        let revoke = Change.revokeKey(thumbprint: thumbprint, fromMilliseconds: day)
        let said = try sentences([revoke, revoke])
        #expect(
            said[0] == "revokes the issuer key \(thumbprint.hex) of Demo Supplier "
                + "(\(demo.supplier.uri)): what was registered with it from "
                + "2026-01-01T00:00:00.000Z on falls, whenever it says it was signed; what was "
                + "registered before stands; no issuer key is left to it")
        #expect(said[1].contains("it is revoked from 2026-01-01T00:00:00.000Z on already, which"))
        let earlier = try sentences([
            revoke, .revokeKey(thumbprint: thumbprint, fromMilliseconds: day - 1),
        ])[1]
        #expect(
            earlier.contains("it was revoked from 2026-01-01T00:00:00.000Z on, which counts no"))
        let rotated = try sentences([
            .addKey(organisation: demo.supplier.uri, key: try key("new")), revoke,
        ])[1]
        #expect(!rotated.contains("no issuer key is left"))
        let reader = try sentences([
            .addKey(organisation: demo.supplier.uri, key: try key("new", .reader)), revoke,
        ])[1]
        #expect(reader.contains("no issuer key is left"))
    }

    @Test func `what a description takes and gives is told`() throws {
        let uri = demo.supplier.uri
        let said = try sentences([
            .describe(
                Organisation(
                    uri: uri, name: "New name", roles: [.carrier], prefixes: ["9520002"],
                    sites: [])),
            .describe(
                Organisation(uri: uri, name: "New name", roles: [.carrier], prefixes: ["9520002"])),
        ])
        for words in [
            "describes Demo Supplier (\(uri)): its name becomes New name; it loses the role "
                + "supplier; it gains the role carrier", "it gains the prefix 9520002",
            "it loses the prefix \(demo.supplier.prefix): it creates nothing under it any more",
            "it loses the site \(demo.supplier.site)",
        ] { #expect(said[0].contains(words), "\(said[0])") }
        #expect(said[1] == "describes New name (\(uri)): nothing changes")
    }

    @Test func `governors hear who is out and who is in`() throws {
        let new = try DemoNetwork.key("governor 3").publicKey
        let governors = Governors(
            [
                Governor(organisation: demo.supplier.uri, key: demo.governors[0].publicKey),
                Governor(organisation: demo.carrier.uri, key: new),
            ], threshold: 2)
        let said = try sentences([.governors(governors)])[0]
        #expect(said.contains("from the next amendment on 2 of 2 must sign"))
        #expect(
            said.contains(
                "Demo Wholesaler (\(demo.wholesaler.uri)) with key "
                    + "\(demo.governors[1].publicKey.thumbprint.hex) is out"))
        #expect(said.contains("with key \(new.thumbprint.hex) is in"))
        #expect(!said.contains(demo.governors[0].publicKey.thumbprint.hex))
    }

    @Test func `every kind of change has its words`() throws {
        let delegation = Delegation(
            id: "urn:demo:d", by: demo.supplier.uri, to: demo.carrier.uri,
            prefixes: [demo.supplier.prefix], sites: [], fromMilliseconds: day,
            untilMilliseconds: nil)
        let node = LogNode(
            origin: "b.example/log", organisation: demo.carrier.uri,
            logKey: try DemoNetwork.key("log b").publicKey,
            cosignerKey: try DemoNetwork.key("cosigner b").publicKey, address: "b.example:1")
        let said = try sentences([
            .admit(
                Organisation(
                    uri: "urn:demo:new", name: "New", roles: [.supplier], prefixes: ["9520002"],
                    sites: ["urn:demo:s"], keys: [try key("new")])),
            .suspend(organisation: demo.carrier.uri, fromMilliseconds: day),
            .reinstate(organisation: demo.carrier.uri, fromMilliseconds: day + 1),
            .node(node),
            .rotateLogKey(
                origin: DemoNetwork.origin, key: try DemoNetwork.key("log 2").publicKey, size: 9,
                root: .zero),
            .delegate(delegation), .endDelegation(id: "urn:demo:d", fromMilliseconds: day + 1),
            .scheme(Scheme(id: "s", terms: .map([]))), .anchors([demo.carrier.uri]), .anchors([]),
            .policy(Policy(quorum: 1, toleratedLiars: 0, furthestFutureSeconds: 300)),
            .rules(version: 1),
        ])
        let starts = [
            "admits New (urn:demo:new); as supplier; it alone creates under the prefixes 9520002; it "
                + "reports at the sites urn:demo:s; its issuer key ",
            "suspends Demo Carrier (", "reinstates Demo Carrier (",
            "adds the node b.example/log of Demo Carrier (",
            "gives the log demo.example/log the key ",
            "lets Demo Carrier (",
            "ends the delegation urn:demo:d: from 2026-01-01T00:00:00.001Z on",
            "sets the terms of the claim scheme s", "accepts the accreditations of Demo Carrier (",
            "accepts nobody's accreditations",
            "sets the policy: cosignatures that make a checkpoint final: 1, before 0; lying "
                + "cosigners borne: 0 as before",
            "sets the rules version to 1",
        ]
        #expect(said.count == starts.count)
        for (said, start) in zip(said, starts) { #expect(said.hasPrefix(start), "\(said)") }
    }

    @Test func `names do not steer the terminal that governors read`() throws {
        let evil = Organisation(uri: "urn:demo:evil", name: "A\u{1B}[2J\nB\u{202E}C", keys: [])
        let said = try sentences([.admit(evil)])[0]
        #expect(said == "admits A?[2J?B?C (urn:demo:evil)")
    }

    @Test func `the table says who has signed and how many must`() throws {
        var file = try AmendmentFile.make([.anchors([])], after: demo.state)
        let none = try AmendmentSummary(file, of: demo.state)
        #expect(none.table.hasSuffix("\n\n0 of the 2 governors needed have signed\n"))
        #expect(none.table.contains("digest      \(file.digest.hex)\n"))
        for governor in demo.governors {
            #expect(try !AmendmentSummary(file, of: demo.state).isComplete)
            file = try file.signed(by: governor, of: demo.state.governors)
        }
        let all = try AmendmentSummary(file, of: demo.state)
        #expect(all.isComplete)
        #expect(all.table.contains("signed by Demo Supplier (\(demo.supplier.uri))\n"))
        #expect(all.signers.count == 2)
    }

    @Test func `a network's summary tells keys, suspensions and amendments`() throws {
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        let changes: [Change] = [
            .revokeKey(thumbprint: thumbprint, fromMilliseconds: day + 5),
            .suspend(organisation: demo.carrier.uri, fromMilliseconds: day + 6),
            .anchors([demo.carrier.uri]),
        ]
        let body = try demo.amendment(changes, after: demo.state)
        let state = try demo.state.applying(body)
        let step = try GovernanceStep(
            AmendmentFile(body), of: demo.state, registeredAtMilliseconds: day + 9)
        let summary = GovernanceSummary(state, history: [step])
        for line in [
            "    issuer key \(thumbprint.hex) from 2026-01-01T00:00:00.000Z, revoked from "
                + "2026-01-01T00:00:00.005Z\n", "    suspended from 2026-01-01T00:00:00.006Z\n",
            "amendment 1, registered 2026-01-01T00:00:00.009Z, \(body.digest.hex)\n",
            "anchor      \(demo.carrier.uri)\n",
            "  suspends Demo Carrier (", "  signed by Demo Wholesaler (",
        ] { #expect(summary.table.contains(line), "\(summary.table)") }
        let json = try JSONValue.parse(summary.json.serialized())
        #expect(json["governorKeys"]?.asArray?.count == 2)
        let amendment = try #require(json["amendments"]?.asArray?.first)
        #expect(amendment["registered"]?.asString == "2026-01-01T00:00:00.009Z")
        #expect(json["anchors"]?.asArray?.count == 1)
        #expect(amendment["changes"]?.asArray?.count == 3)
        #expect(amendment["signers"]?.asArray?.count == 2)
        #expect(GovernanceSummary(state).json["amendments"] == nil)
        let organisations = try #require(json["organisations"]?.asArray)
        let carrier = organisations.first { $0["uri"]?.asString == demo.carrier.uri }
        let suspension = try #require(carrier?["suspensions"]?.asArray?.first)
        #expect(suspension["suspended"]?.asBool == true)
        #expect(suspension["from"]?.asString == "2026-01-01T00:00:00.006Z")
    }
}
