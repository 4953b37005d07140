import DeterministicCBOR
import MerkleTrees
import Notes
import Records
import Signatures
import Support
import Testing

/// How governance changes: the place and signatures of amendments, and each change of SPEC §9.2.
@Suite struct AmendmentTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    private func amend(_ changes: Change..., after state: GovernanceState? = nil) throws
        -> GovernanceState
    {
        let state = state ?? demo.state
        let body = try demo.amendment(changes, after: state)
        let next = try state.applying(body.encoded())
        #expect(next.seq == state.seq + 1)
        #expect(next.head == body.digest)
        return next
    }

    private func refuse(
        _ code: String = "governance.change", _ changes: Change...,
        after state: GovernanceState? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let state = state ?? demo.state
        expectRefusal(code, sourceLocation: sourceLocation) {
            try state.applying(demo.amendment(changes, after: state))
        }
    }

    private func key(_ name: String, _ purpose: KeyPurpose = .issuer) throws -> OrganisationKey {
        OrganisationKey(
            purpose: purpose, key: try DemoNetwork.key(name).publicKey, fromMilliseconds: 5)
    }

    // MARK: Place and signatures

    @Test func `two amendments make a chain`() throws {
        let first = try amend(.anchors([demo.carrier.uri]))
        let second = try amend(.rules(version: 1), after: first)
        #expect(second.anchors == [demo.carrier.uri])
        let input = Array("cairn/amendment/v1".utf8) + [0]
        let body = first.nextAmendment([.rules(version: 1)]).encoded()
        #expect(second.head == Hash256.sha256(input, body))
        let late = try demo.amendment([.rules(version: 1)], after: first)
        expectRefusal("governance.seq") { try second.applying(late) }
        expectRefusal("governance.seq") { try demo.state.applying(late) }
    }

    @Test func `an amendment of another history does not follow this one's`() throws {
        var here = demo.state
        var there = demo.state
        for number in 1...3 {
            let next = try there.applying(
                demo.amendment([.anchors([demo.carrier.uri])], after: there))
            if number > 1 {
                expectRefusal("governance.previous") {
                    try here.applying(demo.amendment([.anchors([])], after: there))
                }
            }
            here = try here.applying(demo.amendment([.anchors([])], after: here))
            there = next
        }
    }

    @Test func `an amendment names the head it follows and its network`() throws {
        func refuse(_ code: String, _ amendment: Amendment) {
            expectRefusal(code) {
                try demo.state.applying(
                    GovernanceBody.sign(body: amendment.encoded(), governors: demo.governors))
            }
        }
        let right = demo.state.nextAmendment([.anchors([])])
        refuse(
            "governance.previous",
            Amendment(
                network: right.network, seq: 1, previous: .zero, changes: right.changes))
        refuse(
            "governance.format",
            Amendment(network: .zero, seq: 1, previous: right.previous, changes: right.changes))
        for seq: UInt64 in [0, 2, .max] {
            refuse(
                "governance.seq",
                Amendment(
                    network: right.network, seq: seq, previous: right.previous,
                    changes: right.changes))
        }
        expectRefusal("governance.seq") {
            try demo.state.applying(Part.decode(demo.file.part).content)
        }
    }

    @Test func `the threshold of governors must sign, and nobody else may`() throws {
        let changes = [Change.anchors([])]
        let one = try demo.amendment(changes, after: demo.state, signedBy: [demo.governors[0]])
        expectRefusal("governance.threshold") { try demo.state.applying(one) }
        let more = try demo.amendment(
            changes, after: demo.state, signedBy: demo.governors + [DemoNetwork.key("x")])
        expectRefusal("governance.signature") { try demo.state.applying(more) }
        let body = try demo.amendment(changes, after: demo.state)
        var bytes = body.encoded()
        bytes[bytes.count - 1] ^= 1
        expectRefusal("governance.signature") { try demo.state.applying(bytes) }
        expectRefusal("governance.format") {
            try demo.amendment(
                changes, after: demo.state, signedBy: [demo.governors[0], demo.governors[0]])
        }
    }

    @Test func `an unknown change or too many are refused`() throws {
        func body(_ changes: [CBORValue]) -> [UInt8] {
            CBORValue.array([
                .bytes(demo.id.bytes), .unsigned(1), .bytes(demo.id.bytes), .array(changes),
            ]).encoded()
        }
        func refuse(_ changes: [CBORValue]) {
            expectRefusal("governance.format") {
                try GovernanceBody.sign(body: body(changes), governors: demo.governors)
            }
        }
        let anchors = CBORValue.array([.text("anchors"), .array([])])
        expectRefusal("governance.change") {
            try GovernanceBody.sign(
                body: body([.array([.text("abolish")])]), governors: demo.governors)
        }
        refuse([.array([.text("anchors")])])
        refuse([.array([])])
        refuse([.text("anchors")])
        refuse([])
        refuse([CBORValue](repeating: anchors, count: Limits.amendmentChanges + 1))
        let most = [CBORValue](repeating: anchors, count: Limits.amendmentChanges)
        let signed = try GovernanceBody.sign(body: body(most), governors: demo.governors)
        #expect(try demo.state.applying(signed).seq == 1)
    }

    // MARK: Changes

    @Test func `admit`() throws {
        let member = Organisation(
            uri: "urn:demo:new", name: "New", roles: [.certifier], prefixes: ["4000"],
            sites: ["urn:demo:site"], keys: [try key("new")])
        let state = try amend(.admit(member))
        #expect(state.organisations[member.uri] == member)
        #expect(state.owner(ofPrefixCovering: "40001")?.uri == member.uri)
        #expect(state.owner(ofSite: "urn:demo:site")?.uri == member.uri)
        refuse("governance.change", .admit(member), after: state)
        refuse(
            "governance.prefix-taken",
            .admit(Organisation(uri: "urn:demo:new", name: "New", prefixes: ["952114"])))
        refuse(
            "governance.key-reused",
            .admit(
                Organisation(
                    uri: "urn:demo:new", name: "New",
                    keys: [
                        OrganisationKey(
                            purpose: .issuer, key: demo.supplier.key.publicKey, fromMilliseconds: 0)
                    ])))
    }

    @Test func `describe`() throws {
        let uri = demo.supplier.uri
        let before = demo.state.organisations[uri]
        let described = Organisation(
            uri: uri, name: "Renamed", roles: [.retailer], prefixes: ["4000"],
            sites: ["urn:demo:site"])
        let state = try amend(.describe(described))
        #expect(state.organisations[uri]?.name == "Renamed")
        #expect(state.organisations[uri]?.keys == before?.keys)
        #expect(state.owner(ofPrefixCovering: "40001")?.uri == uri)
        #expect(state.owner(ofPrefixCovering: demo.supplier.prefix) == nil)
        #expect(state.owner(ofSite: demo.supplier.site) == nil)
        let heir = Organisation(
            uri: "urn:demo:heir", name: "Heir", prefixes: [demo.supplier.prefix])
        #expect(
            try amend(.admit(heir), after: state)
                .owner(ofPrefixCovering: demo.supplier.prefix)?.uri == heir.uri)
        refuse("governance.change", .describe(heir))
        refuse(
            "governance.prefix-taken",
            .describe(Organisation(uri: uri, name: "x", prefixes: [demo.carrier.prefix])))
        refuse(
            "governance.change",
            .describe(Organisation(uri: uri, name: "x", keys: [try key("new")])))
    }

    @Test func `suspend and reinstate`() throws {
        let uri = demo.supplier.uri
        refuse("governance.change", .reinstate(organisation: "urn:x:y", fromMilliseconds: 10))
        refuse("governance.change", .suspend(organisation: "urn:x:y", fromMilliseconds: 10))
        let suspended = try amend(.suspend(organisation: uri, fromMilliseconds: 10))
        let history = suspended.suspensions(of: uri)
        #expect(!history.isSuspended(atMilliseconds: 9))
        #expect(history.isSuspended(atMilliseconds: 10))
        let back = try amend(
            .reinstate(organisation: uri, fromMilliseconds: 5), after: suspended)
        #expect(!back.suspensions(of: uri).isSuspended(atMilliseconds: 10))
    }

    @Test func `add-key`() throws {
        let added = try key("new")
        let state = try amend(.addKey(organisation: demo.supplier.uri, key: added))
        #expect(state.organisations[demo.supplier.uri]?.keys.contains(added) == true)
        #expect(state.key(added.key.thumbprint)?.owner == demo.supplier.uri)
        refuse("governance.change", .addKey(organisation: "urn:x:y", key: added))
        refuse(
            "governance.change", .addKey(organisation: demo.supplier.uri, key: added), after: state)
        refuse(
            "governance.key-reused", .addKey(organisation: demo.carrier.uri, key: added),
            after: state)
        refuse(
            "governance.key-reused",
            .addKey(organisation: demo.supplier.uri, key: try key("new", .reader)), after: state)
    }

    @Test func `revoke-key`() throws {
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        let state = try amend(.revokeKey(thumbprint: thumbprint, fromMilliseconds: 10))
        #expect(state.key(thumbprint)?.revokedFromMilliseconds == 10)
        let earlier = try amend(
            .revokeKey(thumbprint: thumbprint, fromMilliseconds: 9), after: state)
        #expect(earlier.key(thumbprint)?.revokedFromMilliseconds == 9)
        let later = try amend(
            .revokeKey(thumbprint: thumbprint, fromMilliseconds: 11), after: state)
        #expect(later.key(thumbprint)?.revokedFromMilliseconds == 10)
        refuse("governance.change", .revokeKey(thumbprint: .zero, fromMilliseconds: 1))
        for key in [demo.governors[0], demo.logKey] {
            refuse(
                "governance.change",
                .revokeKey(thumbprint: key.publicKey.thumbprint, fromMilliseconds: 1))
        }
    }

    @Test func `node`() throws {
        let known = demo.document.nodes[0]
        let cosigner = try DemoNetwork.key("cosigner").publicKey
        func node(
            _ origin: String = DemoNetwork.origin, organisation: String? = nil,
            logKey: VerificationKey? = nil
        ) -> LogNode {
            LogNode(
                origin: origin, organisation: organisation ?? known.organisation,
                logKey: logKey ?? known.logKey, cosignerKey: cosigner, address: "demo.example:1")
        }
        let state = try amend(.node(node()))
        #expect(state.nodes[DemoNetwork.origin] == node())
        #expect(state.cosignerCount == 1)
        let new = try DemoNetwork.key("log 2").publicKey
        refuse("governance.change", .node(node(logKey: new)))
        refuse("governance.change", .node(node(organisation: demo.supplier.uri)))
        refuse("governance.format", .node(node("b", organisation: "urn:x:y", logKey: new)))
        refuse(
            "governance.key-reused",
            .node(node("b", organisation: demo.supplier.uri, logKey: new)), after: state)
    }

    @Test func `a new cosigner must leave the quorum safe`() throws {
        let known = demo.document.nodes[0]
        let cosigner = LogNode(
            origin: known.origin, organisation: known.organisation, logKey: known.logKey,
            cosignerKey: try DemoNetwork.key("cosigner").publicKey)
        let policy = Policy(quorum: 1, toleratedLiars: 0, furthestFutureSeconds: 0)
        refuse("governance.quorum", .policy(policy))
        let state = try amend(.node(cosigner), .policy(policy))
        #expect(state.policy == policy)
        #expect(state.cosignerCount == 1)
        let second = LogNode(
            origin: "b", organisation: known.organisation,
            logKey: try DemoNetwork.key("log b").publicKey,
            cosignerKey: try DemoNetwork.key("cosigner b").publicKey)
        refuse("governance.quorum", .node(second), after: state)
        let larger = Policy(quorum: 2, toleratedLiars: 1, furthestFutureSeconds: 0)
        #expect(try amend(.node(second), .policy(larger), after: state).cosignerCount == 2)
        refuse("governance.quorum", .node(known), after: state)
    }

    @Test func `an erasure is ordered once`() throws {
        let part = Hash256.sha256([1])
        let state = try amend(.erase(part: part, reason: "names a person"))
        #expect(state.orders(erasureOf: part) && !state.orders(erasureOf: .zero))
        #expect(state.orderedErasures == [part])
        refuse("governance.change", .erase(part: part, reason: "again"), after: state)
        refuse("governance.format", .erase(part: .zero, reason: ""))
    }

    @Test func `duties of retention are kept by name, and no policy needs them`() throws {
        let duties = [
            RetentionDuty(name: "b", kinds: ["event", "attachment"], seconds: 60),
            RetentionDuty(name: "a", kinds: ["recall"], seconds: .max),
        ]
        let policy = Policy(
            quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 0, duties: duties)
        let state = try amend(.policy(policy))
        #expect(state.policy.duties.map(\.name) == ["a", "b"])
        #expect(state.policy.duties[1].kinds == ["attachment", "event"])
        #expect(demo.state.policy.duties.isEmpty)
        let recall = Content.record(Record(kind: .recall))
        #expect(duties[1].end(of: recall, registeredAtMilliseconds: 5) == .max)
        #expect(duties[0].end(of: recall, registeredAtMilliseconds: 5) == nil)
        let twice = Policy(
            quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 0, duties: [duties[0], duties[0]])
        refuse("governance.format", .policy(twice))
        let empty = RetentionDuty(name: "c", kinds: [], seconds: 1)
        refuse(
            "governance.format",
            .policy(
                Policy(
                    quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 0, duties: [empty])))
    }

    @Test func `rotate-log-key`() throws {
        let new = try DemoNetwork.key("log 2")
        let root = Hash256.sha256([1])
        let change = Change.rotateLogKey(
            origin: DemoNetwork.origin, key: new.publicKey, size: 100, root: root)
        let state = try amend(change)
        #expect(state.nodes[DemoNetwork.origin]?.logKey == new.publicKey)
        #expect(
            state.logVerifier(origin: DemoNetwork.origin, size: 100)?.key == demo.logKey.publicKey)
        #expect(state.logVerifier(origin: DemoNetwork.origin, size: 101)?.key == new.publicKey)
        #expect(state.logKeys(origin: DemoNetwork.origin)?.rotations.first?.root == root)
        #expect(state.logVerifier(origin: "unknown", size: 1) == nil)
        refuse("governance.change", change, after: state)
        func rotate(_ key: SigningKey, _ size: UInt64, origin: String = DemoNetwork.origin)
            -> Change
        {
            .rotateLogKey(origin: origin, key: key.publicKey, size: size, root: root)
        }
        refuse("governance.change", rotate(try DemoNetwork.key("log 3"), 99), after: state)
        refuse("governance.change", rotate(demo.logKey, 200), after: state)
        refuse("governance.change", rotate(try DemoNetwork.key("log 3"), 1, origin: "b"))
        refuse("governance.key-reused", rotate(demo.supplier.key, 200))
    }

    @Test func `delegate and end-delegation`() throws {
        let delegation = Delegation(
            id: "urn:demo:d1", by: demo.supplier.uri, to: demo.carrier.uri,
            prefixes: [demo.supplier.prefix], sites: [], fromMilliseconds: 5,
            untilMilliseconds: 50)
        let state = try amend(.delegate(delegation))
        #expect(state.delegations(to: demo.carrier.uri) == [delegation])
        #expect(state.delegations(to: demo.supplier.uri) == [])
        refuse("governance.change", .delegate(delegation), after: state)
        for end: UInt64 in [20, 90] {
            let ended = try amend(
                .endDelegation(id: "urn:demo:d1", fromMilliseconds: end), after: state)
            #expect(ended.delegations["urn:demo:d1"]?.untilMilliseconds == min(end, 50))
        }
        refuse("governance.change", .endDelegation(id: "urn:demo:d1", fromMilliseconds: 1))
        refuse(
            "governance.change",
            .delegate(
                Delegation(
                    id: "urn:demo:d2", by: demo.supplier.uri, to: "urn:x:y", prefixes: [],
                    sites: [], fromMilliseconds: 0, untilMilliseconds: nil)))
    }

    @Test func `governors change from the next amendment on`() throws {
        let new = try DemoNetwork.key("governor 3")
        let governors = Governors(
            [Governor(organisation: demo.carrier.uri, key: new.publicKey)], threshold: 1)
        let state = try amend(.governors(governors), .anchors([demo.carrier.uri]))
        let old = try demo.amendment([.anchors([])], after: state)
        expectRefusal("governance.signature") { try state.applying(old) }
        let body = try demo.amendment([.anchors([])], after: state, signedBy: [new])
        #expect(try state.applying(body).anchors.isEmpty)
        let reused = Governors(
            [Governor(organisation: demo.carrier.uri, key: demo.carrier.key.publicKey)],
            threshold: 1)
        refuse("governance.key-reused", .governors(reused))
        refuse("governance.threshold", .governors(Governors(governors.members, threshold: 0)))
        let outsider = Governor(organisation: "urn:x:y", key: new.publicKey)
        refuse("governance.format", .governors(Governors([outsider], threshold: 1)))
        refuse("governance.format", .anchors(["urn:x:y"]))
    }

    @Test func `scheme, anchors, policy and rules`() throws {
        let terms = CBORValue.map([CBORPair("model", .text("segregated"))])
        let state = try amend(
            .scheme(Scheme(id: "s", terms: terms)), .anchors([demo.carrier.uri]))
        #expect(state.schemes == ["s": terms])
        #expect(state.anchors == [demo.carrier.uri])
        refuse("governance.format", .scheme(Scheme(id: "s", terms: .null)))
        refuse("governance.change", .rules(version: 2))
        refuse("governance.change", .rules(version: 0))
        refuse(
            "governance.quorum",
            .node(
                LogNode(
                    origin: "b", organisation: demo.carrier.uri,
                    logKey: try DemoNetwork.key("l").publicKey,
                    cosignerKey: try DemoNetwork.key("c").publicKey)),
            .policy(Policy(quorum: 1, toleratedLiars: 1, furthestFutureSeconds: 0)))
    }

    @Test func `a refused amendment changes nothing`() throws {
        let before = demo.state
        refuse("governance.change", .anchors([demo.carrier.uri]), .rules(version: 2))
        #expect(before.anchors.isEmpty)
        #expect(before.seq == 0)
    }
}
