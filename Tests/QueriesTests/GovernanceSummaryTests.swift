import EPCIS
import MerkleTrees
import Queries
import Records
import Signatures
import Support
import Testing

@Suite struct GovernanceSummaryTests {
    private func parsed(_ state: GovernanceState) throws -> JSONValue {
        try JSONValue.parse(GovernanceSummary(state).json.serialized())
    }

    @Test func `the JSON names the network, its governors and its policy`() throws {
        let demo = try DemoNetwork()
        let json = try parsed(demo.state)
        #expect(json["network"]?.asString == demo.id.hex)
        #expect(json["name"]?.asString == "Demo network")
        #expect(json["seq"]?.asNumber?.text == "0")
        #expect(json["head"]?.asString == demo.id.hex)
        #expect(json["rulesVersion"]?.asNumber?.text == "1")
        #expect(json["threshold"]?.asNumber?.text == "2")
        #expect(json["quorum"]?.asNumber?.text == "0")
        #expect(
            Set(json["governors"]?.asArray?.compactMap(\.asString) ?? [])
                == [demo.supplier.uri, demo.wholesaler.uri])
    }

    @Test func `the JSON lists members by URI with roles, prefixes, sites and keys`() throws {
        let demo = try DemoNetwork()
        let listed = try #require(parsed(demo.state)["organisations"]?.asArray)
        let uris = listed.compactMap { $0["uri"]?.asString }
        #expect(uris == demo.members.map(\.uri).sorted())
        let supplier = try #require(listed.first { $0["uri"]?.asString == demo.supplier.uri })
        #expect(supplier["name"]?.asString == "Demo Supplier")
        #expect(supplier["roles"]?.asArray?.compactMap(\.asString) == ["supplier"])
        #expect(supplier["prefixes"]?.asArray?.compactMap(\.asString) == [demo.supplier.prefix])
        #expect(supplier["sites"]?.asArray?.compactMap(\.asString) == [demo.supplier.site])
        let keys = try #require(supplier["keys"]?.asArray)
        #expect(keys.map { $0["purpose"]?.asString } == ["issuer"])
        #expect(
            keys.map { $0["thumbprint"]?.asString }
                == [demo.supplier.key.publicKey.thumbprint.hex])
    }

    @Test func `the JSON lists nodes and delegations`() throws {
        let demo = try DemoNetwork()
        let state = try delegated(demo)
        let json = try parsed(state)
        let node = try #require(json["nodes"]?.asArray?.first)
        #expect(node["origin"]?.asString == DemoNetwork.origin)
        #expect(node["organisation"]?.asString == demo.wholesaler.uri)
        #expect(node["logKey"]?.asString == demo.logKey.publicKey.thumbprint.hex)
        let delegation = try #require(json["delegations"]?.asArray?.first)
        #expect(delegation["id"]?.asString == "urn:example:delegation:1")
        #expect(delegation["by"]?.asString == demo.supplier.uri)
        #expect(delegation["to"]?.asString == demo.carrier.uri)
        #expect(delegation["prefixes"]?.asArray?.compactMap(\.asString) == [demo.supplier.prefix])
        #expect(json["seq"]?.asNumber?.text == "1")
        #expect(json["head"]?.asString == state.head.hex)
    }

    private func delegated(_ demo: DemoNetwork) throws -> GovernanceState {
        let delegation = Delegation(
            id: "urn:example:delegation:1", by: demo.supplier.uri, to: demo.carrier.uri,
            prefixes: [demo.supplier.prefix], sites: [],
            fromMilliseconds: DemoNetwork.startMilliseconds, untilMilliseconds: nil)
        return try demo.state.applying(
            demo.amendment([.delegate(delegation)], after: demo.state))
    }

    @Test func `the table names members, their sites, nodes, and how many governors sign`() throws {
        let demo = try DemoNetwork()
        let table = GovernanceSummary(demo.state).table
        for line in [
            "network     \(demo.id.hex)", "name        Demo network",
            "governance  seq 0, head \(demo.id.hex)", "governors   2 of 2 sign",
            "quorum      none: answers are unwitnessed", "  Demo Carrier  (carrier)",
            "    \(demo.carrier.uri)", "    prefixes \(demo.carrier.prefix)",
            "    site \(demo.carrier.site)", "  demo.example/log  by \(demo.wholesaler.uri)",
        ] {
            #expect(table.contains(line + "\n"), "\(line)")
        }
        #expect(!table.contains("delegations"))
    }

    @Test func `the table shows delegations where there are any`() throws {
        let demo = try DemoNetwork()
        let table = try GovernanceSummary(delegated(demo)).table
        #expect(
            table.hasSuffix(
                """

                delegations
                  \(demo.supplier.uri) → \(demo.carrier.uri): \(demo.supplier.prefix)
                    urn:example:delegation:1, from 2026-01-01T00:00:00.000Z

                """))
    }

    @Test func `a network's name cannot steer a terminal`() throws {
        let demo = try DemoNetwork { document in
            GenesisDocument(
                name: "Evil\u{1b}[2J\nname        Good\u{202e}",
                createdMilliseconds:
                    document.createdMilliseconds, governors: document.governors,
                organisations: document.organisations, nodes: document.nodes,
                policy: document.policy)
        }
        let table = GovernanceSummary(demo.state).table
        #expect(table.contains("name        Evil?[2J?name        Good?\n"))
        #expect(!table.unicodeScalars.contains("\u{1b}"))
    }
}
