import Foundation
import Node

/// Replaces files so that after a power cut the old or the new one is there, whole.
///
/// Calls: `open` of a name beside it, `write`, `fsync`, `rename`, `fsync` of the directory. A disk
/// that confirms a sync and loses the data is beyond it.
enum DurableFile {
    /// Replaces a file, or makes it.
    static func replace(_ path: String, with bytes: [UInt8]) throws {
        let beside = path + ".new"
        let descriptor = unsafe open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(bytes))
            try file.synchronize()
            try file.close()
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
        guard unsafe rename(beside, path) == 0 else { throw failure(path) }
        try syncDirectory(of: path)
    }

    /// Makes the names in a file's directory durable.
    static func syncDirectory(of path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    /// The last call's failure, in the system's words.
    private static func failure(_ path: String) -> CommandFailure {
        let reason = unsafe String(cString: strerror(errno))
        return CommandFailure(.unreachable, "\(path): cannot be written: \(reason)")
    }
}
