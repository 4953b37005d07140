import MerkleTrees
import Testing

/// Tiles in memory, which accuse whoever changes a hash that was written before.
struct TileStore: HashTiles {
    struct Missing: Error, Hashable {
        let level: Int
        let index: UInt64
    }

    struct Key: Hashable {
        let level: Int
        let index: UInt64
    }

    var tiles: [Key: [Hash256]] = [:]

    mutating func write(_ changed: [TileWriter.Tile]) {
        for tile in changed {
            let key = Key(level: tile.level, index: tile.index)
            let before = tiles[key] ?? []
            #expect(tile.hashes.count > before.count, "a tile that did not grow was written")
            #expect(tile.hashes.starts(with: before), "a hash in a tile was changed")
            tiles[key] = tile.hashes
        }
    }

    func tile(level: Int, index: UInt64, width: Int) throws(Missing) -> [Hash256] {
        guard let hashes = tiles[Key(level: level, index: index)], hashes.count >= width
        else { throw Missing(level: level, index: index) }
        return Array(hashes[..<width])
    }

    /// The tiles of a tree, written leaf by leaf in batches of one size.
    static func filled(with leaves: [Hash256], batch: Int = 1_000) -> TileStore {
        var store = TileStore()
        var writer = TileWriter()
        for start in stride(from: 0, to: leaves.count, by: batch) {
            store.write(writer.append(leaves[start..<min(leaves.count, start + batch)]))
        }
        return store
    }
}
