import MerkleTrees
import Records
import Sequencing

// The log replayed from its entries and manifests; what it gives is noted or compared on the way.
extension LedgerCheck {
    /// One leaf as the tables have it.
    struct StoredEntry: Sendable {
        var index: UInt64
        var bytes: [UInt8]
        var manifest: [UInt8]?
        var links: [UInt8]?
    }

    /// Replays the log; false if a breach ended it.
    mutating func replayLog() throws -> Bool {
        let size = try store.size()
        var next: UInt64 = 0
        var holds = true
        try Lookahead<StoredEntry, (StoredEntry, PreparedEntry)>.run {
            guard next < size else { return [] }
            let batch = try storedEntries(next, size: size)
            next += UInt64(batch.count)
            return batch
        } preparing: {
            let governance = replay.state.sealedGovernance
            return { stored in
                (stored, PreparedEntry(stored.bytes, manifest: stored.manifest, under: governance))
            }
        } take: { batch in
            for (stored, prepared) in batch {
                do {
                    try replayEntry(stored, prepared)
                } catch let breach as LogBreach {
                    add(Self.table(of: breach), breach.leafIndex, "\(breach)")
                    holds = false
                    return false
                }
                if stored.index % 1_000 == 999 || stored.index + 1 == size {
                    progress(stored.index + 1, size)
                }
            }
            return true
        }
        guard holds else { return false }
        guard replay.state.size == size else {
            add("entry", replay.state.size, "the row is missing")
            return false
        }
        for tile in edges.values { try compare(tile) }
        return true
    }

    /// The most entries of a batch, and about how many bytes.
    private static let batchLimit = (entries: UInt64(1_024), bytes: 8 << 20)

    /// The leaves from one on, as far as a batch goes, and up to the first that is missing.
    private func storedEntries(_ first: UInt64, size: UInt64) throws -> [StoredEntry] {
        let end = min(first + Self.batchLimit.entries, size)
        let range = (
            SQLValue.integer(Place.key(log: store.log, first)),
            SQLValue.integer(Place.key(log: store.log, end))
        )
        var batch: [StoredEntry] = []
        try store.sql(.entries).forEach(range.0, range.1) { row throws(StorageError) in
            let index = Place.index(row.integer(0))
            guard index == first + UInt64(batch.count) else { return false }
            batch.append(StoredEntry(index: index, bytes: row.bytes(1)))
            return true
        }
        var bytes = 0
        try store.sql(.manifests).forEach(range.0, range.1) { row throws(StorageError) in
            let number = Int(Place.index(row.integer(0)) - first)
            guard batch.indices.contains(number) else { return false }
            let manifest = row.bytes(1)
            bytes += manifest.count
            batch[number].manifest = manifest
            if bytes > Self.batchLimit.bytes { batch.removeSubrange((number + 1)...) }
            return true
        }
        try store.sql(.linkRows).forEach(range.0, range.1) { row throws(StorageError) in
            let number = Int(Place.index(row.integer(0)) - first)
            guard batch.indices.contains(number) else { return false }
            batch[number].links = row.bytes(1)
            return true
        }
        return batch
    }

    private static func table(of breach: LogBreach) -> String {
        switch breach.rule {
        case 3: breach.code.hasPrefix("governance") ? "part" : "manifest"
        case 6: "seal"
        default: "entry"
        }
    }

    private mutating func replayEntry(_ stored: StoredEntry, _ prepared: PreparedEntry) throws {
        let part = try prepared.manifest.flatMap { manifest in try governancePart(manifest) }
        switch try replay.append(prepared, governancePart: part) {
        case .statement(let appended, let verified, let manifest):
            noteStatement(verified, at: appended.leafIndex)
            let before = BackLinks.encode(
                manifest, at: stored.index, last: &expected.lastLinks)
            if stored.links != before {
                add("link", stored.index, "the row is missing or not what entries give")
            }
            for digest in manifest.partDigests { try notePart(digest, at: stored.index) }
        case .seal(let group):
            if stored.manifest != nil { add("manifest", stored.index, "a seal has none") }
            guard let checkpoint = try store.storedCheckpoint(ofSeal: stored.index) else {
                return add("seal", stored.index, "the row is missing")
            }
            // A mirror is not shown every checkpoint, nor is who recovers its log.
            let mayLack = store.kind == .mirror || group.treeSize <= lostSize
            if !mayLack || !checkpoint.isEmpty {
                try replay.check(checkpoint: checkpoint)
            }
            expected.seals += 1
            if rootSizes.contains(group.treeSize) { roots[group.treeSize] = group.root }
            try noteTiles(group.leafHashes)
        }
    }

    /// The part of a statement that is governance by its only row.
    private func governancePart(_ manifest: Manifest) throws -> [UInt8]? {
        let key = Subject.network(genesis.network).key(in: genesis.network)
        guard manifest.rows.count == 1, let row = manifest.rows.first, row.key == key else {
            return nil
        }
        return try store.storedPart(row.part)
    }

    // MARK: Tiles

    private mutating func noteTiles(_ hashes: [Hash256]) throws {
        for tile in tiles.append(hashes) {
            if tile.nodes.width < TilePath.fullWidth {
                edges[tile.level] = tile
            } else {
                edges[tile.level] = nil
                try compare(tile)
            }
        }
    }

    private mutating func compare(_ tile: TileWriter.Tile) throws {
        expected.tiles += 1
        let key = "\(tile.level)/\(tile.index)"
        guard let place = Place.tile(log: store.log, level: tile.level, index: tile.index),
            let bytes = try store.sql(.tile).first(.integer(place), read: { $0.bytes(0) })
        else { return add("tile", key, "the row is missing") }
        if bytes != tile.nodes.bytes { add("tile", key, "it is not what entries give") }
    }

    // MARK: Statements and their parts

    private mutating func noteStatement(_ verified: VerifiedStatement, at index: UInt64) {
        expected.statements.append(
            ExpectedRows.Statement(
                prefix: Place.prefix(verified.id), place: Place.key(log: store.log, index)))
    }

    private mutating func notePart(_ digest: Hash256, at index: UInt64) throws {
        guard let number = try parts.number(of: digest, in: store) else {
            return add("part", digest.hex, "entry \(index) names it and it is not found")
        }
        let place = Place.key(log: store.log, index)
        expected.partUses.append(
            ExpectedRows.PartUse(prefix: Place.prefix(digest), place: place, number: number))
        guard let record = parts.records[number] else { return }
        if let id = record.id {
            expected.records.insert(ExpectedRows.Record(id: id, place: place, number: number))
        }
        if record.isAuthority {
            expected.authorities.insert(ExpectedRows.Use(place: place, number: number))
        }
        guard let erased = record.erases else { return }
        // The own log was admitted by that rule; a mirror's keeper may have admitted anything.
        guard
            try store.kind == .own && index >= lostSize
                || store.mayErase(erased, statementAt: index)
        else { return }
        expected.erasures.insert(erased)
    }
}
