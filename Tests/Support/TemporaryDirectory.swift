import Foundation

/// A directory of one test's own, removed with the value.
package final class TemporaryDirectory: Sendable {
    /// Its path, without a slash at the end.
    package let path: String

    /// Makes an empty directory.
    package init() throws {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "cairn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path(percentEncoded: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Overwrites or makes a file in it.
    package func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: path + "/" + name))
    }

    /// The bytes of a file in it.
    package func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path + "/" + name)))
    }
}
