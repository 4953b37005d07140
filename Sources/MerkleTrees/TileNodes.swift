/// A tile together with the nodes above its hashes, as a store keeps it, so that a proof reads its
/// nodes and hashes none.
///
/// A tile's hashes are the lowest of eight levels; each level above has the parents of all whole
/// pairs of the one below, so that a full tile has 510 nodes. (The one above them all is a hash of
/// a tile of the next level.) Stored are the 32-byte hashes of the tile, then those of each level
/// above. The length gives the width.
package struct TileNodes: Hashable, Sendable {
    /// How many levels of nodes there are.
    package static let levelCount = 8
    /// How many nodes the tiles of each width have, from none to full.
    private static let nodeCounts = (0...TilePath.fullWidth).map { width in
        (0..<levelCount).reduce(0) { $0 + width >> $1 }
    }

    /// How many hashes the tile has, 1 to 256.
    package let width: Int
    /// The tile as stored.
    package let bytes: [UInt8]

    /// A tile as it was stored; nil if no tile has so many nodes.
    package init?(bytes: [UInt8]) {
        guard bytes.count.isMultiple(of: 32), !bytes.isEmpty else { return nil }
        let count = bytes.count / 32
        // A tile has at least one node for each hash, and less than two.
        var low = (count + 1) / 2
        var high = min(count, TilePath.fullWidth)
        while low < high {
            let middle = (low + high) / 2
            if Self.nodeCounts[middle] < count { low = middle + 1 } else { high = middle }
        }
        guard low <= TilePath.fullWidth, Self.nodeCounts[low] == count else { return nil }
        width = low
        self.bytes = bytes
    }

    /// The tile of 1 to 256 hashes; the nodes above are hashed.
    package init(hashing hashes: [Hash256]) {
        self.init(levels: Self.levels(above: hashes))
    }

    /// The tile of these levels, each of which has the parents of the whole pairs below it.
    init(levels: [[Hash256]]) {
        precondition(
            1...TilePath.fullWidth ~= levels.first?.count ?? 0, "a tile has 1 to 256 hashes")
        width = levels[0].count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.nodeCounts[width] * 32)
        for level in levels { for hash in level { hash.append(to: &bytes) } }
        self.bytes = bytes
    }

    /// The eight levels over some hashes.
    static func levels(above hashes: [Hash256]) -> [[Hash256]] {
        var levels = [hashes]
        for _ in 1..<levelCount {
            let below = levels[levels.count - 1]
            levels.append(
                (0..<below.count / 2).map { TreeHash.node(below[2 * $0], below[2 * $0 + 1]) })
        }
        return levels
    }

    /// The root over 2ˡᵉᵛᵉˡ hashes of the tile; nil where it has not so many.
    package func node(level: Int, index: Int) -> Hash256? {
        guard 0..<Self.levelCount ~= level, 0..<width >> level ~= index else { return nil }
        let before = (0..<level).reduce(0) { $0 + width >> $1 }
        return hash(at: before + index)
    }

    /// The first hashes of the tile.
    package func hashes(_ count: Int) -> [Hash256] {
        (0..<min(count, width)).compactMap(hash)
    }

    private func hash(at place: Int) -> Hash256? {
        Hash256(bytes[place * 32..<place * 32 + 32])
    }
}
