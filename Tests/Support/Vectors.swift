package import Foundation

/// Reference data under `Tests/Vectors`, found from this file's own place in the tree.
package enum Vectors {
    /// The folder of all reference data.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Vectors")

    /// The bytes of one file, named relative to `Tests/Vectors`.
    package static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: path)))
    }

    /// Every regular file below a folder, sorted by path, optionally with one extension.
    package static func files(under folder: String, extension suffix: String? = nil) -> [URL] {
        let base = root.appending(path: folder)
        let all = FileManager.default.enumerator(
            at: base, includingPropertiesForKeys: [.isRegularFileKey])
        var found: [URL] = []
        while let url = all?.nextObject() as? URL {
            guard (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
            else { continue }
            if let suffix, url.pathExtension != suffix { continue }
            found.append(url)
        }
        return found.sorted { $0.path() < $1.path() }
    }
}
