import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// Amendments on their way from governor to governor (SPEC §9.4, §18).
@Suite struct AmendmentFileTests {
    let demo: DemoNetwork
    let file: AmendmentFile

    init() throws {
        demo = try DemoNetwork()
        file = try AmendmentFile.make([.anchors([demo.carrier.uri])], after: demo.state)
    }

    private func signed(_ numbers: Int...) throws -> AmendmentFile {
        var file = file
        for number in numbers {
            file = try file.signed(by: demo.governors[number], of: demo.state.governors)
        }
        return file
    }

    @Test func `a file is read as it was written`() throws {
        for file in [file, try signed(1), try signed(1, 0)] {
            let read = try AmendmentFile.decode(file.encoded())
            #expect(read == file)
            #expect(read.encoded() == file.encoded())
        }
        #expect(file.encoded().starts(with: [0x83, 0x71] + Array("cairn-amendment-1".utf8)))
    }

    @Test func `a signed file carries the same body as governors signing together`() throws {
        let together = try demo.amendment([.anchors([demo.carrier.uri])], after: demo.state)
        #expect(try signed(0, 1).governanceBody() == together)
        #expect(try AmendmentFile(together) == signed(0, 1))
        #expect(try demo.state.applying(signed(0, 1).governanceBody()).seq == 1)
    }

    @Test func `the order of signing and merging does not matter, and merging twice adds nothing`()
        throws
    {
        let both = try signed(0, 1)
        #expect(try signed(1, 0) == both)
        #expect(try signed(0).merged(with: signed(1)) == both)
        #expect(try signed(1).merged(with: signed(0)) == both)
        #expect(try both.merged(with: both) == both)
        #expect(try file.merged(with: both) == both)
        #expect(try both.merged(with: file) == both)
    }

    @Test func `only governors sign, once, and only copies merge`() throws {
        expectRefusal("governance.signature") {
            try file.signed(by: demo.supplier.key, of: demo.state.governors)
        }
        expectRefusal("governance.signature") { try signed(0, 0) }
        let other = try AmendmentFile.make([.anchors([])], after: demo.state)
        expectRefusal("governance.previous") { try file.merged(with: other) }
        expectRefusal("governance.threshold") { try file.governanceBody() }
        expectRefusal("governance.threshold") {
            try demo.state.applying(signed(0).governanceBody())
        }
    }

    @Test func `an amendment leads from state to state before it is signed`() throws {
        let uri = demo.supplier.uri
        let changes: [Change] = [
            .describe(Organisation(uri: uri, name: "Renamed")), .anchors([demo.carrier.uri]),
        ]
        let file = try AmendmentFile.make(changes, after: demo.state)
        let states = try demo.state.states(through: file)
        #expect(states.map { $0.organisations[uri]?.name }.last == "Renamed")
        #expect(states.map { $0.organisations[uri]?.name }.first == "Demo Supplier")
        #expect(states.map(\.anchors) == [[], [], [demo.carrier.uri]])
        #expect(states.map(\.seq) == [0, 0, 0])
    }

    @Test func `what is not possible is not made, and what does not follow is not looked into`()
        throws
    {
        expectRefusal("governance.change") {
            try AmendmentFile.make(
                [.suspend(organisation: "urn:x:y", fromMilliseconds: 1)], after: demo.state)
        }
        expectRefusal("governance.format") { try AmendmentFile.make([], after: demo.state) }
        expectRefusal("governance.format") {
            try demo.state.trying(
                .admit(Organisation(uri: "urn:x:y", name: "", prefixes: ["9"])), field: "x")
        }
        let next = try demo.state.applying(signed(0, 1).governanceBody())
        expectRefusal("governance.seq") { try next.states(through: file) }
        let second = try AmendmentFile.make([.anchors([])], after: next)
        expectRefusal("governance.seq") { try demo.state.states(through: second) }
        let branch = try demo.state.applying(
            demo.amendment([.rules(version: 1)], after: demo.state))
        expectRefusal("governance.previous") { try branch.states(through: second) }
        let other = try DemoNetwork {
            GenesisDocument(
                name: "Other", createdMilliseconds: $0.createdMilliseconds,
                governors: $0.governors, organisations: $0.organisations, policy: $0.policy)
        }
        expectRefusal("governance.format") { try other.state.states(through: file) }
    }

    @Test func `a genesis document is no amendment`() throws {
        let body = try GovernanceBody.sign(
            body: demo.document.encoded(), governors: demo.governors)
        expectRefusal("governance.format") { try AmendmentFile(body) }
        expectRefusal("governance.format") { try AmendmentFile.decode(demo.file.encoded()) }
    }

    @Test func `no changed byte of a signed file passes`() throws {
        let good = try signed(0, 1).encoded()
        for index in good.indices {
            for bit in [1, 0x80] as [UInt8] {
                var bad = good
                bad[index] ^= bit
                #expect(throws: Refusal.self, "byte \(index)") {
                    try demo.state.states(through: AmendmentFile.decode(bad))
                }
            }
            #expect(throws: Refusal.self, "\(index) bytes") {
                try AmendmentFile.decode(Array(good.prefix(index)))
            }
        }
    }
}
