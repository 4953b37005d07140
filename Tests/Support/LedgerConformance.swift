package import MerkleTrees
import Records
import Sequencing

/// What every ledger must do, whatever it keeps its groups in.
///
/// The suite registers a trade, then compares every answer of the reader with one computed from the
/// groups that were committed.
package struct LedgerConformance<Ledger: LedgerUnderTest> {
    private let network: DemoNetwork
    private let ledger: Ledger
    private var complaints: [String] = []
    private var groups: [GroupToCommit] = []

    private init(network: DemoNetwork, ledger: Ledger) {
        self.network = network
        self.ledger = ledger
    }

    /// Runs the suite on an empty ledger; what it found wrong.
    package static func complaints(
        network: DemoNetwork, ledger: Ledger
    ) throws -> [String] {
        var suite = LedgerConformance(network: network, ledger: ledger)
        try suite.run()
        return suite.complaints
    }

    private mutating func run() throws {
        var rig = try SequencerRig(network: network, ledger: ledger)
        for submissions in [
            try network.trade(batches: 3), try network.trade(batches: 2, name: "b"),
        ] {
            for submission in submissions { _ = try rig.stage(try rig.admit(submission)) }
            groups.append(try rig.commit())
        }
        try ledger.read { store in
            try expect(store.size() == groups.last?.size, "size is that of the last group")
            for group in groups {
                try checkEntries(group, in: store)
                try checkSeals(group, in: store)
                for statement in group.statements { try checkStatement(statement, in: store) }
            }
            try checkChains(in: store)
            try checkTree(in: store, root: rig.sequencer.state.frontier.root)
            try checkAbsent(in: store)
            let resumed = try LogStart.state(
                of: store, genesis: network.state, origin: DemoNetwork.origin,
                indexDepth: ledger.indexDepth)
            expect(resumed.frontier == rig.sequencer.state.frontier, "the tree resumes")
            expect(resumed.index.root == rig.sequencer.state.index.root, "the index resumes")
            expect(resumed.subjectCount == rig.sequencer.state.subjectCount, "the count resumes")
            expect(
                resumed.previousSealHash == rig.sequencer.state.previousSealHash,
                "the chain of seals resumes")
        }
        try checkRefusals(&rig)
    }

    private mutating func expect(_ condition: Bool, _ what: String) {
        if !condition { complaints.append(what) }
    }

    private mutating func checkEntries(_ group: GroupToCommit, in store: Ledger.Store) throws {
        let expected = group.statements.map(\.entry) + [group.seal]
        expect(try store.entries(group.firstIndex..<group.size) == expected, "entries of a range")
        for (offset, bytes) in expected.enumerated() {
            let index = group.firstIndex + UInt64(offset)
            expect(try store.entry(at: index) == bytes, "entry \(index)")
        }
    }

    private mutating func checkSeals(_ group: GroupToCommit, in store: Ledger.Store) throws {
        let seal = group.size - 1
        expect(try store.seal(atOrAfter: group.firstIndex) == seal, "the seal after a group begins")
        expect(try store.seal(atOrAfter: seal) == seal, "a seal at its own leaf")
        expect(try store.seal(before: group.firstIndex) == group.firstIndex - 1, "the seal before")
        expect(try store.seal(before: group.size) == seal, "the seal before the next group")
        expect(try store.checkpoint(ofSeal: seal) == group.checkpoint, "the checkpoint of a seal")
        expect(try store.manifest(at: seal) == nil, "a seal has no manifest")
    }

    private mutating func checkStatement(
        _ statement: SequencedStatement, in store: Ledger.Store
    ) throws {
        let leaf = statement.leafIndex
        expect(try store.manifest(at: leaf) == statement.manifest.encoded(), "manifest \(leaf)")
        expect(try store.leafIndex(ofStatement: statement.id) == leaf, "leaf of statement \(leaf)")
        for part in statement.parts {
            expect(try store.part(part.digest) == part.encoded, "part of \(leaf)")
            expect(try store.uses(of: part.digest).contains(leaf), "uses of a part of \(leaf)")
        }
    }

    private mutating func checkChains(in store: Ledger.Store) throws {
        var chains: [Hash256: [LinkPlace]] = [:]
        var heads: [Hash256: ChainHead] = [:]
        for group in groups {
            for statement in group.statements {
                for (row, link) in statement.manifest.rows.enumerated() {
                    chains[link.key, default: []]
                        .append(LinkPlace(leafIndex: statement.leafIndex, row: UInt32(row)))
                }
            }
            heads.merge(group.heads) { $1 }
        }
        for (key, chain) in chains {
            expect(try store.links(of: key) == chain, "links of \(key.hex)")
            expect(try store.head(of: key) == heads[key], "head of \(key.hex)")
        }
        let all = try store.leaves(from: .zero, through: Hash256(repeating: 0xff))
        expect(all.map(\.position) == all.map(\.position).sorted(), "leaves come by position")
        expect(Set(all.map(\.key)).isSuperset(of: chains.keys), "leaves of all subjects")
        for leaf in all.prefix(5) {
            let one = try store.leaves(from: leaf.position, through: leaf.position)
            expect(one == [leaf], "the leaf at one position")
        }
        expect(try store.leaves(from: Hash256(repeating: 0xff), through: .zero) == [], "no leaves")
        let index = SubjectIndex(depth: ledger.indexDepth, bucketHashes: try store.bucketHashes())
        expect(index.root == SubjectIndex.root(of: all), "buckets and leaves come to one root")
    }

    private mutating func checkTree(in store: Ledger.Store, root: Hash256) throws {
        let size = try store.size()
        expect(try TreeReader(tiles: store, size: size).root() == root, "the root of the tiles")
        for group in groups {
            let old = try TreeReader(tiles: store, size: group.size).root()
            expect(old == group.root, "the root at an older size")
        }
    }

    private mutating func checkAbsent(in store: Ledger.Store) throws {
        let unknown = Hash256.sha256([1, 2, 3])
        let size = try store.size()
        expect(try store.entry(at: size) == nil, "no entry past the end")
        expect(try store.part(unknown) == nil, "no unknown part")
        expect(try store.uses(of: unknown).isEmpty, "no uses of an unknown part")
        expect(try store.leafIndex(ofStatement: unknown) == nil, "no unknown statement")
        expect(try store.links(of: unknown).isEmpty, "no links of an unknown subject")
        expect(try store.head(of: unknown) == nil, "no head of an unknown subject")
        expect(try store.seal(atOrAfter: size) == nil, "no seal past the end")
        expect(try store.seal(before: 0) == nil, "no seal before the first leaf")
        expect(try store.records(named: "urn:x:none").isEmpty, "no unknown record")
        let broken = try? store.entries(0..<size + 1)
        expect(broken == nil, "entries past the end are refused")
        let tile = try? store.tile(level: 0, index: 0, width: Int(size) + 1)
        expect(tile == nil, "a tile wider than the log is refused")
    }

    /// A group that does not follow the log is refused, and nothing of it is seen.
    private mutating func checkRefusals(_ rig: inout SequencerRig<Ledger>) throws {
        guard let group = groups.last else { return }
        let isTaken = (try? ledger.write { store in try store.commit(group) }) != nil
        expect(!isTaken, "a group committed twice is refused")
        expect(try ledger.read { try $0.size() } == group.size, "a refused group leaves nothing")
    }
}

extension Hash256 {
    /// 32 bytes of one value.
    package init(repeating byte: UInt8) {
        self = Hash256([UInt8](repeating: byte, count: 32)) ?? .zero
    }
}
