import Foundation
import MerkleTrees

/// Reads a backup from its beginning to its end, and believes nothing until all of it is read.
struct BackupReader: ~Copyable {
    private let path: String
    private let file: FileHandle
    private var hash = HashBuilder()

    /// Opens a backup.
    init(_ path: String) throws(NodeError) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw .input("backup.format", "\(path): there is no such file, or it cannot be read")
        }
        self.path = path
        self.file = file
    }

    /// The manifest, which comes first.
    mutating func manifest() throws(NodeError) -> BackupManifest {
        let entry = try head()
        guard entry.name == BackupManifest.fileName, entry.size <= BackupManifest.bytesLimit else {
            throw malformed("it does not begin with its manifest; is it a backup of a node?")
        }
        let bytes = try take(Int(entry.size))
        try skip(entry.padding)
        guard let manifest = BackupManifest(bytes) else {
            throw malformed("its manifest is not one that this program reads")
        }
        return manifest
    }

    /// Copies the next file, which must be as the manifest says.
    mutating func copy(
        _ expected: BackupManifest.File, _ write: ([UInt8]) throws(NodeError) -> Void
    ) throws(NodeError) {
        let entry = try head()
        guard entry.name == expected.name, entry.size == expected.size else {
            throw tampered("\(expected.name) is not where the manifest says")
        }
        var digest = HashBuilder()
        var left = entry.size
        while left > 0 {
            let piece = try take(Int(min(left, UInt64(BackupWriter.pieceBytes))))
            digest.update(piece)
            left -= UInt64(piece.count)
            try write(piece)
        }
        try skip(entry.padding)
        guard digest.finish() == expected.digest else {
            throw tampered("\(expected.name) is not the file that was saved")
        }
    }

    /// Reads the hash of all, and that nothing follows.
    mutating func finish() throws(NodeError) {
        let digest = hash.finish().hex
        let entry = try head()
        guard entry.name == BackupWriter.sealName, entry.size == 65,
            try take(65) == Array((digest + "\n").utf8)
        else { throw tampered("it is not what was written") }
        try skip(entry.padding)
        try skip(2 * TarEntry.blockBytes)
        guard try read(1).isEmpty else { throw tampered("something follows its end") }
    }

    private mutating func head() throws(NodeError) -> TarEntry {
        guard let entry = TarEntry(try take(TarEntry.blockBytes)) else {
            throw malformed("it is no backup of a node, or it is damaged")
        }
        return entry
    }

    private mutating func skip(_ count: Int) throws(NodeError) {
        guard try take(count).allSatisfy({ $0 == 0 }) else {
            throw tampered("what fills up its blocks is not zero")
        }
    }

    private mutating func take(_ count: Int) throws(NodeError) -> [UInt8] {
        let bytes = try read(count)
        guard bytes.count == count else {
            throw .input("backup.truncated", "\(path): the end of it is missing; take another copy")
        }
        hash.update(bytes)
        return bytes
    }

    private func read(_ count: Int) throws(NodeError) -> [UInt8] {
        guard count > 0 else { return [] }
        do {
            return [UInt8](try file.read(upToCount: count) ?? Data())
        } catch {
            throw .failure("node.io", "\(path) cannot be read: \(error.localizedDescription)")
        }
    }

    private func malformed(_ what: String) -> NodeError {
        .input("backup.format", "\(path): \(what)")
    }

    private func tampered(_ what: String) -> NodeError {
        .input("backup.tampered", "\(path): \(what); take another copy")
    }
}
