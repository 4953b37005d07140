import MerkleTrees
import Notes
import Records
import Support

/// A log written by `LogState`, with everything a replay needs.
struct TestLog {
    struct Entry {
        var entry: [UInt8]
        var manifest: [UInt8]?
        var governancePart: [UInt8]?
    }

    let demo: DemoNetwork
    private(set) var state: LogState
    private(set) var heads = MemoryHeads()
    var entries: [Entry] = []
    var checkpoints: [Int: [UInt8]] = [:]

    init(_ demo: DemoNetwork) {
        self.demo = demo
        state = LogState(genesis: demo.state, origin: DemoNetwork.origin, indexDepth: 6)
    }

    /// A log with genesis, four statements, and seals after entries 0, 3 and 6.
    static func sample(_ demo: DemoNetwork) throws -> TestLog {
        var log = TestLog(demo)
        try log.append(demo.file.submission)
        try log.seal()
        for number in 1...2 {
            try log.append(
                demo.attachment(
                    "\(number)", mentioning: ["urn:x:1", "urn:x:\(number)"], by: demo.supplier))
        }
        try log.seal()
        try log.append(demo.submission(demo.amendment([.anchors([])], after: demo.state)))
        try log.append(demo.attachment("3", mentioning: ["urn:x:1"], by: demo.carrier))
        try log.seal()
        return log
    }

    @discardableResult
    mutating func append(_ submission: Submission, at time: UInt64? = nil) throws -> AppendedEntry {
        let time = time ?? max(state.lastTimeMilliseconds + 1, DemoNetwork.startMilliseconds)
        let verified = try state.sealedGovernance.verify(
            UnverifiedStatement.decode(submission.statement), registeredAtMilliseconds: time)
        let part = try Part.decode(submission.parts[0])
        let governance = part.contentType == PartContentType.governance ? part : nil
        let appended = try state.append(
            verified, manifest: Manifest.decode(submission.manifest), governancePart: governance)
        entries.append(
            Entry(
                entry: appended.entry, manifest: submission.manifest,
                governancePart: governance?.encoded))
        return appended
    }

    @discardableResult
    mutating func seal(at time: UInt64? = nil) throws -> SealedGroup {
        let group = try state.seal(
            atMilliseconds: time ?? state.lastTimeMilliseconds + 1, heads: heads)
        heads.update(group.changedHeads)
        entries.append(Entry(entry: group.entry))
        checkpoints[entries.count] = try checkpoint(size: group.treeSize, root: group.root)
        return group
    }

    func checkpoint(size: UInt64, root: Hash256, origin: String = DemoNetwork.origin) throws
        -> [UInt8]
    {
        let text = try Checkpoint(origin: origin, size: size, root: root).text
        return try SignedNote.sign(text: text, name: origin, key: demo.logKey).serialized()
    }

    /// Replays the log from its bytes, checking each checkpoint in its place.
    ///
    /// Prepared ahead, all entries are verified under genesis before the first is taken.
    @discardableResult
    func replay(preparedAhead: Bool = false) throws -> LogReplay {
        var replay = LogReplay(genesis: demo.state, origin: DemoNetwork.origin, indexDepth: 3)
        let prepared = entries.map {
            PreparedEntry($0.entry, manifest: $0.manifest, under: demo.state)
        }
        for (number, entry) in entries.enumerated() {
            if preparedAhead {
                try replay.append(prepared[number], governancePart: entry.governancePart)
            } else {
                try replay.append(
                    entry: entry.entry, manifest: entry.manifest,
                    governancePart: entry.governancePart)
            }
            if let checkpoint = checkpoints[number + 1] { try replay.check(checkpoint: checkpoint) }
        }
        return replay
    }
}
