import MerkleTrees
import Records
import Support
import Testing

@Suite struct LogStateTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    /// The heads of all chains, counted from entries and manifests as SPEC §11 says.
    private func heads(of log: TestLog) throws -> [Hash256: ChainHead] {
        var heads: [Hash256: ChainHead] = [:]
        for (index, entry) in log.entries.enumerated() {
            guard let bytes = entry.manifest else { continue }
            for (number, row) in try Manifest.decode(bytes).rows.enumerated() {
                heads[row.key] = (heads[row.key] ?? .empty).appending(
                    leafIndex: UInt64(index), leafHash: TreeHash.leaf(entry.entry),
                    row: UInt32(number), rowHash: row.hash)
            }
        }
        return heads
    }

    @Test func `seals chain, count subjects and bind the index`() throws {
        let log = try TestLog.sample(demo)
        let seals = try log.entries.enumerated().compactMap { index, entry -> (Int, Seal)? in
            guard case .seal(let seal) = try LogEntry.decode(entry.entry) else { return nil }
            return (index, seal)
        }
        #expect(seals.map(\.0) == [1, 4, 7])
        #expect(seals[0].1.previous == .zero)
        #expect(seals[1].1.previous == TreeHash.leaf(log.entries[1].entry))
        #expect(seals[2].1.previous == TreeHash.leaf(log.entries[4].entry))
        #expect(seals.map(\.1.subjectCount) == [1, 3, 3])
        #expect(seals[1].1.governanceHead == demo.id)
        #expect(seals[2].1.governanceHead == log.state.governance.head)
        #expect(log.state.governance.seq == 1)
        let expected = try heads(of: log)
        let leaves = expected.map { IndexLeaf(key: $0.key, head: $0.value) }
            .sorted { $0.position < $1.position }
        #expect(seals[2].1.indexRoot == SubjectIndex.root(of: leaves))
        for (key, head) in expected { #expect(log.heads.head(of: key) == head) }
        let all = log.heads.leaves(from: .zero, through: Self.last)
        #expect(all == leaves)
        #expect(
            log.state.frontier.root
                == SmallTree.root(
                    of: log.entries.map { entry in
                        TreeHash.leaf(entry.entry)
                    }))
    }

    private static let last = Hash256([UInt8](repeating: 0xFF, count: 32)) ?? .zero

    @Test func `links are numbered in the order of entry and row`() throws {
        var log = TestLog(demo)
        try log.append(demo.file.submission)
        try log.seal()
        try log.append(demo.attachment("a", mentioning: ["urn:x:1", "urn:x:2"], by: demo.supplier))
        try log.append(demo.attachment("b", mentioning: ["urn:x:1"], by: demo.supplier))
        let group = try log.seal()
        let key = Subject(facet: .assertions, uri: "urn:x:1").key(in: demo.id)
        let links = group.links.filter { $0.key == key }
        #expect(links.map(\.number) == [1, 2])
        #expect(links.map(\.leafIndex) == [2, 3])
        #expect(group.links.map(\.leafIndex) == [2, 2, 3])
        #expect(group.leafHashes == log.entries.dropFirst(2).map { TreeHash.leaf($0.entry) })
        #expect(group.treeSize == 5 && group.leafIndex == 4)
    }

    @Test func `a log resumes from its seal as if it had never stopped`() throws {
        let first = try TestLog.sample(demo)
        let snapshot = try #require(first.state.snapshot)
        var resumed = LogState(resuming: snapshot)
        var straight = first.state
        let next = try demo.attachment("z", mentioning: ["urn:x:1", "urn:x:9"], by: demo.supplier)
        let time = straight.lastTimeMilliseconds + 5
        let verified = try straight.sealedGovernance.verify(
            UnverifiedStatement.decode(next.statement), registeredAtMilliseconds: time)
        let manifest = try Manifest.decode(next.manifest)
        try straight.append(verified, manifest: manifest)
        #expect(straight.snapshot == nil)
        try resumed.append(verified, manifest: manifest)
        let one = try straight.seal(atMilliseconds: time, heads: first.heads)
        let two = try resumed.seal(atMilliseconds: time, heads: first.heads)
        #expect(one.seal == two.seal)
        #expect(one.root == two.root)
    }

    @Test func `a log begins with the genesis statement`() throws {
        var log = TestLog(demo)
        expectRefusal("log.genesis") {
            try log.append(demo.attachment("a", mentioning: ["urn:x:1"], by: demo.supplier))
        }
        try log.append(demo.file.submission)
        expectRefusal("log.seal") {
            try log.append(demo.attachment("a", mentioning: ["urn:x:1"], by: demo.supplier))
        }
        try log.seal()
        expectRefusal("governance.seq") { try log.append(demo.file.submission) }
    }

    @Test func `times never decrease`() throws {
        var log = try TestLog.sample(demo)
        let next = try demo.attachment("b", mentioning: ["urn:x:1"], by: demo.supplier)
        let last = log.state.lastTimeMilliseconds
        expectRefusal("log.time") { try log.append(next, at: last - 1) }
        try log.append(next, at: last)
        expectRefusal("log.time") { try log.seal(at: last - 1) }
        try log.seal(at: last)
    }

    @Test func `a seal follows a statement`() throws {
        var log = TestLog(demo)
        expectRefusal("log.seal") { try log.seal() }
        try log.append(demo.file.submission)
        try log.seal()
        expectRefusal("log.seal") { try log.seal() }
    }

    @Test func `an amendment is in force after its seal`() throws {
        var log = TestLog(demo)
        try log.append(demo.file.submission)
        try log.seal()
        let suspend = Change.suspend(organisation: demo.supplier.uri, fromMilliseconds: 0)
        try log.append(demo.submission(demo.amendment([suspend], after: demo.state)))
        let first = try demo.attachment("a", mentioning: ["urn:x:1"], by: demo.supplier)
        try log.append(first)
        let stale = try log.state.sealedGovernance.verify(
            UnverifiedStatement.decode(first.statement),
            registeredAtMilliseconds: log.state.lastTimeMilliseconds + 9)
        try log.seal()
        let second = try demo.attachment("b", mentioning: ["urn:x:1"], by: demo.supplier)
        expectRefusal("statement.issuer-suspended") { try log.append(second) }
        var state = log.state
        expectRefusal("log.governance") {
            try state.append(stale, manifest: Manifest.decode(first.manifest))
        }
    }

    @Test func `only governance has rows about the network`() throws {
        var log = TestLog(demo)
        try log.append(demo.file.submission)
        try log.seal()
        let part = try demo.note("a", by: demo.supplier)
        let uri = Subject.network(demo.id).uri
        for role in [Role.assert, .mention] {
            let forged = try demo.submission(
                [part], rows: [demo.row(part, .assertions, uri, role)], by: demo.supplier)
            expectRefusal("rows.unexpected") { try log.append(forged) }
        }
        let body = try demo.amendment([.anchors([])], after: demo.state)
        let amendment = try demo.submission(body)
        let governance = try Part.decode(amendment.parts[0])
        let unlisted = try demo.submission(
            [governance], rows: [demo.row(governance, .events, "urn:x:1", .mention)],
            by: demo.supplier)
        expectRefusal("rows.unexpected") { try log.append(unlisted) }
        let wider = try demo.submission(
            [governance],
            rows: [
                demo.row(governance, .events, "urn:x:1", .mention),
                demo.row(governance, .assertions, uri, .assert),
            ], by: demo.supplier)
        expectRefusal("rows.unexpected") { try log.append(wider) }
        #expect(log.state.governance.seq == 0)
        try log.append(amendment)
        expectRefusal("governance.seq") {
            try log.append(demo.submission(body, by: demo.supplier))
        }
        #expect(log.state.size == 3)
    }
}
