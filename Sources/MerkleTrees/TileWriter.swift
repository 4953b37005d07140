/// Appends leaves to a tree and says which tiles that changes.
///
/// It holds the tiles at the right edge of the tree that are not full: at most 502 nodes for each
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
        /// The hashes with the nodes above them.
        package let nodes: TileNodes

        /// The hashes, at most 256.
        package var hashes: [Hash256] { nodes.hashes(nodes.width) }

        /// Where the tile is kept.
        package var path: TilePath { TilePath(level: level, index: index, width: nodes.width) }
    }

    /// The right edge of the tree, for its size and root.
    package private(set) var frontier = TreeFrontier()
    /// For each level the last tile, if it is not full, as its levels of nodes.
    private var edges = [[[Hash256]]](repeating: Self.noTile, count: Self.levelCount)

    private static let levelCount = 8
    private static let noTile = [[Hash256]](repeating: [], count: TileNodes.levelCount)

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
            let hashes: [Hash256]
            do throws(Tiles.Failure) {
                hashes = try tiles.tile(level: level, index: index, width: width)
            } catch {
                throw .unreadable(path, error)
            }
            guard hashes.count == width else { throw .wrongWidth(path, found: hashes.count) }
            edges[level] = TileNodes.levels(above: hashes)
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
                guard level / 8 < Self.levelCount else { return }
                let (tileLevel, within) = level.quotientAndRemainder(dividingBy: 8)
                edges[tileLevel][within].append(hash)
                grown[tileLevel] = true
            }
            // A tile is full when the leaf has completed a subtree of the next tile's level.
            for level in 0..<min((~(size - 1)).trailingZeroBitCount / 8, Self.levelCount) {
                let index = size >> UInt64(8 * level + 8) - 1
                changed.append(
                    Tile(level: level, index: index, nodes: TileNodes(levels: edges[level])))
                edges[level] = Self.noTile
                grown[level] = false
            }
        }
        self.edges = edges
        for level in edges.indices where grown[level] {
            let index = size >> UInt64(8 * level + 8)
            changed.append(
                Tile(level: level, index: index, nodes: TileNodes(levels: edges[level])))
        }
        return changed.sorted { ($0.level, $0.index) < ($1.level, $1.index) }
    }
}
