import Foundation
package import MerkleTrees
import Queries
import Records
import Storage

/// What a backup holds.
package struct BackupReport: Hashable, Sendable {
    /// The log's name.
    package var origin: String
    /// The network's id: compare it by another channel before a restored node is trusted.
    package var network: Hash256
    /// Entries of the log in it.
    package var size: UInt64
    /// When it was made, RFC 3339.
    package var made: String
    /// Whether the log key is in it.
    package var hasKey: Bool
}

extension NodeRuntime {
    /// Saves a node, which may be running, to one file: ledger and service state as they are at one
    /// moment each, genesis, `node.json` and `config.json`, mirrors and alarms (SPEC §18.3).
    ///
    /// - Parameters:
    ///   - directory: the node's.
    ///   - path: a file that does not exist yet.
    ///   - withKey: also the log key, which must then be encrypted with a passphrase.
    ///   - nowMilliseconds: when that is.
    /// - Returns: what is in the backup.
    /// - Throws: `backup.exists`, `backup.key-not-encrypted`, `storage.*`, `node.*`.
    package static func backup(
        directory: String, to path: String, withKey: Bool = false,
        nowMilliseconds: UInt64 = SystemClock.nowMilliseconds()
    ) throws(NodeError) -> BackupReport {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw .input("backup.exists", "\(path) exists; a backup is never overwritten")
        }
        let node = NodeDirectory(path: directory)
        let work = NodeDirectory(path: "\(path).new-\(UUID().uuidString)")
        guard unsafe mkdir(work.path, 0o700) == 0 else {
            throw NodeDirectory.failure(work.path, "cannot be made")
        }
        defer { try? FileManager.default.removeItem(atPath: work.path) }
        let manifest = try gather(node, work, withKey: withKey, nowMilliseconds: nowMilliseconds)
        var writer = try BackupWriter(work.file("backup"))
        try writer.add(BackupManifest.fileName, manifest.encoded())
        for file in manifest.files {
            let isSnapshot =
                [Ledger.fileName, ServiceState.fileName].contains(file.name)
                || ReplicaFiles.isMirror(file.name)
            let place = ReplicaFiles.place(of: file.name)
            try writer.add(file, from: isSnapshot ? work.file(file.name) : node.file(place))
        }
        try writer.finish()
        guard unsafe link(work.file("backup"), path) == 0 else {
            throw NodeDirectory.failure(path, "cannot be made")
        }
        let folder = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
        try NodeDirectory.synchronize(directory: folder)
        let name = folder + "/" + URL(filePath: path).lastPathComponent
        // Who may read the directory need not be able to write to it; the backup stands anyway.
        try? KnownBackups.add(.init(made: manifest.made, file: name), in: node)
        return manifest.report(key: try node.configuration().logKey)
    }

    /// Takes the snapshot and lists what belongs to the backup.
    private static func gather(
        _ node: NodeDirectory, _ work: NodeDirectory, withKey: Bool, nowMilliseconds: UInt64
    ) throws(NodeError) -> BackupManifest {
        let configuration = try node.configuration()
        let genesis = try node.genesis().state
        var names = [NodeDirectory.genesisName, NodeDirectory.configurationName]
        if FileManager.default.fileExists(atPath: node.file(ServingConfiguration.fileName)) {
            names.append(ServingConfiguration.fileName)
        }
        if withKey {
            try requireEncrypted(node.file(configuration.logKey))
            names.append(configuration.logKey)
        }
        // Before the ledger: work that is done in the ledger and not yet in the service state is
        // done again without harm; the other way round it would be lost.
        let hasService = try NodeError.mapping {
            try ServiceState.writeSnapshot(
                directory: node.path, to: work.file(ServiceState.fileName))
        }
        let (size, checkpoint) = try NodeError.mapping {
            let ledger = try Ledger.inspect(directory: node.path)
            defer { try? ledger.close() }
            try ledger.writeSnapshot(to: work.file(Ledger.fileName))
            let copy = try Ledger.inspect(directory: work.path)
            defer { try? copy.close() }
            return try copy.read { store in
                let size = try store.size()
                let note = size > 0 ? try store.checkpoint(ofSeal: size - 1) : nil
                return (size, String(decoding: note ?? [], as: UTF8.self))
            }
        }
        let replicas = try ReplicaFiles.gather(node, work)
        var files: [BackupManifest.File] = []
        for name in names + replicas.alarms {
            let place = node.file(ReplicaFiles.place(of: name))
            let (bytes, digest) = try BackupWriter.pieces(of: place)
            files.append(.init(name: name, size: bytes, digest: digest))
        }
        let snapshots = (hasService ? [ServiceState.fileName] : []) + [Ledger.fileName]
        for name in snapshots + replicas.mirrors {
            let (bytes, digest) = try BackupWriter.pieces(of: work.file(name))
            files.append(.init(name: name, size: bytes, digest: digest))
        }
        return BackupManifest(
            made: Timestamp.text(milliseconds: Int64(clamping: nowMilliseconds)),
            origin: configuration.origin, network: genesis.network, size: size,
            checkpoint: checkpoint, files: files)
    }

    private static func requireEncrypted(_ path: String) throws(NodeError) {
        let pem = FileManager.default.contents(atPath: path) ?? Data()
        guard String(decoding: pem, as: UTF8.self).contains("BEGIN ENCRYPTED PRIVATE KEY") else {
            throw .input(
                "backup.key-not-encrypted",
                "\(path) has no passphrase, so it is not put in a backup; keep a copy of it in a "
                    + "safe place, or encrypt it first")
        }
    }
}

extension BackupManifest {
    func report(key: String) -> BackupReport {
        BackupReport(
            origin: origin, network: network, size: size, made: made,
            hasKey: files.contains { $0.name == key })
    }
}
