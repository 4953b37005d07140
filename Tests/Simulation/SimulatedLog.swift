package import MerkleTrees
package import Records
package import Sequencing

/// What a simulated disk or node fails with; fatal to the node.
package struct SimulatedFailure: Error, Hashable, CustomStringConvertible {
    /// What failed.
    package var description: String
    init(_ description: String) { self.description = description }
}

/// A ledger as a value, so that a backup is a copy; it refuses a group that skips an index or whose
/// tiles do not come to its root.
package struct SimulatedLog: LedgerReader, Sendable {
    package typealias Failure = SimulatedFailure

    private struct TileKey: Hashable {
        var level: Int
        var index: UInt64
    }

    package private(set) var allEntries: [[UInt8]] = []
    /// The root after the newest group.
    package private(set) var root = Hash256.zero
    /// The parts that are here.
    package private(set) var parts: [Hash256: [UInt8]] = [:]
    /// The parts that were erased: they are not taken again.
    package private(set) var erased: Set<Hash256> = []
    private var manifests: [UInt64: [UInt8]] = [:]
    private var ids: [Hash256: UInt64] = [:]
    private var partUses: [Hash256: [UInt64]] = [:]
    private var absences: [(number: Int64, digest: Hash256)] = []
    private var nextAbsence: Int64 = 0
    private var chains: [Hash256: [LinkPlace]] = [:]
    private var index = SortedIndexLeaves()
    private var buckets: [Int: Hash256] = [:]
    private var tiles: [TileKey: [Hash256]] = [:]
    private var checkpoints: [(seal: UInt64, note: [UInt8])] = []

    /// Whether it takes a statement twice: that of a log whose keeper does not keep the rules.
    var isLax = false

    /// An empty ledger.
    package init() {}

    // MARK: Reading

    package func size() -> UInt64 { UInt64(allEntries.count) }

    package func entry(at index: UInt64) -> [UInt8]? {
        index < size() ? allEntries[Int(index)] : nil
    }

    package func entries(_ range: Range<UInt64>) throws(SimulatedFailure) -> [[UInt8]] {
        guard range.upperBound <= size() else {
            throw SimulatedFailure("entries \(range) were asked of \(size())")
        }
        return Array(allEntries[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    package func manifest(at index: UInt64) -> [UInt8]? { manifests[index] }
    package func part(_ digest: Hash256) -> [UInt8]? { parts[digest] }
    package func uses(of digest: Hash256) -> [UInt64] { partUses[digest] ?? [] }
    package func leafIndex(ofStatement id: Hash256) -> UInt64? { isLax ? nil : ids[id] }
    package func links(of key: Hash256) -> [LinkPlace] { chains[key] ?? [] }
    package func head(of key: Hash256) -> ChainHead? { index.head(of: key) }

    package func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] {
        index.leaves(from: first, through: last)
    }

    package func seal(atOrAfter index: UInt64) -> UInt64? {
        checkpoints.first { $0.seal >= index }?.seal
    }

    package func seal(before index: UInt64) -> UInt64? {
        checkpoints.last { $0.seal < index }?.seal
    }

    package func checkpoint(ofSeal index: UInt64) -> [UInt8]? {
        checkpoints.first { $0.seal == index }?.note
    }

    package func tile(
        level: Int, index: UInt64, width: Int
    ) throws(SimulatedFailure) -> [Hash256] {
        guard let tile = tiles[TileKey(level: level, index: index)], tile.count >= width else {
            throw SimulatedFailure("no \(width) hashes in tile \(level)/\(index)")
        }
        return Array(tile.prefix(width))
    }

    package func records(named id: String) -> [RecordUse] { [] }
    package func authorityRecords() -> [RecordUse] { [] }
    package func bucketHashes() -> [(bucket: Int, hash: Hash256)] {
        buckets.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The statements that registered the amendments after a number.
    func amendments(of network: Hash256, after seq: UInt64) -> [Submission] {
        let links = links(of: Subject.network(network).key(in: network))
        return links.dropFirst(Int(seq) + 1).compactMap { link in
            guard
                case .statement(_, let statement) = try? LogEntry.decode(
                    allEntries[Int(link.leafIndex)]),
                let bytes = manifests[link.leafIndex], let manifest = try? Manifest.decode(bytes)
            else { return nil }
            return Submission(
                statement: statement, manifest: bytes,
                parts: manifest.partDigests.compactMap { parts[$0] })
        }
    }

    /// The size at the newest checkpoint that is here.
    var newestCheckpointSize: UInt64? { checkpoints.last { !$0.note.isEmpty }.map { $0.seal + 1 } }

    /// Parts that are named and not here.
    package func absentParts(after number: Int64, limit: Int) -> [(number: Int64, digest: Hash256)]
    {
        Array(absences.lazy.filter { $0.number > number }.prefix(limit))
    }

    // MARK: Writing

    mutating func commit(_ group: GroupToCommit) throws(SimulatedFailure) {
        guard group.firstIndex == size(), !group.statements.isEmpty,
            group.size == size() + UInt64(group.statements.count) + 1
        else { throw SimulatedFailure("the group skips an index") }
        for statement in group.statements { try append(statement) }
        for statement in group.statements {
            for digest in statement.manifest.partDigests { obey(digest, at: statement.leafIndex) }
        }
        allEntries.append(group.seal)
        checkpoints.append((group.size - 1, group.checkpoint))
        for tile in group.tiles {
            tiles[TileKey(level: tile.level, index: tile.index)] = tile.hashes
        }
        for (bucket, hash) in group.buckets { buckets[bucket] = hash }
        index.update(group.heads)
        root = group.root
        guard let found = try? TreeReader(tiles: self, size: group.size).root(), found == root
        else { throw SimulatedFailure("the tiles do not come to the group's root") }
    }

    private mutating func append(
        _ statement: SequencedStatement
    ) throws(SimulatedFailure) {
        let named = Set(statement.parts.map(\.digest)).union(statement.absent)
        guard statement.leafIndex == size(), isLax || ids[statement.id] == nil,
            named == Set(statement.manifest.partDigests)
        else { throw SimulatedFailure("statement \(statement.leafIndex) is not what follows") }
        allEntries.append(statement.entry)
        manifests[statement.leafIndex] = statement.manifest.encoded()
        ids[statement.id] = statement.leafIndex
        for (row, link) in statement.manifest.rows.enumerated() {
            chains[link.key, default: []]
                .append(LinkPlace(leafIndex: statement.leafIndex, row: UInt32(row)))
        }
        for part in statement.parts where !erased.contains(part.digest) {
            parts[part.digest] = part.encoded
        }
        for digest in statement.absent where parts[digest] == nil && partUses[digest] == nil {
            absences.append((nextAbsence, digest))
            nextAbsence += 1
        }
        for digest in named { partUses[digest, default: []].append(statement.leafIndex) }
    }

    /// Does what a part orders that is an erasure.
    private mutating func obey(_ digest: Hash256, at leafIndex: UInt64) {
        guard let bytes = parts[digest], let part = try? Part.decode(bytes),
            let target = RecordFacts(of: part)?.erases, partUses[target] != nil,
            (try? mayErase(target, statementAt: leafIndex)) ?? false
        else { return }
        parts[target] = nil
        absences.removeAll { $0.digest == target }
        erased.insert(target)
    }

    mutating func keep(checkpoint note: [UInt8], ofSeal seal: UInt64) throws(SimulatedFailure) {
        guard let place = checkpoints.firstIndex(where: { $0.seal == seal }) else {
            throw SimulatedFailure("a checkpoint is kept for entry \(seal), which is no seal")
        }
        checkpoints[place].note = note
    }

    mutating func supply(_ given: [Part]) throws(SimulatedFailure) {
        for part in given where !erased.contains(part.digest) {
            guard let uses = partUses[part.digest] else {
                throw SimulatedFailure("part \(part.digest.hex) is not named here")
            }
            parts[part.digest] = part.encoded
            absences.removeAll { $0.digest == part.digest }
            for leafIndex in uses { obey(part.digest, at: leafIndex) }
        }
    }

    /// Damages an entry: what a planted bug does.
    mutating func flipEntry(at index: Int) { allEntries[index][allEntries[index].count - 1] ^= 1 }
}
