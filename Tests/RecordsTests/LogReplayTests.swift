import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// Each log rule of SPEC §14, with a log that breaks it.
@Suite struct LogReplayTests {
    let demo: DemoNetwork
    let log: TestLog

    init() throws {
        demo = try DemoNetwork()
        log = try TestLog.sample(demo)
    }

    private func expectBreach(
        _ rule: Int, _ code: String, at leafIndex: UInt64, of log: TestLog,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for preparedAhead in [false, true] {
            expectBreach(
                rule, code, at: leafIndex, of: log, preparedAhead: preparedAhead,
                sourceLocation: sourceLocation)
        }
    }

    private func expectBreach(
        _ rule: Int, _ code: String, at leafIndex: UInt64, of log: TestLog, preparedAhead: Bool,
        sourceLocation: SourceLocation
    ) {
        do {
            try log.replay(preparedAhead: preparedAhead)
            Issue.record("the log was accepted", sourceLocation: sourceLocation)
        } catch let breach as LogBreach {
            #expect(breach.rule == rule, "\(breach)", sourceLocation: sourceLocation)
            #expect(breach.code == code, "\(breach)", sourceLocation: sourceLocation)
            #expect(breach.leafIndex == leafIndex, "\(breach)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }

    private func statement(_ submission: Submission, at time: UInt64) -> TestLog.Entry {
        TestLog.Entry(
            entry: LogEntry.statement(
                registeredAtMilliseconds: time, bytes: submission.statement
            ).encoded(), manifest: submission.manifest)
    }

    private func time(_ index: Int) throws -> UInt64 {
        try LogEntry.decode(log.entries[index].entry).timeMilliseconds
    }

    private func seal(_ index: Int) throws -> Seal {
        guard case .seal(let seal) = try LogEntry.decode(log.entries[index].entry) else {
            throw DemoError.severalStatements
        }
        return seal
    }

    @Test func `a log that was written is a log that replays`() throws {
        let replay = try log.replay()
        #expect(replay.state.size == 8)
        #expect(replay.state.frontier == log.state.frontier)
        #expect(replay.state.governance == log.state.governance)
        #expect(replay.heads.count == log.heads.count)
    }

    @Test func `rule 1: entries decode`() throws {
        var broken = log
        broken.entries[2].entry.removeLast()
        expectBreach(1, "cbor.truncated", at: 2, of: broken)
        broken.entries[2].entry = [0x80]
        expectBreach(1, "entry.format", at: 2, of: broken)
    }

    @Test func `rule 1: index 0 is the genesis statement`() throws {
        var broken = log
        broken.entries.removeFirst(2)
        expectBreach(1, "log.genesis", at: 0, of: broken)
        var sealed = log
        sealed.entries.removeFirst()
        expectBreach(5, "log.seal", at: 0, of: sealed)
    }

    @Test func `rule 5: the first seal stands at index 1`() throws {
        var broken = log
        broken.entries.remove(at: 1)
        broken.checkpoints = [:]
        expectBreach(5, "log.seal", at: 1, of: broken)
    }

    @Test func `rule 2: statements verify under the governance in force`() throws {
        var broken = log
        let stranger = demo.supplier.signing(with: try DemoNetwork.key("stranger"))
        let forged = try demo.attachment("1", mentioning: ["urn:x:1"], by: stranger)
        broken.entries[2] = statement(forged, at: try time(2))
        expectBreach(2, "statement.key-unknown", at: 2, of: broken)

        var bytes = try demo.attachment("1", mentioning: ["urn:x:1"], by: demo.supplier).statement
        bytes[bytes.count - 40] ^= 1
        broken.entries[2].entry =
            LogEntry.statement(registeredAtMilliseconds: try time(2), bytes: bytes).encoded()
        expectBreach(2, "statement.signature", at: 2, of: broken)

        let future = try demo.attachment(
            "1", mentioning: ["urn:x:1"], by: demo.supplier,
            issuedAtSeconds: DemoNetwork.startSeconds + 1_000)
        broken.entries[2] = statement(future, at: try time(2))
        expectBreach(2, "statement.from-the-future", at: 2, of: broken)
    }

    @Test func `rule 2: a key that was revoked since an entry was prepared does not count`() throws
    {
        var log = TestLog(demo)
        try log.append(demo.file.submission)
        try log.seal()
        let change = Change.revokeKey(
            thumbprint: demo.supplier.key.publicKey.thumbprint, fromMilliseconds: 0)
        try log.append(demo.submission(demo.amendment([change], after: demo.state)))
        try log.seal()
        let late = try demo.attachment("1", mentioning: ["urn:x:1"], by: demo.supplier)
        log.entries.append(statement(late, at: log.state.lastTimeMilliseconds + 1))
        expectBreach(2, "statement.key-revoked", at: 4, of: log)
    }

    @Test func `rule 2: an id stands once`() throws {
        var broken = log
        broken.entries[3] = broken.entries[2]
        broken.entries[3].entry =
            statement(
                try demo.attachment("1", mentioning: ["urn:x:1", "urn:x:1"], by: demo.supplier),
                at: try time(3)
            ).entry
        expectBreach(2, "log.duplicate", at: 3, of: broken)
    }

    @Test func `rule 3: the manifest is the one that was signed`() throws {
        var broken = log
        broken.entries[2].manifest = nil
        expectBreach(3, "manifest.missing", at: 2, of: broken)
        broken.entries[2].manifest = log.entries[3].manifest
        expectBreach(3, "manifest.count", at: 2, of: broken)
        var twice = log
        twice.entries[2].manifest = log.entries[6].manifest
        expectBreach(3, "manifest.root", at: 2, of: twice)
        broken.entries[2].manifest = [0x80]
        expectBreach(3, "manifest.format", at: 2, of: broken)
    }

    @Test func `rule 3: governance is there and valid in its place`() throws {
        var broken = log
        broken.entries[5].governancePart = nil
        expectBreach(3, "rows.unexpected", at: 5, of: broken)
        broken.entries[5].governancePart = log.entries[0].governancePart
        expectBreach(3, "rows.unexpected", at: 5, of: broken)
        let late = try demo.submission(
            GovernanceBody.sign(
                body: Amendment(
                    network: demo.id, seq: 2, previous: demo.id, changes: [.anchors([])]
                ).encoded(), governors: demo.governors))
        broken.entries[5] = statement(late, at: try time(5))
        broken.entries[5].governancePart = late.parts[0]
        expectBreach(3, "governance.seq", at: 5, of: broken)
    }

    @Test func `rule 4: times never decrease`() throws {
        var broken = log
        broken.entries[2] = statement(
            try demo.attachment("1", mentioning: ["urn:x:1"], by: demo.supplier),
            at: try time(1) - 1)
        expectBreach(4, "log.time", at: 2, of: broken)
        var sealed = log
        let seal = try seal(4)
        sealed.entries[4].entry = LogEntry.seal(
            Seal(
                sealedAtMilliseconds: try time(3) - 1, previous: seal.previous,
                governanceHead: seal.governanceHead, indexRoot: seal.indexRoot,
                subjectCount: seal.subjectCount)
        ).encoded()
        expectBreach(4, "log.time", at: 4, of: sealed)
    }

    @Test func `rule 5: a seal says what the entries give`() throws {
        let right = try seal(4)
        let wrong = [
            Seal(
                sealedAtMilliseconds: right.sealedAtMilliseconds, previous: .zero,
                governanceHead: right.governanceHead, indexRoot: right.indexRoot,
                subjectCount: right.subjectCount),
            Seal(
                sealedAtMilliseconds: right.sealedAtMilliseconds, previous: right.previous,
                governanceHead: .zero, indexRoot: right.indexRoot,
                subjectCount: right.subjectCount),
            Seal(
                sealedAtMilliseconds: right.sealedAtMilliseconds, previous: right.previous,
                governanceHead: right.governanceHead, indexRoot: .zero,
                subjectCount: right.subjectCount),
            Seal(
                sealedAtMilliseconds: right.sealedAtMilliseconds, previous: right.previous,
                governanceHead: right.governanceHead, indexRoot: right.indexRoot,
                subjectCount: right.subjectCount + 1),
        ]
        for seal in wrong {
            var broken = log
            broken.entries[4].entry = LogEntry.seal(seal).encoded()
            expectBreach(5, "log.seal", at: 4, of: broken)
        }
        var empty = log
        empty.entries.insert(empty.entries[4], at: 5)
        empty.checkpoints[6] = nil
        expectBreach(5, "log.seal", at: 5, of: empty)
    }

    @Test func `rule 5: an entry left out or moved shows in the next seal`() throws {
        var lacking = log
        lacking.entries.remove(at: 2)
        lacking.checkpoints = [:]
        expectBreach(5, "log.seal", at: 3, of: lacking)
        var later = log
        later.entries[3] = statement(
            try demo.attachment("2", mentioning: ["urn:x:1", "urn:x:2"], by: demo.supplier),
            at: try time(4))
        later.checkpoints = [:]
        expectBreach(5, "log.seal", at: 4, of: later)
    }

    @Test func `rule 6: a checkpoint is of this log, at a seal, with its root and key`() throws {
        func refuse(_ code: String, _ checkpoint: [UInt8], after count: Int = 5) {
            var broken = log
            broken.checkpoints = [count: checkpoint]
            expectBreach(6, code, at: UInt64(count), of: broken)
        }
        let right = try #require(log.checkpoints[5])
        var kept = log
        kept.checkpoints = [5: right]
        try kept.replay()
        refuse("log.checkpoint", right, after: 3)
        refuse("log.checkpoint", right, after: 8)
        // The right root of a size at which no seal stands.
        let leaves = log.entries.prefix(3).map { TreeHash.leaf($0.entry) }
        let between = try log.checkpoint(size: 3, root: SmallTree.root(of: leaves))
        refuse("log.checkpoint", between, after: 3)
        refuse("log.checkpoint", try log.checkpoint(size: 5, root: .zero))
        refuse("note.unsigned", try log.checkpoint(size: 5, root: .zero, origin: "other.example"))
        var broken = right
        broken[right.count - 10] ^= 1
        let code: String
        do {
            var log = log
            log.checkpoints = [5: broken]
            try log.replay()
            code = "accepted"
        } catch let breach as LogBreach {
            code = breach.code
            #expect(breach.rule == 6)
        }
        #expect(code.hasPrefix("note."))
    }

    @Test func `rule 6: above a rotation only the new log key counts`() throws {
        let new = try DemoNetwork.key("log 2")
        var rotated = TestLog(demo)
        try rotated.append(demo.file.submission)
        try rotated.seal()
        let change = Change.rotateLogKey(
            origin: DemoNetwork.origin, key: new.publicKey, size: rotated.state.size,
            root: rotated.state.frontier.root)
        try rotated.append(demo.submission(demo.amendment([change], after: demo.state)))
        try rotated.seal()
        expectBreach(6, "note.unsigned", at: 4, of: rotated)
        rotated.checkpoints[4] = nil
        try rotated.replay()
    }
}
