import EPCIS
import Foundation
import Queries
import Records
import Sequencing
import Signatures
import Storage

extension NodeRuntime {
    /// What a restored node's directory says of that, until it is told that it may sign.
    static let restoredName = "restored.json"

    /// Makes a node's directory from a backup, and checks the whole ledger before it has its name.
    ///
    /// A restored node knows nothing of what its log acknowledged after the backup. If it signed
    /// again at sizes it has signed before, its log would be forked; so it must first ask those who
    /// mirror it. A network without mirrors has nobody to ask: `alone` says so.
    ///
    /// - Parameters:
    ///   - path: the backup.
    ///   - directory: must not exist, or be empty.
    ///   - alone: that nobody has anything newer of this log.
    ///   - logKeyPEM: the log's key, if the backup does not hold it and it is at hand.
    ///   - nowMilliseconds: when that is.
    ///   - progress: told how many entries of how many have been checked.
    /// - Returns: what was in the backup.
    /// - Throws: `backup.*`, `node.restore-alone`, `node.directory-in-use`, `node.io`.
    package static func restore(
        _ path: String, to directory: String, alone: Bool, logKeyPEM: [UInt8]? = nil,
        nowMilliseconds: UInt64 = SystemClock.nowMilliseconds(),
        progress: (_ done: UInt64, _ all: UInt64) -> Void = { _, _ in }
    ) throws(NodeError) -> BackupReport {
        let target = URL(filePath: directory).standardizedFileURL.path
        try requireUnused(target)
        let parent = URL(filePath: target).deletingLastPathComponent().path
        let draft = NodeDirectory(path: "\(target).new-\(UUID().uuidString)")
        try makeDirectory(draft.path, parent: parent)
        do throws(NodeError) {
            let manifest = try unpack(path, into: draft)
            let key = try draft.configuration().logKey
            let report = manifest.report(key: key)
            if let logKeyPEM, !report.hasKey { try draft.write(logKeyPEM, to: key, mode: 0o600) }
            try check(draft, manifest, path, progress)
            let governance = try governance(of: draft)
            if let logKeyPEM, !report.hasKey {
                try checkKey(logKeyPEM, of: report.origin, size: report.size, under: governance)
            }
            // Where nodes cosign, this one asks them before it signs.
            guard alone || governance.policy.quorum > 0 else {
                throw .input(
                    "node.restore-alone",
                    "a restored node must ask others what its log has acknowledged since the "
                        + "backup before it signs again, and nobody mirrors it. Give --alone if "
                        + "nobody holds a newer receipt, checkpoint or copy of this log")
            }
            try draft.write(
                note(manifest, nowMilliseconds), to: restoredName, mode: 0o644)
            try NodeDirectory.synchronize(directory: draft.path)
            guard unsafe rename(draft.path, target) == 0 else {
                throw NodeDirectory.failure(target, "cannot be made")
            }
            try NodeDirectory.synchronize(directory: parent)
            return report
        } catch {
            try? FileManager.default.removeItem(atPath: draft.path)
            throw error
        }
    }

    /// The newest governance of the log.
    private static func governance(of draft: NodeDirectory) throws(NodeError) -> GovernanceState {
        let genesis = try draft.genesis().state
        return try NodeError.mapping {
            let ledger = try Ledger.inspect(directory: draft.path)
            defer { try? ledger.close() }
            return try ledger.read { store in
                try LogStart.governance(of: store, genesis: genesis, before: .max)
            }
        }
    }

    /// Whether a key that can be read here may sign what follows; one under a passphrase is asked
    /// when the node starts.
    private static func checkKey(
        _ pem: [UInt8], of origin: String, size: UInt64, under governance: GovernanceState
    ) throws(NodeError) {
        guard let key = try? KeyFile.read(pem: pem, passphrase: nil),
            !governance.allows(logKey: key.publicKey, of: origin, size: size + 1)
        else { return }
        throw .input(
            "node.key",
            "the key given is not the log key of \(origin); give that, and change it with cairn "
                + "rekey")
    }

    /// The files a backup may hold, with their modes; the log key's name is the node's own choice.
    private static let modes: [String: UInt16] = [
        NodeDirectory.genesisName: 0o644, NodeDirectory.configurationName: 0o644,
        ServingConfiguration.fileName: 0o644, Ledger.fileName: 0o600,
        ServiceState.fileName: 0o600,
    ]

    private static func unpack(
        _ path: String, into draft: NodeDirectory
    ) throws(NodeError) -> BackupManifest {
        var reader = try BackupReader(path)
        let manifest = try reader.manifest()
        try ReplicaFiles.makeDirectories(for: manifest.files, in: draft)
        for file in manifest.files {
            let place = draft.file(ReplicaFiles.place(of: file.name))
            let mode = modes[file.name] ?? 0o600
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
            let descriptor = unsafe Foundation.open(place, flags, mode_t(mode))
            guard descriptor >= 0 else { throw NodeDirectory.failure(place, "cannot be made") }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try reader.copy(file) { piece throws(NodeError) in
                do { try handle.write(contentsOf: Data(piece)) } catch {
                    throw .failure(
                        "node.io", "\(place) cannot be written: \(error.localizedDescription)")
                }
            }
            guard fsync(descriptor) == 0 else {
                throw NodeDirectory.failure(place, "cannot be synced")
            }
        }
        try reader.finish()
        let allowed = Set(modes.keys).union([try draft.configuration().logKey])
        for file in manifest.files
        where !allowed.contains(file.name) && !ReplicaFiles.isReplica(file.name) {
            throw .input("backup.format", "\(path): \(file.name) does not belong in a backup")
        }
        return manifest
    }

    private static func check(
        _ draft: NodeDirectory, _ manifest: BackupManifest, _ path: String,
        _ progress: (_ done: UInt64, _ all: UInt64) -> Void
    ) throws(NodeError) {
        let genesis = try draft.genesis().state
        let origin = try draft.configuration().origin
        let acknowledged = try NodeError.mapping {
            try Acknowledgement(checkpoint: Array(manifest.checkpoint.utf8))
        }
        let report = try ReplicaFiles.settle(
            draft,
            after: check(
                directory: draft.path, acknowledged: [acknowledged], progress: progress))
        guard report.isSound, report.size == manifest.size, genesis.network == manifest.network,
            origin == manifest.origin
        else {
            let found =
                report.findings.first?.description
                ?? report.objections.compactMap(\.self).first
            throw .input(
                "backup.ledger",
                "\(path): its ledger does not hold: "
                    + (found ?? "it is not the one that the manifest names"))
        }
        guard manifest.files.contains(where: { $0.name == ServiceState.fileName }) else { return }
        try NodeError.mapping {
            let ledger = try Ledger.inspect(directory: draft.path)
            defer { try? ledger.close() }
            try ServiceState.check(directory: draft.path, identity: ledger.identity)
            let service = try ServiceState(directory: draft.path, identity: ledger.identity)
            defer { try? service.close() }
            // What they have cosigned since the backup nobody here knows.
            try service.giveUpWitnessKeys()
        }
    }

    private static func note(_ manifest: BackupManifest, _ nowMilliseconds: UInt64) -> [UInt8] {
        let members = [
            JSONMember("alone", .bool(true)), JSONMember("backup", .string(manifest.made)),
            JSONMember(
                "restored",
                .string(Timestamp.text(milliseconds: Int64(clamping: nowMilliseconds)))),
            JSONMember("size", .number(JSONNumber(manifest.size))),
        ]
        return JSONValue.object(members).serialized() + [0x0A]
    }
}
