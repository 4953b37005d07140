import Foundation
import MerkleTrees
import Support
import Testing

/// A log that Tessera wrote, one entry at a time, with every checkpoint on the way.
@Suite struct MerkleTesseraLog {
    private static let folder = "transparency-dev-tessera/testdata/log"

    /// The tiles as files, found by their path.
    private struct Files: HashTiles {
        func tile(level: Int, index: UInt64, width: Int) throws -> [Hash256] {
            let path = TilePath(level: level, index: index, width: width).path
            let bytes = try Vectors.bytes("\(MerkleTesseraLog.folder)/\(path)")
            return stride(from: 0, to: bytes.count, by: 32).compactMap {
                Hash256(bytes[$0..<min($0 + 32, bytes.count)])
            }
        }
    }

    /// Size and root, from the second and third line of a checkpoint.
    private static func checkpoint(_ name: String) throws -> (size: UInt64, root: Hash256) {
        let text = String(decoding: try Vectors.bytes("\(folder)/\(name)"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "example.com/log/testdata")
        let root = try #require(Data(base64Encoded: String(lines[2])))
        return (try #require(UInt64(lines[1])), try #require(Hash256(root)))
    }

    private static let checkpoints = ["checkpoint"] + (0...15).map { "checkpoint.\($0)" }

    @Test(arguments: checkpoints)
    func `the root of a checkpoint follows from the entries`(name: String) throws {
        let (size, root) = try Self.checkpoint(name)
        var leaves: [Hash256] = []
        if size > 0 {
            let path = TilePath(entries: 0, width: Int(size))
            let bundle = try Vectors.bytes("\(Self.folder)/\(path.path)")
            let entries = try #require(EntryBundle.decode(bundle, width: path.width))
            #expect(EntryBundle.encode(entries) == bundle)
            leaves = entries.map { TreeHash.leaf($0) }
        }
        #expect(SmallTree.root(of: leaves) == root)
        #expect(try TreeReader(tiles: Files(), size: size).leaves(0..<size) == leaves)
        #expect(try TreeReader(tiles: Files(), size: size).root() == root)
        var writer = TileWriter()
        let tiles = writer.append(leaves)
        #expect(writer.root == root)
        for tile in tiles {
            let bytes = try Vectors.bytes("\(Self.folder)/\(tile.path.path)")
            #expect(tile.hashes.flatMap(\.bytes) == bytes)
        }
    }

    @Test func `each checkpoint is consistent with all before it`() throws {
        for new in 1...15 {
            let (newSize, newRoot) = try Self.checkpoint("checkpoint.\(new)")
            let reader = TreeReader(tiles: Files(), size: newSize)
            for old in 1...new {
                let (oldSize, oldRoot) = try Self.checkpoint("checkpoint.\(old)")
                try TreeProofs.checkConsistency(
                    oldSize: oldSize, oldRoot: oldRoot, newSize: newSize, newRoot: newRoot,
                    proof: try reader.consistencyProof(from: oldSize))
            }
        }
    }

    @Test func `every file of the log lies at a path that is read and written alike`() {
        let files = Vectors.files(under: "\(Self.folder)/tile")
        #expect(files.count == 30)
        for file in files {
            let path = file.path()
            let name = String(path[(path.range(of: "/tile/")?.lowerBound ?? path.startIndex)...])
            #expect(TilePath(parsing: name.dropFirst())?.path == String(name.dropFirst()))
        }
    }
}
