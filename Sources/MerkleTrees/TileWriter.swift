/// Appends leaves to a tree and says which tiles that changes.
///
/// It holds the tiles at the right edge of the tree that are not full: at most 255 hashes for each
/// of eight levels. Persist the tiles of each batch together with the size; ``init(size:tiles:)``
/// takes the tree up again from them. Every node is hashed once, when the leaf that completes it
/// arrives.
package struct TileWriter: Sendable {
    /// A tile that a batch has changed, with all hashes it has now.
    package struct Tile: Hashable, Sendable {
        /// The level: each hash is the root of 256 to the power of the level leaves.
        package let level: Int
        /// The number of the tile within its level.
        package let index: UInt64
        /// The hashes, at most 256.
        package let hashes: [Hash256]

        /// Where the tile is kept.
        package var path: TilePath { TilePath(level: level, index: index, width: hashes.count) }
    }

    /// The right edge of the tree, for its size and root.
    package private(set) var frontier = TreeFrontier()
    /// For each level the hashes of the last tile, if it is not full.
    private var edges = [[Hash256]](repeating: [], count: Self.levelCount)

    private static let levelCount = 8

    /// Starts a tree without leaves.
    package init() {}

    /// Takes up a tree of the given size from its tiles.
    ///
    /// - Throws: if a tile at the right edge cannot be read.
    package init<Tiles: HashTiles>(
        size: UInt64, tiles: Tiles
    ) throws(TileError<Tiles.Failure>) {
        frontier = try TreeReader(tiles: tiles, size: size).frontier()
        for level in 0..<Self.levelCount {
            let index = size >> UInt64(8 * level + 8)
            let width = TilePath.width(level: level, index: index, size: size)
            guard width > 0 else { continue }
            let path = TilePath(level: level, index: index, width: width)
            do throws(Tiles.Failure) {
                edges[level] = try tiles.tile(level: level, index: index, width: width)
            } catch {
                throw .unreadable(path, error)
            }
            guard edges[level].count == width else {
                throw .wrongWidth(path, found: edges[level].count)
            }
        }
    }

    /// How many leaves the tree has.
    package var size: UInt64 { frontier.size }

    /// The root of the tree.
    package var root: Hash256 { frontier.root }

    /// Appends leaves, given their hashes.
    ///
    /// - Returns: every tile that is new or has grown, by level and index. Tiles that were partial
    ///   before come with the hashes they had.
    package mutating func append(_ leaves: some Sequence<Hash256>) -> [Tile] {
        var changed: [Tile] = []
        var edges = self.edges
        var grown = [Bool](repeating: false, count: Self.levelCount)
        for leaf in leaves {
            let size = frontier.size + 1
            frontier.append(leaf) { level, hash in
                guard level.isMultiple(of: 8), level / 8 < Self.levelCount else { return }
                let level = level / 8
                edges[level].append(hash)
                grown[level] = true
                guard edges[level].count == TilePath.fullWidth else { return }
                let index = (size >> UInt64(8 * level + 8)) - 1
                changed.append(Tile(level: level, index: index, hashes: edges[level]))
                edges[level].removeAll()
                grown[level] = false
            }
        }
        self.edges = edges
        for level in edges.indices where grown[level] {
            let index = size >> UInt64(8 * level + 8)
            changed.append(Tile(level: level, index: index, hashes: edges[level]))
        }
        return changed.sorted { ($0.level, $0.index) < ($1.level, $1.index) }
    }
}
