/// Where the tiles of a tree are kept: a store of this node, a mirror, a folder of files.
///
/// Whoever controls the tiles can make proofs fail, and nothing else.
package protocol HashTiles {
    /// Why a tile cannot be read.
    associatedtype Failure: Error

    /// The first `width` hashes of a tile.
    ///
    /// A store that has the tile with more hashes hands out the first ones: tiles only grow.
    func tile(level: Int, index: UInt64, width: Int) throws(Failure) -> [Hash256]

    /// A tile of at least `width` hashes with the nodes above them; nil from a store that keeps
    /// hashes only, which is the default: then they are hashed for each proof.
    func nodes(level: Int, index: UInt64, width: Int) throws(Failure) -> TileNodes?
}

extension HashTiles {
    package func nodes(level: Int, index: UInt64, width: Int) throws(Failure) -> TileNodes? { nil }
}

/// Why a root or a proof cannot be made from tiles.
package enum TileError<Failure: Error>: Error {
    /// The store failed to read a tile.
    case unreadable(TilePath, Failure)
    /// The store gave another number of hashes than the tile has.
    case wrongWidth(TilePath, found: Int)
    /// The tree has no such leaf, subtree or older size.
    case range(String)
}

/// Roots and proofs of one size of a tree, computed from its tiles.
///
/// Each call reads every tile it needs once: about two for each level of tiles, and a tree of n
/// leaves has log₂₅₆ n levels.
package struct TreeReader<Tiles: HashTiles> {
    /// Where the tiles are.
    package let tiles: Tiles
    /// How many leaves the tree has.
    package let size: UInt64

    /// Reads the tree of the given size.
    package init(tiles: Tiles, size: UInt64) {
        self.tiles = tiles
        self.size = size
    }

    /// The root of the tree.
    package func root() throws(TileError<Tiles.Failure>) -> Hash256 {
        try frontier().root
    }

    /// The right edge of the tree, to which leaves can be appended.
    package func frontier() throws(TileError<Tiles.Failure>) -> TreeFrontier {
        var reading = TileReading(tiles: tiles, size: size)
        let peaks = try reading.peaks(of: 0..<size)
        guard let frontier = TreeFrontier(size: size, peaks: peaks) else {
            preconditionFailure("a tree has one peak for each bit of its size")
        }
        return frontier
    }

    /// The leaf hashes of a range, which must lie in the tree.
    package func leaves(
        _ range: Range<UInt64>
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        guard range.upperBound <= size else { throw .range("\(range) is not in a tree of \(size)") }
        var reading = TileReading(tiles: tiles, size: size)
        var leaves: [Hash256] = []
        var next = range.lowerBound
        while next < range.upperBound {
            let tile = try reading.tile(level: 0, index: next >> 8)
            let first = next & ~255
            leaves +=
                tile[Int(next - first)..<Int(min(range.upperBound - first, UInt64(tile.count)))]
            next = first + UInt64(tile.count)
        }
        return leaves
    }

    /// The proof that a leaf is in the tree (RFC 9162 §2.1.3.1), from its sibling upwards.
    package func inclusionProof(
        of index: UInt64
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        guard index < size else { throw .range("leaf \(index) is not in a tree of \(size)") }
        return try subtreeProof(of: index..<index + 1)
    }

    /// The proofs that some leaves are in the tree, in their order: neighbours share what is read.
    package func inclusionProofs(
        of indexes: [UInt64]
    ) throws(TileError<Tiles.Failure>) -> [[Hash256]] {
        var reading = TileReading(tiles: tiles, size: size)
        var proofs: [[Hash256]] = []
        proofs.reserveCapacity(indexes.count)
        for index in indexes {
            guard index < size else { throw .range("leaf \(index) is not in a tree of \(size)") }
            reading.forgetIfMany()
            proofs.append(try reading.proof(of: index..<index + 1))
        }
        return proofs
    }

    /// The proof that the tree begins with an older one (RFC 9162 §2.1.4.1).
    ///
    /// It is empty if the older tree has the same size.
    package func consistencyProof(
        from oldSize: UInt64
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        guard oldSize > 0 || size == 0 else { throw .range("nothing is consistent with anything") }
        return try subtreeProof(of: 0..<oldSize)
    }

    /// The proof that the tree has a subtree (draft-ietf-plants-merkle-tree-certs §4.4.1).
    package func subtreeProof(
        of range: Range<UInt64>
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        guard TreeProofs.isSubtree(range), range.upperBound <= size else {
            throw .range("\(range) is no subtree of a tree of \(size)")
        }
        guard !range.isEmpty else { return [] }
        var reading = TileReading(tiles: tiles, size: size)
        return try reading.proof(of: range)
    }
}

/// Tiles read so far for one answer.
private struct TileReading<Tiles: HashTiles> {
    let tiles: Tiles
    let size: UInt64
    private var read: [TilePath: [Hash256]] = [:]
    private var readNodes: [TilePath: TileNodes?] = [:]

    init(tiles: Tiles, size: UInt64) {
        self.tiles = tiles
        self.size = size
    }

    /// Reads on from nothing once many tiles are held: some 16 KiB each.
    mutating func forgetIfMany() {
        guard read.count + readNodes.count > 256 else { return }
        read.removeAll(keepingCapacity: true)
        readNodes.removeAll(keepingCapacity: true)
    }

    /// The proof of a subtree that is not empty.
    mutating func proof(
        of range: Range<UInt64>
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        let path = SubtreePath(from: range, in: size)
        var proof: [Hash256] = []
        if !path.endsAtWhole { proof.append(try hash(of: path.end)) }
        for sibling in path.siblings.reversed() { proof.append(try hash(of: sibling)) }
        return proof
    }

    /// All hashes that a tile has in this tree, which must have the tile.
    mutating func tile(
        level: Int, index: UInt64
    ) throws(TileError<Tiles.Failure>) -> [Hash256] {
        let width = TilePath.width(level: level, index: index, size: size)
        let path = TilePath(level: level, index: index, width: width)
        if let hashes = read[path] { return hashes }
        let hashes: [Hash256]
        do throws(Tiles.Failure) {
            hashes = try tiles.tile(level: level, index: index, width: width)
        } catch {
            throw .unreadable(path, error)
        }
        guard hashes.count == width else { throw .wrongWidth(path, found: hashes.count) }
        read[path] = hashes
        return hashes
    }

    /// A tile with its nodes, if the store keeps them.
    private mutating func nodes(
        level: Int, index: UInt64
    ) throws(TileError<Tiles.Failure>) -> TileNodes? {
        let width = TilePath.width(level: level, index: index, size: size)
        let path = TilePath(level: level, index: index, width: width)
        if let known = readNodes[path] { return known }
        let nodes: TileNodes?
        do throws(Tiles.Failure) {
            nodes = try tiles.nodes(level: level, index: index, width: width)
        } catch {
            throw .unreadable(path, error)
        }
        readNodes[path] = .some(nodes)
        return nodes
    }

    /// The root over leaves that form a subtree and are not none.
    mutating func hash(of range: Range<UInt64>) throws(TileError<Tiles.Failure>) -> Hash256 {
        let count = range.upperBound - range.lowerBound
        if count.nonzeroBitCount == 1 {
            let level = count.trailingZeroBitCount
            return try completeSubtree(level: level, index: range.lowerBound >> UInt64(level))
        }
        let peaks = try peaks(of: range)
        return peaks.dropLast().reversed().reduce(peaks[peaks.count - 1]) { TreeHash.node($1, $0) }
    }

    /// The roots of the complete subtrees that make up a subtree, largest first.
    mutating func peaks(of range: Range<UInt64>) throws(TileError<Tiles.Failure>) -> [Hash256] {
        var peaks: [Hash256] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = 63 - (range.upperBound - start).leadingZeroBitCount
            peaks.append(try completeSubtree(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return peaks
    }

    /// The root of one of the complete subtrees of 2ˡᵉᵛᵉˡ leaves.
    private mutating func completeSubtree(
        level: Int, index: UInt64
    ) throws(TileError<Tiles.Failure>) -> Hash256 {
        // A tile has the subtrees of every eighth level; those between are hashed together here.
        let within = level % 8
        let tileIndex = index >> UInt64(8 - within)
        if let nodes = try nodes(level: level / 8, index: tileIndex) {
            let place = Int(index & (1 << UInt64(8 - within) - 1))
            guard let node = nodes.node(level: within, index: place) else {
                let path = TilePath(level: level / 8, index: tileIndex, width: nodes.width)
                throw .wrongWidth(path, found: nodes.width)
            }
            return node
        }
        let hashes = try tile(level: level / 8, index: tileIndex)
        let first = Int(index << UInt64(within) & 255)
        return TreeHash.complete(hashes[first..<first + 1 << within])
    }
}

extension TreeHash {
    /// The root over a number of hashes that is a power of two.
    static func complete(_ hashes: ArraySlice<Hash256>) -> Hash256 {
        guard let first = hashes.first, hashes.count > 1 else { return hashes.first ?? .zero }
        var row = Array(repeating: first, count: hashes.count / 2)
        for index in row.indices {
            let left = hashes.startIndex + 2 * index
            row[index] = node(hashes[left], hashes[left + 1])
        }
        var width = row.count
        while width > 1 {
            width /= 2
            for index in 0..<width { row[index] = node(row[2 * index], row[2 * index + 1]) }
        }
        return row[0]
    }
}
