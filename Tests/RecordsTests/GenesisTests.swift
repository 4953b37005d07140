import DeterministicCBOR
import MerkleTrees
import Records
import Signatures
import Support
import Testing

@Suite struct GenesisTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    /// The demo document with some members replaced.
    private func document(
        rules: UInt64 = 1, governors: Governors? = nil, organisations: [Organisation]? = nil,
        nodes: [LogNode]? = nil, delegations: [Delegation] = [], policy: Policy? = nil
    ) -> GenesisDocument {
        let usual = demo.document
        return GenesisDocument(
            name: usual.name, createdMilliseconds: usual.createdMilliseconds, rulesVersion: rules,
            governors: governors ?? usual.governors,
            organisations: organisations ?? usual.organisations, nodes: nodes ?? usual.nodes,
            delegations: delegations, policy: policy ?? usual.policy)
    }

    private func found(_ document: GenesisDocument, by keys: [SigningKey]? = nil) throws
        -> GovernanceState
    {
        try GenesisFile.make(
            document, governors: keys ?? demo.governors, issuer: demo.wholesaler.uri,
            issuerKey: demo.wholesaler.key, issuedAtSeconds: DemoNetwork.startSeconds
        ).verified()
    }

    private func organisation(_ name: String, prefixes: [String]) -> Organisation {
        Organisation(uri: "urn:demo:\(name)", name: name, prefixes: prefixes)
    }

    @Test func `the network id is the hash of the genesis document`() throws {
        let input = Array("cairn/network/v1".utf8) + [0]
        #expect(demo.id == Hash256.sha256(input, demo.document.encoded()))
        #expect(try GenesisDocument.decode(demo.document.encoded()) == demo.document)
        #expect(try GenesisFile.decode(demo.file.encoded()) == demo.file)
        #expect(demo.state.seq == 0)
        #expect(demo.state.nodes.keys.sorted() == [DemoNetwork.origin])
    }

    @Test func `each byte of a genesis file matters`() throws {
        let bytes = demo.file.encoded()
        var accepted = 0
        for position in stride(from: 0, to: bytes.count, by: 37) {
            var broken = bytes
            broken[position] ^= 0x01
            guard let file = try? GenesisFile.decode(broken), let state = try? file.verified()
            else { continue }
            // The governors' threshold is all, so no byte can change and leave a valid network.
            Issue.record("byte \(position) changed: \(state.network)")
            accepted += 1
        }
        #expect(accepted == 0)
    }

    @Test func `the threshold is more than half and at most all`() throws {
        for threshold: UInt64 in [0, 1, 3] {
            let governors = Governors(demo.document.governors.members, threshold: threshold)
            expectRefusal("governance.threshold") { try found(document(governors: governors)) }
        }
        expectRefusal("governance.threshold") {
            try found(demo.document, by: [demo.governors[0]])
        }
        expectRefusal("governance.signature") {
            try found(demo.document, by: demo.governors + [demo.carrier.key])
        }
    }

    @Test(arguments: [
        (["9521141"], ["9521141"]), (["9521"], ["9521141"]), (["9521141"], ["9521"]),
        (["4000", "5000"], ["6000", "50001"]),
    ])
    func `no prefix begins with another organisation's`(one: [String], two: [String]) throws {
        let members = [
            demo.document.organisations[2], organisation("one", prefixes: one),
            organisation("two", prefixes: two),
        ]
        expectRefusal("governance.prefix-taken") { try found(document(organisations: members)) }
    }

    @Test func `prefixes are found by the digits they cover`() throws {
        let members = [
            demo.document.organisations[2],
            organisation("one", prefixes: ["9521", "952112", "0001"]),
            organisation("two", prefixes: ["95220", "95221"]),
        ]
        let governors = Governors(
            [Governor(organisation: demo.wholesaler.uri, key: demo.governors[1].publicKey)],
            threshold: 1)
        let state = try found(
            document(governors: governors, organisations: members), by: [demo.governors[1]])
        let owners = [
            "9521000000001": "urn:demo:one", "9521120000001": "urn:demo:one",
            "0001": "urn:demo:one", "9522100000001": "urn:demo:two",
        ]
        for (digits, owner) in owners {
            #expect(state.owner(ofPrefixCovering: digits)?.uri == owner)
        }
        for digits in ["", "952", "9522", "9522200000001", "001", "1", "95A1"] {
            #expect(state.owner(ofPrefixCovering: digits) == nil)
        }
    }

    @Test(arguments: ["123", "1234567890123", "12a4", ""])
    func `a prefix is 4 to 12 digits`(prefix: String) throws {
        let members = demo.document.organisations + [organisation("one", prefixes: [prefix])]
        expectRefusal("governance.format") { try found(document(organisations: members)) }
    }

    @Test func `one key has one purpose and one owner`() throws {
        let node = demo.document.nodes[0]
        let key = demo.supplier.key.publicKey
        let asLog = LogNode(origin: node.origin, organisation: node.organisation, logKey: key)
        expectRefusal("governance.key-reused") { try found(document(nodes: [asLog])) }
        let asCosigner = LogNode(
            origin: node.origin, organisation: node.organisation, logKey: node.logKey,
            cosignerKey: node.logKey)
        expectRefusal("governance.key-reused") { try found(document(nodes: [asCosigner])) }
        let twoLogs = LogNode(
            origin: "demo.example/other", organisation: demo.supplier.uri, logKey: node.logKey)
        expectRefusal("governance.key-reused") { try found(document(nodes: [node, twoLogs])) }
        let governors = Governors(
            [Governor(organisation: demo.supplier.uri, key: key)], threshold: 1)
        expectRefusal("governance.key-reused") {
            try found(document(governors: governors), by: [demo.supplier.key])
        }
        let other = Organisation(
            uri: "urn:demo:other", name: "other",
            keys: [OrganisationKey(purpose: .issuer, key: key, fromMilliseconds: 0)])
        expectRefusal("governance.key-reused") {
            try found(document(organisations: demo.document.organisations + [other]))
        }
    }

    @Test func `a quorum can be met and shares an honest cosigner: q ≤ n and 2q > n + f`() throws {
        func nodes(_ count: Int) throws -> [LogNode] {
            try (0..<count).map {
                LogNode(
                    origin: "demo.example/\($0)", organisation: demo.wholesaler.uri,
                    logKey: try DemoNetwork.key("log \($0)").publicKey,
                    cosignerKey: try DemoNetwork.key("cosigner \($0)").publicKey)
            }
        }
        for cosigners in 0...4 {
            for quorum in 0...4 {
                for liars in 0...2 {
                    let policy = Policy(
                        quorum: UInt64(quorum), toleratedLiars: UInt64(liars),
                        furthestFutureSeconds: 300)
                    let document = try document(nodes: nodes(cosigners), policy: policy)
                    if quorum == 0 || quorum <= cosigners && 2 * quorum > cosigners + liars {
                        _ = try found(document)
                    } else {
                        expectRefusal("governance.quorum") { try found(document) }
                    }
                }
            }
        }
    }

    @Test func `names are canonical, rules are known, origins are plain`() throws {
        let urn = Organisation(uri: "urn:epc:id:pgln:9521141.00000", name: "urn")
        expectRefusal("governance.format") {
            try found(document(organisations: demo.document.organisations + [urn]))
        }
        expectRefusal("governance.format") { try found(document(rules: 2)) }
        for origin in ["Demo.example", "demo example", "", String(repeating: "a", count: 256)] {
            let node = LogNode(
                origin: origin, organisation: demo.wholesaler.uri, logKey: demo.logKey.publicKey)
            expectRefusal("governance.format") { try found(document(nodes: [node])) }
        }
        let stranger = LogNode(
            origin: "a", organisation: "urn:x:stranger", logKey: demo.logKey.publicKey)
        expectRefusal("governance.format") { try found(document(nodes: [stranger])) }
        let outsider = Governors(
            [Governor(organisation: "urn:x:y", key: demo.governors[0].publicKey)], threshold: 1)
        expectRefusal("governance.format") {
            try found(document(governors: outsider), by: [demo.governors[0]])
        }
        let p256 = try SigningKey(p256Scalar: Hash256.sha256([4]).bytes).publicKey
        let node = LogNode(origin: "a", organisation: demo.wholesaler.uri, logKey: p256)
        expectRefusal("governance.format") { try found(document(nodes: [node])) }
    }

    @Test func `lists out of order and unknown members are refused`() throws {
        let value = try CBORValue.decode(demo.document.encoded())
        guard case .map(let pairs) = value else { return }
        for key in [4, 6] {
            var changed = pairs
            changed[key].value = .array((pairs[key].value.asArray ?? []).reversed())
            expectRefusal("governance.format") {
                try GenesisDocument.decode(CBORValue.map(changed).encoded())
            }
        }
        for key in 0..<12 {
            var lacking = pairs
            lacking.remove(at: key)
            expectRefusal("governance.format") {
                try GenesisDocument.decode(CBORValue.map(lacking).encoded())
            }
            var wrong = pairs
            wrong[key].value = .bool(true)
            expectRefusal("governance.format") {
                try GenesisDocument.decode(CBORValue.map(wrong).encoded())
            }
        }
        let more = CBORValue.map(pairs + [CBORPair(12, .null)])
        expectRefusal("governance.format") { try GenesisDocument.decode(more.encoded()) }
    }

    @Test func `the genesis statement is a member's, over that one part`() throws {
        expectRefusal("statement.issuer-unknown") {
            try GenesisFile.make(
                demo.document, governors: demo.governors, issuer: "urn:x:stranger",
                issuerKey: demo.wholesaler.key, issuedAtSeconds: 0)
        }
        expectRefusal("statement.key-unknown") {
            try GenesisFile.make(
                demo.document, governors: demo.governors, issuer: demo.wholesaler.uri,
                issuerKey: demo.carrier.key, issuedAtSeconds: 0)
        }
        let other = try demo.attachment("a", mentioning: ["urn:x:1"], by: demo.wholesaler)
        let mixed = GenesisFile(
            statement: other.statement, manifest: other.manifest, part: demo.file.part)
        expectRefusal("rows.unexpected") { try mixed.verified() }
        let swapped = GenesisFile(
            statement: demo.file.statement, manifest: other.manifest, part: demo.file.part)
        expectRefusal("manifest.root") { try swapped.verified() }
    }
}
