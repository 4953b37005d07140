import DeterministicCBOR
import MerkleTrees
import Records
import Testing

@Suite struct LogEntryTests {
    private func head(_ origin: UInt8, size: UInt64 = 1) -> PeerHead {
        PeerHead(origin: Hash256.sha256([origin]), size: size, root: .zero)
    }

    private func seal(_ heads: [PeerHead] = []) -> Seal {
        Seal(
            sealedAtMilliseconds: 5, previous: .zero, governanceHead: Hash256.sha256([1]),
            indexRoot: Hash256.sha256([2]), subjectCount: 3, peerHeads: heads)
    }

    @Test func `entries are read as they were written`() throws {
        let statement = LogEntry.statement(registeredAtMilliseconds: 7, bytes: [1, 2, 3])
        #expect(statement.encoded() == [0x83, 0, 7, 0x43, 1, 2, 3])
        #expect(try LogEntry.decode(statement.encoded()) == statement)
        #expect(statement.leafHash == TreeHash.leaf(statement.encoded()))
        let entry = LogEntry.seal(seal())
        #expect(try LogEntry.decode(entry.encoded()) == entry)
        #expect(entry.isSeal && entry.timeMilliseconds == 5)
        #expect(!statement.isSeal && statement.timeMilliseconds == 7)
    }

    @Test func `other arrays are no entries`() {
        let value = (try? CBORValue.decode(LogEntry.seal(seal()).encoded()))?.asArray ?? []
        #expect(value.count == 7)
        for number in value.indices {
            var wrong = value
            wrong[number] = .text("wrong")
            expectRefusal(number == 0 ? "entry.format" : "seal.format") {
                try LogEntry.decode(CBORValue.array(wrong).encoded())
            }
            var short = value
            short.remove(at: number)
            expectRefusal("entry.format") { try LogEntry.decode(CBORValue.array(short).encoded()) }
        }
        expectRefusal("entry.format") { try LogEntry.decode([0x80]) }
        expectRefusal("entry.format") { try LogEntry.decode([0xF6]) }
        expectRefusal("entry.format") { try LogEntry.decode([0x83, 2, 7, 0x40]) }
        expectRefusal("cbor.trailing-bytes") { try LogEntry.decode([0x83, 0, 7, 0x40, 0]) }
        let long = LogEntry.statement(
            registeredAtMilliseconds: 7,
            bytes: [UInt8](repeating: 0, count: Limits.statementBytes + 1))
        expectRefusal("entry.format") { try LogEntry.decode(long.encoded()) }
    }

    @Test func `peer heads are sorted, each once, and few`() throws {
        let heads = LogEntry.seal(seal([head(1), head(2)]))
        #expect(try LogEntry.decode(heads.encoded()) == heads)
        let most = (0...Limits.sealPeerHeads).map { head(UInt8($0)) }
        for wrong in [[head(2), head(1)], [head(1), head(1)], most] {
            expectRefusal("seal.format") {
                try LogEntry.decode(LogEntry.seal(seal(wrong)).encoded())
            }
        }
    }

    @Test func `times are at most 2⁵³ − 1`() throws {
        let latest = LogEntry.statement(
            registeredAtMilliseconds: Limits.timeMilliseconds, bytes: [])
        #expect(try LogEntry.decode(latest.encoded()) == latest)
        let late = LogEntry.statement(
            registeredAtMilliseconds: Limits.timeMilliseconds + 1, bytes: [])
        expectRefusal("entry.format") { try LogEntry.decode(late.encoded()) }
    }

    @Test func `a submission is a frame of byte strings`() throws {
        let submission = Submission(statement: [1], manifest: [2], parts: [[3], [4]])
        #expect(try Submission.decode(submission.encoded()) == submission)
        let empty = Submission(statement: [1], manifest: [2], parts: [])
        expectRefusal("submission.format") { try Submission.decode(empty.encoded()) }
        expectRefusal("submission.format") { try Submission.decode([0x80]) }
        expectRefusal("cbor.truncated") {
            try Submission.decode(Array(submission.encoded().dropLast()))
        }
        let large = [UInt8](repeating: 0, count: Limits.submissionBytes + 1)
        expectRefusal("submission.too-large") { try Submission.decode(large) }
    }
}
