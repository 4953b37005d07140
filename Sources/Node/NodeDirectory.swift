import Foundation
import MerkleTrees
import Records
import Signatures
import Storage

/// The files of one node (SPEC §18): `genesis`, `node.json`, `log-key.pem`, `ledger.sqlite`,
/// `views.sqlite`, `service.sqlite`, `lock`, `mirrors/`, `alarms/`.
///
/// Who controls them: `genesis` is the anchor of everything the node believes; `log-key.pem` signs
/// in the log's name and is readable by its owner only; a changed `ledger.sqlite` is found by
/// `cairn check`, and so is a changed mirror; `views.sqlite` can be deleted, and
/// `service.sqlite` holds what the node was asked to do.
struct NodeDirectory: Sendable {
    /// The directory's path.
    let path: String

    static let genesisName = "genesis"
    static let configurationName = "node.json"
    static let keyName = "log-key.pem"

    /// The path of one of its files.
    func file(_ name: String) -> String { path + "/" + name }

    // MARK: Reading

    /// The genesis file and the governance it founds.
    func genesis() throws(NodeError) -> (file: GenesisFile, state: GovernanceState) {
        let bytes = try read(Self.genesisName)
        return try NodeError.mapping {
            let file = try GenesisFile.decode(bytes)
            return (file, try file.verified())
        }
    }

    /// What `node.json` says.
    func configuration() throws(NodeError) -> NodeConfiguration {
        let bytes = try read(Self.configurationName)
        do {
            return try JSONDecoder().decode(NodeConfiguration.self, from: Data(bytes))
        } catch {
            throw .input("node.configuration", "\(file(Self.configurationName)): \(error)")
        }
    }

    /// The log's private key.
    func logKey(
        _ configuration: NodeConfiguration, passphrase: [UInt8]?
    ) throws(NodeError) -> SigningKey {
        try Self.logKey(pem: try read(configuration.logKey), passphrase: passphrase)
    }

    /// A log's private key, with what to do where its passphrase is missing.
    static func logKey(pem: [UInt8], passphrase: [UInt8]?) throws(NodeError) -> SigningKey {
        do {
            return try KeyFile.read(pem: pem, passphrase: passphrase)
        } catch {
            var error = NodeError(error)
            if error.code == "key.passphrase-missing" {
                error.reason += ": name a file that holds it with --passphrase-file"
            }
            throw error
        }
    }

    private func read(_ name: String) throws(NodeError) -> [UInt8] {
        let path = file(name)
        guard unsafe access(path, F_OK) == 0 else {
            // A file behind a directory that may not be entered need not be missing.
            guard errno == ENOENT || errno == ENOTDIR else {
                throw Self.failure(path, "cannot be read")
            }
            throw .input("node.missing-file", "\(path) is missing; make a node with cairn init")
        }
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw .failure("node.io", "\(path) cannot be read: \(SystemWords.reason(error))")
        }
    }

    // MARK: Writing

    /// Writes a new file and makes it durable.
    func write(_ bytes: [UInt8], to name: String, mode: UInt16) throws(NodeError) {
        do throws(StorageError) {
            try WholeFile.write(bytes, to: file(name), mode: mode)
        } catch {
            throw .failure("node.io", "\(error.place) \(error.reason)")
        }
    }

    /// Writes a file beside the old one, makes it durable, and gives it the old one's name.
    func replace(_ name: String, with bytes: [UInt8], mode: UInt16) throws(NodeError) {
        let draft = "\(name).new-\(UUID().uuidString)"
        do throws(NodeError) {
            try write(bytes, to: draft, mode: mode)
            guard unsafe rename(file(draft), file(name)) == 0 else {
                throw Self.failure(file(name), "cannot be replaced")
            }
            try Self.synchronize(directory: path)
        } catch {
            try? FileManager.default.removeItem(atPath: file(draft))
            throw error
        }
    }

    /// Makes the entries of a directory durable.
    static func synchronize(directory path: String) throws(NodeError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "cannot be synced") }
    }

    static func failure(_ path: String, _ what: String) -> NodeError {
        .failure("node.io", "\(path) \(what): \(SystemWords.last)")
    }
}

/// What `node.json` holds.
struct NodeConfiguration: Codable, Hashable, Sendable {
    /// The log's origin.
    var origin: String
    /// The file with the log's key, in the node's directory.
    var logKey: String

    /// As JSON for people: sorted keys, one a line.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self)) + [0x0A]
    }
}
