import Foundation
import Synchronization

/// A directory that is being put together and must not outlive its command unfinished.
final class DraftDirectory: Sendable {
    private let path = Mutex<String?>(nil)
    private let isRemoved = Atomic(false)
    /// How often a removal is tried while files still come into the directory.
    private static let attempts = 100

    /// Notes where it will be.
    func begin(at path: String) { self.path.withLock { $0 = path } }

    /// Waits for the program's end if a signal brought it about: what fails for want of the
    /// directory is then no news.
    func awaitRemoval() {
        while isRemoved.load(ordering: .sequentiallyConsistent) { pause() }
    }

    /// Removes it with what is in it.
    func remove() {
        guard let path = path.withLock({ $0 }) else { return }
        isRemoved.store(true, ordering: .sequentiallyConsistent)
        for _ in 0..<Self.attempts where FileManager.default.fileExists(atPath: path) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
