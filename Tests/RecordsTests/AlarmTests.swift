import MerkleTrees
import Notes
import Records
import Signatures
import Support
import Testing

/// What convicts whoever keeps a log, and what does not.
@Suite struct AlarmTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    /// Leaves with a checkpoint over them, signed by a key.
    private func side(
        _ leaves: [UInt8], at size: Int, signedBy key: SigningKey? = nil,
        origin: String = DemoNetwork.origin
    ) throws -> SplitView.Side {
        let hashes = leaves.map { TreeHash.leaf([$0]) }
        let text = try Checkpoint(
            origin: origin, size: UInt64(leaves.count), root: SmallTree.root(of: hashes)
        ).text
        let note = try SignedNote.sign(text: text, name: origin, key: key ?? demo.logKey)
        return SplitView.Side(
            note: note.serialized(), root: SmallTree.root(of: Array(hashes.prefix(size))),
            proof: Self.consistency(size, hashes[...], isWhole: true))
    }

    private static func consistency(
        _ old: Int, _ leaves: ArraySlice<Hash256>, isWhole: Bool
    ) -> [Hash256] {
        guard old < leaves.count else {
            return isWhole ? [] : [SmallTree.root(of: Array(leaves))]
        }
        let split = 1 << (Int.bitWidth - 1 - (leaves.count - 1).leadingZeroBitCount)
        let (left, right) = (leaves.prefix(split), leaves.dropFirst(split))
        return old <= split
            ? consistency(old, left, isWhole: isWhole) + [SmallTree.root(of: Array(right))]
            : consistency(old - split, right, isWhole: false) + [SmallTree.root(of: Array(left))]
    }

    private func alarm(_ size: Int, _ one: SplitView.Side, _ other: SplitView.Side) -> Alarm {
        Alarm(
            network: demo.state.network, amendments: [],
            kind: .fork(
                SplitView(origin: DemoNetwork.origin, size: UInt64(size), one, other)))
    }

    /// The answer of who reads the alarm's bytes.
    private func accused(_ alarm: Alarm) throws -> Alarm.Accused {
        let read = try Alarm.decode(alarm.encoded())
        #expect(read == alarm)
        return try read.accused(under: demo.state)
    }

    @Test(
        arguments: [
            ([1, 2, 3], [1, 2, 4], 3), ([1, 2, 3, 4, 5], [1, 9, 3], 3),
            ([1, 2, 9, 4], [1, 2, 3], 3),
            ([1, 2, 3, 4, 5, 6, 7], [9, 2, 3, 4], 4),
            ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 9, 6, 7], 5),
        ] as [([UInt8], [UInt8], Int)])
    func `two checkpoints whose trees part convict the log`(
        one: [UInt8], other: [UInt8], size: Int
    ) throws {
        let alarm = alarm(size, try side(one, at: size), try side(other, at: size))
        #expect(try accused(alarm) == .log(DemoNetwork.origin))
    }

    @Test func `a log that only grew is not convicted`() throws {
        for size in 1...3 {
            let alarm = alarm(
                size, try side([1, 2, 3], at: size), try side([1, 2, 3, 4, 5], at: size))
            // Sides have two roots, or they are no alarm.
            expectRefusal("alarm.format") { try accused(alarm) }
        }
    }

    @Test func `nobody is convicted by what another key signed, or of another log`() throws {
        let honest = try side([1, 2, 3], at: 3)
        let stranger = try side([1, 2, 4], at: 3, signedBy: demo.supplier.key)
        expectRefusal("checkpoint.invalid") { try accused(alarm(3, honest, stranger)) }
        let elsewhere = try side([1, 2, 4], at: 3, origin: "demo.example/other")
        expectRefusal("checkpoint.invalid") { try accused(alarm(3, honest, elsewhere)) }
        let other = Alarm(
            network: .zero, amendments: [],
            kind: alarm(3, honest, try side([1, 2, 4], at: 3)).kind)
        expectRefusal("alarm.network") { try accused(other) }
    }

    @Test func `a key that the log has given up convicts nobody above that size`() throws {
        let alarm = alarm(3, try side([1, 2, 3], at: 3), try side([1, 2, 4], at: 3))
        let new = try DemoNetwork.key("log 2").publicKey
        func state(rotatedAt size: UInt64) throws -> GovernanceState {
            let change = Change.rotateLogKey(
                origin: DemoNetwork.origin, key: new, size: size, root: .zero)
            return try demo.state.applying(try content([change], after: demo.state))
        }
        expectRefusal("checkpoint.invalid") {
            try alarm.accused(under: demo.state, newest: state(rotatedAt: 2))
        }
        // Signed while the key was in force.
        let accused = try alarm.accused(under: demo.state, newest: state(rotatedAt: 3))
        #expect(accused == .log(DemoNetwork.origin))
    }

    @Test func `a proof with a hash changed, missing or too many proves nothing`() throws {
        let (one, other) = (try side([1, 2, 3, 4, 5], at: 3), try side([1, 2, 9], at: 3))
        for number in one.proof.indices {
            var wrong = one.proof
            wrong[number] = .zero
            for proof in [wrong, Array(one.proof.dropLast()), one.proof + [.zero]] {
                let side = SplitView.Side(note: one.note, root: one.root, proof: proof)
                expectRefusal("alarm.unproven") { try accused(alarm(3, side, other)) }
            }
        }
        // A root that the proof does not lead to.
        let side = SplitView.Side(note: one.note, root: .zero, proof: one.proof)
        expectRefusal("alarm.unproven") { try accused(alarm(3, side, other)) }
    }

    // MARK: Amendments

    private func content(_ changes: [Change], after state: GovernanceState) throws -> [UInt8] {
        try Part.decode(demo.submission(demo.amendment(changes, after: state)).parts[0]).content
    }

    @Test func `two amendments of one number convict the governors`() throws {
        let first = try content([.anchors([])], after: demo.state)
        let state = try demo.state.applying(first)
        let (one, other) = (
            try content([.anchors([demo.carrier.uri])], after: state),
            try content([.anchors([demo.supplier.uri])], after: state)
        )
        let network = demo.state.network
        let alarm = Alarm(network: network, amendments: [first], kind: .amendments(one, other))
        #expect(try accused(alarm) == .governors)
        let same = Alarm(network: network, amendments: [first], kind: .amendments(one, one))
        expectRefusal("alarm.unproven") { try accused(same) }
        let apart = Alarm(network: network, amendments: [], kind: .amendments(first, one))
        expectRefusal("governance.seq") { try accused(apart) }
    }

    // MARK: Entries

    private func entries(
        _ log: TestLog, _ first: Int, _ second: Int
    ) throws -> Alarm {
        let hashes = log.entries.map { TreeHash.leaf($0.entry) }
        let tree = LevelledTree(leaves: hashes)
        let root = SmallTree.root(of: hashes)
        func proven(_ index: Int) -> ProvenEntry {
            ProvenEntry(
                index: UInt64(index), bytes: log.entries[index].entry,
                path: tree.inclusionProof(of: index))
        }
        let size = UInt64(hashes.count)
        return Alarm(
            network: demo.state.network, amendments: [],
            kind: .entries(
                ContradictingEntries(
                    origin: DemoNetwork.origin, size: size,
                    SplitView.Side(
                        note: try log.checkpoint(size: size, root: root), root: root, proof: []),
                    proven(first), proven(second))))
    }

    @Test func `a statement that stands twice convicts the log`() throws {
        var log = try TestLog.sample(demo)
        log.entries.append(log.entries[2])
        #expect(try accused(try entries(log, 2, 8)) == .log(DemoNetwork.origin))
        expectRefusal("alarm.unproven") { try accused(try entries(log, 1, 2)) }
    }

    @Test func `time that goes back convicts the log`() throws {
        var log = try TestLog.sample(demo)
        log.entries.swapAt(1, 5)
        #expect(try accused(try entries(log, 1, 2)) == .log(DemoNetwork.origin))
        expectRefusal("alarm.unproven") { try accused(try entries(log, 2, 3)) }
    }

    @Test func `bytes cut short or changed are no alarm of the same name`() throws {
        let alarm = alarm(3, try side([1, 2, 3], at: 3), try side([1, 2, 4], at: 3))
        let bytes = alarm.encoded()
        for count in bytes.indices {
            #expect(throws: Refusal.self) { try Alarm.decode(Array(bytes[..<count])) }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect((try? Alarm.decode(changed).accused(under: demo.state)) == nil)
        }
    }
}
