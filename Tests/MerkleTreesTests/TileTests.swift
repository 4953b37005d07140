import MerkleTrees
import Support
import Testing

@Suite struct TilePathTests {
    @Test func `paths are written as tlog-tiles has them`() {
        #expect(TilePath(level: 0, index: 0).path == "tile/0/000")
        #expect(TilePath(level: 1, index: 1_234_067).path == "tile/1/x001/x234/067")
        #expect(TilePath(level: 63, index: 999, width: 255).path == "tile/63/999.p/255")
        #expect(TilePath(entries: 1_000, width: 5).path == "tile/entries/x001/000.p/5")
        #expect(TilePath(entries: 7).level == nil && TilePath(level: 7, index: 0).level == 7)
    }

    @Test func `every path is read back`() throws {
        var generator = SplitMix64(seed: 3)
        var paths: [TilePath] = [
            TilePath(level: 0, index: .max), TilePath(entries: .max, width: 1),
        ]
        for _ in 0..<2_000 {
            let index = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            let width = Int.random(in: 1...256, using: &generator)
            paths.append(TilePath(entries: index, width: width))
            paths.append(
                TilePath(
                    level: Int.random(in: 0...63, using: &generator), index: index, width: width))
        }
        for path in paths {
            #expect(TilePath(parsing: path.path) == path)
            #expect(TilePath(parsing: path.path[...]) == path)
        }
    }

    @Test(arguments: [
        "", "/", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/0//000",
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/000", "tile/0/x000",
        "tile/0/001/002", "tile/0/x01/002", "tile/0/x001/x002", "tile/00/000", "tile/64/000",
        "tile/-1/000", "tile/+1/000", "tile/x/000", "tile/entry/000", "tile/0/+00", "tile/0/-01",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
        "tile/0/000.p/+1", "tile/0/000.p/1/", "tile/0/.p/1", "tile/0.p/1", "tile/0/000.P/1",
        "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x234/067.p/5 ", "Tile/0/000", "tile/0/٠٠٠",
        "tile/entries/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/000",
    ])
    func `a path spelt in any other way is refused`(text: String) {
        #expect(TilePath(parsing: text) == nil)
    }

    @Test func `tiles have the widths of tlog-tiles' example`() {
        #expect(TilePath.width(level: 0, index: 272, size: 70_000) == 256)
        #expect(TilePath.width(level: 0, index: 273, size: 70_000) == 112)
        #expect(TilePath.width(level: 0, index: 274, size: 70_000) == 0)
        #expect(TilePath.width(level: 1, index: 0, size: 70_000) == 256)
        #expect(TilePath.width(level: 1, index: 1, size: 70_000) == 17)
        #expect(TilePath.width(level: 2, index: 0, size: 70_000) == 1)
        #expect(TilePath.width(level: 3, index: 0, size: 70_000) == 0)
        #expect(TilePath.width(level: 0, index: .max, size: .max) == 0)
        #expect(TilePath.width(level: 7, index: 0, size: .max) == 255)
        #expect(TilePath.width(level: 9, index: 0, size: .max) == 0)
    }
}

@Suite struct EntryBundleTests {
    private let entries: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 65_535), [2, 3]]

    @Test func `a bundle is read back`() {
        let bytes = EntryBundle.encode(entries)
        #expect(bytes.count == 8 + 0 + 1 + 65_535 + 2)
        #expect(EntryBundle.decode(bytes, width: 4) == entries)
    }

    @Test func `a bundle of another width or length is refused`() {
        let bytes = EntryBundle.encode([[], [1], [2, 3]])
        for width in 0...5 {
            #expect((EntryBundle.decode(bytes, width: width) != nil) == (width == 3))
        }
        for end in 0..<bytes.count {
            #expect(EntryBundle.decode(Array(bytes[..<end]), width: 3) == nil)
        }
        #expect(EntryBundle.decode(bytes + [0], width: 3) == nil)
        #expect(EntryBundle.decode(bytes + [0, 0], width: 3) == nil)
    }

    @Test func `an entry that is too long stops the encoder`() async {
        await #expect(processExitsWith: .failure) {
            _ = EntryBundle.encode([[UInt8](repeating: 0, count: 65_536)])
        }
    }
}

@Suite struct TileWriterTests {
    private static let leaves = (0..<70_000).map { Hash256.sample($0) }

    @Test func `tiles are the same however the leaves are batched`() {
        let leaves = Array(Self.leaves[..<3_000])
        let once = TileStore.filled(with: leaves, batch: 3_000).tiles
        for batch in [1, 7, 255, 256, 257, 1_000] {
            #expect(TileStore.filled(with: leaves, batch: batch).tiles == once)
        }
        #expect(once.count == 12 + 1)
    }

    @Test func `each hash of a tile is the root of its leaves`() throws {
        let store = TileStore.filled(with: Self.leaves)
        #expect(store.tiles.count == 274 + 2 + 1)
        for (key, hashes) in store.tiles where key.level == 0 {
            let first = Int(key.index) * 256
            #expect(hashes[...] == Self.leaves[first..<min(first + 256, Self.leaves.count)])
        }
        for (place, hash) in (store.tiles[.init(level: 1, index: 1)] ?? []).enumerated() {
            let first = (256 + place) * 256
            #expect(hash == NaiveTree.root(Self.leaves[first..<first + 256]))
        }
        #expect(
            store.tiles[.init(level: 2, index: 0)] == [NaiveTree.root(Self.leaves[..<65_536])])
    }

    @Test func `a writer taken up from its tiles goes on as if it had never stopped`() throws {
        for size in [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999] {
            let store = TileStore.filled(with: Array(Self.leaves[..<size]), batch: 10_000)
            var stopped = try TileWriter(size: UInt64(size), tiles: store)
            #expect(stopped.size == UInt64(size))
            #expect(stopped.root == SmallTree.root(of: Array(Self.leaves[..<size])))
            let rest = Self.leaves[size..<min(size + 300, Self.leaves.count)]
            var steady = TileWriter()
            _ = steady.append(Self.leaves[..<size])
            #expect(stopped.append(rest) == steady.append(rest))
            #expect(stopped.frontier == steady.frontier)
        }
    }

    @Test func `an empty batch changes nothing`() {
        var writer = TileWriter()
        #expect(writer.append([]) == [])
        #expect(writer.root == TreeHash.empty)
    }

    @Test func `a missing or short tile is named`() throws {
        var store = TileStore.filled(with: Array(Self.leaves[..<1_000]))
        store.tiles[.init(level: 1, index: 0)] = nil
        let reader = TreeReader(tiles: store, size: 1_000)
        #expect {
            try reader.root()
        } throws: { error in
            guard case TileError<TileStore.Missing>.unreadable(let path, let cause) = error
            else { return false }
            return path.path == "tile/1/000.p/3" && cause == .init(level: 1, index: 0)
        }
        #expect {
            try TreeReader(tiles: ShortTiles(), size: 1_000).inclusionProof(of: 0)
        } throws: { error in
            guard case TileError<Never>.wrongWidth(_, 1) = error else { return false }
            return true
        }
    }

    @Test func `a tile wider than a tree of this size has it is named`() {
        let store = WideTiles(store: .filled(with: Array(Self.leaves[..<700])))
        let reader = TreeReader(tiles: store, size: 520)
        let readings: [() throws -> Void] = [
            { _ = try reader.root() }, { _ = try reader.inclusionProof(of: 515) },
            { _ = try reader.consistencyProof(from: 300) }, { _ = try reader.leaves(510..<520) },
            { _ = try TileWriter(size: 520, tiles: store) },
        ]
        for read in readings {
            #expect {
                try read()
            } throws: { error in
                guard case TileError<Never>.wrongWidth(let path, let found) = error
                else { return false }
                return path.width < found
            }
        }
    }

    /// A store that gives each tile as wide as it has it, however wide it was asked for.
    private struct WideTiles: HashTiles {
        let store: TileStore
        func tile(level: Int, index: UInt64, width: Int) -> [Hash256] {
            store.tiles[.init(level: level, index: index)] ?? []
        }
    }

    /// A store that always gives one hash.
    private struct ShortTiles: HashTiles {
        func tile(level: Int, index: UInt64, width: Int) -> [Hash256] { [.zero] }
    }
}
