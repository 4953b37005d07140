import DeterministicCBOR
package import MerkleTrees

/// What one statement covers: sorted rows of parts, subjects and roles (SPEC §6).
///
/// It holds no content, so it is never erased. The issuer signs its root, so no node can drop a
/// record from a subject's chain unseen.
package struct Manifest: Sendable {
    /// 1…32,768 rows, ascending and unique.
    package let rows: [Row]
    /// The leaf hash of each row, computed once.
    package let rowHashes: [Hash256]
    /// The root of the RFC 6962 tree over the row hashes.
    package let root: Hash256
    /// How many different part digests the rows name.
    package let partCount: Int

    /// The manifest of these rows in whatever order, repetitions dropped.
    ///
    /// - Throws: `manifest.format` when there is no row, or there are too many.
    package init(rows: some Sequence<Row>) throws(Refusal) {
        var sorted: [Row] = []
        for row in rows.sorted() where row != sorted.last { sorted.append(row) }
        guard (1...Limits.manifestRows).contains(sorted.count) else {
            throw Self.refusal("a manifest has 1 to \(Limits.manifestRows) rows")
        }
        self.init(ascending: sorted)
    }

    private init(ascending rows: [Row]) {
        self.rows = rows
        rowHashes = Self.hashes(of: rows)
        root = SmallTree.root(of: rowHashes)
        var parts = 0
        var last: Hash256?
        for row in rows where row.part != last {
            parts += 1
            last = row.part
        }
        partCount = parts
    }

    private static func hashes(of rows: [Row]) -> [Hash256] {
        var buffer = Domain.row
        let start = buffer.count
        buffer.reserveCapacity(start + Row.encodedByteCount)
        return rows.map { row in
            buffer.removeLast(buffer.count - start)
            row.append(to: &buffer)
            return TreeHash.leaf(buffer)
        }
    }

    /// The different part digests, ascending.
    package var partDigests: [Hash256] {
        var digests: [Hash256] = []
        digests.reserveCapacity(partCount)
        for row in rows where row.part != digests.last { digests.append(row.part) }
        return digests
    }

    /// The RFC 6962 tree over the rows, for their inclusion paths; hashed anew at each call.
    package var tree: LevelledTree { LevelledTree(leaves: rowHashes) }

    /// The manifest as CBOR.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + rows.count * Row.encodedByteCount)
        Self.appendArrayHead(rows.count, to: &bytes)
        for row in rows { row.append(to: &bytes) }
        return bytes
    }

    /// Reads a manifest, or refuses it with `cbor.*`, `manifest.format` or `manifest.order`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> Manifest {
        // Rows have one length, so the count follows from the length of the whole, and no CBOR
        // tree has to be built on this hot path.
        let headBytes = bytes.count % Row.encodedByteCount
        let count = bytes.count / Row.encodedByteCount
        guard (1...Limits.manifestRows).contains(count) else {
            throw malformed(bytes, "a manifest has 1 to \(Limits.manifestRows) rows")
        }
        var head: [UInt8] = []
        appendArrayHead(count, to: &head)
        guard headBytes == head.count, bytes.starts(with: head) else {
            throw malformed(bytes, "a manifest is an array of rows")
        }
        var rows: [Row] = []
        rows.reserveCapacity(count)
        for number in 0..<count {
            guard let row = Row(bytes, at: headBytes + number * Row.encodedByteCount) else {
                throw malformed(bytes, "row \(number) is not [part digest, subject key, role]")
            }
            if let last = rows.last, !(last < row) {
                throw Refusal(
                    code: "manifest.order", field: "manifest[\(number)]",
                    reason: "rows are sorted by their bytes and each stands once")
            }
            rows.append(row)
        }
        return Manifest(ascending: rows)
    }

    /// The part that a manifest lists first under a subject; nothing but its rows is looked at.
    package static func part(under key: Hash256, in encoded: [UInt8]) -> Hash256? {
        let first = encoded.count % Row.encodedByteCount
        for start in stride(from: first, to: encoded.count, by: Row.encodedByteCount) {
            if let row = Row(encoded, at: start), row.key == key { return row.part }
        }
        return nil
    }

    private static func appendArrayHead(_ count: Int, to bytes: inout [UInt8]) {
        switch count {
        case ..<24: bytes.append(0x80 | UInt8(count))
        case ..<256: bytes += [0x98, UInt8(count)]
        default: bytes += [0x99, UInt8(count >> 8), UInt8(count & 0xFF)]
        }
    }

    /// The refusal of bytes that are no manifest: as CBOR if that already fails.
    private static func malformed(_ bytes: [UInt8], _ reason: String) -> Refusal {
        let limit = Limits.manifestRows * Row.encodedByteCount + 5
        guard bytes.count <= limit else { return refusal(reason) }
        do {
            _ = try CBORValue.decode(bytes)
            return refusal(reason)
        } catch {
            return Refusal(error, field: "manifest")
        }
    }

    private static func refusal(_ reason: String) -> Refusal {
        Refusal(code: "manifest.format", field: "manifest", reason: reason)
    }
}

extension Manifest: Hashable {
    /// Whether two manifests have the same rows.
    package static func == (left: Manifest, right: Manifest) -> Bool { left.rows == right.rows }

    /// Feeds the root, which stands for the rows, to a hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(root) }
}
