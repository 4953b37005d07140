import Foundation
package import MerkleTrees
import Records
import Replication
import Sequencing
package import Signatures
import Storage

/// A log's change of its key, as governors are asked to sign it (SPEC §9.2, `rotate-log-key`).
package struct LogKeyChange: Sendable {
    /// The log's name.
    package let origin: String
    /// The key that signs from here on.
    package let key: VerificationKey
    /// Where the log ends: the key it has until now is void above it.
    package let size: UInt64
    /// The log's root at that size.
    package let root: Hash256
}

extension NodeRuntime {
    /// Gives a node that does not run another log key (SPEC §25.6).
    ///
    /// From then on it signs nothing until its log holds an amendment that lists the key from the
    /// log's end on. The key before stays where it was.
    ///
    /// - Parameters:
    ///   - path: the node's directory.
    ///   - logKeyPEM: the new private key, kept as given.
    ///   - passphrase: of the key, if it is encrypted.
    ///   - givesUpLost: whether what the log had beyond its end here is to be void.
    /// - Returns: what governors are to sign.
    /// - Throws: `node.key` for a key that the network has listed for something else or before,
    ///   `node.behind` while the node has not recovered what it lost nor gives it up,
    ///   `storage.locked` while it runs, `node.io`.
    package static func rekey(
        directory path: String, logKeyPEM: [UInt8], passphrase: [UInt8]?, givesUpLost: Bool = false
    ) throws(NodeError) -> LogKeyChange {
        let directory = NodeDirectory(path: path)
        var configuration = try directory.configuration()
        let genesis = try directory.genesis().state
        let key = try NodeDirectory.logKey(pem: logKeyPEM, passphrase: passphrase).publicKey
        return try NodeError.mapping {
            // Holds the directory's lock.
            let ledger = try Ledger.open(directory: path)
            defer { try? ledger.close() }
            let change = try ledger.read { store in
                try proposal(
                    of: configuration.origin, to: key, genesis: genesis, in: store,
                    givesUpLost: givesUpLost)
            }
            let name = "log-key-\(key.thumbprint.hex.prefix(16)).pem"
            if !FileManager.default.fileExists(atPath: directory.file(name)) {
                try WholeFile.make(logKeyPEM, at: directory.file(name), mode: 0o600)
            }
            configuration.logKey = name
            try directory.replace(
                NodeDirectory.configurationName, with: try configuration.encoded(), mode: 0o644)
            return change
        }
    }

    private static func proposal(
        of origin: String, to key: VerificationKey, genesis: GovernanceState, in store: LedgerStore,
        givesUpLost: Bool
    ) throws -> LogKeyChange {
        let governance = try LogStart.governance(of: store, genesis: genesis, before: .max)
        let size = try store.size()
        guard governance.key(key.thumbprint) == nil else {
            throw NodeError.input(
                "node.key",
                "the network has listed key \(key.thumbprint.hex) before; make one with "
                    + "cairn key new")
        }
        let lost = try store.losses().greatestSize(under: governance.logKeys(origin: origin))
        guard lost <= size || givesUpLost else {
            throw NodeError.input(
                "node.behind",
                "the log had \(lost) entries or more, and \(size) have come back from its peers; "
                    + "start the node until it has the others. If nobody has them, or its former "
                    + "key was stolen and they are not its own, give them up with --give-up-lost: "
                    + "their receipts are void then")
        }
        return LogKeyChange(
            origin: origin, key: key, size: size,
            root: try TreeReader(tiles: store, size: size).root())
    }
}
