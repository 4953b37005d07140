package import MerkleTrees
import Notes
package import Records
package import Sequencing

/// What a ledger in memory accuses its writer of.
package struct MemoryLedgerAccusation: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package var description: String
    init(_ description: String) { self.description = description }
}

/// A ledger in memory that accuses: it refuses a group that rewrites what is immutable, skips an
/// index, shrinks a chain or a tile, or contradicts itself.
///
/// Used from one thread at a time.
package final class MemoryLedger: LedgerReader, LedgerWriter, @unchecked Sendable {
    package typealias Failure = MemoryLedgerAccusation

    private var entries: [[UInt8]] = []
    private var manifests: [UInt64: [UInt8]] = [:]
    private var ids: [Hash256: UInt64] = [:]
    private var parts: [Hash256: [UInt8]] = [:]
    private var partUses: [Hash256: [UInt64]] = [:]
    private var chains: [Hash256: [LinkPlace]] = [:]
    private var index = SortedIndexLeaves()
    private var buckets: [Int: Hash256] = [:]
    private var tiles: [TileKey: [Hash256]] = [:]
    private var checkpoints: [UInt64: [UInt8]] = [:]
    private var records: [String: [RecordUse]] = [:]
    private var authorities: [RecordUse] = []
    /// Whether it mirrors another's log: parts and checkpoints can be absent.
    private let isMirror: Bool
    /// The parts in the order in which they were first named.
    private var named: [Hash256] = []
    private var absent: Set<Hash256> = []
    private var erased: Set<Hash256> = []

    private struct TileKey: Hashable {
        var level: Int
        var index: UInt64
    }

    /// An empty ledger, of the node's own log or of a mirror.
    package init(isMirror: Bool = false) { self.isMirror = isMirror }

    // MARK: LedgerReader

    package func size() -> UInt64 { UInt64(entries.count) }

    package func entry(at index: UInt64) -> [UInt8]? {
        index < UInt64(entries.count) ? entries[Int(index)] : nil
    }

    package func entries(_ range: Range<UInt64>) throws(MemoryLedgerAccusation) -> [[UInt8]] {
        guard range.upperBound <= UInt64(entries.count) else {
            throw MemoryLedgerAccusation("entries \(range) were asked of \(entries.count)")
        }
        return Array(entries[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    package func manifest(at index: UInt64) -> [UInt8]? { manifests[index] }
    package func part(_ digest: Hash256) -> [UInt8]? { parts[digest] }
    package func uses(of digest: Hash256) -> [UInt64] { partUses[digest] ?? [] }
    package func leafIndex(ofStatement id: Hash256) -> UInt64? { ids[id] }
    package func links(of key: Hash256) -> [LinkPlace] { chains[key] ?? [] }
    package func head(of key: Hash256) -> ChainHead? { index.head(of: key) }

    package func leaves(from first: Hash256, through last: Hash256) -> [IndexLeaf] {
        index.leaves(from: first, through: last)
    }

    package func seal(atOrAfter index: UInt64) -> UInt64? {
        checkpoints.keys.filter { $0 >= index }.min()
    }

    package func seal(before index: UInt64) -> UInt64? {
        checkpoints.keys.filter { $0 < index }.max()
    }

    package func checkpoint(ofSeal index: UInt64) -> [UInt8]? {
        checkpoints[index].flatMap { $0.isEmpty ? nil : $0 }
    }

    package func tile(
        level: Int, index: UInt64, width: Int
    ) throws(MemoryLedgerAccusation) -> [Hash256] {
        guard let tile = tiles[TileKey(level: level, index: index)], tile.count >= width else {
            throw MemoryLedgerAccusation("no \(width) hashes in tile \(level)/\(index)")
        }
        return Array(tile.prefix(width))
    }

    package func records(named id: String) -> [RecordUse] { records[id] ?? [] }
    package func authorityRecords() -> [RecordUse] { authorities }
    package func bucketHashes() -> [(bucket: Int, hash: Hash256)] {
        buckets.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: LedgerWriter

    package func commit(_ group: GroupToCommit) throws(MemoryLedgerAccusation) {
        try check(group)
        for statement in group.statements {
            entries.append(statement.entry)
            manifests[statement.leafIndex] = statement.manifest.encoded()
            ids[statement.id] = statement.leafIndex
            for (row, link) in statement.manifest.rows.enumerated() {
                chains[link.key, default: []]
                    .append(LinkPlace(leafIndex: statement.leafIndex, row: UInt32(row)))
            }
            if isMirror { keepMirrored(statement) } else { keep(statement) }
        }
        if isMirror { for statement in group.statements { note(statement) } }
        entries.append(group.seal)
        checkpoints[group.size - 1] = group.checkpoint
        for tile in group.tiles {
            tiles[TileKey(level: tile.level, index: tile.index)] = tile.hashes
        }
        for (bucket, hash) in group.buckets { buckets[bucket] = hash }
        index.update(group.heads)
        try checkAfter(group)
    }

    private func keep(_ statement: SequencedStatement) {
        for part in statement.parts {
            if !erased.contains(part.digest) { parts[part.digest] = part.encoded }
            use(part.digest, at: statement.leafIndex)
        }
        for record in statement.records {
            records[record.name, default: []]
                .append(RecordUse(leafIndex: statement.leafIndex, part: record.part))
        }
        for erasure in statement.erasures {
            parts[erasure] = nil
            erased.insert(erasure)
        }
        authorities += statement.authorities.map {
            RecordUse(leafIndex: statement.leafIndex, part: $0)
        }
    }

    private func use(_ digest: Hash256, at leafIndex: UInt64) {
        if partUses[digest] == nil { named.append(digest) }
        partUses[digest, default: []].append(leafIndex)
    }

    private func check(_ group: GroupToCommit) throws(MemoryLedgerAccusation) {
        guard group.firstIndex == size(), !group.statements.isEmpty,
            group.size == size() + UInt64(group.statements.count) + 1
        else { throw MemoryLedgerAccusation("the group skips an index") }
        var seen: Set<Hash256> = []
        for (number, statement) in group.statements.enumerated() {
            guard statement.leafIndex == group.firstIndex + UInt64(number) else {
                throw MemoryLedgerAccusation("statement \(number) skips an index")
            }
            guard ids[statement.id] == nil, seen.insert(statement.id).inserted else {
                throw MemoryLedgerAccusation("statement \(statement.id.hex) is there twice")
            }
            let given = statement.parts.map(\.digest) + statement.absent
            guard given.count == Set(given).count,
                Set(given) == Set(statement.manifest.partDigests)
            else { throw MemoryLedgerAccusation("the parts are not those of the manifest") }
            guard isMirror || statement.absent.isEmpty && !group.checkpoint.isEmpty else {
                throw MemoryLedgerAccusation("only a mirror can lack checkpoints and parts")
            }
        }
        for tile in group.tiles {
            let old = tiles[TileKey(level: tile.level, index: tile.index)] ?? []
            guard tile.hashes.count > old.count, Array(tile.hashes.prefix(old.count)) == old else {
                throw MemoryLedgerAccusation("tile \(tile.level)/\(tile.index) was rewritten")
            }
        }
    }

    private func checkAfter(_ group: GroupToCommit) throws(MemoryLedgerAccusation) {
        let reader = TreeReader(tiles: self, size: group.size)
        guard let root = try? reader.root(), root == group.root else {
            throw MemoryLedgerAccusation("the tiles do not come to the group's root")
        }
        for (key, head) in group.heads {
            guard let chain = chains[key], UInt64(chain.count) == head.count,
                chain == chain.sorted(), Set(chain).count == chain.count
            else { throw MemoryLedgerAccusation("chain \(key.hex) is not what its head says") }
        }
    }

    // MARK: Mirrors

    private func keepMirrored(_ statement: SequencedStatement) {
        let given = Dictionary(uniqueKeysWithValues: statement.parts.map { ($0.digest, $0) })
        for digest in statement.manifest.partDigests {
            if let part = given[digest] {
                parts[digest] = part.encoded
                absent.remove(digest)
            } else if partUses[digest] == nil {
                absent.insert(digest)
            }
            use(digest, at: statement.leafIndex)
        }
    }

    /// What the records say that a statement names and that are here.
    private func note(_ statement: SequencedStatement) {
        for digest in statement.manifest.partDigests { note(digest, at: statement.leafIndex) }
    }

    private func note(_ digest: Hash256, at leafIndex: UInt64) {
        guard let bytes = parts[digest], let part = try? Part.decode(bytes),
            let facts = RecordFacts(of: part)
        else { return }
        let use = RecordUse(leafIndex: leafIndex, part: digest)
        if let id = facts.id {
            records[id] = ((records[id] ?? []) + [use]).sorted { $0.leafIndex < $1.leafIndex }
        }
        if facts.isAuthority {
            authorities = (authorities + [use]).sorted { $0.leafIndex < $1.leafIndex }
        }
        guard let target = facts.erases, partUses[target] != nil,
            (try? mayErase(target, statementAt: leafIndex)) ?? false
        else { return }
        parts[target] = nil
        absent.remove(target)
        erased.insert(target)
    }

    /// Makes groups visible, all of them or none.
    package func commit(_ groups: [GroupToCommit]) throws(MemoryLedgerAccusation) {
        var size = size()
        for group in groups {
            guard group.firstIndex == size else {
                throw MemoryLedgerAccusation("the group skips an index")
            }
            size = group.size
        }
        for group in groups { try commit(group) }
    }

    /// Keeps parts that were absent.
    package func supply(_ supplied: [Part]) throws(MemoryLedgerAccusation) {
        guard isMirror else { throw MemoryLedgerAccusation("the own log lacks no parts") }
        for part in supplied where absent.remove(part.digest) != nil {
            parts[part.digest] = part.encoded
            for leafIndex in uses(of: part.digest) { note(part.digest, at: leafIndex) }
        }
    }

    /// Parts that are named and not here, neither erased, in the order in which they were named.
    package func absentParts(
        after number: Int64, limit: Int
    ) -> [(number: Int64, digest: Hash256)] {
        let all = named.enumerated().map { (number: Int64($0), digest: $1) }
        return Array(
            all.filter { $0.number > number && absent.contains($0.digest) }.prefix(limit))
    }

    /// Keeps a checkpoint's note in place of the one kept for its seal.
    package func keep(
        checkpoint note: [UInt8], ofSeal index: UInt64
    ) throws(MemoryLedgerAccusation) {
        guard checkpoints[index] != nil, let signed = try? SignedNote.parse(note),
            let found = try? Checkpoint(parsing: signed.text), found.size == index + 1,
            let root = try? TreeReader(tiles: self, size: found.size).root(), root == found.root
        else { throw MemoryLedgerAccusation("it is no checkpoint of seal \(index)") }
        checkpoints[index] = note
    }
}
