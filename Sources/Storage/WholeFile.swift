import Foundation

/// Makes files that are whole or not there after a power cut.
///
/// Calls: `open`, `write`, `fsync`, `link` of a name beside it, `fsync` of the directory. A disk
/// that confirms a sync and loses the data is beyond it.
package enum WholeFile {
    /// Writes a new file and makes its bytes durable; the entry of its directory is not yet.
    ///
    /// - Throws: `storage.io` if it exists, or what the disk says.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt16
    ) throws(StorageError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw failure(path, "cannot be made", errno) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Foundation.write(
                    descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path, "cannot be written", errno) }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure(path, "cannot be written", errno) }
    }

    /// Makes a new file whose name is there only once its bytes are durable; then so is its name.
    ///
    /// - Throws: `storage.io` if it exists, or what the disk says; nothing of that name is left.
    package static func make(
        _ bytes: [UInt8], at path: String, mode: UInt16
    ) throws(StorageError) {
        let draft = path + ".new"
        _ = unsafe unlink(draft)
        try write(bytes, to: draft, mode: mode)
        // Unlike a rename, it overwrites nothing.
        guard unsafe link(draft, path) == 0 else {
            throw failure(path, "cannot be made", errno)
        }
        _ = unsafe unlink(draft)
        try DirectoryLock.synchronize(URL(filePath: path).deletingLastPathComponent().path)
    }

    /// Makes a directory and its name durable, unless it is there.
    package static func makeDirectory(
        _ path: String, mode: UInt16 = 0o755
    ) throws(StorageError) {
        if unsafe mkdir(path, mode_t(mode)) != 0 {
            guard errno == EEXIST else { throw failure(path, "cannot be made", errno) }
        }
        try DirectoryLock.synchronize(URL(filePath: path).deletingLastPathComponent().path)
    }

    private static func failure(
        _ path: String, _ what: String, _ code: Int32
    ) -> StorageError {
        StorageError(
            code: code == ENOSPC ? "storage.full" : "storage.io", place: path,
            reason: "\(what): \(unsafe String(cString: strerror(code)))")
    }
}
