package import MerkleTrees
import Notes
package import Records
package import Replication
import Sequencing

// What a mirror keeps of a log's parts. Nobody vouches for them: whoever keeps the log may have
// admitted anything. So which records they are, whose word counts and what they erase is read here
// from their own bytes, whether they come with their statement, before it or after it.
extension LedgerStore {
    // MARK: Parts that come with groups

    /// Writes the parts that the statements of a group name, those that are not here as absent.
    func writeMirroredParts(_ group: GroupToCommit) throws(StorageError) {
        var next = try nextPartNumber()
        var numbers: [Hash256: Int64] = [:]
        var uses: [(prefix: Int64, place: Int64, number: Int64)] = []
        var used: [(number: Int64, leafIndex: UInt64)] = []
        // What begins to be named here, without its bytes: nothing is known of it.
        var unread: Set<Int64> = []
        for statement in group.statements {
            let place = Place.key(log: log, statement.leafIndex)
            for (digest, bytes) in Self.contents(of: statement) {
                var number = numbers[digest]
                if number == nil { number = try partNumber(digest) }
                if let number {
                    if let bytes {
                        try set(bytes, ofPart: number)
                        unread.remove(number)
                    }
                } else {
                    number = next
                    try add(digest, bytes, as: next)
                    if bytes == nil { unread.insert(next) }
                    next += 1
                }
                guard let number else { continue }
                numbers[digest] = number
                uses.append((Place.prefix(digest), place, number))
                used.append((number, statement.leafIndex))
            }
        }
        try write(uses)
        for use in used where !unread.contains(use.number) {
            guard let facts = try recordFacts(ofPart: use.number) else { continue }
            try note(facts, ofPart: use.number, at: use.leafIndex)
        }
    }

    /// The parts that a statement names, by digest, with the bytes of those that are here.
    private static func contents(
        of statement: SequencedStatement
    ) -> [(digest: Hash256, bytes: [UInt8]?)] {
        var contents: [(digest: Hash256, bytes: [UInt8]?)] = []
        for part in statement.parts { contents.append((part.digest, part.encoded)) }
        for digest in statement.absent { contents.append((digest, nil)) }
        return contents.sorted { $0.digest < $1.digest }
    }

    private func add(
        _ digest: Hash256, _ bytes: [UInt8]?, as number: Int64
    ) throws(StorageError) {
        try sql(.addPart).run(
            .integer(number), .bytes(digest.bytes), bytes.map { .bytes($0) } ?? .null)
        if bytes == nil { try sql(.addAbsent).run(.integer(number)) }
    }

    /// Gives a part its bytes, unless it has them.
    func set(_ bytes: [UInt8], ofPart number: Int64) throws(StorageError) {
        try sql(.setPart).run(.bytes(bytes), .integer(number))
        try sql(.removeAbsent).run(.integer(number))
    }

    private func recordFacts(ofPart number: Int64) throws(StorageError) -> RecordFacts? {
        let bytes = try sql(.partBytes).first(.integer(number)) { $0.isNull(0) ? nil : $0.bytes(0) }
        guard let bytes, let bytes, let part = try? Part.decode(bytes) else { return nil }
        return RecordFacts(of: part)
    }

    /// Keeps what a record says at one of the leaves that cover it.
    private func note(
        _ facts: RecordFacts, ofPart number: Int64, at leafIndex: UInt64
    ) throws(StorageError) {
        let place = SQLValue.integer(Place.key(log: log, leafIndex))
        if let id = facts.id { try sql(.addRecord).run(.text(id), place, .integer(number)) }
        if facts.isAuthority { try sql(.addAuthority).run(place, .integer(number)) }
        guard let erased = facts.erases, let target = try partNumber(erased) else { return }
        let mayErase = try StorageError.mapping("ledger.sqlite") {
            try self.mayErase(erased, statementAt: leafIndex)
        }
        guard mayErase else { return }
        try sql(.erasePart).run(.integer(target))
        try sql(.removeAbsent).run(.integer(target))
        erasedCount += 1
    }

    // MARK: Parts that come later

    /// Keeps parts that were absent, durably, with what follows from what they say.
    ///
    /// A part that no statement names, that is here or that was erased is passed by.
    ///
    /// - Throws: ``StorageError``, fatal as that of a group.
    package func supply(_ parts: [Part]) throws(StorageError) {
        try requireWriter()
        try inTransaction { () throws(StorageError) in
            for part in parts { try supply(part) }
        }
    }

    private func supply(_ part: Part) throws(StorageError) {
        guard let number = try partNumber(part.digest), try isAbsent(number) else { return }
        try set(part.encoded, ofPart: number)
        guard let facts = RecordFacts(of: part) else { return }
        for leafIndex in try uses(of: part.digest) {
            try note(facts, ofPart: number, at: leafIndex)
        }
    }

    /// Whether a part has no bytes yet, and no erasure is why.
    func isAbsent(_ number: Int64) throws(StorageError) -> Bool {
        return try sql(.isAbsent).first(.integer(number)) { _ in true } ?? false
    }

    /// Parts that are named and not here, neither erased, in the order in which they were first
    /// named: the first `limit` whose number is greater than the given one.
    package func absentParts(
        after number: Int64, limit: Int
    ) throws(StorageError) -> [(number: Int64, digest: Hash256)] {
        let rows = try sql(.absentParts).all(.integer(number), .integer(Int64(max(0, limit)))) {
            (number: $0.integer(0), digest: Hash256($0.bytes(1)))
        }
        var found: [(number: Int64, digest: Hash256)] = []
        for row in rows {
            guard let digest = row.digest else {
                throw corrupt("part", "\(row.number)", "its digest is not 32 bytes")
            }
            found.append((row.number, digest))
        }
        return found
    }

    // MARK: What was lost

    /// What this log's node once signed and found missing, by size.
    package func losses() throws(StorageError) -> [Loss] {
        try sql(.losses).all {
            Loss(
                size: UInt64(clamping: $0.integer(0)), keyChanges: Int(clamping: $0.integer(1)))
        }
    }

    /// The largest size that was ever lost, void or not; 0 if none.
    package func lostSize() throws(StorageError) -> UInt64 { try losses().last?.size ?? 0 }

    /// Remembers, durably, that the log was once as large, before anything of that is recovered, in
    /// place of smaller losses under the same key: whoever has that can sign any number of sizes.
    ///
    /// - Throws: ``StorageError``, fatal.
    package func keep(loss: Loss) throws(StorageError) {
        try requireWriter()
        try inTransaction { () throws(StorageError) in
            // Whoever has a key can sign a size that no log reaches: it is a loss all the same.
            let (size, changes) = (Int64(clamping: loss.size), Int64(clamping: loss.keyChanges))
            try sql(.dropLost).run(.integer(changes), .integer(size))
            try sql(.setLost).run(.integer(size), .integer(changes))
        }
    }

    // MARK: Checkpoints

    /// Keeps a checkpoint's note in place of the one kept for its seal, durably: it has more
    /// cosignatures, which the caller has checked, or none was kept.
    ///
    /// - Throws: `storage.mismatch`, which is not fatal, for a note that is no checkpoint of this
    ///   log at this seal, or another than the one kept; ``StorageError``, fatal, otherwise.
    package func keep(checkpoint note: [UInt8], ofSeal index: UInt64) throws(StorageError) {
        try requireWriter()
        guard let kept = try storedCheckpoint(ofSeal: index) else {
            throw Self.mismatch("there is no seal \(index) for a checkpoint")
        }
        let found: Checkpoint
        do throws(NoteError) {
            found = try Checkpoint(parsing: SignedNote.parse(note).text)
        } catch {
            throw Self.mismatch("what should be a checkpoint is none: \(error.reason)")
        }
        guard found.size == index + 1, found.origin.utf8.elementsEqual(identity.origin.utf8) else {
            throw Self.mismatch(
                "a checkpoint of \(found.origin) at size \(found.size) is not that of seal \(index)"
            )
        }
        let root = try StorageError.mapping("ledger.sqlite") {
            try TreeReader(tiles: self, size: found.size).root()
        }
        guard found.root == root, found.extensions.isEmpty else {
            throw Self.mismatch("the checkpoint at size \(found.size) is that of another tree")
        }
        guard note != kept else { return }
        try inTransaction { () throws(StorageError) in
            try sql(.setCheckpoint).run(
                .bytes(note), .integer(Place.key(log: log, index)))
        }
    }
}
