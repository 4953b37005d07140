import Foundation
package import MerkleTrees
package import Records
package import Replication
package import Sequencing
import Synchronization

/// A node's own ledger and its mirrors of others' logs: one ledger file each (SPEC §18).
///
/// Trust: a mirror's file is trusted as the node's own is, for durability only; what is in it came
/// from peers, was recomputed, and is never believed further. Mirrors are opened as they are asked
/// for, and made if they are not there: whoever asks decides which logs are worth one. Any thread
/// may ask; the replicator's methods are for one thread at a time. The own ledger is written here
/// only as far as it was lost (SPEC §25.6).
package final class Replicas: ReplicaStore, Sendable {
    /// The name in a node's directory under which mirrors are.
    package static let directoryName = "mirrors"

    private struct State {
        /// The mirrors that are open, by their directories.
        var mirrors: [String: Ledger] = [:]
        /// Those whose write-ahead logs hold parts that were erased.
        var erased: Set<String> = []
        var alarms: KeptAlarms
        var isClosed = false
    }

    private let directory: String
    private let own: Ledger
    private let lackOfRoom: @Sendable () -> String?
    private let state: Mutex<State>

    /// Takes up what a node's directory holds; the own ledger remains the caller's to close.
    ///
    /// - Parameters:
    ///   - directory: the node's.
    ///   - own: its own ledger.
    ///   - lackOfRoom: why nothing more may be mirrored now; nil if it may. It is then as if the
    ///     disk was full: the logs of others take nothing of the reserve of the node's own.
    /// - Throws: ``StorageError`` if the alarms cannot be read.
    package init(
        directory: String, own: Ledger, lackOfRoom: @escaping @Sendable () -> String? = { nil }
    ) throws(StorageError) {
        self.directory = directory
        self.own = own
        self.lackOfRoom = lackOfRoom
        state = Mutex(State(alarms: try KeptAlarms(node: directory)))
    }

    /// The directory of a log's mirror: the first 16 bytes of the SHA-256 of its origin, in
    /// hexadecimal.
    package static func directory(ofMirror origin: String, node directory: String) -> String {
        let digest = Hash256.sha256(Array(origin.utf8)).hex.prefix(32)
        return "\(directory)/\(directoryName)/\(digest)"
    }

    /// The directories of all mirrors in a node's, by name.
    ///
    /// - Throws: `storage.failed` if they cannot be listed.
    package static func mirrorDirectories(
        node directory: String
    ) throws(StorageError) -> [String] {
        let folder = directory + "/" + directoryName
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        let names = try StorageError.mapping(folder) {
            try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        return names.sorted().map { "\(folder)/\($0)" }.filter {
            FileManager.default.fileExists(atPath: $0 + "/" + Ledger.fileName)
        }
    }

    /// Closes every mirror; nothing can be asked afterwards.
    ///
    /// - Throws: the first error; all are closed nevertheless.
    package func close() throws(StorageError) {
        let mirrors = state.withLock { state in
            defer { state.mirrors = [:] }
            state.isClosed = true
            return Array(state.mirrors.values)
        }
        var failure: StorageError?
        for mirror in mirrors {
            do throws(StorageError) { try mirror.close() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    // MARK: Ledgers

    /// The ledger of a log.
    ///
    /// Only the thread that opens or closes mirrors waits for the opening of another.
    private func ledger(_ origin: String) throws(StorageError) -> Ledger {
        if isOwn(origin) { return own }
        return try state.withLock { state throws(StorageError) in
            let path = Self.directory(ofMirror: origin, node: directory)
            if let mirror = state.mirrors[path] { return mirror }
            guard !state.isClosed else {
                throw StorageError(
                    code: "storage.failed", place: Self.directoryName,
                    reason: "the mirrors are closed: the node is stopping")
            }
            try WholeFile.makeDirectory(directory + "/" + Self.directoryName)
            try WholeFile.makeDirectory(path)
            var identity = own.identity
            identity.origin = origin
            let mirror = try Ledger.openMirror(directory: path, of: identity)
            state.mirrors[path] = mirror
            return mirror
        }
    }

    private func isOwn(_ origin: String) -> Bool {
        origin.utf8.elementsEqual(own.identity.origin.utf8)
    }

    /// Writes a ledger, and empties its write-ahead log of what was erased.
    private func write<Outcome>(
        _ origin: String, _ body: (LedgerStore) throws -> Outcome
    ) throws -> Outcome {
        if let reason = lackOfRoom() {
            throw StorageError(code: "storage.full", place: origin, reason: reason)
        }
        let mirror = try ledger(origin)
        let (outcome, hasErased) = try mirror.write { store in
            let before = store.erasedCount
            return (try body(store), store.erasedCount != before)
        }
        if hasErased, !isOwn(origin) {
            let path = Self.directory(ofMirror: origin, node: directory)
            state.withLock { _ = $0.erased.insert(path) }
        }
        _ = try sweep()
        return outcome
    }

    /// Empties the write-ahead logs that still hold what was erased from mirrors.
    ///
    /// Readers can be in the way; it waits for none of them, and is tried again after each write.
    ///
    /// - Returns: whether something is left, so that this is to be called again soon.
    /// - Throws: ``StorageError``.
    package func sweep() throws(StorageError) -> Bool {
        let pending = state.withLock { state in
            state.erased.compactMap { path in state.mirrors[path].map { (path, $0) } }
        }
        var isLeft = false
        for (path, mirror) in pending {
            if try mirror.emptyWAL() {
                state.withLock { _ = $0.erased.remove(path) }
            } else {
                isLeft = true
            }
        }
        return isLeft
    }

    // MARK: ReplicaStore

    package func read<Value>(
        _ origin: String, _ body: (LedgerStore) throws -> Value
    ) throws -> Value {
        try ledger(origin).read(body)
    }

    /// Both by the connection that writes: it keeps its pages from one commit to the next, where a
    /// reader's are those of an older snapshot.
    package func extend<Outcome>(
        _ origin: String,
        _ body: (LedgerStore) throws -> (groups: [GroupToCommit], outcome: Outcome)
    ) throws -> Outcome {
        try write(origin) { store in
            let (groups, outcome) = try body(store)
            try store.commit(groups)
            return outcome
        }
    }

    package func keep(
        checkpoint note: [UInt8], ofSeal index: UInt64, of origin: String
    ) throws {
        try ledger(origin).write { try $0.keep(checkpoint: note, ofSeal: index) }
    }

    package func supply(_ parts: [Part], to origin: String) throws {
        try write(origin) { try $0.supply(parts) }
    }

    package func absentParts(
        of origin: String, after number: Int64, limit: Int
    ) throws -> [(number: Int64, digest: Hash256)] {
        try read(origin) { try $0.absentParts(after: number, limit: limit) }
    }

    package func drop(mirror origin: String) throws {
        guard !isOwn(origin) else { throw LedgerStore.mismatch("\(origin) is no mirror") }
        let path = Self.directory(ofMirror: origin, node: directory)
        try state.withLock { state in
            try state.mirrors.removeValue(forKey: path)?.close()
            state.erased.remove(path)
            guard FileManager.default.fileExists(atPath: path) else { return }
            try StorageError.mapping(path) { try FileManager.default.removeItem(atPath: path) }
        }
    }

    package func losses() throws -> [Loss] { try own.read { try $0.losses() } }

    package func keep(loss: Loss) throws { try own.write { try $0.keep(loss: loss) } }

    /// The name of the file in a mirror's directory that says why it was stopped.
    package static let stopName = "stopped"

    private func stopPath(_ origin: String) -> String {
        Self.directory(ofMirror: origin, node: directory) + "/" + Self.stopName
    }

    package func keep(stop: MirrorStop?, of origin: String) throws {
        guard !isOwn(origin) else { throw LedgerStore.mismatch("\(origin) is no mirror") }
        _ = try ledger(origin)
        let path = stopPath(origin)
        if unsafe unlink(path) != 0, errno != ENOENT {
            throw Ledger.ioError(path, "cannot be removed")
        }
        guard let stop else {
            let folder = Self.directory(ofMirror: origin, node: directory)
            return try DirectoryLock.synchronize(folder)
        }
        try WholeFile.make(stop.encoded(), at: path, mode: 0o644)
    }

    package func stop(of origin: String) throws -> MirrorStop? {
        let path = stopPath(origin)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try StorageError.mapping(path) {
            [UInt8](try Data(contentsOf: URL(filePath: path)))
        }
        guard let stop = MirrorStop(decoding: bytes) else {
            throw StorageError(
                code: "storage.corrupt", place: path,
                reason: "it does not say why the mirror was stopped; remove the mirror's directory")
        }
        return stop
    }

    package func keep(alarm: Alarm) throws {
        try state.withLock { try $0.alarms.keep(alarm) }
    }

    package func alarms() throws -> [Alarm] {
        try state.withLock { try $0.alarms.all() }
    }
}
