package import MerkleTrees
package import Records
package import Sequencing

extension LedgerStore: LedgerReader {
    package typealias Failure = StorageError

    // MARK: Entries

    package func size() throws(StorageError) -> UInt64 {
        try seal(before: Place.entriesLimit - 1).map { $0 + 1 } ?? 0
    }

    package func entry(at index: UInt64) throws(StorageError) -> [UInt8]? {
        guard index < Place.entriesLimit else { return nil }
        return try sql(.entry).first(.integer(Place.key(log: log, index))) { $0.bytes(0) }
    }

    package func entries(_ range: Range<UInt64>) throws(StorageError) -> [[UInt8]] {
        guard range.upperBound < Place.entriesLimit else {
            throw missing("entry", range.upperBound)
        }
        let first = Place.key(log: log, range.lowerBound)
        let end = Place.key(log: log, range.upperBound)
        let rows = try sql(.entries).all(.integer(first), .integer(end)) { $0.bytes(1) }
        guard rows.count == range.count else {
            throw missing("entry", range.lowerBound + UInt64(rows.count))
        }
        return rows
    }

    package func manifest(at index: UInt64) throws(StorageError) -> [UInt8]? {
        guard index < Place.entriesLimit else { return nil }
        return try sql(.manifest).first(.integer(Place.key(log: log, index))) { $0.bytes(0) }
    }

    package func leafIndex(ofStatement id: Hash256) throws(StorageError) -> UInt64? {
        let prefix = Place.prefix(id)
        let places = try sql(.statements).all(.integer(prefix)) { $0.integer(0) }
        for place in places where Place.log(place) == log {
            let index = Place.index(place)
            guard let bytes = try entry(at: index) else { throw missing("entry", index) }
            guard case .statement(_, let statement) = try? LogEntry.decode(bytes),
                let found = try? UnverifiedStatement.decode(statement)
            else { throw corrupt("entry", "\(index)", "a statement should stand there") }
            if found.id == id { return index }
        }
        return nil
    }

    // MARK: Seals

    package func seal(atOrAfter index: UInt64) throws(StorageError) -> UInt64? {
        guard index < Place.entriesLimit else { return nil }
        return try sealIndex(
            .nextSeal, Place.key(log: log, index), Place.key(log: log + 1, 0))
    }

    package func seal(before index: UInt64) throws(StorageError) -> UInt64? {
        let bound = min(index, Place.entriesLimit - 1)
        return try sealIndex(.lastSeal, Place.key(log: log, bound), Place.key(log: log, 0))
    }

    private func sealIndex(
        _ name: LedgerSQL, _ first: Int64, _ second: Int64
    ) throws(StorageError) -> UInt64? {
        let found = try sql(name).first(.integer(first), .integer(second)) { row in
            row.isNull(0) ? nil : Place.index(row.integer(0))
        }
        return found ?? nil
    }

    package func checkpoint(ofSeal index: UInt64) throws(StorageError) -> [UInt8]? {
        let note = try storedCheckpoint(ofSeal: index)
        return note == [] ? nil : note
    }

    /// The note as it stands in the table, empty if it was never shown here; nil without the row.
    func storedCheckpoint(ofSeal index: UInt64) throws(StorageError) -> [UInt8]? {
        guard index < Place.entriesLimit else { return nil }
        return try sql(.checkpoint).first(.integer(Place.key(log: log, index))) { $0.bytes(0) }
    }

    // MARK: Tiles

    package func tile(
        level: Int, index: UInt64, width: Int
    ) throws(StorageError) -> [Hash256] {
        try storedTile(level: level, index: index, width: width).hashes(width)
    }

    package func nodes(
        level: Int, index: UInt64, width: Int
    ) throws(StorageError) -> TileNodes? {
        try storedTile(level: level, index: index, width: width)
    }

    private func storedTile(
        level: Int, index: UInt64, width: Int
    ) throws(StorageError) -> TileNodes {
        guard let place = Place.tile(log: log, level: level, index: index),
            let bytes = try sql(.tile).first(.integer(place), read: { $0.bytes(0) })
        else { throw missing("tile", index) }
        guard let nodes = TileNodes(bytes: bytes), nodes.width >= width else {
            throw corrupt("tile", "\(level)/\(index)", "it is no tile of \(width) hashes")
        }
        return nodes
    }

    // MARK: Subjects

    package func head(of key: Hash256) throws(StorageError) -> ChainHead? {
        let position = IndexLeaf(key: key, head: .empty).position
        return try bucket(bucketNumber(of: position)).subject(key)?.leaf.head
    }

    package func leaves(
        from first: Hash256, through last: Hash256
    ) throws(StorageError) -> [IndexLeaf] {
        guard first <= last else { return [] }
        let numbers = bucketNumber(of: first)...bucketNumber(of: last)
        var found: [IndexLeaf] = []
        for number in try bucketNumbers(in: numbers) {
            for subject in try bucket(number).subjects
            where subject.leaf.position >= first && subject.leaf.position <= last {
                found.append(subject.leaf)
            }
        }
        return found
    }

    private func bucketNumbers(in range: ClosedRange<Int>) throws(StorageError) -> [Int] {
        if range.count == 1 { return [range.lowerBound] }
        return try sql(.bucketRange).all(
            .integer(Place.key(log: log, UInt64(range.lowerBound))),
            .integer(Place.key(log: log, UInt64(range.upperBound)))
        ) { Int(Place.index($0.integer(0))) }
    }

    package func bucketHashes() throws(StorageError) -> [(bucket: Int, hash: Hash256)] {
        var found: [(bucket: Int, hash: Hash256)] = []
        let end = Place.key(log: log + 1, 0)
        try sql(.bucketHashes).forEach(.integer(Place.key(log: log, 0)), .integer(end)) {
            row throws(StorageError) in
            let number = Int(Place.index(row.integer(0)))
            guard let hash = Hash256(row.bytes(1)) else {
                throw corrupt("bucket", "\(number)", "its hash is not 32 bytes")
            }
            found.append((number, hash))
            return true
        }
        return found
    }

    /// Walks the chain backwards from its last link; each row tells the place of the one before.
    package func links(of key: Hash256) throws(StorageError) -> [LinkPlace] {
        try links(of: key, atMost: .max) ?? []
    }

    /// The same of a chain that is no longer than a limit, else nil: it is not walked then.
    package func links(
        of key: Hash256, atMost limit: UInt64
    ) throws(StorageError) -> [LinkPlace]? {
        let position = IndexLeaf(key: key, head: .empty).position
        guard let subject = try bucket(bucketNumber(of: position)).subject(key) else { return [] }
        guard subject.leaf.head.count <= limit else { return nil }
        var links: [LinkPlace] = []
        var next: LinkPlace? = subject.last
        var rows = (leaf: UInt64.max, before: [UInt8]())
        while let link = next {
            guard UInt64(links.count) < subject.leaf.head.count else {
                throw corrupt("link", key.hex, "the chain has more links than its head counts")
            }
            links.append(link)
            if rows.leaf != link.leafIndex {
                rows = (link.leafIndex, try backLinks(at: link.leafIndex))
            }
            next = try BackLinks.before(row: link.row, in: rows.before, of: link, store: self)
        }
        guard UInt64(links.count) == subject.leaf.head.count else {
            throw corrupt("link", key.hex, "the chain has fewer links than its head counts")
        }
        return links.reversed()
    }

    func backLinks(at index: UInt64) throws(StorageError) -> [UInt8] {
        guard index < Place.entriesLimit,
            let bytes = try sql(.links).first(
                .integer(Place.key(log: log, index)), read: { $0.bytes(0) })
        else { throw missing("link", index) }
        return bytes
    }

    func missing(_ table: String, _ index: UInt64) -> StorageError {
        corrupt(table, "\(index)", "the row is missing")
    }
}

extension BackLinks {
    /// The place before a link; nil where the chain begins.
    fileprivate static func before(
        row: UInt32, in bytes: [UInt8], of link: LinkPlace, store: LedgerStore
    ) throws(StorageError) -> LinkPlace? {
        let start = Int(row) * width
        guard start + width <= bytes.count else {
            throw store.corrupt("link", "\(link.leafIndex)", "it has no row \(link.row)")
        }
        let leaf = BigEndian.word(bytes, at: start)
        guard leaf != .max else { return nil }
        let before = LinkPlace(leafIndex: leaf, row: BigEndian.half(bytes, at: start + 8))
        guard before < link else {
            throw store.corrupt("link", "\(link.leafIndex)", "row \(link.row) points forwards")
        }
        return before
    }
}

// MARK: - Parts and records

extension LedgerStore {
    /// Its digest is computed again: whether a part may be shown, and what it delegates, is decided
    /// by these bytes.
    package func part(_ digest: Hash256) throws(StorageError) -> [UInt8]? {
        guard let bytes = try storedPart(digest) else { return nil }
        guard Part.digest(of: bytes) == digest else {
            throw corrupt("part", digest.hex, "its bytes have another digest")
        }
        return bytes
    }

    /// The bytes of a part as they are stored; nil if it is unknown or erased.
    func storedPart(_ digest: Hash256) throws(StorageError) -> [UInt8]? {
        guard let number = try partNumber(digest) else { return nil }
        let bytes = try sql(.partBytes).first(.integer(number)) { $0.isNull(0) ? nil : $0.bytes(0) }
        return bytes ?? nil
    }

    package func uses(of digest: Hash256) throws(StorageError) -> [UInt64] {
        guard let number = try partNumber(digest) else { return [] }
        return try sql(.partUses).all(.integer(Place.prefix(digest))) {
            ($0.integer(0), $0.integer(1))
        }.filter { $0.1 == number && Place.log($0.0) == log }.map { Place.index($0.0) }
    }

    /// The number of a part; nil if no statement covers it.
    func partNumber(_ digest: Hash256) throws(StorageError) -> Int64? {
        let uses = try sql(.partUses).all(.integer(Place.prefix(digest))) { $0.integer(1) }
        var last: Int64?
        for number in uses where number != last {
            last = number
            if try self.digest(ofPart: number) == digest { return number }
        }
        return nil
    }

    func digest(ofPart number: Int64) throws(StorageError) -> Hash256 {
        let bytes = try sql(.partDigest).first(.integer(number)) { $0.bytes(0) }
        guard let bytes, let digest = Hash256(bytes) else {
            throw corrupt("part", "\(number)", "its digest is missing")
        }
        return digest
    }

    package func records(named id: String) throws(StorageError) -> [RecordUse] {
        try uses(sql(.records).all(.text(id)) { ($0.integer(0), $0.integer(1)) })
    }

    package func authorityRecords() throws(StorageError) -> [RecordUse] {
        let first = SQLValue.integer(Place.key(log: log, 0))
        let end = SQLValue.integer(Place.key(log: log + 1, 0))
        return try uses(sql(.authorities).all(first, end) { ($0.integer(0), $0.integer(1)) })
    }

    private func uses(_ rows: [(place: Int64, number: Int64)]) throws(StorageError) -> [RecordUse] {
        var uses: [RecordUse] = []
        for (place, number) in rows where Place.log(place) == log {
            uses.append(
                RecordUse(leafIndex: Place.index(place), part: try digest(ofPart: number)))
        }
        return uses
    }
}
