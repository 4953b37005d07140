import Foundation
import Synchronization

/// A directory that is being put together and must not outlive its command unfinished.
final class DraftDirectory: Sendable {
    private let path = Mutex<String?>(nil)
    /// How often a removal is tried while files still come into the directory.
    private static let attempts = 100

    /// Notes where it will be.
    func begin(at path: String) { self.path.withLock { $0 = path } }

    /// Removes it with what is in it.
    func remove() {
        guard let path = path.withLock({ $0 }) else { return }
        for _ in 0..<Self.attempts where FileManager.default.fileExists(atPath: path) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
