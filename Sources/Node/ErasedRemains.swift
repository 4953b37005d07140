import Foundation
import Logging
import MerkleTrees
import Storage
import Synchronization

/// Removes what erased parts leave behind in a node's files: the write-ahead logs that still hold
/// their bytes, and copies of the ledger from before a migration.
///
/// The ledger drops a part's bytes in the transaction that registers its erasure, and the views
/// what they told of it; both overwrite them. What is left are older pages in the WALs. A reader
/// that needs them keeps them, so it is tried again until none does; a node that ends before starts
/// with it. Backups are out of its reach: those that were made of the directory are named in the
/// log.
final class ErasedRemains: Sendable {
    private let directory: NodeDirectory
    private let ledger: Ledger
    private let views: Views
    private let service: ServiceState
    private let logger: Logger
    private let isPending = Mutex(false)

    init(
        directory: NodeDirectory, ledger: Ledger, views: Views, service: ServiceState,
        logger: Logger
    ) {
        self.directory = directory
        self.ledger = ledger
        self.views = views
        self.service = service
        self.logger = logger
    }

    /// Tells of what the views met last, and clears up; called after each of their steps, on their
    /// thread.
    ///
    /// - Returns: whether something is left, so that this is to be called again soon.
    /// - Throws: `storage.*`.
    func sweep() throws -> Bool {
        let erased = views.takeErased()
        if !erased.isEmpty {
            isPending.withLock { $0 = true }
            try ledger.eraseKept(erased)
            tell(of: erased.map(\.hex))
        }
        guard isPending.withLock({ $0 }) else { return false }
        removeCopies()
        // All three each time: one that is held up leaves the others done.
        let emptied = [try ledger.emptyWAL(), try views.emptyWAL(), try service.emptyWAL()]
        guard emptied.allSatisfy({ $0 }) else { return true }
        isPending.withLock { $0 = false }
        return false
    }

    private func tell(of parts: [String]) {
        let backups = (try? KnownBackups.read(directory)) ?? []
        for part in parts {
            logger.notice(
                "a part was erased",
                metadata: [
                    "code": "part.erased", "part": "\(part)",
                    "backups": .array(backups.map { "\($0.file)" }),
                ])
        }
    }

    /// A ledger as it was before a migration holds everything that has been erased since.
    private func removeCopies() {
        let prefix = Ledger.fileName + ".schema-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard unsafe unlink(directory.file(name)) == 0 else {
                logger.warning(
                    "a copy of the ledger holds what was erased, and cannot be removed",
                    metadata: ["code": "storage.io", "file": "\(name)"])
                continue
            }
        }
    }
}

/// The backups that were made of a node's directory: `backups.json`, which names them for whoever
/// must destroy them once something in them is erased.
struct KnownBackups: Codable {
    /// One backup.
    struct Entry: Codable, Equatable {
        /// When it was made, RFC 3339.
        var made: String
        /// The file as it was named then, absolute.
        var file: String
    }

    static let fileName = "backups.json"
    /// The newest are kept.
    static let limit = 1_000

    /// The backups known; none where there is no list.
    static func read(_ directory: NodeDirectory) throws -> [Entry] {
        guard let data = FileManager.default.contents(atPath: directory.file(fileName)) else {
            return []
        }
        return try JSONDecoder().decode([Entry].self, from: data)
    }

    /// Adds one.
    static func add(_ entry: Entry, in directory: NodeDirectory) throws {
        let entries = (try? read(directory)) ?? []
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(Array((entries + [entry]).suffix(limit)))
        try data.write(to: URL(filePath: directory.file(fileName)), options: .atomic)
    }
}
