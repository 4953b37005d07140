import Foundation
import Node

/// Keeps a second import of the same file out: both would write the state beside it.
///
/// An advisory `flock` on the list itself, so that nothing is left behind; the kernel drops it when
/// the process ends, however it ends. A pipe cannot be imported twice and is not locked.
final class ImportLock {
    private let descriptor: Int32?

    /// Takes the lock, or refuses at once.
    init(_ file: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: file).resolvingSymlinksInPath().path(percentEncoded: false))
        guard attributes?[.type] as? FileAttributeType == .typeRegular else {
            descriptor = nil
            return
        }
        let opened = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            // Who reads the list tells why it cannot be read.
            descriptor = nil
            return
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(opened)
            throw CommandFailure(
                .unreachable,
                "\(file): another process is importing it; wait until that has ended, then run "
                    + "the same command again")
        }
        descriptor = opened
    }

    deinit { if let descriptor { close(descriptor) } }
}
