import Foundation
import MerkleTrees

/// Writes the files of a backup one after the other, and a hash of all of it at the end.
struct BackupWriter: ~Copyable {
    /// The last file: the SHA-256 of every byte before its head, in hexadecimal, and a newline.
    static let sealName = "SHA256"
    /// How much is held in memory of a file.
    static let pieceBytes = 1 << 20

    private let path: String
    private let file: FileHandle
    private var hash = HashBuilder()

    /// Makes a new file, readable by its owner only.
    init(_ path: String) throws(NodeError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NodeDirectory.failure(path, "cannot be made") }
        self.path = path
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Adds a file.
    mutating func add(_ name: String, _ bytes: [UInt8]) throws(NodeError) {
        let entry = TarEntry(name: name, size: UInt64(bytes.count))
        try put(entry.encoded())
        try put(bytes)
        try put([UInt8](repeating: 0, count: entry.padding))
    }

    /// Adds a file that is read from elsewhere, and must be as the manifest says.
    mutating func add(_ file: BackupManifest.File, from source: String) throws(NodeError) {
        let entry = TarEntry(name: file.name, size: file.size)
        try put(entry.encoded())
        let found = try Self.pieces(of: source) { piece throws(NodeError) in try put(piece) }
        guard found.size == file.size, found.digest == file.digest else {
            throw .failure("node.io", "\(source) has changed while it was read")
        }
        try put([UInt8](repeating: 0, count: entry.padding))
    }

    /// Adds the hash of all, and makes the file durable.
    consuming func finish() throws(NodeError) {
        let digest = hash.finish().hex
        try add(Self.sealName, Array((digest + "\n").utf8))
        try put([UInt8](repeating: 0, count: 2 * TarEntry.blockBytes))
        do {
            try file.synchronize()
        } catch {
            throw .failure("node.io", "\(path) cannot be synced: \(error.localizedDescription)")
        }
    }

    private mutating func put(_ bytes: [UInt8]) throws(NodeError) {
        hash.update(bytes)
        do {
            try file.write(contentsOf: Data(bytes))
        } catch {
            throw .failure("node.io", "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Reads a file piece by piece; its size and digest.
    @discardableResult
    static func pieces(
        of path: String, _ body: ([UInt8]) throws(NodeError) -> Void = { _ throws(NodeError) in }
    ) throws(NodeError) -> (size: UInt64, digest: Hash256) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw .failure("node.io", "\(path) cannot be read")
        }
        defer { try? file.close() }
        var hash = HashBuilder()
        var size: UInt64 = 0
        while true {
            let piece: [UInt8]
            do {
                piece = [UInt8](try file.read(upToCount: pieceBytes) ?? Data())
            } catch {
                throw .failure("node.io", "\(path) cannot be read: \(error.localizedDescription)")
            }
            if piece.isEmpty { return (size, hash.finish()) }
            hash.update(piece)
            size += UInt64(piece.count)
            try body(piece)
        }
    }
}
