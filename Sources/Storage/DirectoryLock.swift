#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The lock of one node's directory, held as long as this value lives.
///
/// It is an advisory `flock` on the file `lock`; the kernel drops it when the process ends,
/// however it ends, so a stale file refuses nobody. The file's text is the holder's process id,
/// for people only.
final class DirectoryLock: Sendable {
    private let directory: String
    private let descriptor: Int32

    /// Takes the lock or refuses at once (`storage.locked`), naming the file and the holder.
    init(directory: String) throws(StorageError) {
        let path = directory + "/lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(
                code: "storage.io", place: path,
                reason: "the lock file cannot be opened: \(Self.message(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let cause = errno
            let holder = Self.text(of: descriptor)
            close(descriptor)
            guard cause == EWOULDBLOCK else {
                throw StorageError(
                    code: "storage.io", place: path,
                    reason: "the lock cannot be taken: \(Self.message(cause))")
            }
            throw StorageError(
                code: "storage.locked", place: path,
                reason: "process \(holder) has this directory open; stop it first")
        }
        self.directory = directory
        self.descriptor = descriptor
        Self.write("\(getpid())\n", to: descriptor)
    }

    deinit { close(descriptor) }

    /// Makes durable which files the directory holds.
    ///
    /// SQLite does that for a WAL that it makes, with the first sync; if the process died before,
    /// the next one finds the file and takes it for durable.
    func synchronizeDirectory() throws(StorageError) { try Self.synchronize(directory) }

    /// Makes durable which files a directory holds.
    static func synchronize(_ directory: String) throws(StorageError) {
        let opened = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw failure(directory, "cannot be opened") }
        defer { close(opened) }
        guard fsync(opened) == 0 else { throw failure(directory, "cannot be synced") }
    }

    private static func failure(_ directory: String, _ what: String) -> StorageError {
        StorageError(
            code: "storage.io", place: directory,
            reason: "the directory \(what): \(message(errno))")
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)
        let length = bytes.count
        // The text is a courtesy: a failure to write it changes nothing about the lock.
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = unsafe bytes.withUnsafeMutableBytes {
            unsafe pwrite(descriptor, $0.baseAddress, length, 0)
        }
    }

    private static func text(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        let digits = bytes.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty ? "(unknown)" : String(decoding: digits, as: UTF8.self)
    }

    private static func message(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}
