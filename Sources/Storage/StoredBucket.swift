import MerkleTrees
import Records
import Sequencing

/// One bucket of the subject index as a row of the `bucket` table holds it: its hash, and its
/// subjects sorted by position, each with the head of its chain and the place of its last link.
///
/// A subject takes 84 bytes: key, u64 count, head, u64 leaf and u32 row of the last link.
struct StoredBucket {
    /// One subject of the bucket.
    struct Subject {
        var leaf: IndexLeaf
        var last: LinkPlace
    }

    /// The bytes of one subject.
    static let subjectBytes = 84

    /// The hash of the bucket's subtree.
    var hash: Hash256
    /// Sorted by position.
    var subjects: [Subject]

    /// The bucket without subjects.
    static let empty = StoredBucket(hash: .zero, subjects: [])

    init(hash: Hash256, subjects: [Subject]) {
        self.hash = hash
        self.subjects = subjects
    }

    /// Reads a row; nil unless it has the form that `encoded` gives it.
    init?(hash: [UInt8], leaves: [UInt8]) {
        guard let hash = Hash256(hash), leaves.count % Self.subjectBytes == 0 else { return nil }
        var subjects: [Subject] = []
        subjects.reserveCapacity(leaves.count / Self.subjectBytes)
        for start in stride(from: 0, to: leaves.count, by: Self.subjectBytes) {
            let key = Hash256(leaves, at: start)
            let chain = ChainHead(
                count: BigEndian.word(leaves, at: start + 32),
                hash: Hash256(leaves, at: start + 40))
            let last = LinkPlace(
                leafIndex: BigEndian.word(leaves, at: start + 72),
                row: BigEndian.half(leaves, at: start + 80))
            subjects.append(Subject(leaf: IndexLeaf(key: key, head: chain), last: last))
        }
        self.init(hash: hash, subjects: subjects)
    }

    /// The subjects as bytes.
    var encodedSubjects: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(subjects.count * Self.subjectBytes)
        for subject in subjects {
            subject.leaf.key.append(to: &bytes)
            BigEndian.append(subject.leaf.head.count, to: &bytes)
            subject.leaf.head.hash.append(to: &bytes)
            BigEndian.append(subject.last.leafIndex, to: &bytes)
            BigEndian.append(subject.last.row, to: &bytes)
        }
        return bytes
    }

    /// The subject with a key, if the bucket has it.
    func subject(_ key: Hash256) -> Subject? { subjects.first { $0.leaf.key == key } }

    /// Puts in a subject or replaces the one with its key, keeping the order.
    mutating func set(_ subject: Subject) {
        let position = subject.leaf.position
        let index = subjects.firstIndex { $0.leaf.position >= position } ?? subjects.endIndex
        if index < subjects.endIndex, subjects[index].leaf.key == subject.leaf.key {
            subjects[index] = subject
        } else {
            subjects.insert(subject, at: index)
        }
    }
}

/// Integers in the rows of the ledger's tables.
enum BigEndian {
    static func append(_ number: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8])
    {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    static func word(_ bytes: [UInt8], at start: Int) -> UInt64 {
        bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func half(_ bytes: [UInt8], at start: Int) -> UInt32 {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
